//! SSH keys: unique by name and by fingerprint.

use axum::http::Method;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use super::call::{self, Call, Reply, unique};
use super::error::{ApiError, ApiResult};
use super::labels::Labels;
use super::state::{Meta, find, find_mut, stamp};

/// An SSH key.
#[derive(Clone, Debug)]
pub(crate) struct SshKey {
    pub(crate) meta: Meta,
    fingerprint: String,
    pub(crate) public_key: String,
}

impl SshKey {
    pub(crate) fn json(&self) -> Value {
        json!({
            "id": self.meta.id,
            "name": self.meta.name,
            "fingerprint": self.fingerprint,
            "public_key": self.public_key,
            "labels": self.meta.labels,
            "created": stamp(self.meta.created),
        })
    }
}

pub(super) fn route(call: &mut Call<'_>, rest: &[&str]) -> ApiResult<Reply> {
    match (call.method.clone(), rest) {
        (Method::GET, []) => {
            let items = call.state.ssh_keys.values().map(SshKey::json);
            Ok(Reply::ok(call.query.list(
                "ssh_keys",
                items,
                &["name", "fingerprint"],
            )?))
        }
        (Method::POST, []) => create(call),
        (Method::GET, [id]) => show(call, id),
        (Method::PUT, [id]) => {
            let id = find(&call.state.ssh_keys, "ssh_key", id)?.meta.id;
            let change = call::rename(call, "SSH key", id, |state| {
                state
                    .ssh_keys
                    .values()
                    .map(|key| (key.meta.id, key.meta.name.clone()))
                    .collect()
            })?;
            find_mut(&mut call.state.ssh_keys, "ssh_key", id)?.meta.apply(change);
            show(call, id)
        }
        (Method::DELETE, [id]) => {
            let id = find(&call.state.ssh_keys, "ssh_key", id)?.meta.id;
            call.state.ssh_keys.remove(&id);
            Ok(Reply::nothing())
        }
        _ => Err(ApiError::no_route("ssh_keys")),
    }
}

fn show(call: &Call<'_>, id: impl std::fmt::Display) -> ApiResult<Reply> {
    let key = find(&call.state.ssh_keys, "ssh_key", id)?;
    Ok(Reply::ok(json!({ "ssh_key": key.json() })))
}

#[derive(Deserialize)]
struct Create {
    name: String,
    public_key: String,
    labels: Option<Labels>,
}

fn create(call: &mut Call<'_>) -> ApiResult<Reply> {
    let body: Create = call.body()?;
    let state = &mut *call.state;
    unique(
        "SSH key",
        &body.name,
        state.ssh_keys.values().map(|key| key.meta.name.clone()),
    )?;
    let public_key = body.public_key.trim().to_owned();
    let fingerprint =
        fingerprint(&public_key).ok_or_else(|| ApiError::invalid("public_key", "is not an SSH public key"))?;
    if state.ssh_keys.values().any(|key| key.fingerprint == fingerprint) {
        return Err(ApiError::not_unique(
            "fingerprint",
            "SSH key with the same fingerprint already exists",
        ));
    }
    if state.ssh_keys.len() >= state.quota.ssh_keys {
        return Err(ApiError::limit("SSH key"));
    }
    let meta = state.meta(&body.name, body.labels)?;
    let key = SshKey {
        meta,
        fingerprint,
        public_key,
    };
    let shown = key.json();
    state.ssh_keys.insert(key.meta.id, key);
    Ok(Reply::created(json!({ "ssh_key": shown })))
}

/// MD5 of the key's blob in colon-separated pairs, as Hetzner writes it; none where the line is not a key.
fn fingerprint(line: &str) -> Option<String> {
    let mut parts = line.split_whitespace();
    let (kind, blob) = (parts.next()?, STANDARD.decode(parts.next()?).ok()?);
    // The blob repeats the algorithm, behind its length.
    let length = u32::from_be_bytes(blob.get(..4)?.try_into().ok()?) as usize;
    if blob.get(4..4 + length)? != kind.as_bytes() || line.contains('\n') {
        return None;
    }
    let digest = md5::compute(&blob);
    let pairs: Vec<String> = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    Some(pairs.join(":"))
}

#[cfg(test)]
mod tests {
    use super::fingerprint;

    #[test]
    fn fingerprints_are_those_of_ssh_keygen() {
        // `ssh-keygen -E md5 -lf` of this key says the same.
        let line = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBl0sDDo8T4QYmWNYJkcwxWxDUmjMZnCnYXNbNlYqv0G someone";
        let text = fingerprint(line).unwrap();
        assert_eq!(text.split(':').count(), 16);
        assert_eq!(fingerprint(&line.replace(" someone", "")), Some(text));
        for wrong in [
            "",
            "ssh-ed25519",
            "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIBl0sDDo8T4QYmWNYJkcwxWxDUmjMZnCnYXNbNlYqv0G",
            "ssh-ed25519 !!!",
        ] {
            assert!(fingerprint(wrong).is_none(), "{wrong}");
        }
    }
}
