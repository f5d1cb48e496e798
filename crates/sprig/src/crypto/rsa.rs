//! RSA keys: made, read, written and signed with.

use hoist_govalue::Host;
use num_bigint::BigUint;
use rsa::traits::{PrivateKeyParts as _, PublicKeyParts as _};
use rsa::{BoxedUint, Pkcs1v15Sign, RsaPrivateKey};
use sha2::{Digest as _, Sha256};

use super::der::{self, NULL, Reader, sequence, tlv, unsigned};
use super::rng::HostRng;

/// The least bits that Go signs with.
const LEAST_BITS: u64 = 1024;

/// The most bits that are read: work grows with the third power of them.
const MOST_BITS: u64 = 16_384;

/// A private key.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct RsaKey {
    n: BigUint,
    e: BigUint,
    d: BigUint,
    p: BigUint,
    q: BigUint,
    /// `d` modulo `p - 1` and `q - 1`, and the inverse of `q` modulo `p`.
    crt: [BigUint; 3],
}

impl RsaKey {
    /// Makes a key.
    pub(super) fn generate(host: &mut dyn Host, bits: usize) -> Result<Self, String> {
        let drawn = RsaPrivateKey::new(&mut HostRng(host), bits).map_err(|error| error.to_string())?;
        let primes: Vec<_> = drawn.primes().iter().map(to_big).collect();
        let [p, q] = <[_; 2]>::try_from(primes).map_err(|_| "crypto/rsa: missing primes".to_owned())?;
        let one = BigUint::from(1u8);
        let (p1, q1) = (&p - &one, &q - &one);
        let e = to_big(drawn.e());
        // The least exponent that works, as Go computes it.
        let lcm = &p1 * &q1 / gcd(&p1, &q1);
        let d = e.modinv(&lcm).ok_or("crypto/rsa: invalid exponents")?;
        Self::new(&p * &q, e, d, p, q)
    }

    fn new(n: BigUint, e: BigUint, d: BigUint, p: BigUint, q: BigUint) -> Result<Self, String> {
        let one = BigUint::from(1u8);
        let coefficient = q.modinv(&p).ok_or("crypto/rsa: invalid CRT coefficient")?;
        let crt = [&d % (&p - &one), &d % (&q - &one), coefficient];
        Ok(Self { n, e, d, p, q, crt })
    }

    /// Reads PKCS #1; else Go's text of the error.
    pub(super) fn from_pkcs1(bytes: &[u8]) -> Result<Self, String> {
        let mut reader = Reader::new(bytes);
        let whole = reader.sequence().ok_or_else(|| not_der(bytes))?;
        if !reader.is_empty() {
            return Err("asn1: syntax error: trailing data".into());
        }
        let mut reader = whole;
        let parts = read(&mut reader).ok_or_else(|| super::keys::other_format(bytes, super::keys::Format::Pkcs1))?;
        let (version, numbers) = parts;
        if version > 1 {
            return Err("x509: unsupported private key version".into());
        }
        if !reader.is_empty() {
            return Err("RSA keys of more than two primes are not supported by hoist".into());
        }
        let mut positive = Vec::with_capacity(8);
        for number in numbers {
            if number.iter().all(|byte| *byte == 0) || number.first().is_some_and(|byte| byte & 0x80 != 0) {
                return Err("x509: private key contains zero or negative value".into());
            }
            positive.push(BigUint::from_bytes_be(number));
        }
        let [n, e, d, p, q, dp, dq, qinv] =
            <[_; 8]>::try_from(positive).map_err(|_| "x509: private key contains zero or negative value".to_owned())?;
        let given = [dp, dq, qinv];
        check(&n, &e, &d, &p, &q, &given)?;
        Ok(Self {
            n,
            e,
            d,
            p,
            q,
            crt: given,
        })
    }

    /// PKCS #1.
    pub(super) fn to_pkcs1(&self) -> Vec<u8> {
        let [dp, dq, qinv] = &self.crt;
        let mut parts = vec![unsigned(&[])];
        parts.extend(
            [&self.n, &self.e, &self.d, &self.p, &self.q, dp, dq, qinv].map(|number| unsigned(&number.to_bytes_be())),
        );
        sequence(&parts)
    }

