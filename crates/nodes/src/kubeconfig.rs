//! Kubeconfigs: k3s's own, made reachable from here and named after the cluster; and files of them, written safely.

use std::io::Write;
use std::net::IpAddr;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use hoist_model::{ExposeSecret, Secret};
use serde_json::{Map, Value, json};

/// A kubeconfig that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KubeconfigError {
    /// It is not a kubeconfig. What it says is not shown, as it may hold keys.
    #[error("{what} is not a kubeconfig: {why}")]
    Malformed {
        /// Which one.
        what: String,
        /// What is missing.
        why: &'static str,
    },
    /// The file could not be read or written.
    #[error("the kubeconfig {path} could not be {verb}: {source}")]
    File {
        /// The file.
        path: String,
        /// `read` or `written`.
        verb: &'static str,
        /// Why.
        source: std::io::Error,
    },
}

/// The URL of the API server at an address.
pub(crate) fn url(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => format!("https://{address}:6443"),
        IpAddr::V6(address) => format!("https://[{address}]:6443"),
    }
}

fn parse(what: &str, text: &str) -> Result<Map<String, Value>, KubeconfigError> {
    let malformed = |why| KubeconfigError::Malformed {
        what: what.to_owned(),
        why,
    };
    serde_saphyr::from_str::<Value>(text)
        .ok()
        .and_then(|value| match value {
            Value::Object(map) => Some(map),
            _ => None,
        })
        .ok_or_else(|| malformed("it is no YAML mapping"))
}

/// The kubeconfig of k3s with another server URL, whose cluster, user and context are named after the cluster.
pub fn rewrite(raw: &Secret, cluster: &str, server: &str) -> Result<Secret, KubeconfigError> {
    let what = "the kubeconfig of k3s";
    let malformed = |why| KubeconfigError::Malformed {
        what: what.to_owned(),
        why,
    };
    let config = parse(what, raw.expose_secret())?;
    let first = |list: &str, inner: &str| {
        config
            .get(list)
            .and_then(|list| list.get(0))
            .and_then(|entry| entry.get(inner))
            .and_then(Value::as_object)
            .cloned()
    };
    let mut reached = first("clusters", "cluster").ok_or_else(|| malformed("it names no cluster"))?;
    let user = first("users", "user").ok_or_else(|| malformed("it names no user"))?;
    reached.insert("server".into(), json!(server));
    let rewritten = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{ "name": cluster, "cluster": reached }],
        "users": [{ "name": cluster, "user": user }],
        "contexts": [{ "name": cluster, "context": { "cluster": cluster, "user": cluster } }],
        "current-context": cluster,
    });
    Ok(to_yaml(&rewritten))
}

/// One kubeconfig within another: entries of the same names are replaced, all others kept, and its context becomes the
/// current one.
pub fn merge(existing: &Secret, new: &Secret) -> Result<Secret, KubeconfigError> {
    let mut merged = parse("the existing kubeconfig", existing.expose_secret())?;
    let new = parse("the new kubeconfig", new.expose_secret())?;
    for list in ["clusters", "users", "contexts"] {
        let ours = new.get(list).and_then(Value::as_array).cloned().unwrap_or_default();
        let theirs = merged.entry(list).or_insert_with(|| json!([]));
        if theirs.is_null() {
            *theirs = json!([]);
        }
        let theirs = theirs.as_array_mut().ok_or_else(|| KubeconfigError::Malformed {
            what: "the existing kubeconfig".into(),
            why: "its clusters, users and contexts are not lists",
        })?;
        for entry in ours {
            theirs.retain(|old| old.get("name") != entry.get("name"));
            theirs.push(entry);
        }
    }
    for key in ["apiVersion", "kind", "current-context"] {
        if let Some(value) = new.get(key) {
            merged.insert(key.into(), value.clone());
        }
    }
    Ok(to_yaml(&Value::Object(merged)))
}

fn to_yaml(value: &Value) -> Secret {
    serde_saphyr::to_string(value)
        .expect("JSON values can always be written as YAML")
        .into()
}

/// Asks the API that a kubeconfig leads to for its Nodes, which takes that the server's certificate holds the URL's name.
/// Returns their number, or why the API cannot be reached by it.
pub async fn reach(kubeconfig: &Secret) -> Result<usize, String> {
    crate::api::nodes(kubeconfig).await.map(|nodes| nodes.len())
}

