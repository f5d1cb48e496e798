//! Certificates in the form that Go gives to sprig's.

use std::net::IpAddr;

use hoist_govalue::strconv;
use sha2::{Digest as _, Sha256};

use super::der::{
    BOOLEAN, GENERALIZED_TIME, INTEGER, OCTET_STRING, OID, PRINTABLE_STRING, SET, UTC_TIME, UTF8_STRING, bit_string,
    context, sequence, tlv, unsigned,
};
use super::keys::PrivateKey;
use super::parent::Parent;
use crate::dates::UtcClock;

/// What a certificate is to say.
#[derive(Clone, Debug)]
pub(super) struct Template<'a> {
    pub(super) common_name: &'a [u8],
    pub(super) addresses: Vec<IpAddr>,
    pub(super) names: Vec<Vec<u8>>,
    pub(super) serial: [u8; 16],
    pub(super) not_before: UtcClock,
    pub(super) not_after: UtcClock,
    pub(super) authority: bool,
}

/// Who signs: the certificate's own key, or another's.
#[derive(Clone, Copy)]
pub(super) enum Signer<'a> {
    Own,
    Other(&'a Parent, &'a PrivateKey),
}

pub(super) const SUBJECT_KEY_ID: &[u8] = b"\x55\x1D\x0E";
const KEY_USAGE: &[u8] = b"\x55\x1D\x0F";
const ALTERNATIVE_NAME: &[u8] = b"\x55\x1D\x11";
const BASIC_CONSTRAINTS: &[u8] = b"\x55\x1D\x13";
const AUTHORITY_KEY_ID: &[u8] = b"\x55\x1D\x23";
const EXTENDED_KEY_USAGE: &[u8] = b"\x55\x1D\x25";
const SERVER: &[u8] = b"\x2B\x06\x01\x05\x05\x07\x03\x01";
const CLIENT: &[u8] = b"\x2B\x06\x01\x05\x05\x07\x03\x02";
const COMMON_NAME: &[u8] = b"\x55\x04\x03";

/// A certificate for a key, signed; else Go's text of the error.
pub(super) fn create(template: &Template<'_>, key: &PrivateKey, signer: Signer<'_>) -> Result<Vec<u8>, String> {
    let signing_key = match signer {
        Signer::Own => key,
        Signer::Other(_, key) => key,
    };
    let signature_algorithm = signing_key
        .signature_algorithm()
        .ok_or("x509: certificate private key does not implement crypto.Signer")?;
    let (algorithm, public) = key
        .public()
        .ok_or("x509: unsupported public key type: *dsa.PublicKey")?;
    let subject = name(template.common_name)?;
    let issuer = match signer {
        Signer::Own => subject.clone(),
        Signer::Other(parent, _) => parent.subject.clone(),
    };
    let mut authority_id = Vec::new();
    if let Signer::Other(parent, key) = signer {
        if issuer != subject {
            authority_id = parent.key_id.clone();
        }
        if parent.public.is_some() && parent.public != key.public().map(|it| public_key(&it.0, &it.1)) {
            return Err("x509: provided PrivateKey doesn't match parent's PublicKey".into());
        }
    }
    let extensions = extensions(template, subject.len() == 2, &authority_id, &public)?;
    let signed = sequence(&[
        tlv(context(0, true), &tlv(INTEGER, &[2])),
        unsigned(&template.serial),
        signature_algorithm.clone(),
        issuer,
        sequence(&[time(template.not_before)?, time(template.not_after)?]),
        subject,
        public_key(&algorithm, &public),
        tlv(context(3, true), &sequence(&extensions)),
    ]);
    let signature = signing_key.sign(&signed)?;
    Ok(sequence(&[signed, signature_algorithm, bit_string(&signature, 0)]))
}

fn public_key(algorithm: &[u8], key: &[u8]) -> Vec<u8> {
    sequence(&[algorithm.to_vec(), bit_string(key, 0)])
}

/// A distinguished name of a common name alone, or of nothing.
fn name(common_name: &[u8]) -> Result<Vec<u8>, String> {
    if common_name.is_empty() {
        return Ok(sequence(&[]));
    }
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(byte);
    let tag = if common_name.iter().all(plain) {
        PRINTABLE_STRING
    } else if std::str::from_utf8(common_name).is_ok() {
        UTF8_STRING
    } else {
        return Err("asn1: string not valid UTF-8".into());
    };
    let attribute = sequence(&[tlv(OID, COMMON_NAME), tlv(tag, common_name)]);
    Ok(sequence(&[tlv(SET, &attribute)]))
}

fn time(time: UtcClock) -> Result<Vec<u8>, String> {
    let UtcClock {
        year,
        month,
        day,
        hour,
        minute,
        second,
    } = time;
    let rest = format!("{month:02}{day:02}{hour:02}{minute:02}{second:02}Z");
    match year {
        1950..2050 => Ok(tlv(UTC_TIME, format!("{:02}{rest}", year % 100).as_bytes())),
        0..=9999 => Ok(tlv(GENERALIZED_TIME, format!("{year:04}{rest}").as_bytes())),
        _ => Err("asn1: structure error: cannot represent time as GeneralizedTime".into()),
    }
}

fn extension(id: &[u8], critical: bool, content: &[u8]) -> Vec<u8> {
    let mut parts = vec![tlv(OID, id)];
    if critical {
        parts.push(tlv(BOOLEAN, &[0xFF]));
    }
    parts.push(tlv(OCTET_STRING, content));
    sequence(&parts)
}

fn extensions(
    template: &Template<'_>,
    nameless: bool,
    authority_id: &[u8],
    public: &[u8],
) -> Result<Vec<Vec<u8>>, String> {
    // Digital signatures and key encipherment; an authority signs certificates as well.
    let usage = if template.authority {
        bit_string(&[0xA4], 2)
    } else {
        bit_string(&[0xA0], 5)
    };
    let constraints = if template.authority {
        sequence(&[tlv(BOOLEAN, &[0xFF])])
    } else {
        sequence(&[])
    };
    let purposes = sequence(&[tlv(OID, SERVER), tlv(OID, CLIENT)]);
    let mut all = vec![
        extension(KEY_USAGE, true, &usage),
        extension(EXTENDED_KEY_USAGE, false, &purposes),
        extension(BASIC_CONSTRAINTS, true, &constraints),
    ];
    if template.authority {
        let digest = Sha256::digest(public);
        let id = digest.get(..20).unwrap_or_default();
        all.push(extension(SUBJECT_KEY_ID, false, &tlv(OCTET_STRING, id)));
    }
    if !authority_id.is_empty() {
        let id = sequence(&[tlv(context(0, false), authority_id)]);
        all.push(extension(AUTHORITY_KEY_ID, false, &id));
    }
    if !template.names.is_empty() || !template.addresses.is_empty() {
        let names = alternative_names(template)?;
        all.push(extension(ALTERNATIVE_NAME, nameless, &sequence(&names)));
    }
    Ok(all)
}

fn alternative_names(template: &Template<'_>) -> Result<Vec<Vec<u8>>, String> {
    let mut names = Vec::new();
    for name in &template.names {
        if !name.is_ascii() {
            return Err(format!(
                "x509: {} cannot be encoded as an IA5String",
                strconv::quote(name)
            ));
        }
        names.push(tlv(context(2, false), name));
    }
    names.extend(template.addresses.iter().map(|address| {
        let bytes = match address.to_canonical() {
            IpAddr::V4(address) => address.octets().to_vec(),
            IpAddr::V6(address) => address.octets().to_vec(),
        };
        tlv(context(7, false), &bytes)
    }));
    Ok(names)
}
