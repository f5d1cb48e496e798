//! The world's randomness, as the crates for keys want it.

use std::convert::Infallible;

use hoist_govalue::Host;
use num_bigint::BigUint;
use rand_core::{TryCryptoRng, TryRng};

/// A random generator that asks the host.
pub(super) struct HostRng<'a>(pub(super) &'a mut dyn Host);

impl TryRng for HostRng<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.0.random(&mut bytes);
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.0.random(&mut bytes);
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, buffer: &mut [u8]) -> Result<(), Infallible> {
        self.0.random(buffer);
        Ok(())
    }
}

impl TryCryptoRng for HostRng<'_> {}

/// So many random bytes.
pub(super) fn bytes<const N: usize>(host: &mut dyn Host) -> [u8; N] {
    let mut bytes = [0; N];
    host.random(&mut bytes);
    bytes
}

/// A number of so many random bytes.
pub(super) fn number<const N: usize>(host: &mut dyn Host) -> BigUint {
    BigUint::from_bytes_be(&bytes::<N>(host))
}
