//! The name of a public key: the SHA-256 digest of its wire format, as `ssh-keygen -l` prints it.

use std::fmt;
use std::str::FromStr;

use data_encoding::{BASE32_NOPAD, BASE64_NOPAD};
use russh::keys::{HashAlg, PublicKey};

/// A SHA-256 fingerprint. It prints as OpenSSH does (`SHA256:…`) and reads that and the base32 form of a server's label.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    pub(crate) fn of(key: &PublicKey) -> Self {
        Self(
            key.fingerprint(HashAlg::Sha256)
                .sha256()
                .expect("a SHA-256 fingerprint was asked for"),
        )
    }

    /// The fingerprint of a public key in OpenSSH's one-line format.
    pub fn of_openssh(line: &str) -> Result<Self, ParseFingerprintError> {
        PublicKey::from_openssh(line)
            .map(|key| Self::of(&key))
            .map_err(|_| ParseFingerprintError(line.to_owned()))
    }

    /// Base32 in lower case without padding, 52 characters: it fits into a label of Hetzner Cloud, where base64 does not.
    pub fn to_base32(&self) -> String {
        BASE32_NOPAD.encode(&self.0).to_ascii_lowercase()
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SHA256:{}", BASE64_NOPAD.encode(&self.0))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is no SHA-256 fingerprint of a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the SHA-256 fingerprint of an SSH key: neither SHA256:… nor 52 characters of base32")]
pub struct ParseFingerprintError(String);

impl FromStr for Fingerprint {
    type Err = ParseFingerprintError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = match text.strip_prefix("SHA256:") {
            Some(rest) => BASE64_NOPAD.decode(rest.as_bytes()).ok(),
            None => BASE32_NOPAD.decode(text.to_ascii_uppercase().as_bytes()).ok(),
        };
        bytes
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
            .ok_or_else(|| ParseFingerprintError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // That these are ssh-keygen's fingerprints is checked against the real program in tests/it.
    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGVUOZSWf0vHbMuY2yEHSX3dM5dlCzNxTBJBwHeqNzBC a@b";

    #[test]
    fn both_spellings_read_back() {
        let fingerprint = Fingerprint::of_openssh(KEY).unwrap();
        assert_eq!(fingerprint.to_string().parse::<Fingerprint>().unwrap(), fingerprint);
        assert_eq!(fingerprint.to_base32().parse::<Fingerprint>().unwrap(), fingerprint);
        assert_eq!(fingerprint.to_base32().len(), 52);
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "SHA256:", "SHA256:AAAA", "md5:00", "mzxw6"] {
            assert!(text.parse::<Fingerprint>().is_err(), "{text}");
        }
        assert!(Fingerprint::of_openssh("ssh-ed25519 nonsense").is_err());
    }
}
