//! Hashes, passwords, encryption, keys and certificates.

use hoist_govalue::Value;
use proptest::prelude::*;

use crate::direct::{Arg, call, cases, compare, question, samples};
use crate::template;

mod certificates;
mod keys;

const HASHES: [&str; 4] = ["sha1sum", "sha256sum", "sha512sum", "adler32sum"];

#[test]
fn hashes_agree() {
    let mut texts: Vec<Vec<u8>> = vec![
        vec![],
        b"a".to_vec(),
        b"hello world".to_vec(),
        vec![0xFF; 3],
        vec![0xFF; 6000],
        vec![b'x'; 100_000],
        vec![0; 65],
    ];
    texts.extend(samples(cases() / 8, &proptest::collection::vec(any::<u8>(), 0..200)));
    let questions: Vec<_> = texts
        .iter()
        .flat_map(|text| HASHES.map(|hash| question(hash, vec![Arg::Text(text.clone())])))
        .collect();
    compare(&questions);
    let wrong: Vec<_> = HASHES
        .iter()
        .flat_map(|hash| [format!("{hash} 1"), format!("{hash} nil"), (*hash).to_owned()])
        .collect();
    template::compare(&wrong, &template::values());
}

const CASES: template::Cases = &[
    (
        "bcrypt",
        &[
            "bcrypt \"x\" | len",
            "bcrypt \"\" | len",
            "regexMatch \"^\\\\$2a\\\\$10\\\\$[./A-Za-z0-9]{53}$\" (bcrypt \"secret\")",
            "bcrypt (repeat 72 \"x\") | len",
            "bcrypt (repeat 73 \"x\")",
            "bcrypt 1",
        ],
    ),
    (
        "htpasswd",
        &[
            "htpasswd \"u\" \"p\" | len",
            "htpasswd \"u:v\" \"p\"",
            "regexFind \"^[^:]*:.2a.10.\" (htpasswd \"üser\" \"p\")",
            "htpasswd \"u\" (repeat 100 \"x\")",
            "htpasswd \"u\"",
            "htpasswd \"\" \"\" | len",
        ],
    ),
    (
        "derivePassword",
        &[
            "derivePassword 1 \"long\" \"password\" \"user\" \"example.com\"",
            "derivePassword 2 \"maximum\" \"password\" \"user\" \"example.com\"",
            "derivePassword 1 \"medium\" \"\" \"\" \"\"",
            "derivePassword 1 \"short\" \"pässword\" \"user\" \"example.com\"",
            "derivePassword 4294967295 \"basic\" \"password\" \"user\" \"example.com\"",
            "derivePassword 0 \"pin\" \"password\" \"user\" \"example.com\"",
            "derivePassword 1 \"other\" \"password\" \"user\" \"example.com\"",
            "derivePassword -1 \"pin\" \"password\" \"user\" \"example.com\"",
            "derivePassword .Values.n \"pin\" \"password\" \"user\" \"example.com\"",
            "derivePassword 4294967296 \"pin\" \"password\" \"user\" \"example.com\"",
        ],
    ),
    (
        "encryptAES",
        &[
            "encryptAES \"k\" \"\"",
            "encryptAES \"k\" \"text\" | len",
            "encryptAES \"k\" (repeat 16 \"x\") | len",
            "encryptAES \"k\" \"text\" | decryptAES \"k\"",
            "encryptAES (repeat 40 \"k\") \"text\" | decryptAES (repeat 32 \"k\")",
            "encryptAES 1 2",
        ],
    ),
    (
        "decryptAES",
        &[
            "decryptAES \"k\" \"\"",
            "decryptAES \"k\" \"!\"",
            "decryptAES \"k\" \"YWJj\"",
            "decryptAES \"k\" \"AAAAAAAAAAAAAAAAAAAA\"",
            "decryptAES \"k\" \"AAAAAAAAAAAAAAAAAAAAAA==\"",
            "decryptAES \"k\" \"AAAAAAAAAAAAAAAAAAAAAAA=\"",
            "decryptAES \"k\" \"AAAAAAAAAAAAAAAAAAAA\\nAA==\"",
            "decryptAES \"k\" \"AAAAAAAAAAAAAAAAAAAA\\n\\n\\n\\n\"",
            "decryptAES \"secretkey\" \"30tEfhuJSVRhpG97XCuWgz2okj7L8vQ1s6V9zVUPeDQ=\"",
            "decryptAES \"x\" \"30tEfhuJSVRhpG97XCuWgz2okj7L8vQ1s6V9zVUPeDQ=\"",
            "decryptAES 1 \"\"",
        ],
    ),
    (
        "genPrivateKey",
        &[
            "genPrivateKey \"x\"",
            "genPrivateKey \"RSA\"",
            "genPrivateKey 1",
            "genPrivateKey \"ecdsa\" | len",
            "genPrivateKey \"ed25519\" | len",
            "genPrivateKey \"ecdsa\" | trunc 30",
            "genPrivateKey",
        ],
    ),
    (
        "buildCustomCert",
        &[
            "buildCustomCert \"!\" \"\"",
            "buildCustomCert \"\" \"!\"",
            "buildCustomCert \"\" \"\"",
            "buildCustomCert \"YWJj\" \"YWJj\"",
            "buildCustomCert 1 2",
            "buildCustomCert (b64enc \"-----BEGIN CERTIFICATE-----\\nMAA=\\n-----END CERTIFICATE-----\\n\") \"\"",
            "buildCustomCert (b64enc \"-----BEGIN CERTIFICATE-----\\nAAAA\\n-----END CERTIFICATE-----\\n\") \"\"",
            "buildCustomCert (b64enc \"-----BEGIN CERTIFICATE-----\\n-----END CERTIFICATE-----\\n\") \"\"",
            "buildCustomCert (b64enc \"-----BEGIN CERTIFICATE-----\\nA\\n-----END CERTIFICATE-----\\n\") \"\"",
        ],
    ),
    (
        "genCA",
        &[
            "typeOf (genCA \"x\" 1)",
            "kindOf (genCA \"x\" 1)",
            "genCA \"x\"",
            "genCA 1 1",
            "genCA \"x\" \"1\"",
            "(genCA \"x\" 1).Other",
            "(genCA (\"\\xff\" | printf \"%s\") 1).Cert",
            "(genCA \"x\" 1).Cert | trunc 27",
            "(genCA \"x\" 1).Key | trunc 31",
        ],
    ),
    (
        "genSelfSignedCert",
        &[
            "typeOf (genSelfSignedCert \"x\" nil nil 1)",
            "genSelfSignedCert \"x\" (list 1) nil 1",
            "genSelfSignedCert \"x\" (list \"1.2.3\") nil 1",
            "genSelfSignedCert \"x\" (list nil) nil 1",
            "genSelfSignedCert \"x\" nil (list 1.5) 1",
            "genSelfSignedCert \"x\" nil (list \"é\") 1",
            "genSelfSignedCert \"x\" (list (list \"a\")) nil 1",
            "genSelfSignedCert \"x\" \"y\" nil 1",
            "genSelfSignedCert \"x\" nil nil",
            "genSelfSignedCert \"x\" (list \"01.2.3.4\") nil 1",
            "genSelfSignedCert \"x\" (list \"fe80::1%eth0\") nil 1",
        ],
    ),
    (
        "genSignedCert",
        &[
            "typeOf (genSignedCert \"x\" nil nil 1 (genCA \"c\" 1))",
            "genSignedCert \"x\" nil nil 1 \"ca\"",
            "genSignedCert \"x\" nil nil 1 nil",
            "genSignedCert \"x\" nil nil 1 (dict \"Cert\" \"a\" \"Key\" \"b\")",
            "genSignedCert \"x\" nil nil 1",
            "genSignedCert \"x\" (list \"a\") nil 1 (genCA \"c\" 1)",
        ],
    ),
    (
        "genCAWithKey",
        &[
            "genCAWithKey \"x\" 1 \"\"",
            "genCAWithKey \"x\" 1 \"y\"",
            "genCAWithKey \"x\" 1 (genPrivateKey \"ecdsa\" | replace \"EC PRIV\" \"XX PRIV\")",
            "genCAWithKey \"x\" 1 (genPrivateKey \"ecdsa\" | replace \"EC PRIVATE KEY\" \"THING\")",
            "genCAWithKey \"x\" 1 (genPrivateKey \"ecdsa\" | replace \"EC PRIV\" \"RSA PRIV\")",
            "genCAWithKey \"x\" 1 (genPrivateKey \"ecdsa\" | replace \"EC PRIV\" \"PRIV\")",
            "genCAWithKey \"x\" 1 (genPrivateKey \"ed25519\" | replace \" PRIV\" \" EC PRIV\")",
            "genCAWithKey \"x\" 1 (genPrivateKey \"ed25519\" | replace \" PRIV\" \" RSA PRIV\")",
            "typeOf (genCAWithKey \"x\" 1 (genPrivateKey \"ecdsa\"))",
            "genCAWithKey \"x\" 1",
        ],
    ),
    (
        "genSelfSignedCertWithKey",
        &[
            "genSelfSignedCertWithKey \"x\" nil nil 1 \"\"",
            "genSelfSignedCertWithKey \"x\" nil nil 1",
            "typeOf (genSelfSignedCertWithKey \"x\" nil nil 1 (genPrivateKey \"ed25519\"))",
            "genSelfSignedCertWithKey \"x\" (list \"a\") nil 1 (genPrivateKey \"ed25519\")",
            "(genSelfSignedCertWithKey \"x\" nil nil 1 (genPrivateKey \"ecdsa\")).Key | len",
        ],
    ),
    (
        "genSignedCertWithKey",
        &[
            "genSignedCertWithKey \"x\" nil nil 1 (genCAWithKey \"c\" 1 (genPrivateKey \"ecdsa\")) \"\"",
            "genSignedCertWithKey \"x\" nil nil 1 \"\" \"\"",
            "genSignedCertWithKey \"x\" nil nil 1",
            "typeOf (genSignedCertWithKey \"x\" nil nil 1 (genCAWithKey \"c\" 1 (genPrivateKey \"ecdsa\")) (genPrivateKey \"ed25519\"))",
            "genSignedCertWithKey \"x\" (list \"a\") nil 1 (genCAWithKey \"c\" 1 (genPrivateKey \"ecdsa\")) (genPrivateKey \"ed25519\")",
        ],
    ),
];

