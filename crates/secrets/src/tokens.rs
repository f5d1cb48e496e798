//! The tokens by which machines join the cluster: made once, kept encrypted beside the spec.

use std::io::Write;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use hoist_model::Secret;
use hoist_spec::{Recipient, Spec};
use rand::RngCore;

use crate::age::{AgeError, Identities, encrypt};

/// A token of k3s.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    /// The servers' token, with which a machine may become a control plane.
    Server,
    /// The agents' token, with which a machine may only become a worker.
    Agent,
}

impl Token {
    fn file_name(self) -> &'static str {
        match self {
            Self::Server => "k3s-token.age",
            Self::Agent => "k3s-agent-token.age",
        }
    }
}

/// A token could not be made, read or kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// Nobody would be able to read it.
    #[error("secrets.recipients is empty: nobody could read {file}")]
    NoRecipients {
        /// The file that was to be written.
        file: PathBuf,
    },
    /// What would be written could not be read again here.
    #[error("{file} would be encrypted to {recipients}, and no age identity at hand opens that ({at_hand})")]
    WouldNotOpen {
        /// The file that was to be written.
        file: PathBuf,
        /// For whom.
        recipients: String,
        /// Who is here.
        at_hand: String,
    },
    /// It is there and cannot be opened.
    #[error("{file} cannot be opened: it was encrypted when secrets.recipients was {recipients} or others; {at_hand}")]
    NotForUs {
        /// The file.
        file: PathBuf,
        /// For whom, as the spec says now: age itself does not write this into the file.
        recipients: String,
        /// Who is here.
        at_hand: String,
    },
    /// age refused.
    #[error("{file}: {error}")]
    Age {
        /// The file.
        file: PathBuf,
        /// Why.
        error: AgeError,
    },
    /// The disk refused.
    #[error("{file} cannot be {doing}: {error}")]
    Io {
        /// The file.
        file: PathBuf,
        /// What was tried.
        doing: &'static str,
        /// Why.
        error: std::io::Error,
    },
}

impl TokenError {
    /// What to do.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoRecipients { .. } => {
                "`age-keygen -o key.txt` makes a key pair and prints its public half for secrets.recipients"
            }
            Self::WouldNotOpen { .. } => {
                "export SOPS_AGE_KEY_FILE with the private half of a recipient, or add your own recipient to the spec"
            }
            Self::NotForUs { .. } => {
                "export SOPS_AGE_KEY or SOPS_AGE_KEY_FILE with the private half of a key that it was made for, or ask \
                 someone who has it; do not delete the file while the cluster lives: its machines join with this token"
            }
            Self::Age { .. } => "restore it from git: it belongs there, beside hoist.yaml",
            Self::Io { .. } => "the folder must be writable and have space left",
        }
    }
}

/// Keeps the tokens of one cluster in `secrets/` beside its spec.
#[derive(Clone, Debug)]
pub struct TokenStore {
    dir: PathBuf,
    recipients: Vec<Recipient>,
    identities: Identities,
}

impl TokenStore {
    /// The store of a spec, opened with the identities at hand.
    pub fn new(spec: &Spec, identities: Identities) -> Self {
        Self {
            dir: spec.dir.join("secrets"),
            recipients: spec.secrets.recipients.clone(),
            identities,
        }
    }

    /// The file that keeps a token.
    pub fn file(&self, token: Token) -> PathBuf {
        self.dir.join(token.file_name())
    }

    /// The token, if it was made before. Writes nothing.
    pub fn load(&self, token: Token) -> Result<Option<Secret>, TokenError> {
        let file = self.file(token);
        let armored = match std::fs::read(&file) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => {
                return Err(TokenError::Io {
                    file,
                    doing: "read",
                    error,
                });
            }
        };
        match self.identities.decrypt(&armored) {
            Ok(value) => Ok(Some(value)),
            Err(AgeError::NoMatch) => Err(TokenError::NotForUs {
                file,
                recipients: self.recipients(),
                at_hand: self.at_hand(),
            }),
            Err(error) => Err(TokenError::Age { file, error }),
        }
    }

    /// The token; made and kept if it was not there. Two at once agree on one.
    pub fn load_or_create(&self, token: Token) -> Result<Secret, TokenError> {
        if let Some(value) = self.load(token)? {
            return Ok(value);
        }
        let file = self.file(token);
        if self.recipients.is_empty() {
            return Err(TokenError::NoRecipients { file });
        }
        let mut random = [0; 32];
        rand::rng().fill_bytes(&mut random);
        let value = Secret::from(HEXLOWER.encode(&random));
        let armored = encrypt(&value, &self.recipients).map_err(|error| TokenError::Age {
            file: file.clone(),
            error,
        })?;
        // A token that nobody here can read again would lock the cluster at the next machine.
        if self.identities.decrypt(&armored).is_err() {
            return Err(TokenError::WouldNotOpen {
                file,
                recipients: self.recipients(),
                at_hand: self.at_hand(),
            });
        }
        match write_new(&self.dir, &file, &armored) {
            Ok(true) => Ok(value),
            // Somebody else was faster: theirs holds.
            Ok(false) => self.load(token).and_then(|theirs| {
                theirs.ok_or_else(|| TokenError::Io {
                    file,
                    doing: "read",
                    error: std::io::ErrorKind::NotFound.into(),
                })
            }),
            Err(error) => Err(TokenError::Io {
                file,
                doing: "written",
                error,
            }),
        }
    }

    fn recipients(&self) -> String {
        let all: Vec<&str> = self.recipients.iter().map(Recipient::as_str).collect();
        all.join(", ")
    }

    fn at_hand(&self) -> String {
        let all = self.identities.recipients();
        if all.is_empty() {
            "no identity is at hand".into()
        } else {
            format!("at hand: {}", all.join(", "))
        }
    }
}

/// Writes a new file as a whole, and tells whether it was not there before.
fn write_new(dir: &Path, file: &Path, bytes: &[u8]) -> std::io::Result<bool> {
    std::fs::create_dir_all(dir)?;
    let mut temp = tempfile::NamedTempFile::new_in(dir)?;
    temp.write_all(bytes)?;
    temp.as_file().sync_all()?;
    match temp.persist_noclobber(file) {
        Ok(_) => Ok(true),
        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error.error),
    }
}
