//! Passwords: bcrypt, htpasswd, and those derived from a master password.

use blowfish::Blowfish;
use hmac::{Hmac, KeyInit as _, Mac as _};
use hoist_govalue::{Args, FuncError, FuncResult, Host, Kind, Str, Type, Value, check_string};
use sha2::Sha256;

use super::draw;
use super::rng;

/// Two to this power is how often bcrypt mixes.
const COST: u32 = 10;

const MOST_PASSWORD: usize = 72;

const ALPHABET: &[u8; 64] = b"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

pub(super) fn bcrypt(host: &mut dyn Host, args: Args<'_>) -> FuncResult {
    let password = args.str(0)?;
    draw::once(host, "bcrypt", args, draw::text, |host| {
        Ok(Value::str(hashed(host, password)))
    })
}

pub(super) fn htpasswd(host: &mut dyn Host, args: Args<'_>) -> FuncResult {
    let (user, password) = (args.str(0)?, args.str(1)?);
    if user.contains(&b':') {
        return Ok(Value::str([b"invalid username: ".as_slice(), user.as_bytes()].concat()));
    }
    draw::once(host, "htpasswd", args, draw::text, |host| {
        let hash = hashed(host, password);
        Ok(Value::str([user.as_bytes(), b":", hash.as_bytes()].concat()))
    })
}

/// The hash of a password with a new salt, or sprig's text of why there is none.
fn hashed(host: &mut dyn Host, password: &[u8]) -> String {
    if password.len() > MOST_PASSWORD {
        return format!("failed to encrypt string with bcrypt: bcrypt: password length exceeds {MOST_PASSWORD} bytes");
    }
    let salt = rng::bytes::<16>(host);
    written(password, &salt, COST)
}

fn written(password: &[u8], salt: &[u8; 16], cost: u32) -> String {
    let hash = digest(password, salt, cost);
    // The last byte is left out, as ever.
    let hash = hash.get(..23).unwrap_or_default();
    format!("$2a${cost:02}${}{}", encode(salt), encode(hash))
}

fn digest(password: &[u8], salt: &[u8; 16], cost: u32) -> [u8; 24] {
    let key = [password, &[0]].concat();
    let mut state = Blowfish::bc_init_state();
    state.salted_expand_key(salt, &key);
    for _ in 0..1u32 << cost {
        state.bc_expand_key(&key);
        state.bc_expand_key(salt);
    }
    let mut text: [u32; 6] = [
        0x4F72_7068,
        0x6561_6E42,
        0x6568_6F6C,
        0x6465_7253,
        0x6372_7944,
        0x6F75_6274,
    ];
    for pair in text.chunks_exact_mut(2) {
        for _ in 0..64 {
            if let [left, right] = pair {
                [*left, *right] = state.bc_encrypt([*left, *right]);
            }
        }
    }
    let mut out = [0; 24];
    for (bytes, word) in out.chunks_exact_mut(4).zip(text) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
    out
}

/// Base64 with bcrypt's own alphabet, without padding.
fn encode(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let mut group = [0; 4];
        for (to, from) in group.iter_mut().skip(1).zip(chunk) {
            *to = *from;
        }
        let bits = u32::from_be_bytes(group);
        for place in 0..=chunk.len() {
            let digit = bits >> (18 - 6 * place) & 63;
            out.push(ALPHABET.get(digit as usize).copied().map_or('.', char::from));
        }
    }
    out
}

