//! What belongs to one sandbox alone: its lock, which its process holds while it lives, and its loopback network.

use std::fs::{File, OpenOptions};
use std::net::Ipv4Addr;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant};

use nix::fcntl::{Flock, FlockArg};
use tokio::net::TcpListener;

use super::settings::{SandboxError, file};

/// The port of the Hetzner emulator; who listens there has the network.
const CLAIM: u16 = 8080;

/// How long somebody who only looks may have the lock.
const PATIENCE: Duration = Duration::from_millis(300);

/// A /24 of 127/8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Net {
    a: u8,
    b: u8,
}

impl Net {
    pub(super) fn host(self, last: u8) -> Ipv4Addr {
        Ipv4Addr::new(127, self.a, self.b, last)
    }
}

/// Takes the lock beside the sandbox's folder, or says that another process has it.
pub(super) fn lock(base: &Path, name: &str) -> Result<Option<Flock<File>>, SandboxError> {
    std::fs::create_dir_all(base).map_err(file("cannot make", base))?;
    let path = base.join(format!("{name}.lock"));
    loop {
        let opened = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(file("cannot open", &path))?;
        let held = match Flock::lock(opened, FlockArg::LockExclusiveNonblock) {
            Ok(held) => held,
            Err((_, nix::errno::Errno::EWOULDBLOCK)) => return Ok(None),
            Err((_, error)) => return Err(file("cannot lock", path)(error.into())),
        };
        // Who took a sandbox down removed the file: a lock on a file that has no name any more guards nothing.
        let own = held.metadata().map_err(file("cannot look at", &path))?.ino();
        if std::fs::metadata(&path).is_ok_and(|named| named.ino() == own) {
            return Ok(Some(held));
        }
    }
}

/// Takes the lock to keep it. Whoever asks how a sandbox stands holds it for a moment, so it is tried for a while.
pub(super) fn take(base: &Path, name: &str) -> Result<Flock<File>, SandboxError> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match lock(base, name)? {
            Some(held) => return Ok(held),
            None if Instant::now() >= deadline => return Err(SandboxError::Running(name.to_owned())),
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    }
}

/// Finds a network that nobody has, beginning at one that the name leads to, and keeps it by listening there.
pub(super) async fn network(name: &str) -> Result<(Net, TcpListener), SandboxError> {
    let start = name
        .bytes()
        .fold(7u16, |hash, byte| hash.wrapping_mul(31).wrapping_add(u16::from(byte)));
    for step in 0..512u16 {
        let [a, b] = start.wrapping_add(step).to_be_bytes();
        // 127.0.x.y is where everybody else's servers listen.
        let net = Net { a: 64 + a % 128, b };
        if let Ok(listener) = TcpListener::bind((net.host(1), CLAIM)).await {
            return Ok((net, listener));
        }
    }
    Err(SandboxError::NoNetwork)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_had_once() {
        let folder = tempfile::tempdir().unwrap();
        let held = lock(folder.path(), "a").unwrap();
        assert!(held.is_some());
        assert!(lock(folder.path(), "a").unwrap().is_none());
        drop(held);
        assert!(lock(folder.path(), "a").unwrap().is_some());
    }

    #[test]
    fn a_look_does_not_keep_anybody_from_taking_it() {
        let folder = tempfile::tempdir().unwrap();
        let look = lock(folder.path(), "a").unwrap();
        assert!(look.is_some());
        let taken = std::thread::scope(|scope| {
            let taker = scope.spawn(|| take(folder.path(), "a"));
            drop(look);
            taker.join().unwrap()
        });
        let held = taken.unwrap();
        assert!(matches!(take(folder.path(), "a"), Err(SandboxError::Running(name)) if name == "a"));
        drop(held);
    }

    #[tokio::test]
    async fn two_of_one_name_get_networks_of_their_own() {
        let (first, _held) = network("claim-test").await.unwrap();
        let (second, _also_held) = network("claim-test").await.unwrap();
        assert_ne!(first, second);
    }
}
