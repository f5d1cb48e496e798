//! age, as the `age` program reads and writes it: X25519 recipients and identities, armored.

use std::io::{Read, Write};
use std::path::Path;

use age::armor::{ArmoredReader, ArmoredWriter, Format};
use age::x25519;
use hoist_model::{ExposeSecret, Secret};
use hoist_spec::Recipient;

use crate::Environment;

/// What went wrong with age.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AgeError {
    /// The file with the identities cannot be read.
    #[error("the file {file} that {variable} names cannot be read: {why}")]
    IdentityFile {
        /// The variable.
        variable: &'static str,
        /// The file.
        file: String,
        /// Why.
        why: String,
    },
    /// A line among the identities is none.
    #[error("line {line} of {from} is not an age identity (AGE-SECRET-KEY-1…)")]
    Identity {
        /// Where it stands.
        from: String,
        /// Its line.
        line: usize,
    },
    /// A recipient is none.
    #[error("{recipient} is not an age recipient: {why}")]
    Recipient {
        /// The recipient.
        recipient: String,
        /// Why.
        why: String,
    },
    /// No identity opens it.
    #[error("no age identity at hand opens it")]
    NoMatch,
    /// It is damaged, or not made by age.
    #[error("it is not a whole age file: {0}")]
    Damaged(String),
}

/// The age identities at hand.
#[derive(Clone, Default)]
pub struct Identities(Vec<x25519::Identity>);

impl std::fmt::Debug for Identities {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Identities").field(&self.recipients()).finish()
    }
}

impl Identities {
    /// Reads them from where sops looks: `SOPS_AGE_KEY`, the file in `SOPS_AGE_KEY_FILE`, and
    /// `sops/age/keys.txt` in the configuration folder.
    pub fn from_environment(environment: &dyn Environment) -> Result<Self, AgeError> {
        let mut all = Self::default();
        if let Some(text) = environment.var("SOPS_AGE_KEY") {
            all.add(&text, "SOPS_AGE_KEY")?;
        }
        if let Some(file) = environment.var("SOPS_AGE_KEY_FILE") {
            let file = file.expose_secret();
            let text = read(Path::new(file)).map_err(|error| AgeError::IdentityFile {
                variable: "SOPS_AGE_KEY_FILE",
                file: file.to_owned(),
                why: error.to_string(),
            })?;
            all.add(&text, file)?;
        }
        let config = environment
            .var("XDG_CONFIG_HOME")
            .map(|folder| Path::new(folder.expose_secret()).to_owned())
            .or_else(|| {
                environment
                    .var("HOME")
                    .map(|home| Path::new(home.expose_secret()).join(".config"))
            });
        if let Some(file) = config.map(|folder| folder.join("sops/age/keys.txt"))
            && let Ok(text) = read(&file)
        {
            all.add(&text, &file.display().to_string())?;
        }
        Ok(all)
    }

    /// Adds the identities of a text: one a line, with empty lines and comments.
    fn add(&mut self, text: &Secret, from: &str) -> Result<(), AgeError> {
        for (index, line) in text.expose_secret().lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            // The parser's own error may repeat the line.
            let identity = line.parse::<x25519::Identity>().map_err(|_| AgeError::Identity {
                from: from.to_owned(),
                line: index + 1,
            })?;
            self.0.push(identity);
        }
        Ok(())
    }

    /// The public halves.
    pub fn recipients(&self) -> Vec<String> {
        self.0.iter().map(|identity| identity.to_public().to_string()).collect()
    }

    /// Opens an armored age file.
    pub(crate) fn decrypt(&self, armored: &[u8]) -> Result<Secret, AgeError> {
        let damaged = |error: &dyn std::fmt::Display| AgeError::Damaged(error.to_string());
        let decryptor = age::Decryptor::new(ArmoredReader::new(armored)).map_err(|error| damaged(&error))?;
        let identities = self.0.iter().map(|identity| identity as &dyn age::Identity);
        let mut reader = decryptor.decrypt(identities).map_err(|error| match error {
            age::DecryptError::NoMatchingKeys => AgeError::NoMatch,
            other => damaged(&other),
        })?;
        let mut text = String::new();
        reader.read_to_string(&mut text).map_err(|error| damaged(&error))?;
        Ok(Secret::from(text))
    }
}

fn read(file: &Path) -> std::io::Result<Secret> {
    std::fs::read_to_string(file).map(Secret::from)
}

/// Encrypts a value to recipients, armored.
pub(crate) fn encrypt(value: &Secret, recipients: &[Recipient]) -> Result<Vec<u8>, AgeError> {
    let recipients: Vec<x25519::Recipient> = recipients
        .iter()
        .map(|recipient| {
            recipient.as_str().parse().map_err(|why: &str| AgeError::Recipient {
                recipient: recipient.to_string(),
                why: why.to_owned(),
            })
        })
        .collect::<Result<_, _>>()?;
    let encryptor = age::Encryptor::with_recipients(recipients.iter().map(|r| r as &dyn age::Recipient))
        .map_err(|error| AgeError::Damaged(error.to_string()))?;
    let mut out = Vec::new();
    let written = ArmoredWriter::wrap_output(&mut out, Format::AsciiArmor)
        .and_then(|armor| encryptor.wrap_output(armor))
        .and_then(|mut writer| {
            writer.write_all(value.expose_secret().as_bytes())?;
            writer.finish()
        })
        .and_then(ArmoredWriter::finish);
    written.map_err(|error| AgeError::Damaged(error.to_string()))?;
    Ok(out)
}
