//! Certificates, read as far as signing with one needs.

use super::der::{self, BIT_STRING, BOOLEAN, GENERALIZED_TIME, OCTET_STRING, OID, Reader, UTC_TIME, context};
use super::ec::{ECDSA, ED25519};
use super::rsa;
use super::x509::SUBJECT_KEY_ID;

/// What is read of the certificate that signs.
#[derive(Clone, Debug)]
pub(super) struct Parent {
    /// Its subject, in DER.
    pub(super) subject: Vec<u8>,
    pub(super) key_id: Vec<u8>,
    /// Its public key and how that is named, in DER, where Go knows the algorithm.
    pub(super) public: Option<Vec<u8>>,
}

impl Parent {
    /// Reads a certificate; else Go's text of the error, as far as that tells where it is wrong.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let bad = |what: &str| format!("x509: {what}");
        let mut outer = Reader::new(bytes);
        let mut certificate = outer.sequence().ok_or_else(|| bad("malformed certificate"))?;
        let mut signed = certificate.sequence().ok_or_else(|| bad("malformed tbs certificate"))?;
        let version = match signed.read(context(0, true)) {
            Some(version) => Reader::new(version.content)
                .small()
                .ok_or_else(|| bad("malformed version"))?,
            None => 0,
        };
        if version > 2 {
            return Err(bad("invalid version"));
        }
        let serial = signed.integer().ok_or_else(|| bad("malformed serial number"))?;
        if serial.first().is_some_and(|byte| byte & 0x80 != 0) {
            return Err(bad("negative serial number"));
        }
        let inner = signed
            .read(der::SEQUENCE)
            .ok_or_else(|| bad("malformed signature algorithm identifier"))?;
        let algorithm = certificate
            .read(der::SEQUENCE)
            .ok_or_else(|| bad("malformed algorithm identifier"))?;
        if inner.content != algorithm.content {
            return Err(bad("inner and outer signature algorithm identifiers don't match"));
        }
        signed.read(der::SEQUENCE).ok_or_else(|| bad("malformed issuer"))?;
        validity(signed.sequence().ok_or_else(|| bad("malformed validity"))?)
            .ok_or_else(|| bad("malformed validity"))?;
        let subject = signed.read(der::SEQUENCE).ok_or_else(|| bad("malformed issuer"))?.whole;
        let key = signed.read(der::SEQUENCE).ok_or_else(|| bad("malformed spki"))?;
        let public = known_key(key)?;
        let key_id = if version == 2 {
            subject_key_id(signed)?
        } else {
            Vec::new()
        };
        certificate.read(BIT_STRING).ok_or_else(|| bad("malformed signature"))?;
        if !outer.is_empty() {
            return Err(bad("trailing data"));
        }
        Ok(Self {
            subject: subject.to_vec(),
            key_id,
            public,
        })
    }
}

fn validity(mut reader: Reader<'_>) -> Option<()> {
    for _ in 0..2 {
        let time = reader.any()?;
        let length = match time.tag {
            UTC_TIME => 13,
            GENERALIZED_TIME => 15,
            _ => return None,
        };
        let (zone, digits) = time.content.split_last()?;
        let well_formed = time.content.len() == length && *zone == b'Z' && digits.iter().all(u8::is_ascii_digit);
        if !well_formed {
            return None;
        }
    }
    Some(())
}

/// The public key with its algorithm, where Go knows that.
fn known_key(key: der::Element<'_>) -> Result<Option<Vec<u8>>, String> {
    let bad = |what: &str| format!("x509: {what}");
    let mut reader = Reader::new(key.content);
    let mut algorithm = reader
        .sequence()
        .ok_or_else(|| bad("malformed public key algorithm identifier"))?;
    let name = algorithm.read(OID).ok_or_else(|| bad("malformed OID"))?.content;
    let bits = reader
        .read(BIT_STRING)
        .ok_or_else(|| bad("malformed subjectPublicKey"))?
        .content;
    let known = match name {
        rsa::OID => {
            if algorithm.read(der::NULL).is_none() {
                return Err(bad("RSA key missing NULL parameters"));
            }
            let mut numbers = Reader::new(bits.get(1..).unwrap_or_default())
                .sequence()
                .ok_or_else(|| bad("invalid RSA public key"))?;
            numbers.integer().ok_or_else(|| bad("invalid RSA modulus"))?;
            numbers.integer().ok_or_else(|| bad("invalid RSA public exponent"))?;
            true
        }
        ECDSA => {
            algorithm.read(OID).ok_or_else(|| bad("invalid ECDSA parameters"))?;
            true
        }
        ED25519 if bits.len() != 33 => return Err(bad("wrong Ed25519 public key size")),
        ED25519 => true,
        _ => false,
    };
    Ok(known.then(|| key.whole.to_vec()))
}

/// The extension that names the key; the others are only checked for their form.
fn subject_key_id(mut signed: Reader<'_>) -> Result<Vec<u8>, String> {
    let bad = |what: &str| format!("x509: {what}");
    let mut id = Vec::new();
    for number in [1, 2] {
        signed.read(context(number, false));
    }
    let Some(all) = signed.read(context(3, true)) else {
        return Ok(id);
    };
    let mut all = Reader::new(all.content)
        .sequence()
        .ok_or_else(|| bad("malformed extensions"))?;
    while !all.is_empty() {
        let mut one = all.sequence().ok_or_else(|| bad("malformed extension"))?;
        let name = one
            .read(OID)
            .ok_or_else(|| bad("malformed extension OID field"))?
            .content;
        one.read(BOOLEAN);
        let value = one
            .read(OCTET_STRING)
            .ok_or_else(|| bad("malformed extension value field"))?
            .content;
        if name == SUBJECT_KEY_ID {
            let value = Reader::new(value)
                .read(OCTET_STRING)
                .ok_or_else(|| bad("invalid subject key identifier"))?;
            id = value.content.to_vec();
        }
    }
    Ok(id)
}