#[test]
fn each_function_agrees_on_what_is_not_random() {
    template::check(CASES);
}

#[test]
fn what_one_encrypts_the_other_decrypts() {
    let drawn = samples(
        cases() / 8,
        &("[ -~]{0,40}", proptest::collection::vec(any::<u8>(), 1..60)),
    );
    let questions: Vec<_> = drawn
        .iter()
        .map(|(key, text)| {
            let ours = call("encryptAES", &[key.as_str().into(), Value::str(text.as_slice())]).expect("it encrypts");
            let ours = ours.as_str().expect("it is text").to_string();
            question("decryptAES", vec![key.as_str().into(), ours.as_str().into()])
        })
        .collect();
    compare(&questions);
}

#[test]
fn random_garbage_is_refused_alike() {
    let drawn = samples(cases(), &("[ -~]{0,4}", "[A-Za-z0-9+/]{0,70}={0,3}\n?"));
    let questions: Vec<_> = drawn
        .iter()
        .map(|(key, text)| question("decryptAES", vec![key.as_str().into(), text.as_str().into()]))
        .collect();
    compare(&questions);
}

#[test]
fn random_passwords_are_derived_alike() {
    let form = proptest::sample::select(vec!["maximum", "long", "medium", "short", "basic", "pin", "", "x"]);
    let drawn = samples(8, &(any::<u32>(), form, ".{0,8}", ".{0,8}", "[a-z.]{0,12}"));
    let questions: Vec<_> = drawn
        .iter()
        .map(|(counter, form, password, user, site)| {
            let texts = [*form, password, user, site].map(Arg::from);
            let args = [Arg::Uint(*counter)].into_iter().chain(texts).collect();
            question("derivePassword", args)
        })
        .collect();
    compare(&questions);
}
