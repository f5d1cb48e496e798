//! Things that go wrong on a machine because a test wants them to.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// Something that goes wrong once.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The next run of a stand-in (`nix`, `nixos-install`, `disko`, `systemd-run`, `kexec`, `switch-to-configuration`, …)
    /// does nothing and ends with this status and message.
    Fail {
        /// The program's name.
        program: String,
        /// Its exit status.
        status: u8,
        /// What it says on standard error.
        message: String,
    },
    /// The next run of a stand-in never ends.
    Hang {
        /// The program's name.
        program: String,
    },
    /// sshd shows another host key from now on, until it is restarted.
    OtherHostKey,
    /// The next connection is accepted and then never answered.
    SilentSsh,
}

/// What is still to go wrong on one machine.
#[derive(Debug, Default)]
pub(super) struct Faults(Mutex<VecDeque<Fault>>);

impl Faults {
    pub(super) fn add(&self, fault: Fault) {
        self.lock().push_back(fault);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<Fault>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the first one that `wanted` wants.
    pub(super) fn take(&self, wanted: impl Fn(&Fault) -> bool) -> Option<Fault> {
        let mut faults = self.lock();
        let at = faults.iter().position(wanted)?;
        faults.remove(at)
    }

    /// Takes the one for a program that is about to run.
    pub(super) fn take_for(&self, name: &str) -> Option<Fault> {
        self.take(|fault| match fault {
            Fault::Fail { program, .. } | Fault::Hang { program } => program == name,
            _ => false,
        })
    }

    /// Takes those that an attempt to connect meets.
    pub(super) fn silent(&self) -> bool {
        self.take(|fault| *fault == Fault::SilentSsh).is_some()
    }
}
