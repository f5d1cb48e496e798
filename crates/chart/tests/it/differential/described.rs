//! What is random by design, by its structure: certificates by what they say, keys by their kind.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use regex::{Captures, Regex};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::{FromDer, GeneralName, ParsedExtension};

/// The same text with a description in place of each PEM block, be it plain, indented or in base64.
pub(crate) fn described(text: &str) -> String {
    static BLOCK: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"-----BEGIN ([A-Z0-9 ]+)-----(?:\\n|[\s\\])*([A-Za-z0-9+/=\s\\]*?)-----END ([A-Z0-9 ]+)-----")
            .unwrap()
    });
    static ENCODED: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"[A-Za-z0-9+/]{40,}={0,2}").unwrap());
    let text = BLOCK.replace_all(text, |found: &Captures<'_>| {
        // A block inside of a quoted string has its line breaks escaped.
        let body = found[2].replace("\\n", "");
        let body: String = body.chars().filter(|it| !it.is_whitespace() && *it != '\\').collect();
        match STANDARD.decode(&body) {
            Ok(der) => format!("<{} ... {}: {}>", &found[1], &found[3], describe(&found[1], &der)),
            Err(_) => found[0].to_owned(),
        }
    });
    ENCODED
        .replace_all(&text, |found: &Captures<'_>| {
            let plain = STANDARD
                .decode(&found[0])
                .ok()
                .and_then(|it| String::from_utf8(it).ok());
            match plain {
                Some(plain) if plain.contains("-----BEGIN ") => format!("<base64 of {}>", described(&plain)),
                _ => found[0].to_owned(),
            }
        })
        .into_owned()
}

fn describe(kind: &str, der: &[u8]) -> String {
    match kind {
        "CERTIFICATE" => certificate(der).unwrap_or_else(|| "not readable".into()),
        "RSA PRIVATE KEY" => format!("{} bits", rsa_bits(der).map_or("?".into(), |it| it.to_string())),
        // The other kinds are of one length each.
        _ => format!("{} bytes", der.len()),
    }
}

fn certificate(der: &[u8]) -> Option<String> {
    let (rest, certificate) = X509Certificate::from_der(der).ok()?;
    let validity = certificate.validity();
    let lifetime = validity.not_after.timestamp() - validity.not_before.timestamp();
    let mut parts = vec![
        format!("v{}", certificate.version().0 + 1),
        format!("subject {:?}", certificate.subject().to_string()),
        format!("issuer {:?}", certificate.issuer().to_string()),
        format!("{lifetime} s"),
        format!("signed with {}", certificate.signature_algorithm.algorithm),
        format!(
            "key {} of {} bits",
            certificate.public_key().algorithm.algorithm,
            certificate.public_key().parsed().ok()?.key_size()
        ),
        // 128 random bits may begin with zeros.
        match certificate.serial.bits() {
            ..=128 => "serial of at most 128 bits".into(),
            bits => format!("serial of {bits} bits"),
        },
    ];
    for extension in certificate.extensions() {
        let what = match extension.parsed_extension() {
            ParsedExtension::SubjectAlternativeName(names) => {
                let names: Vec<_> = names.general_names.iter().map(name).collect();
                format!("names {}", names.join(" "))
            }
            ParsedExtension::KeyUsage(usage) => format!("usage {:#x}", usage.flags),
            ParsedExtension::ExtendedKeyUsage(usage) => format!("extended usage {usage:?}"),
            ParsedExtension::BasicConstraints(basic) => format!("CA {} {:?}", basic.ca, basic.path_len_constraint),
            ParsedExtension::SubjectKeyIdentifier(id) => format!("key identifier of {} bytes", id.0.len()),
            ParsedExtension::AuthorityKeyIdentifier(id) => {
                format!(
                    "authority of {:?} bytes",
                    id.key_identifier.as_ref().map(|it| it.0.len())
                )
            }
            _ => format!("extension {}", extension.oid),
        };
        parts.push(format!("{what}{}", if extension.critical { "!" } else { "" }));
    }
    if !rest.is_empty() {
        parts.push(format!("{} bytes behind it", rest.len()));
    }
    Some(parts.join(", "))
}

fn name(name: &GeneralName<'_>) -> String {
    match name {
        GeneralName::DNSName(name) => format!("dns:{name}"),
        GeneralName::IPAddress(bytes) => format!("ip:{bytes:?}"),
        other => format!("{other:?}"),
    }
}

/// The length of the modulus of a PKCS #1 key: the second integer of its sequence.
fn rsa_bits(der: &[u8]) -> Option<usize> {
    let (0x30, sequence, _) = element(der)? else {
        return None;
    };
    let (0x02, _version, rest) = element(sequence)? else {
        return None;
    };
    let (0x02, modulus, _) = element(rest)? else {
        return None;
    };
    let zeros = modulus.iter().take_while(|it| **it == 0).count();
    Some((modulus.len() - zeros) * 8)
}

/// A DER element's tag and content, and what follows it.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        _ => {
            let count = usize::from(first & 0x7f);
            let length = rest
                .get(..count)?
                .iter()
                .fold(0, |sum, it| sum * 256 + usize::from(*it));
            (length, &rest[count..])
        }
    };
    Some((tag, rest.get(..length)?, rest.get(length..)?))
}

#[test]
fn a_pem_block_is_described_wherever_it_stands() {
    let key = "-----BEGIN RSA PRIVATE KEY-----\nMAkCAQACBADAgAA=\n-----END RSA PRIVATE KEY-----\n";
    let plain = described(key);
    assert_eq!(plain, "<RSA PRIVATE KEY ... RSA PRIVATE KEY: 24 bits>\n");
    let indented = described(&key.replace('\n', "\n    "));
    assert_eq!(indented, plain.replace('\n', "\n    "));
    let quoted = described(&format!("k: {:?}", key));
    assert_eq!(quoted, "k: \"<RSA PRIVATE KEY ... RSA PRIVATE KEY: 24 bits>\\n\"");
    let encoded = described(&format!("k: {}", STANDARD.encode(key)));
    assert_eq!(encoded, format!("k: <base64 of {plain}>"));
    let other = "no PEM: MAkCAQACBADAgAAMAkCAQACBADAgAAMAkCAQACBADAgAA=";
    assert_eq!(described(other), other);
}
