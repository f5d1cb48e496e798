//! Key pairs made in memory: deploy keys and host keys.

use std::fmt;
use std::sync::Arc;

use russh::keys::ssh_key::LineEnding;
use russh::keys::{Algorithm, PrivateKey};
use secrecy::{ExposeSecret, SecretString};

use crate::Fingerprint;

/// A private key that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the private SSH key {comment}cannot be used: {why}")]
pub struct KeyError {
    comment: String,
    why: String,
}

/// An ed25519 key pair in memory. Its `Debug` shows the fingerprint only.
#[derive(Clone)]
pub struct KeyPair {
    key: Arc<PrivateKey>,
}

impl KeyPair {
    /// Makes a new pair; the comment names it in `authorized_keys` files and agents.
    pub fn generate(comment: &str) -> Self {
        let mut key = PrivateKey::random(&mut russh::keys::key::safe_rng(), Algorithm::Ed25519)
            .expect("ed25519 keys are made of 32 random bytes and nothing can fail");
        key.set_comment(comment);
        Self { key: Arc::new(key) }
    }

    /// Reads an unencrypted private key in OpenSSH's format.
    pub fn from_pem(pem: &SecretString) -> Result<Self, KeyError> {
        let error = |why: String| KeyError {
            comment: String::new(),
            why,
        };
        let key = PrivateKey::from_openssh(pem.expose_secret()).map_err(|e| error(e.to_string()))?;
        if key.is_encrypted() {
            return Err(error("it is protected by a passphrase".into()));
        }
        Ok(Self { key: Arc::new(key) })
    }

    /// The public half, one OpenSSH line without a line end.
    pub fn public(&self) -> String {
        self.key
            .public_key()
            .to_openssh()
            .expect("a public key can always be written")
    }

    /// The private half in OpenSSH's format.
    pub fn private_pem(&self) -> SecretString {
        let pem = self
            .key
            .to_openssh(LineEnding::LF)
            .expect("a private key can always be written");
        SecretString::from(pem.as_str().to_owned())
    }

    /// The fingerprint of the public half.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self.key.public_key())
    }

    pub(crate) fn key(&self) -> &Arc<PrivateKey> {
        &self.key
    }
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("KeyPair").field(&self.fingerprint()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_reads_back_and_does_not_show_its_private_half() {
        let pair = KeyPair::generate("deploy");
        let read = KeyPair::from_pem(&pair.private_pem()).unwrap();
        assert_eq!(read.public(), pair.public());
        assert!(pair.public().starts_with("ssh-ed25519 ") && pair.public().ends_with(" deploy"));
        assert_eq!(format!("{pair:?}"), format!("KeyPair({})", pair.fingerprint()));
    }

    #[test]
    fn two_pairs_differ() {
        assert_ne!(
            KeyPair::generate("a").fingerprint(),
            KeyPair::generate("a").fingerprint()
        );
    }

    #[test]
    fn what_is_no_key_is_refused_without_being_shown() {
        let error = KeyPair::from_pem(&SecretString::from("hunter2".to_owned())).unwrap_err();
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}