/// Writes a kubeconfig whole, readable by its owner only.
pub fn write(path: &Path, kubeconfig: &Secret) -> Result<(), KubeconfigError> {
    let failed = |source| KubeconfigError::File {
        path: path.display().to_string(),
        verb: "written",
        source,
    };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let beside = Path::new(&name);
    let written = (|| {
        let _ = std::fs::remove_file(beside);
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(beside)?;
        file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
        file.write_all(kubeconfig.expose_secret().as_bytes())?;
        file.sync_all()?;
        std::fs::rename(beside, path)
    })();
    written.map_err(|source| {
        let _ = std::fs::remove_file(beside);
        failed(source)
    })
}

/// Merges a kubeconfig into a file, or makes the file.
pub fn merge_into(path: &Path, kubeconfig: &Secret) -> Result<(), KubeconfigError> {
    match std::fs::read_to_string(path) {
        Ok(existing) if !existing.trim().is_empty() => write(path, &merge(&existing.into(), kubeconfig)?),
        Ok(_) => write(path, kubeconfig),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => write(path, kubeconfig),
        Err(source) => Err(KubeconfigError::File {
            path: path.display().to_string(),
            verb: "read",
            source,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const K3S: &str = "apiVersion: v1\nclusters:\n- cluster:\n    certificate-authority-data: Q0E=\n    server: \
        https://127.0.0.1:6443\n  name: default\ncontexts:\n- context:\n    cluster: default\n    user: default\n  name: \
        default\ncurrent-context: default\nkind: Config\npreferences: {}\nusers:\n- name: default\n  user:\n    \
        client-certificate-data: Q0VSVA==\n    client-key-data: S0VZ\n";

    fn value(kubeconfig: &Secret) -> Value {
        serde_saphyr::from_str(kubeconfig.expose_secret()).unwrap()
    }

    #[test]
    fn the_server_and_the_names_change_and_the_keys_stay() {
        let rewritten = rewrite(&K3S.to_owned().into(), "vanixiets", "https://203.0.113.7:6443").unwrap();
        insta::assert_snapshot!(rewritten.expose_secret(), @r"
        apiVersion: v1
        kind: Config
        clusters:
        - name: vanixiets
          cluster:
            certificate-authority-data: Q0E=
            server: https://203.0.113.7:6443
        users:
        - name: vanixiets
          user:
            client-certificate-data: Q0VSVA==
            client-key-data: S0VZ
        contexts:
        - name: vanixiets
          context:
            cluster: vanixiets
            user: vanixiets
        current-context: vanixiets
        ");
    }

    #[test]
    fn merging_keeps_what_is_there_and_replaces_its_own() {
        let old = rewrite(&K3S.to_owned().into(), "vanixiets", "https://192.0.2.1:6443").unwrap();
        let new = rewrite(&K3S.to_owned().into(), "vanixiets", "https://203.0.113.7:6443").unwrap();
        let merged = merge(&K3S.to_owned().into(), &old).unwrap();
        let merged = value(&merge(&merged, &new).unwrap());
        let names: Vec<_> = merged["clusters"]
            .as_array()
            .unwrap()
            .iter()
            .map(|c| c["name"].as_str().unwrap())
            .collect();
        assert_eq!(names, ["default", "vanixiets"]);
        assert_eq!(merged["clusters"][1]["cluster"]["server"], "https://203.0.113.7:6443");
        assert_eq!(merged["current-context"], "vanixiets");
        assert_eq!(merged["users"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn a_file_is_for_its_owner_only_and_merging_does_not_lose_anything() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sub/config");
        let ours = rewrite(&K3S.to_owned().into(), "a", "https://a:6443").unwrap();
        let theirs = rewrite(&K3S.to_owned().into(), "b", "https://b:6443").unwrap();
        merge_into(&path, &theirs).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        merge_into(&path, &ours).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(value(&text.into())["contexts"].as_array().unwrap().len(), 2);
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn what_is_no_kubeconfig_is_refused_without_being_shown() {
        for text in ["canary", "[canary]", "clusters: [canary]", "clusters: [{cluster: {}}]"] {
            let error = rewrite(&text.to_owned().into(), "a", "https://a")
                .unwrap_err()
                .to_string();
            assert!(!error.contains("canary"), "{error}");
        }
    }
}
