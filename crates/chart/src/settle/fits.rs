//! Whether what was drawn once would still answer the same call: a changed name, length or password asks for a new one.

use std::net::IpAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use data_encoding::{BASE64, Encoding, Specification};
use hoist_govalue::{Args, Body, Host, Value};
use x509_parser::prelude::{FromDer, ParsedExtension, X509Certificate};
use zeroize::Zeroizing;

use super::read::strings;
use crate::options::Draw;

/// What a call asked for.
pub(super) enum Fits {
    /// A certificate such as this one.
    Certificate(Box<Shape>),
    /// As many characters, of a class.
    Characters(usize, fn(char) -> bool),
    /// The same characters in any order.
    Shuffled(Vec<char>),
    /// So many bytes in base64.
    Bytes(usize),
    /// A number from the first up to, but not, the second.
    Number(i64, i64),
    /// A key with this first line.
    Key(String),
    /// A hash of this password, after this prefix.
    Hash(&'static str, Vec<Zeroizing<String>>),
    /// A cipher text of this plain text, under this password.
    Cipher(Vec<Zeroizing<String>>),
    /// A function that nobody here knows.
    Never,
}

impl Fits {
    pub(super) fn of(draw: &Draw) -> Self {
        let mut words = Vec::new();
        draw.detail.iter().for_each(|value| strings(value, &mut words));
        let mut result = Vec::new();
        strings(&draw.result, &mut result);
        let Some(first) = result.first() else {
            return Self::Never;
        };
        let count = first.chars().count();
        match draw.kind {
            "genCA"
            | "genCAWithKey"
            | "genSelfSignedCert"
            | "genSelfSignedCertWithKey"
            | "genSignedCert"
            | "genSignedCertWithKey" => {
                Shape::of(first).map_or(Self::Never, |shape| Self::Certificate(Box::new(shape)))
            }
            "randAlphaNum" => Self::Characters(count, |c| c.is_ascii_alphanumeric()),
            "randAlpha" => Self::Characters(count, |c| c.is_ascii_alphabetic()),
            "randNumeric" => Self::Characters(count, |c| c.is_ascii_digit()),
            "randAscii" => Self::Characters(count, |c| (' '..='~').contains(&c)),
            "uuidv4" => Self::Characters(count, |c| c.is_ascii_hexdigit() || c == '-'),
            "randBytes" => Self::Bytes(BASE64.decode(first.as_bytes()).map_or(0, |bytes| bytes.len())),
            "randInt" => match (words.first().map(|it| it.parse()), words.get(1).map(|it| it.parse())) {
                (Some(Ok(from)), Some(Ok(to))) => Self::Number(from, to),
                _ => Self::Never,
            },
            "shuffle" => Self::Shuffled(sorted(first)),
            "genPrivateKey" => Self::Key(first.lines().next().unwrap_or_default().to_owned()),
            kind @ ("bcrypt" | "htpasswd") => Self::Hash(kind, words.into_iter().map(Zeroizing::new).collect()),
            "encryptAES" => Self::Cipher(words.into_iter().map(Zeroizing::new).collect()),
            _ => Self::Never,
        }
    }

