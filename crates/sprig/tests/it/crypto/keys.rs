//! Private keys: those that we make are read by the real sprig, and the other way round, in each form.

use serde_json::json;

use crate::template;

/// The key that a certificate comes with is the key that was given, written anew.
const REWRITE: &str = r#"{{ (genSelfSignedCertWithKey "x" nil nil 1 .Values.key).Key }}"#;

#[test]
fn keys_are_read_and_written_alike() {
    for kind in ["rsa", "ecdsa", "ed25519"] {
        let make = format!("{{{{ genPrivateKey {kind:?} }}}}");
        let theirs = hoist_helmpeer::text(&make, &json!({})).expect("helm makes a key");
        let by_us = template::render(REWRITE, &json!({ "key": theirs })).expect("we read helm's key");
        assert_eq!(by_us, theirs, "{kind}");
        // Our own RSA keys of 4096 bits take too long without optimisation; those of certificates are of the same code.
        let ours = match kind {
            "rsa" => template::render(r#"{{ (genCA "x" 1).Key }}"#, &json!({})),
            _ => template::render(&make, &json!({})),
        }
        .expect("we make a key");
        let by_them = hoist_helmpeer::text(REWRITE, &json!({ "key": ours })).expect("helm reads our key");
        assert_eq!(by_them, ours, "{kind}");
    }
}

/// Keys in the forms that other programs write: made for this test, and used nowhere.
const KEYS: &[(&str, &str)] = &[
    ("P-384 in PKCS #8", include_str!("keys/p384.pem")),
    ("P-521 in SEC 1", include_str!("keys/p521.pem")),
    ("RSA in PKCS #8", include_str!("keys/rsa2048-pkcs8.pem")),
    ("RSA of 1024 bits", include_str!("keys/rsa1024.pem")),
    ("RSA of 512 bits", include_str!("keys/rsa512.pem")),
    ("DSA", include_str!("keys/dsa.pem")),
    ("encrypted", include_str!("keys/encrypted.pem")),
];

#[test]
fn keys_of_other_programs_are_read_alike() {
    for (name, key) in KEYS {
        let values = json!({ "key": key });
        println!("{name}");
        template::compare(&[REWRITE], &values);
    }
}

#[test]
fn pem_is_read_as_leniently() {
    let key = template::render(r#"{{ genPrivateKey "ed25519" }}"#, &json!({})).expect("a key is made");
    let data = key.lines().nth(1).expect("there is data");
    let with = |text: String| text.replace("DATA", data).replace("KEY", "PRIVATE KEY-----");
    let texts = [
        "-----BEGIN KEY\nDATA\n-----END KEY\n",
        "-----BEGIN KEY\nDATA\n-----END KEY",
        "-----BEGIN KEY\r\nDATA\r\n-----END KEY\r\n",
        "text\n-----BEGIN KEY\nDATA\n-----END KEY\ntext",
        "text-----BEGIN KEY\nDATA\n-----END KEY\n",
        " -----BEGIN KEY\nDATA\n-----END KEY\n",
        "-----BEGIN KEY \t\n DATA \t\n-----END KEY \n",
        "-----BEGIN KEY\nA: b\nC: d\n\nDATA\n-----END KEY\n",
        "-----BEGIN KEY\nDATA\n-----END KEYx\n",
        "-----BEGIN KEY\nDATA\n-----END EC KEY\n",
        "-----BEGIN KEY\nDATA\n----END KEY\n",
        "-----BEGIN KEY\n-----END KEY\n",
        "-----BEGIN KEY\n\n-----END KEY\n",
        "-----BEGIN KEY\nDATA-----END KEY\n",
        "-----BEGIN X-----\nDATA\n-----END Y-----\n-----BEGIN KEY\nDATA\n-----END KEY\n",
        "-----BEGIN X-----\n-----BEGIN KEY\nDATA\n-----END KEY\n",
        "-----BEGIN KEY\nDA TA\n-----END KEY\n",
        "-----BEGIN KEY\n!DATA\n-----END KEY\n-----BEGIN KEY\nDATA\n-----END KEY\n",
        "-----BEGIN CERTIFICATE-----\nDATA\n-----END CERTIFICATE-----\n-----BEGIN KEY\nDATA\n-----END KEY\n",
        "",
        "-----BEGIN ",
        "\n-----END ",
    ];
    for text in texts {
        template::compare(&[REWRITE], &json!({ "key": with(text.to_owned()) }));
    }
}

#[test]
fn damaged_keys_are_refused() {
    let key = template::render(r#"{{ genPrivateKey "ed25519" }}"#, &json!({})).expect("a key is made");
    let data = key.lines().nth(1).expect("there is data");
    let der = data_encoding::BASE64.decode(data.as_bytes()).expect("it is base64");
    for length in 0..der.len() {
        let cut = data_encoding::BASE64.encode(&der[..length]);
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{cut}\n-----END PRIVATE KEY-----\n");
        let values = json!({ "key": pem });
        assert!(hoist_helmpeer::text(REWRITE, &values).is_err());
        let error = template::render(REWRITE, &values).expect_err("the key is not whole");
        assert!(error.contains("parsing private key"), "{error}");
    }
}
