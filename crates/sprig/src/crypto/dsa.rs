//! DSA keys, which charts may still make: with 2048 and 256 bits.

use crypto_bigint::BoxedUint;
use crypto_primes::{Flavor, is_prime};
use hoist_govalue::Host;
use num_bigint::BigUint;

use super::der::{Reader, sequence, unsigned};
use super::rng;

const BITS: u64 = 2048;

/// A private key: it can be written, and signs no certificate, in Go neither.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct DsaKey {
    p: BigUint,
    q: BigUint,
    g: BigUint,
    y: BigUint,
    x: BigUint,
}

impl DsaKey {
    /// Makes parameters and a key of them.
    pub(super) fn generate(host: &mut dyn Host) -> Self {
        let one = BigUint::from(1u8);
        let (p, q) = parameters(host);
        let exponent = (&p - &one) / &q;
        let g = (2u32..)
            .map(|base| BigUint::from(base).modpow(&exponent, &p))
            .find(|g| *g != one)
            .unwrap_or_else(|| one.clone());
        let x = loop {
            let x = rng::number::<32>(host);
            if x.bits() > 0 && x < q {
                break x;
            }
        };
        let y = g.modpow(&x, &p);
        Self { p, q, g, y, x }
    }

    /// Reads the form that sprig writes.
    pub(super) fn from_der(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes).sequence()?;
        reader.integer()?;
        let mut number = || reader.integer().map(BigUint::from_bytes_be);
        Some(Self {
            p: number()?,
            q: number()?,
            g: number()?,
            y: number()?,
            x: number()?,
        })
    }

    /// The form that sprig writes, which is OpenSSL's.
    pub(super) fn to_der(&self) -> Vec<u8> {
        let mut parts = vec![unsigned(&[])];
        parts.extend([&self.p, &self.q, &self.g, &self.y, &self.x].map(|number| unsigned(&number.to_bytes_be())));
        sequence(&parts)
    }
}

fn parameters(host: &mut dyn Host) -> (BigUint, BigUint) {
    let one = BigUint::from(1u8);
    let small = small_primes();
    loop {
        let mut q = rng::number::<32>(host);
        q.set_bit(255, true);
        q.set_bit(0, true);
        if !prime(&q, &small) {
            continue;
        }
        for _ in 0..4 * BITS {
            let mut p = rng::number::<256>(host);
            p.set_bit(BITS - 1, true);
            p.set_bit(0, true);
            // So that q divides p - 1.
            let over = &p % &q;
            let p = p + &one - over;
            if p.bits() == BITS && prime(&p, &small) {
                return (p, q);
            }
        }
    }
}

/// Products of small primes, which rule most numbers out at little cost.
fn small_primes() -> Vec<u64> {
    let primes = (3u64..2000).step_by(2).filter(|candidate| {
        (3..*candidate)
            .step_by(2)
            .take_while(|it| it * it <= *candidate)
            .all(|it| candidate % it != 0)
    });
    primes.collect()
}

fn prime(candidate: &BigUint, small: &[u64]) -> bool {
    let divided = small.iter().any(|prime| (candidate % *prime).bits() == 0);
    candidate.bit(0) && !divided && is_prime(Flavor::Any, &BoxedUint::from_be_slice_vartime(&candidate.to_bytes_be()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Random enough for a test, and the same each time.
    struct Counter(u64);

    impl Host for Counter {
        fn now(&mut self) -> std::time::SystemTime {
            std::time::UNIX_EPOCH
        }

        fn random(&mut self, buffer: &mut [u8]) {
            for byte in buffer {
                self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                *byte = (self.0 >> 56) as u8;
            }
        }

        fn resolve(&mut self, _name: &str) -> Result<Vec<std::net::IpAddr>, String> {
            Ok(Vec::new())
        }
    }

    #[test]
    fn a_key_is_sound_and_reads_as_it_was_written() {
        let key = DsaKey::generate(&mut Counter(7));
        let one = BigUint::from(1u8);
        assert_eq!((key.p.bits(), key.q.bits()), (BITS, 256));
        assert_eq!((&key.p - &one) % &key.q, BigUint::ZERO);
        assert!(key.g > one && key.g.modpow(&key.q, &key.p) == one);
        assert!(key.x < key.q && key.g.modpow(&key.x, &key.p) == key.y);
        assert!(DsaKey::from_der(&key.to_der()).is_some_and(|again| again == key));
    }
}