    /// Whether these parts would do at this time.
    pub(super) fn allows(&self, parts: &[&str], now: SystemTime) -> bool {
        let Some(first) = parts.first() else { return false };
        match self {
            Self::Certificate(shape) => shape.allows(first, now),
            Self::Characters(count, class) => first.chars().count() == *count && first.chars().all(class),
            Self::Shuffled(characters) => sorted(first) == *characters,
            Self::Bytes(count) => BASE64.decode(first.as_bytes()).is_ok_and(|bytes| bytes.len() == *count),
            Self::Number(from, to) => first.parse::<i64>().is_ok_and(|number| (*from..*to).contains(&number)),
            Self::Key(label) => first.lines().next() == Some(label) && first.contains("-----END "),
            Self::Hash(kind, words) => rehashed(kind, words, first).is_some_and(|again| again.as_str() == *first),
            Self::Cipher(words) => match words.as_slice() {
                [password, plain] => {
                    let args = [Value::str(password.as_str()), Value::str(*first)];
                    call("decryptAES", &mut Salt(Vec::new()), &args).as_ref() == Some(plain)
                }
                _ => false,
            },
            Self::Never => false,
        }
    }
}

fn sorted(text: &str) -> Vec<char> {
    let mut characters: Vec<char> = text.chars().collect();
    characters.sort_unstable();
    characters
}

/// Calls one of sprig's functions.
fn call(name: &str, host: &mut dyn Host, args: &[Value]) -> Option<Zeroizing<String>> {
    let func = hoist_sprig::functions().find(|func| func.name == name)?;
    let result = match func.body {
        Body::Pure(body) => body(Args::new(args)),
        Body::Host(body) => body(host, Args::new(args)),
        Body::Embedder => return None,
    };
    Some(Zeroizing::new(result.ok()?.as_str()?.to_string()))
}

/// The hash of the same password with the salt of an earlier hash.
fn rehashed(kind: &str, words: &[Zeroizing<String>], hash: &str) -> Option<Zeroizing<String>> {
    let salt = hash.rsplit('$').next()?.get(..22)?;
    let mut alphabet = Specification::new();
    alphabet
        .symbols
        .push_str("./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");
    alphabet.check_trailing_bits = false;
    let alphabet: Encoding = alphabet.encoding().ok()?;
    let salt = alphabet.decode(salt.as_bytes()).ok()?;
    let args: Vec<Value> = words.iter().map(|word| Value::str(word.as_str())).collect();
    call(kind, &mut Salt(salt), &args)
}

/// A host whose random bytes are told.
struct Salt(Vec<u8>);

impl Host for Salt {
    fn now(&mut self) -> SystemTime {
        UNIX_EPOCH
    }

    fn random(&mut self, buffer: &mut [u8]) {
        for (to, from) in buffer.iter_mut().zip(&self.0) {
            *to = *from;
        }
    }

    fn resolve(&mut self, _name: &str) -> Result<Vec<IpAddr>, String> {
        Err("names are not looked up here".to_owned())
    }
}

/// What a certificate says, beside its key, its number and its dates.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Shape {
    subject: String,
    names: Vec<String>,
    algorithm: String,
    extensions: Vec<String>,
    lifetime: Duration,
}

impl Shape {
    fn of(pem: &str) -> Option<Self> {
        Some(Self::read(pem)?.0)
    }

    /// The shape, and when its last tenth begins: from then on it is time for a new one.
    fn read(pem: &str) -> Option<(Self, SystemTime)> {
        let (_, block) = x509_parser::pem::parse_x509_pem(pem.as_bytes()).ok()?;
        let (_, certificate) = X509Certificate::from_der(&block.contents).ok()?;
        let validity = certificate.validity();
        let seconds = |time: i64| u64::try_from(time).ok().map(Duration::from_secs);
        let from = seconds(validity.not_before.timestamp())?;
        let to = seconds(validity.not_after.timestamp())?;
        let lifetime = to.checked_sub(from)?;
        let mut names = Vec::new();
        let mut extensions = Vec::new();
        for extension in certificate.extensions() {
            match extension.parsed_extension() {
                ParsedExtension::SubjectAlternativeName(alternative) => {
                    names.extend(alternative.general_names.iter().map(|name| format!("{name:?}")));
                }
                // They follow from the keys.
                ParsedExtension::SubjectKeyIdentifier(_) | ParsedExtension::AuthorityKeyIdentifier(_) => {}
                _ => extensions.push(format!("{} {:?}", extension.oid, extension.value)),
            }
        }
        names.sort();
        let shape = Self {
            subject: certificate.subject().to_string(),
            names,
            algorithm: certificate.public_key().algorithm.algorithm.to_string(),
            extensions,
            lifetime,
        };
        Some((shape, UNIX_EPOCH + to - lifetime / 10))
    }

    fn allows(&self, pem: &str, now: SystemTime) -> bool {
        Self::read(pem).is_some_and(|(shape, last_tenth)| shape == *self && now < last_tenth)
    }
}
