//! Who logs in: keys in memory, keys in an agent, keys in files.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use russh::client::Handle;
use russh::keys::agent::AgentIdentity;
use russh::keys::agent::client::AgentClient;
use russh::keys::{HashAlg, PrivateKey, PrivateKeyWithHashAlg};

use crate::connect::Client;
use crate::{Error, KeyPair, Target};

/// Something that can log in.
#[derive(Clone)]
pub enum Identity {
    /// A key in memory.
    Key(KeyPair),
    /// Each key of the agent behind this socket.
    Agent(PathBuf),
    /// An unencrypted private key file.
    File(PathBuf),
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(pair) => write!(f, "key {}", pair.fingerprint()),
            Self::Agent(socket) => write!(f, "agent {}", socket.display()),
            Self::File(path) => write!(f, "file {}", path.display()),
        }
    }
}

/// Tries each identity in turn. sshd ends a connection after a few failures (MaxAuthTries, 6 by default), so the ones
/// most likely to be accepted come first.
pub(crate) async fn log_in(handle: &mut Handle<Client>, target: &Target, identities: &[Identity]) -> Result<(), Error> {
    let mut tried = Vec::new();
    for identity in identities {
        let accepted = match identity {
            Identity::Key(pair) => {
                let name = format!("the key {} in memory", pair.key().comment());
                offer(handle, target, pair.key().clone(), name, &mut tried).await
            }
            Identity::File(path) => match read_file(path) {
                Ok(key) => offer(handle, target, Arc::new(key), format!("{}", path.display()), &mut tried).await,
                Err(why) => {
                    tried.push(format!("{} ({why})", path.display()));
                    false
                }
            },
            Identity::Agent(socket) => offer_agent(handle, target, socket, &mut tried).await,
        };
        if accepted {
            return Ok(());
        }
        if handle.is_closed() {
            break;
        }
    }
    // A host that goes down hangs up in the middle and has judged nobody: the same may succeed later. One that saw too
    // many wrong keys says goodbye first, which is what makes the session's end a good one.
    if handle.is_closed() && handle.await.is_err() {
        return Err(Error::Lost {
            host: target.host(),
            what: "login".into(),
            why: "the host hung up".into(),
        });
    }
    Err(Error::AuthFailed {
        host: target.host(),
        user: target.user.clone(),
        tried,
    })
}

async fn offer(
    handle: &mut Handle<Client>,
    target: &Target,
    key: Arc<PrivateKey>,
    name: String,
    tried: &mut Vec<String>,
) -> bool {
    let hash = match rsa_hash(handle, key.algorithm().is_rsa()).await {
        Ok(hash) => hash,
        Err(why) => {
            tried.push(format!("{name} ({why})"));
            return false;
        }
    };
    let key = PrivateKeyWithHashAlg::new(key, hash);
    match handle.authenticate_publickey(target.user.clone(), key).await {
        Ok(result) if result.success() => true,
        Ok(_) => {
            tried.push(format!("{name} (not accepted)"));
            false
        }
        Err(error) => {
            tried.push(format!("{name} ({error})"));
            false
        }
    }
}

async fn offer_agent(handle: &mut Handle<Client>, target: &Target, socket: &Path, tried: &mut Vec<String>) -> bool {
    let name = format!("ssh-agent at {}", socket.display());
    let mut agent = match AgentClient::connect_uds(socket).await {
        Ok(agent) => agent,
        Err(error) => {
            tried.push(format!("{name} (does not answer: {error})"));
            return false;
        }
    };
    if let Some(binding) = handle.agent_session_binding() {
        // Only keys that are constrained to a destination need it, and older agents do not know it.
        let _ = agent.bind_session(binding, false).await;
    }
    let identities = match agent.request_identities().await {
        Ok(identities) => identities,
        Err(error) => {
            tried.push(format!("{name} (does not list its keys: {error})"));
            return false;
        }
    };
    if identities.is_empty() {
        tried.push(format!("{name} (holds no key)"));
    }
    for identity in identities {
        let AgentIdentity::PublicKey { key, comment } = identity else {
            continue;
        };
        let name = format!("{comment} from {name}");
        let hash = match rsa_hash(handle, key.algorithm().is_rsa()).await {
            Ok(hash) => hash,
            Err(why) => {
                tried.push(format!("{name} ({why})"));
                continue;
            }
        };
        match handle
            .authenticate_publickey_with(target.user.clone(), key, hash, &mut agent)
            .await
        {
            Ok(result) if result.success() => return true,
            Ok(_) => tried.push(format!("{name} (not accepted)")),
            Err(error) => tried.push(format!("{name} ({error})")),
        }
    }
    false
}

async fn rsa_hash(handle: &Handle<Client>, rsa: bool) -> Result<Option<HashAlg>, russh::Error> {
    if !rsa {
        return Ok(None);
    }
    // A server that does not say is taken to know SHA-512; SHA-1 is never offered.
    Ok(handle
        .best_supported_rsa_hash()
        .await?
        .flatten()
        .or(Some(HashAlg::Sha512)))
}

fn read_file(path: &Path) -> Result<PrivateKey, String> {
    match russh::keys::load_secret_key(path, None) {
        Ok(key) if key.is_encrypted() => Err(PASSPHRASE.into()),
        Ok(key) => Ok(key),
        Err(russh::keys::Error::KeyIsEncrypted) => Err(PASSPHRASE.into()),
        Err(russh::keys::Error::IO(error)) => Err(crate::connect::io_text(&error)),
        Err(error) => Err(error.to_string()),
    }
}

const PASSPHRASE: &str = "protected by a passphrase: load it with ssh-add and use the agent";
