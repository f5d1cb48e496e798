//! kubeconfig files: the admin's as k3s writes it, and those of the control plane's own programs.

use data_encoding::BASE64;
use serde_json::json;

use super::error::Error;
use super::pki::{Leaf, Pki};

/// Whom a client certificate speaks for.
#[derive(Clone, Copy)]
pub(crate) struct User<'a> {
    /// The common name.
    pub(crate) name: &'a str,
    /// The organization.
    pub(crate) group: Option<&'a str>,
}

impl User<'static> {
    /// The admin, whom RBAC does not bind.
    pub(crate) const ADMIN: Self = Self {
        name: "system:admin",
        group: Some("system:masters"),
    };
}

/// A kubeconfig with cluster, user and context named `default`, as k3s names them, with a new client certificate.
pub(crate) fn kubeconfig(pki: &Pki, server: &str, user: &User<'_>) -> Result<String, Error> {
    let leaf = Leaf::client(user.name, user.group);
    let (cert, key) = pki.client.issue(&leaf)?;
    let user = json!({
        "client-certificate-data": BASE64.encode((cert + pki.client.pem()).as_bytes()),
        "client-key-data": BASE64.encode(key.as_bytes()),
    });
    render(pki.server.pem(), server, &user)
}

/// The same for a bearer token.
pub(crate) fn with_token(authority: &str, server: &str, token: &str) -> Result<String, Error> {
    render(authority, server, &json!({ "token": token }))
}

fn render(authority: &str, server: &str, user: &serde_json::Value) -> Result<String, Error> {
    let authority = BASE64.encode(authority.as_bytes());
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
    // It would wait for minutes on a 503, which is an answer here.
    config.default_retry = false;
    config.connect_timeout = Some(std::time::Duration::from_secs(5));
    kube::Client::try_from(config).map_err(Error::api("making a client of the API server"))
}
