//! Hashes, encryption, keys and certificates.
//!
//! What is random is drawn through [`draw::once`], so that a second rendering can be the same as the first.

mod certificate;
mod cipher;
mod der;
pub(crate) mod draw;
mod dsa;
mod ec;
mod keys;
mod parent;
mod password;
mod pem;
mod rng;
mod rsa;
mod x509;

use data_encoding::HEXLOWER;
use hoist_govalue::{Args, Func, FuncError, FuncResult, Host, Type, Value};
use sha1::{Digest as _, Sha1};
use sha2::{Sha256, Sha512};

use self::certificate::CERTIFICATE;
use self::keys::PrivateKey;
use crate::def::{host, pure};

const TEXT: &[Type] = &[Type::Str];
const TEXT_TEXT: &[Type] = &[Type::Str, Type::Str];

/// The functions of this module.
pub(crate) const FUNCTIONS: &[Func] = &[
    pure("sha1sum", TEXT, |args| hex(&Sha1::digest(args.str(0)?.as_bytes()))),
    pure("sha256sum", TEXT, |args| hex(&Sha256::digest(args.str(0)?.as_bytes()))),
    pure("sha512sum", TEXT, |args| hex(&Sha512::digest(args.str(0)?.as_bytes()))),
    pure("adler32sum", TEXT, |args| {
        Ok(Value::str(adler32(args.str(0)?).to_string()))
    }),
    host("bcrypt", TEXT, password::bcrypt),
    host("htpasswd", TEXT_TEXT, password::htpasswd),
    pure("derivePassword", password::DERIVE, password::derive),
    host("genPrivateKey", TEXT, gen_private_key),
    pure("buildCustomCert", TEXT_TEXT, certificate::build_custom),
    host("genCA", &[Type::Str, Type::INT], certificate::gen_ca),
    host(
        "genCAWithKey",
        &[Type::Str, Type::INT, Type::Str],
        certificate::gen_ca_with_key,
    ),
    host(
        "genSelfSignedCert",
        &[Type::Str, Type::List, Type::List, Type::INT],
        certificate::gen_self_signed,
    ),
    host(
        "genSelfSignedCertWithKey",
        &[Type::Str, Type::List, Type::List, Type::INT, Type::Str],
        certificate::gen_self_signed_with_key,
    ),
    host(
        "genSignedCert",
        &[Type::Str, Type::List, Type::List, Type::INT, CERTIFICATE],
        certificate::gen_signed,
    ),
    host(
        "genSignedCertWithKey",
        &[Type::Str, Type::List, Type::List, Type::INT, CERTIFICATE, Type::Str],
        certificate::gen_signed_with_key,
    ),
    host("encryptAES", TEXT_TEXT, cipher::encrypt),
    pure("decryptAES", TEXT_TEXT, cipher::decrypt),
];

fn hex(digest: &[u8]) -> FuncResult {
    Ok(Value::str(HEXLOWER.encode(digest)))
}

fn adler32(bytes: &[u8]) -> u32 {
    const MODULUS: u32 = 65_521;
    // So many bytes can be added before 32 bits are too few.
    const BATCH: usize = 5552;
    let (mut a, mut b) = (1, 0);
    for batch in bytes.chunks(BATCH) {
        for byte in batch {
            a += u32::from(*byte);
            b += a;
        }
        a %= MODULUS;
        b %= MODULUS;
    }
    b << 16 | a
}

fn gen_private_key(host: &mut dyn Host, args: Args<'_>) -> FuncResult {
    let kind = args.str(0)?;
    if !matches!(kind.as_bytes(), b"" | b"rsa" | b"dsa" | b"ecdsa" | b"ed25519") {
        return Ok(Value::str([b"Unknown type ".as_slice(), kind.as_bytes()].concat()));
    }
    draw::once(host, "genPrivateKey", args, draw::text, |host| {
        let key = PrivateKey::generate(host, &kind.text());
        let key = key.ok_or_else(|| FuncError::new(format!("Unknown type {kind}")))?;
        Ok(Value::str(match key {
            Ok(key) => key.to_pem(),
            Err(error) => format!("failed to generate private key: {error}"),
        }))
    })
}