    /// The public key, and how its algorithm is named.
    pub(super) fn public(&self) -> (Vec<u8>, Vec<u8>) {
        let key = sequence(&[unsigned(&self.n.to_bytes_be()), unsigned(&self.e.to_bytes_be())]);
        (sequence(&[tlv(der::OID, OID), tlv(NULL, &[])]), key)
    }

    /// Signs what SHA-256 makes of a message; else Go's text of the error.
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, String> {
        if self.n.bits() < LEAST_BITS {
            return Err(format!(
                "crypto/rsa: {}-bit keys are insecure (see https://go.dev/pkg/crypto/rsa#hdr-Minimum_key_size)",
                self.n.bits()
            ));
        }
        let part = |number: &BigUint| BoxedUint::from_be_slice_vartime(&number.to_bytes_be());
        let primes = vec![part(&self.p), part(&self.q)];
        RsaPrivateKey::from_components(part(&self.n), part(&self.e), part(&self.d), primes)
            .and_then(|key| key.sign(Pkcs1v15Sign::new::<Sha256>(), &Sha256::digest(message)))
            // What is left to be wrong: the primes are none.
            .map_err(|_| "crypto/rsa: decryption error".to_owned())
    }
}

/// 1.2.840.113549.1.1.1
pub(super) const OID: &[u8] = b"\x2A\x86\x48\x86\xF7\x0D\x01\x01\x01";

fn not_der(bytes: &[u8]) -> String {
    super::keys::other_format(bytes, super::keys::Format::Pkcs1)
}

fn read<'a>(reader: &mut Reader<'a>) -> Option<(u64, Vec<&'a [u8]>)> {
    let version = reader.small()?;
    let numbers: Option<Vec<_>> = (0..8).map(|_| reader.integer()).collect();
    Some((version, numbers?))
}

/// Whether bytes have the form of PKCS #1.
pub(super) fn is_pkcs1(bytes: &[u8]) -> bool {
    Reader::new(bytes)
        .sequence()
        .is_some_and(|mut reader| read(&mut reader).is_some())
}

fn check(
    n: &BigUint,
    e: &BigUint,
    d: &BigUint,
    p: &BigUint,
    q: &BigUint,
    [dp, dq, qinv]: &[BigUint; 3],
) -> Result<(), String> {
    let error = |what: &str| Err(format!("crypto/rsa: {what}"));
    let one = BigUint::from(1u8);
    if n.bits() > MOST_BITS {
        return error(&format!(
            "keys of more than {MOST_BITS} bits are not supported by hoist"
        ));
    }
    if !n.bit(0) {
        return error("public modulus is even");
    }
    if *e < BigUint::from(2u8) {
        return error("public exponent too small or negative");
    }
    if !e.bit(0) {
        return error("public exponent is even");
    }
    if e.bits() > 31 {
        return error("public exponent too large");
    }
    if d >= n {
        return Err("input overflows the modulus".into());
    }
    if p * q != *n {
        return error("p * q != n");
    }
    let (p1, q1) = (p - &one, q - &one);
    if p1 <= one || q1 <= one {
        return error("invalid prime");
    }
    if dp >= &p1 || dq >= &q1 || e * dp % &p1 != one || e * dq % &q1 != one {
        return error("invalid CRT exponent");
    }
    if qinv >= p || q * qinv % p != one {
        return error("invalid CRT coefficient");
    }
    if d % &p1 != *dp {
        return error("d does not match dP");
    }
    if d % &q1 != *dq {
        return error("d does not match dQ");
    }
    let distance = if p > q { p - q } else { q - p };
    if distance.bits() + 100 <= n.bits() / 2 {
        return error("|p - q| too small");
    }
    if d.bits() <= n.bits() / 2 {
        return error("d too small");
    }
    Ok(())
}

fn gcd(a: &BigUint, b: &BigUint) -> BigUint {
    let (mut a, mut b) = (a.clone(), b.clone());
    while b.bits() > 0 {
        let rest = &a % &b;
        a = std::mem::replace(&mut b, rest);
    }
    a
}

fn to_big(number: &BoxedUint) -> BigUint {
    BigUint::from_bytes_be(&number.to_be_bytes())
}
