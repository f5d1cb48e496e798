//! kubeconfig files: the admin's as k3s writes it, and those of the control plane's own programs.

use data_encoding::BASE64;
use serde_json::json;

use super::error::Error;
use super::pki::{Leaf, Pki, Usage};

/// Who a kubeconfig speaks for.
pub(crate) enum User<'a> {
    /// A client certificate that is made for it: common name and group.
    Certificate { name: &'a str, group: Option<&'a str> },
    /// A bearer token.
    Token(&'a str),
}

impl User<'static> {
    /// The admin, whom RBAC does not bind.
    pub(crate) const ADMIN: Self = Self::Certificate {
        name: "system:admin",
        group: Some("system:masters"),
    };
}

/// A kubeconfig with cluster, user and context named `default`, as k3s names them.
pub(crate) fn kubeconfig(pki: &Pki, server: &str, user: &User<'_>) -> Result<String, Error> {
    let user = match user {
        User::Certificate { name, group } => {
            let leaf = Leaf {
                common_name: name,
                organization: *group,
                names: &[],
                usage: Usage::Client,
            };
            let (cert, key) = pki.client.issue(&leaf)?;
            json!({
                "client-certificate-data": BASE64.encode((cert + pki.client.pem()).as_bytes()),
                "client-key-data": BASE64.encode(key.as_bytes()),
            })
        }
        User::Token(token) => json!({ "token": token }),
    };
    let authority = BASE64.encode(pki.server.pem().as_bytes());
    let config = json!({
        "apiVersion": "v1",
        "clusters": [{ "cluster": { "certificate-authority-data": authority, "server": server }, "name": "default" }],
        "contexts": [{ "context": { "cluster": "default", "user": "default" }, "name": "default" }],
        "current-context": "default",
        "kind": "Config",
        "users": [{ "name": "default", "user": user }],
    });
    serde_saphyr::to_string(&config).map_err(|error| Error::Config(format!("writing a kubeconfig as YAML: {error}")))
}

/// A client that speaks for the admin.
pub(crate) async fn admin_client(pki: &Pki, server: &str) -> Result<kube::Client, Error> {
    client_of(&kubeconfig(pki, server, &User::ADMIN)?).await
}

/// A client of a kubeconfig.
async fn client_of(text: &str) -> Result<kube::Client, Error> {
    let failed = |error: &dyn std::error::Error| Error::Config(format!("the control plane's own kubeconfig: {error}"));
    let config = kube::config::Kubeconfig::from_yaml(text).map_err(|error| failed(&error))?;
    let mut config = kube::Config::from_custom_kubeconfig(config, &kube::config::KubeConfigOptions::default())
        .await
        .map_err(|error| failed(&error))?;
    // A proxy of the environment has no business between loopback addresses.
    config.proxy_url = None;
    config.connect_timeout = Some(std::time::Duration::from_secs(5));
    kube::Client::try_from(config).map_err(Error::api("making a client of the API server"))
}
