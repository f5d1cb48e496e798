//! Certificates, by their structure: ours and the real sprig's say the same, and each accepts the other's.

use std::sync::Arc;
use std::time::Duration;

use hoist_govalue::{Type, Value};
use proptest::prelude::*;
use proptest::sample::select;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier as _;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use serde_json::json;
use x509_parser::prelude::*;

use crate::direct::{Still, call_in, cases, samples};
use crate::template;

/// What a certificate says, apart from what is drawn: in the order and with the bytes that it has.
fn structure(pem: &str) -> String {
    let (_, block) = parse_x509_pem(pem.as_bytes()).expect("it is PEM");
    assert_eq!(block.label, "CERTIFICATE");
    let (rest, certificate) = X509Certificate::from_der(&block.contents).expect("it is a certificate");
    assert!(rest.is_empty());
    let tbs = &certificate.tbs_certificate;
    let mut text = format!(
        "version {:?}, signed by {:?} and {:?}, issuer {:02x?}, subject {:02x?}, key {:?} of {} bits\n",
        tbs.version,
        tbs.signature,
        certificate.signature_algorithm,
        tbs.issuer.as_raw(),
        tbs.subject.as_raw(),
        tbs.subject_pki.algorithm,
        tbs.subject_pki.parsed().expect("the key is known").key_size(),
    );
    let validity = &tbs.validity;
    let length = validity.not_after.timestamp() - validity.not_before.timestamp();
    // Helm reads the clock twice.
    text += &format!(
        "about {} hours, {} {}\n",
        (length + 30).div_euclid(3600),
        validity.not_before.is_utctime(),
        validity.not_after.is_utctime()
    );
    let random = [
        oid_registry::OID_X509_EXT_SUBJECT_KEY_IDENTIFIER,
        oid_registry::OID_X509_EXT_AUTHORITY_KEY_IDENTIFIER,
    ];
    for extension in tbs.extensions() {
        let value = if random.contains(&extension.oid) {
            format!("{} bytes", extension.value.len())
        } else {
            format!("{:02x?}", extension.value)
        };
        text += &format!("{} critical {}: {value}\n", extension.oid, extension.critical);
    }
    text
}

/// A key's PEM, by its kind and length.
fn kind(pem: &str) -> String {
    let first = pem.lines().next().unwrap_or_default();
    let lines = pem.lines().count();
    format!("{first} of about {} lines", lines.div_ceil(2))
}

fn halves(text: &str) -> (&str, &str) {
    text.split_once("@@").expect("there is a certificate and a key")
}

