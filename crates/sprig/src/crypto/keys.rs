//! Private keys of each kind, in PEM.

use hoist_govalue::Host;

use super::der::{NULL, OCTET_STRING, OID, Reader, sequence, tlv};
use super::dsa::DsaKey;
use super::ec::{self, ECDSA, ED25519, EcKey, EdKey};
use super::pem;
use super::rsa::{self, RsaKey};

/// A private key.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum PrivateKey {
    Rsa(RsaKey),
    Ec(EcKey),
    Ed(EdKey),
    Dsa(Box<DsaKey>),
}

/// The forms that keys are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Pkcs1,
    Pkcs8,
    Sec1,
}

/// What Go says of bytes that do not have a form: that they have another, or nothing more exact.
pub(super) fn other_format(bytes: &[u8], wanted: Format) -> String {
    let forms = [
        (Format::Sec1, ec::is_sec1(bytes), "ParseECPrivateKey"),
        (Format::Pkcs8, pkcs8(bytes).is_some(), "ParsePKCS8PrivateKey"),
        (Format::Pkcs1, rsa::is_pkcs1(bytes), "ParsePKCS1PrivateKey"),
    ];
    let is = forms.iter().find(|(form, is, _)| *form != wanted && *is);
    if let Some((.., function)) = is {
        return format!("x509: failed to parse private key (use {function} instead for this key format)");
    }
    match wanted {
        Format::Sec1 => format!(
            "x509: failed to parse EC private key: {}",
            not_a_struct(bytes, "ecPrivateKey")
        ),
        Format::Pkcs1 => not_a_struct(bytes, "pkcs1PrivateKey"),
        Format::Pkcs8 => not_a_struct(bytes, "pkcs8"),
    }
}

/// What Go's asn1 says of bytes that are not a struct of this name: in full where they are no sequence at all, as when
/// they are encrypted.
pub(super) fn not_a_struct(bytes: &[u8], name: &str) -> String {
    let Some((&first, rest)) = bytes.split_first() else {
        return "asn1: syntax error: sequence truncated".into();
    };
    let (class, compound, tag) = (first >> 6, first & 0x20 != 0, first & 0x1F);
    let (&length, rest) = match rest.split_first() {
        _ if tag == 0x1F => return "asn1: structure error: tags don't match".into(),
        None => return "asn1: syntax error: truncated tag or length".into(),
        Some(split) => split,
    };
    let (length, at) = match usize::from(length) {
        short @ 0..0x80 => (short, 2),
        0x80 => return "asn1: syntax error: indefinite length found (not DER)".into(),
        long => {
            let count = long & 0x7F;
            let Some(digits) = rest.get(..count) else {
                return "asn1: syntax error: truncated tag or length".into();
            };
            let mut length: usize = 0;
            for digit in digits {
                if length >= 1 << 23 {
                    return "asn1: structure error: length too large".into();
                }
                length = length << 8 | usize::from(*digit);
                if length == 0 {
                    return "asn1: structure error: superfluous leading zeros in length".into();
                }
            }
            if length < 0x80 {
                return "asn1: structure error: non-minimal length".into();
            }
            (length, 2 + count)
        }
    };
    if class != 0 || tag != 16 || !compound {
        return format!(
            "asn1: structure error: tags don't match (16 vs {{class:{class} tag:{tag} length:{length} \
             isCompound:{compound}}}) {{optional:false explicit:false application:false private:false \
             defaultValue:<nil> tag:<nil> stringType:0 timeType:0 set:false omitEmpty:false}} {name} @{at}"
        );
    }
    if bytes.len() < at + length {
        return "asn1: syntax error: data truncated".into();
    }
    "asn1: structure error: the elements are not those of a key of this kind".into()
}

struct Pkcs8<'a> {
    algorithm: &'a [u8],
    /// With its tag; empty where there is none.
    parameters: &'a [u8],
    key: &'a [u8],
}

fn pkcs8(bytes: &[u8]) -> Option<Pkcs8<'_>> {
    let mut reader = Reader::new(bytes).sequence()?;
    reader.small()?;
    let mut algorithm = reader.sequence()?;
    let name = algorithm.read(OID)?.content;
    let parameters = if algorithm.is_empty() {
        &[][..]
    } else {
        algorithm.any()?.whole
    };
    let key = reader.read(OCTET_STRING)?.content;
    Some(Pkcs8 {
        algorithm: name,
        parameters,
        key,
    })
}

/// 1.3.101.110
const X25519: &[u8] = b"\x2B\x65\x6E";

impl PrivateKey {
    /// Reads the first block of a PEM text; else sprig's and Go's text of the error.
    pub(super) fn from_pem(text: &[u8]) -> Result<Self, String> {
        let block = pem::decode(text).ok_or("no PEM data in input")?;
        let bytes = &block.bytes;
        if block.kind == "PRIVATE KEY" {
            return Self::from_pkcs8(bytes).map_err(|error| format!("decoding PEM as PKCS#8: {error}"));
        }
        let Some(kind) = block.kind.strip_suffix(" PRIVATE KEY") else {
            return Err(format!("no private key data in PEM block of type {}", block.kind));
        };
        match kind {
            "RSA" => RsaKey::from_pkcs1(bytes)
                .map(Self::Rsa)
                .map_err(|error| format!("parsing RSA private key from PEM: {error}")),
            "EC" => EcKey::from_sec1(bytes, None)
                .map(Self::Ec)
                .map_err(|error| format!("parsing EC private key from PEM: {error}")),
            "DSA" => DsaKey::from_der(bytes)
                .map(|key| Self::Dsa(Box::new(key)))
                .ok_or_else(|| {
                    format!(
                        "parsing DSA private key from PEM: {}",
                        not_a_struct(bytes, "DSAKeyFormat")
                    )
                }),
            _ => Err(format!("invalid private key type {}", block.kind)),
        }
    }

