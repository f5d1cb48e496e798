//! Keys on elliptic curves: ECDSA and Ed25519.

use hoist_govalue::Host;
use p256::ecdsa::signature::Signer as _;

use super::der::{self, BIT_STRING, INTEGER, OCTET_STRING, OID, Reader, bit_string, context, sequence, tlv};
use super::rng;

/// A curve of ECDSA.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Curve {
    P256,
    P384,
    P521,
}

impl Curve {
    const ALL: [Self; 3] = [Self::P256, Self::P384, Self::P521];

    fn oid(self) -> &'static [u8] {
        match self {
            Self::P256 => b"\x2A\x86\x48\xCE\x3D\x03\x01\x07",
            Self::P384 => b"\x2B\x81\x04\x00\x22",
            Self::P521 => b"\x2B\x81\x04\x00\x23",
        }
    }

    fn size(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }

    /// The algorithm that signs on it: ecdsa-with-SHA256, 384 or 512.
    pub(super) fn signature_oid(self) -> &'static [u8] {
        match self {
            Self::P256 => b"\x2A\x86\x48\xCE\x3D\x04\x03\x02",
            Self::P384 => b"\x2A\x86\x48\xCE\x3D\x04\x03\x03",
            Self::P521 => b"\x2A\x86\x48\xCE\x3D\x04\x03\x04",
        }
    }
}

const P224: &[u8] = b"\x2B\x81\x04\x00\x21";

/// 1.2.840.10045.2.1
pub(super) const ECDSA: &[u8] = b"\x2A\x86\x48\xCE\x3D\x02\x01";

/// 1.3.101.112
pub(super) const ED25519: &[u8] = b"\x2B\x65\x70";

/// A private key for ECDSA.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct EcKey {
    pub(super) curve: Curve,
    secret: Vec<u8>,
    /// The point, not compressed.
    point: Vec<u8>,
}

impl EcKey {
    /// Makes a key on P-256.
    pub(super) fn generate(host: &mut dyn Host) -> Self {
        loop {
            // Nearly every number will do.
            let secret = rng::bytes::<32>(host);
            if let Some(key) = Self::new(Curve::P256, secret.to_vec()) {
                return key;
            }
        }
    }

    fn new(curve: Curve, secret: Vec<u8>) -> Option<Self> {
        let point = match curve {
            Curve::P256 => {
                let key = p256::ecdsa::SigningKey::from_slice(&secret).ok()?;
                key.verifying_key().to_sec1_point(false).as_bytes().to_vec()
            }
            Curve::P384 => {
                let key = p384::ecdsa::SigningKey::from_slice(&secret).ok()?;
                key.verifying_key().to_sec1_point(false).as_bytes().to_vec()
            }
            Curve::P521 => {
                let key = p521::ecdsa::SigningKey::from_slice(&secret).ok()?;
                key.verifying_key().to_sec1_point(false).as_bytes().to_vec()
            }
        };
        Some(Self { curve, secret, point })
    }

    /// Reads SEC 1, of this curve where it is known from around it; else Go's text of the error.
    pub(super) fn from_sec1(bytes: &[u8], curve: Option<&[u8]>) -> Result<Self, String> {
        let Some(Sec1 {
            version,
            secret,
            curve: own,
        }) = read(bytes)
        else {
            return Err(super::keys::other_format(bytes, super::keys::Format::Sec1));
        };
        if version != 1 {
            return Err(format!("x509: unknown EC private key version {version}"));
        }
        let oid = curve.or(own).unwrap_or_default();
        let Some(curve) = Curve::ALL.into_iter().find(|curve| curve.oid() == oid) else {
            return Err(if oid == P224 {
                "keys on the curve P-224 are not supported by hoist".into()
            } else {
                "x509: unknown elliptic curve".into()
            });
        };
        let zeros = secret.iter().take_while(|byte| **byte == 0).count();
        let significant = secret.get(zeros..).unwrap_or_default();
        let padding = curve
            .size()
            .checked_sub(significant.len())
            .ok_or("x509: invalid private key length")?;
        let mut padded = vec![0; padding];
        padded.extend_from_slice(significant);
        Self::new(curve, padded).ok_or_else(|| "ecdsa: private key scalar is out of range".into())
    }