#[test]
fn certificates_say_the_same() {
    let authority = r#"$ca := genCAWithKey "my ca" 365 (genPrivateKey "ecdsa")"#;
    let cases = [
        r#"$c := genCA "my-ca" 365"#,
        r#"$c := genSelfSignedCert "a.example" (list "10.0.0.1" "::1" "::ffff:1.2.3.4") (list "a.example" "*.b" "") 30"#,
        &format!(r#"{authority} }}}}{{{{ $c := genSignedCert "leaf" (list "127.0.0.1") nil 10 $ca"#),
        r#"$c := genCAWithKey "a*b" 0 (genPrivateKey "ecdsa")"#,
        r#"$c := genCAWithKey "" 10 (genPrivateKey "ed25519")"#,
        r#"$c := genCAWithKey "Ünï" -10 (genPrivateKey "ecdsa")"#,
        r#"$c := genCAWithKey "long" 10000 (genPrivateKey "ecdsa")"#,
        r#"$c := genCAWithKey "far" 100000 (genPrivateKey "ecdsa")"#,
        r#"$c := genCAWithKey "beyond what Go can count" 9999999 (genPrivateKey "ecdsa")"#,
        r#"$c := genSelfSignedCertWithKey "" nil (list "x") 1 (genPrivateKey "ed25519")"#,
        r#"$c := genSelfSignedCertWithKey "a&b" nil nil 1 (genPrivateKey "ecdsa")"#,
        &format!(r#"{authority} }}}}{{{{ $c := genSignedCertWithKey "leaf" nil nil 10 $ca (genPrivateKey "ed25519")"#),
        &format!(r#"{authority} }}}}{{{{ $c := genSignedCertWithKey "my ca" nil nil 10 $ca (genPrivateKey "ecdsa")"#),
        r#"$ca := genSelfSignedCertWithKey "no id" nil nil 9 (genPrivateKey "ed25519") }}{{ $c := genSignedCertWithKey "leaf" nil nil 10 $ca (genPrivateKey "ecdsa")"#,
    ];
    let templates: Vec<_> = cases
        .iter()
        .map(|case| {
            (
                format!("{{{{ {case} }}}}{{{{ $c.Cert }}}}@@{{{{ $c.Key }}}}"),
                json!({}),
            )
        })
        .collect();
    for ((template, values), theirs) in templates.iter().zip(hoist_helmpeer::texts(&templates)) {
        let theirs = theirs.unwrap_or_else(|error| panic!("{template}: {error}"));
        let ours = template::render(template, values).unwrap_or_else(|error| panic!("{template}: {error}"));
        let ((our_cert, our_key), (their_cert, their_key)) = (halves(&ours), halves(&theirs));
        assert_eq!(structure(our_cert), structure(their_cert), "{template}");
        assert_eq!(kind(our_key), kind(their_key), "{template}");
    }
}

#[test]
fn a_key_is_named_by_the_same_digest() {
    let ca = r#"{{ (genCAWithKey "x" 1 .Values.key).Cert }}"#;
    let key = template::render(r#"{{ genPrivateKey "ecdsa" }}"#, &json!({})).expect("a key is made");
    let values = json!({ "key": key });
    let ours = template::render(ca, &values).expect("it is made");
    let theirs = hoist_helmpeer::text(ca, &values).expect("it is made");
    let id = |pem: &str| {
        let (_, block) = parse_x509_pem(pem.as_bytes()).expect("it is PEM");
        let (_, certificate) = X509Certificate::from_der(&block.contents).expect("it is a certificate");
        let extension = certificate
            .get_extension_unique(&oid_registry::OID_X509_EXT_SUBJECT_KEY_IDENTIFIER)
            .expect("it is there once");
        extension.expect("it is there").value.to_vec()
    };
    assert_eq!(id(&ours), id(&theirs));
}

/// An authority of each kind of key, made by us, signs in the real Helm, and the other way round.
#[test]
fn each_accepts_the_others_authority() {
    let make = r#"{{ $c := genCAWithKey "ca" 10 (genPrivateKey .Values.kind) }}{{ $c.Cert }}@@{{ $c.Key }}"#;
    let sign = r#"{{ $ca := buildCustomCert (b64enc .Values.cert) (b64enc .Values.key) }}{{ $c := genSignedCertWithKey "leaf.example" (list "10.0.0.1") (list "leaf.example") 5 $ca .Values.leaf }}{{ $c.Cert }}@@{{ $ca.Cert }}"#;
    let leaf = template::render(r#"{{ genPrivateKey "ecdsa" }}"#, &json!({})).expect("a key is made");
    for kind in ["ecdsa", "ed25519"] {
        let values = json!({ "kind": kind });
        let our_ca = template::render(make, &values).expect("it is made");
        let their_ca = hoist_helmpeer::text(make, &values).expect("it is made");
        let with = |ca: &str| {
            let (cert, key) = halves(ca);
            json!({ "cert": cert, "key": key, "leaf": leaf })
        };
        let by_them = hoist_helmpeer::text(sign, &with(&our_ca)).expect("helm signs with our authority");
        let by_us = template::render(sign, &with(&their_ca)).expect("we sign with helm's authority");
        // Ours are from the moment of the tests' world, theirs from now.
        verify(&by_them, "leaf.example", std::time::SystemTime::now());
        verify(&by_us, "leaf.example", Still::default().now + Duration::from_secs(60));
        assert_eq!(structure(halves(&by_us).0), structure(halves(&by_them).0));
    }
}

/// A TLS client's own rules accept the leaf by the authority.
fn verify(chain: &str, name: &str, now: std::time::SystemTime) {
    let (leaf, authority) = halves(chain);
    let der = |pem: &str| CertificateDer::from_pem_slice(pem.as_bytes()).expect("it is PEM");
    let mut roots = rustls::RootCertStore::empty();
    roots.add(der(authority)).expect("it is an authority");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .expect("there is a root");
    let since = now.duration_since(std::time::UNIX_EPOCH).expect("it is after 1970");
    let server = ServerName::try_from(name).expect("it is a name").to_owned();
    verifier
        .verify_server_cert(&der(leaf), &[], &server, &[], UnixTime::since_unix_epoch(since))
        .unwrap_or_else(|error| panic!("{name} is not accepted: {error}"));
}

#[test]
fn a_leaf_of_rsa_is_accepted_by_its_authority() {
    let mut world = Still::default();
    let ca = call_in(&mut world, "genCA", &["ca".into(), Value::int(10)]).expect("it is made");
    let names = Value::list(vec!["leaf.example".into()]);
    let args = ["leaf".into(), Value::Nil, names, Value::int(5), ca.clone()];
    let leaf = call_in(&mut world, "genSignedCert", &args).expect("it is signed");
    let cert = |value: &Value| match value {
        Value::Object(object) => object
            .field("Cert")
            .expect("it is there")
            .as_str()
            .expect("it is text")
            .to_string(),
        other => panic!("{other:?} is no certificate"),
    };
    verify(
        &format!("{}@@{}", cert(&leaf), cert(&ca)),
        "leaf.example",
        world.now + Duration::from_secs(1),
    );

    // And both are kept: as they are, or as plain data.
    let drawn: Vec<_> = world.drawn.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(drawn, ["genCA", "genSignedCert"]);
    for kept in [leaf.clone(), plain(&leaf)] {
        world.kept = Some(kept);
        let again = call_in(&mut world, "genSignedCert", &args).expect("it is kept");
        assert!(again.deep_eq(&leaf));
        assert_eq!(
            again.ty(),
            Some(Type::Named("sprig.certificate", hoist_govalue::Kind::Struct))
        );
    }
    assert_eq!(world.drawn.len(), 2);
}

fn plain(value: &Value) -> Value {
    match value {
        Value::Object(object) => object.plain(),
        other => other.clone(),
    }
}

#[test]
fn another_authoritys_key_is_refused_alike() {
    let template = r#"{{ $a := genCAWithKey "a" 1 (genPrivateKey "ecdsa") }}{{ $b := genPrivateKey "ecdsa" }}{{ $x := buildCustomCert (b64enc $a.Cert) (b64enc $b) }}{{ genSignedCertWithKey "l" nil nil 1 $x $b }}"#;
    template::compare(&[template], &json!({}));
}

#[test]
fn damaged_certificates_are_refused_alike() {
    let make = r#"{{ (genCAWithKey "ca" 10 (genPrivateKey "ecdsa")).Cert }}"#;
    let pem = template::render(make, &json!({})).expect("it is made");
    let (_, block) = parse_x509_pem(pem.as_bytes()).expect("it is PEM");
    let der = block.contents;
    // The outermost lengths, the version, the serial number's tag, the end, and what follows it.
    let mut damaged: Vec<Vec<u8>> = [0, 1, 4, 8, 10, 12]
        .map(|at| {
            let mut bytes = der.clone();
            bytes[at] ^= 0x1F;
            bytes
        })
        .into();
    damaged.push(der[..der.len() - 1].to_vec());
    damaged.push([der.as_slice(), &[0]].concat());
    damaged.push(vec![0x30, 0x00]);
    damaged.push(vec![0x30, 0x80]);
    let encode = |bytes: &[u8]| data_encoding::BASE64.encode(bytes);
    for bytes in damaged {
        let values = json!({ "der": encode(&bytes) });
        let template = r#"{{ buildCustomCert (printf "-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n" .Values.der | b64enc) (genPrivateKey "ed25519" | b64enc) }}"#;
        template::compare(&[template], &values);
    }
}

#[test]
fn random_subjects_and_names_agree() {
    let name = prop_oneof![3 => "[a-zA-Z0-9 '()+,./:=?*&@_-]{0,12}", 1 => "\\PC{0,6}"];
    let address = prop_oneof![
        4 => any::<[u8; 4]>().prop_map(|it| std::net::Ipv4Addr::from(it).to_string()),
        4 => any::<[u8; 16]>().prop_map(|it| std::net::Ipv6Addr::from(it).to_string()),
        2 => any::<[u8; 4]>().prop_map(|it| format!("::ffff:{}", std::net::Ipv4Addr::from(it))),
        1 => "[0-9a-f.:/%]{0,8}",
        1 => select(vec!["1.2.3", "::", "1::2::3", "010.0.0.1", "1.2.3.4/8", "0x1.2.3.4", "::1.2.3.4", " 1.2.3.4"]).prop_map(String::from),
    ];
    let dns = prop_oneof![6 => "[a-z0-9.*-]{0,16}", 1 => "\\PC{0,4}"];
    use prop::collection::vec as several;
    let strategy = (name, several(address, 0..3), several(dns, 0..3), -100i64..200_000);
    let key = template::render(r#"{{ genPrivateKey "ecdsa" }}"#, &json!({})).expect("a key is made");
    let template =
        "{{ (genSelfSignedCertWithKey .Values.name .Values.ips .Values.dns (int .Values.days) .Values.key).Cert }}";
    let cases: Vec<_> = samples(cases(), &strategy)
        .into_iter()
        .map(|(name, ips, dns, days)| {
            (
                template,
                json!({ "name": name, "ips": ips, "dns": dns, "days": days, "key": key }),
            )
        })
        .collect();
    for ((template, values), theirs) in cases.iter().zip(hoist_helmpeer::texts(&cases)) {
        let ours = template::render(template, values);
        match (ours, theirs) {
            // The moments differ, so the years that they are written with may, too.
            (Ok(ours), Ok(theirs)) => assert_eq!(
                structure(&ours)
                    .lines()
                    .filter(|line| !line.starts_with("about"))
                    .collect::<Vec<_>>(),
                structure(&theirs)
                    .lines()
                    .filter(|line| !line.starts_with("about"))
                    .collect::<Vec<_>>(),
                "{values}"
            ),
            (ours, theirs) => {
                let (ours, theirs) = (ours.expect_err("helm refuses it"), theirs.expect_err("we refuse it"));
                let cause = ours
                    .rsplit_once("error calling genSelfSignedCertWithKey: ")
                    .map(|(_, cause)| cause);
                assert!(
                    cause.is_some_and(|cause| theirs.ends_with(cause)),
                    "{ours} but {theirs}"
                );
            }
        }
    }
}