    fn from_pkcs8(bytes: &[u8]) -> Result<Self, String> {
        let Some(outer) = pkcs8(bytes) else {
            return Err(other_format(bytes, Format::Pkcs8));
        };
        match outer.algorithm {
            rsa::OID => RsaKey::from_pkcs1(outer.key)
                .map(Self::Rsa)
                .map_err(|error| format!("x509: failed to parse RSA private key embedded in PKCS#8: {error}")),
            ECDSA => {
                let curve = Reader::new(outer.parameters).read(OID).map(|it| it.content);
                EcKey::from_sec1(outer.key, curve)
                    .map(Self::Ec)
                    .map_err(|error| format!("x509: failed to parse EC private key embedded in PKCS#8: {error}"))
            }
            ED25519 if !outer.parameters.is_empty() => Err("x509: invalid Ed25519 private key parameters".into()),
            ED25519 => EdKey::from_octets(outer.key).map(Self::Ed),
            X25519 => Err("keys for X25519 sign nothing; they are not supported by hoist".into()),
            other => Err(format!(
                "x509: PKCS#8 wrapping contained private key with unknown algorithm: {}",
                dotted(other)
            )),
        }
    }

    /// As sprig writes it: RSA in PKCS #1, ECDSA in SEC 1, Ed25519 in PKCS #8.
    pub(super) fn to_pem(&self) -> String {
        match self {
            Self::Rsa(key) => pem::encode("RSA PRIVATE KEY", &key.to_pkcs1()),
            Self::Ec(key) => pem::encode("EC PRIVATE KEY", &key.to_sec1()),
            Self::Ed(key) => pem::encode("PRIVATE KEY", &key.to_pkcs8()),
            Self::Dsa(key) => pem::encode("DSA PRIVATE KEY", &key.to_der()),
        }
    }

    /// How the public key's algorithm is named, and the public key; `None` for DSA, which certificates cannot have.
    pub(super) fn public(&self) -> Option<(Vec<u8>, Vec<u8>)> {
        match self {
            Self::Rsa(key) => Some(key.public()),
            Self::Ec(key) => Some(key.public()),
            Self::Ed(key) => Some(key.public()),
            Self::Dsa(_) => None,
        }
    }

    /// How the algorithm is named that certificates are signed with; `None` where the key cannot.
    pub(super) fn signature_algorithm(&self) -> Option<Vec<u8>> {
        match self {
            Self::Rsa(_) => Some(sequence(&[
                tlv(OID, b"\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0B"),
                tlv(NULL, &[]),
            ])),
            Self::Ec(key) => Some(sequence(&[tlv(OID, key.curve.signature_oid())])),
            Self::Ed(_) => Some(sequence(&[tlv(OID, ED25519)])),
            Self::Dsa(_) => None,
        }
    }

    /// Signs; else Go's text of the error.
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, String> {
        match self {
            Self::Rsa(key) => key.sign(message),
            Self::Ec(key) => key.sign(message),
            Self::Ed(key) => Ok(key.sign(message)),
            Self::Dsa(_) => Err("x509: certificate private key does not implement crypto.Signer".into()),
        }
    }

    /// Makes a key of the kind that `genPrivateKey` is asked for; `None` for one that it does not know.
    pub(super) fn generate(host: &mut dyn Host, kind: &str) -> Option<Result<Self, String>> {
        Some(match kind {
            "" | "rsa" => RsaKey::generate(host, 4096).map(Self::Rsa),
            "dsa" => Ok(Self::Dsa(Box::new(DsaKey::generate(host)))),
            "ecdsa" => Ok(Self::Ec(EcKey::generate(host))),
            "ed25519" => Ok(Self::Ed(EdKey::generate(host))),
            _ => return None,
        })
    }

    /// Makes the key of a certificate.
    pub(super) fn for_certificate(host: &mut dyn Host) -> Result<Self, String> {
        RsaKey::generate(host, 2048)
            .map(Self::Rsa)
            .map_err(|error| format!("error generating rsa key: {error}"))
    }
}

/// An object identifier as people write it.
fn dotted(bytes: &[u8]) -> String {
    let mut numbers: Vec<u128> = Vec::new();
    let mut number: u128 = 0;
    for byte in bytes {
        number = number.saturating_mul(128) + u128::from(byte & 0x7F);
        if byte & 0x80 == 0 {
            if numbers.is_empty() {
                let first = (number / 40).min(2);
                numbers.push(first);
                number -= first * 40;
            }
            numbers.push(std::mem::take(&mut number));
        }
    }
    let numbers: Vec<_> = numbers.iter().map(u128::to_string).collect();
    numbers.join(".")
}
