//! Docker's configuration: credentials by registry.

use std::collections::HashMap;
use std::fmt;

use base64::Engine as _;
use secrecy::SecretString;
use serde::Deserialize;

use crate::FetchError;
use crate::refs::Credentials;

/// The content of Docker's `config.json`: the credentials in it, and which registries have them with a helper.
///
/// Credential helpers are programs; they are not asked. A registry that refuses says so in its error.
#[derive(Clone, Default)]
pub struct DockerConfig {
    logins: HashMap<String, Login>,
    helpers: HashMap<String, String>,
    store: Option<String>,
}

/// What a configuration has for one registry.
#[derive(Clone, Debug)]
pub(crate) enum Login {
    /// A name and a password.
    Password(Credentials),
    /// A token that others are got with.
    Refresh(SecretString),
    /// Nothing: it is with the helper.
    Elsewhere,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct File {
    auths: HashMap<String, Entry>,
    cred_helpers: HashMap<String, String>,
    creds_store: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Entry {
    auth: Option<String>,
    username: Option<String>,
    password: Option<String>,
    identitytoken: Option<String>,
}

impl DockerConfig {
    /// Reads the content of a `config.json`.
    pub fn parse(text: &str) -> Result<Self, FetchError> {
        let refuse = |why: String| FetchError::Reference {
            what: "Docker's config.json".into(),
            why,
        };
        // Its place only: the parser's own text quotes what it read.
        let file: File = serde_json::from_str(text).map_err(|error| {
            refuse(format!(
                "it is not as expected at line {}, column {}",
                error.line(),
                error.column()
            ))
        })?;
        let mut logins = HashMap::new();
        for (key, entry) in file.auths {
            let host = host_of(&key);
            let login = entry
                .login()
                .ok_or_else(|| refuse(format!("the `auth` of {host} is not base64 of NAME:PASSWORD")))?;
            logins.insert(host, login);
        }
        let helpers = file
            .cred_helpers
            .into_iter()
            .map(|(key, helper)| (host_of(&key), helper))
            .collect();
        Ok(Self {
            logins,
            helpers,
            store: file.creds_store.filter(|store| !store.is_empty()),
        })
    }

    pub(crate) fn login(&self, host: &str) -> Option<&Login> {
        self.logins
            .get(&host_of(host))
            .filter(|login| !matches!(login, Login::Elsewhere))
    }

    /// The helper that has the credentials of a host.
    pub(crate) fn helper(&self, host: &str) -> Option<&str> {
        let host = host_of(host);
        let by_store = || matches!(self.logins.get(&host), Some(Login::Elsewhere)).then_some(self.store.as_ref()?);
        self.helpers.get(&host).or_else(by_store).map(String::as_str)
    }
}

impl fmt::Debug for DockerConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DockerConfig").finish_non_exhaustive()
    }
}

impl Entry {
    fn login(self) -> Option<Login> {
        if let Some(token) = self.identitytoken.filter(|token| !token.is_empty()) {
            return Some(Login::Refresh(token.into()));
        }
        if let (Some(user), Some(password)) = (self.username, self.password) {
            return Some(Login::Password(Credentials::new(user, password)));
        }
        match self.auth.as_deref() {
            None | Some("") => Some(Login::Elsewhere),
            Some(auth) => {
                let plain = base64::engine::general_purpose::STANDARD.decode(auth).ok()?;
                let plain = String::from_utf8(plain).ok()?;
                let (user, password) = plain.split_once(':')?;
                // Old versions of Docker end it with zeros.
                Some(Login::Password(Credentials::new(user, password.trim_end_matches('\0'))))
            }
        }
    }
}

/// The host of a key, which may be a URL. Docker Hub has three names.
fn host_of(key: &str) -> String {
    let key = key
        .strip_prefix("https://")
        .or_else(|| key.strip_prefix("http://"))
        .unwrap_or(key);
    let host = key.split('/').next().unwrap_or(key);
    match host {
        "docker.io" | "index.docker.io" | "registry-1.docker.io" => "docker.io".into(),
        other => other.to_ascii_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn a_configuration_has_logins_by_host() {
        let config = DockerConfig::parse(
            r#"{"auths":{
                "https://index.docker.io/v1/":{"auth":"dTpjYW5hcnk6eA=="},
                "Ghcr.io":{"username":"u","password":"p"},
                "a.example":{"identitytoken":"t"},
                "store.example":{}},
              "credHelpers":{"aws.example":"ecr-login"},"credsStore":"desktop","other":1}"#,
        )
        .unwrap();
        let Some(Login::Password(login)) = config.login("registry-1.docker.io") else {
            panic!("no login")
        };
        assert_eq!(
            (login.user.expose_secret(), login.password.expose_secret()),
            ("u", "canary:x")
        );
        assert!(matches!(config.login("ghcr.io"), Some(Login::Password(_))));
        assert!(matches!(config.login("a.example"), Some(Login::Refresh(_))));
        assert!(config.login("store.example").is_none());
        assert_eq!(config.helper("store.example"), Some("desktop"));
        assert_eq!(config.helper("aws.example"), Some("ecr-login"));
        assert_eq!(config.helper("ghcr.io"), None);
        assert_eq!(config.helper("unknown.example"), None);
        assert!(!format!("{config:?}").contains("canary"));
    }

    #[test]
    fn a_bad_configuration_is_not_quoted() {
        for text in [
            r#"{"auths":{"a":{"auth":"canary"}}}"#,
            r#"{"auths":"canary"}"#,
            "canary",
        ] {
            let error = DockerConfig::parse(text).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
        }
        assert!(DockerConfig::parse("{}").unwrap().login("a").is_none());
    }
}
