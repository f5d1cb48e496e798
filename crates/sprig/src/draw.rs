//! Even draws from the world's random bytes.

use hoist_govalue::Host;

/// A number below `limit`, each equally likely; 0 where there is none.
pub(crate) fn below(host: &mut dyn Host, limit: usize) -> usize {
    let limit = u64::try_from(limit).unwrap_or(u64::MAX);
    if limit < 2 {
        return 0;
    }
    // What is left of the numbers that do not fill a whole round is drawn again, or small numbers would be likelier.
    let rounds = u64::MAX - u64::MAX % limit;
    loop {
        let mut bytes = [0; 8];
        host.random(&mut bytes);
        let drawn = u64::from_le_bytes(bytes);
        if drawn < rounds {
            return usize::try_from(drawn % limit).unwrap_or(0);
        }
    }
}