/// What the names of the algorithm's forms stand for: each letter is a class of characters.
const FORMS: &[(&str, &[&str])] = &[
    ("maximum", &["anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"]),
    (
        "long",
        &[
            "CvcvnoCvcvCvcv",
            "CvcvCvcvnoCvcv",
            "CvcvCvcvCvcvno",
            "CvccnoCvcvCvcv",
            "CvccCvcvnoCvcv",
            "CvccCvcvCvcvno",
            "CvcvnoCvccCvcv",
            "CvcvCvccnoCvcv",
            "CvcvCvccCvcvno",
            "CvcvnoCvcvCvcc",
            "CvcvCvcvnoCvcc",
            "CvcvCvcvCvccno",
            "CvccnoCvccCvcv",
            "CvccCvccnoCvcv",
            "CvccCvccCvcvno",
            "CvcvnoCvccCvcc",
            "CvcvCvccnoCvcc",
            "CvcvCvccCvccno",
            "CvccnoCvcvCvcc",
            "CvccCvcvnoCvcc",
            "CvccCvcvCvccno",
        ],
    ),
    ("medium", &["CvcnoCvc", "CvcCvcno"]),
    ("short", &["Cvcn"]),
    ("basic", &["aaanaaan", "aannaaan", "aaannaaa"]),
    ("pin", &["nnnn"]),
];

fn characters(class: u8) -> &'static [u8] {
    match class {
        b'C' => b"BCDFGHJKLMNPQRSTVWXYZ",
        b'v' => b"aeiou",
        b'c' => b"bcdfghjklmnpqrstvwxyz",
        b'a' => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz",
        b'n' => b"0123456789",
        b'o' => b"@&%?,=[]_:-+*$#!'^~;()/.",
        _ => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()",
    }
}

const SEED: &[u8] = b"com.lyndir.masterpassword";

pub(super) const DERIVE: &[Type] = &[Type::Num(Kind::Uint32), Type::Str, Type::Str, Type::Str, Type::Str];

/// The password of a site by the algorithm of masterpassword.app: the same for the same arguments.
pub(super) fn derive(args: Args<'_>) -> FuncResult {
    let counter = match args.any(0) {
        Value::Uint(counter, _) => *counter as u32,
        Value::Int(counter, _) => *counter as u32,
        other => {
            return Err(FuncError::new(format!(
                "wrong type for value; expected uint32; got {}",
                other.type_name()
            )));
        }
    };
    let (form, password, user, site) = (args.str(1)?, args.str(2)?, args.str(3)?, args.str(4)?);
    let Some((_, forms)) = FORMS.iter().find(|(name, _)| form == name) else {
        return Ok(Value::str(
            [b"cannot find password template ".as_slice(), form.as_bytes()].concat(),
        ));
    };
    check_string("derivePassword", user.len().saturating_add(site.len()))?;
    let sized = |text: &Str| [&(text.len() as u32).to_be_bytes(), text.as_bytes()].concat();
    let salt = [SEED, &sized(user)].concat();
    let failed = |error: String| FuncError::new(format!("failed to derive password: {error}"));
    let params = scrypt::Params::new(15, 8, 2).map_err(|error| failed(error.to_string()))?;
    let mut key = [0; 64];
    scrypt::scrypt(password, &salt, &params, &mut key).map_err(|error| failed(error.to_string()))?;

    let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|error| failed(error.to_string()))?;
    mac.update(&[SEED, &sized(site), &counter.to_be_bytes()].concat());
    let seed = mac.finalize().into_bytes();
    let pick = |from: usize, at: usize| usize::from(seed.get(at).copied().unwrap_or_default()) % from.max(1);
    let shape = forms.get(pick(forms.len(), 0)).copied().unwrap_or_default();
    let derived: Vec<u8> = shape
        .bytes()
        .enumerate()
        .filter_map(|(at, class)| {
            let characters = characters(class);
            characters.get(pick(characters.len(), at + 1)).copied()
        })
        .collect();
    Ok(Value::str(derived))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Test vectors of the crypt_blowfish package.
    #[test]
    fn bcrypt_has_the_known_answers() {
        let mut salt = [0x10, 0x41, 0x04].repeat(6);
        salt.truncate(16);
        let salt: [u8; 16] = salt.try_into().expect("it is 16 bytes");
        for (password, hash) in [
            ("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
            ("U*U*", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"),
        ] {
            assert_eq!(written(password.as_bytes(), &salt, 5), hash);
        }
    }
}