    /// SEC 1.
    pub(super) fn to_sec1(&self) -> Vec<u8> {
        sequence(&[
            tlv(INTEGER, &[1]),
            tlv(OCTET_STRING, &self.secret),
            tlv(context(0, true), &tlv(OID, self.curve.oid())),
            tlv(context(1, true), &bit_string(&self.point, 0)),
        ])
    }

    /// The public key, and how its algorithm is named.
    pub(super) fn public(&self) -> (Vec<u8>, Vec<u8>) {
        let algorithm = sequence(&[tlv(OID, ECDSA), tlv(OID, self.curve.oid())]);
        (algorithm, self.point.clone())
    }

    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, String> {
        let bad = |error: p256::ecdsa::Error| format!("ecdsa: {error}");
        Ok(match self.curve {
            Curve::P256 => {
                let key = p256::ecdsa::SigningKey::from_slice(&self.secret).map_err(bad)?;
                let signature: p256::ecdsa::Signature = key.sign(message);
                signature.to_der().as_bytes().to_vec()
            }
            Curve::P384 => {
                let key = p384::ecdsa::SigningKey::from_slice(&self.secret).map_err(bad)?;
                let signature: p384::ecdsa::Signature = key.sign(message);
                signature.to_der().as_bytes().to_vec()
            }
            Curve::P521 => {
                let key = p521::ecdsa::SigningKey::from_slice(&self.secret).map_err(bad)?;
                let signature: p521::ecdsa::Signature = key.sign(message);
                signature.to_der().as_bytes().to_vec()
            }
        })
    }
}

struct Sec1<'a> {
    version: u64,
    secret: &'a [u8],
    /// Its name, which may be left out where what is around tells it.
    curve: Option<&'a [u8]>,
}

fn read(bytes: &[u8]) -> Option<Sec1<'_>> {
    let mut reader = Reader::new(bytes).sequence()?;
    let version = reader.small()?;
    let secret = reader.read(OCTET_STRING)?.content;
    let curve = match reader.read(context(0, true)) {
        Some(curve) => Some(Reader::new(curve.content).read(OID)?.content),
        None => None,
    };
    if let Some(point) = reader.read(context(1, true)) {
        Reader::new(point.content).read(BIT_STRING)?;
    }
    reader.is_empty().then_some(Sec1 { version, secret, curve })
}

/// Whether bytes have the form of SEC 1.
pub(super) fn is_sec1(bytes: &[u8]) -> bool {
    read(bytes).is_some()
}

/// A private key of Ed25519.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct EdKey([u8; 32]);

impl EdKey {
    /// Makes a key.
    pub(super) fn generate(host: &mut dyn Host) -> Self {
        Self(rng::bytes(host))
    }

    /// Reads what PKCS #8 holds; else Go's text of the error.
    pub(super) fn from_octets(bytes: &[u8]) -> Result<Self, String> {
        let mut reader = Reader::new(bytes);
        let seed = reader
            .read(OCTET_STRING)
            .ok_or("x509: invalid Ed25519 private key: asn1: structure error: tags don't match")?
            .content;
        seed.try_into()
            .map(Self)
            .map_err(|_| format!("x509: invalid Ed25519 private key length: {}", seed.len()))
    }

    /// PKCS #8.
    pub(super) fn to_pkcs8(&self) -> Vec<u8> {
        sequence(&[
            der::unsigned(&[]),
            sequence(&[tlv(OID, ED25519)]),
            tlv(OCTET_STRING, &tlv(OCTET_STRING, &self.0)),
        ])
    }

    fn key(&self) -> ed25519_dalek::SigningKey {
        ed25519_dalek::SigningKey::from_bytes(&self.0)
    }

    /// The public key, and how its algorithm is named.
    pub(super) fn public(&self) -> (Vec<u8>, Vec<u8>) {
        let point = self.key().verifying_key().to_bytes().to_vec();
        (sequence(&[tlv(OID, ED25519)]), point)
    }

    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        use ed25519_dalek::Signer as _;
        self.key().sign(message).to_bytes().to_vec()
    }
}
