//! What is asked for, and where: charts, files, and the addresses of repositories without their credentials.

use std::fmt;
use std::path::PathBuf;

use hoist_sprig::semver::Constraint;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::FetchError;

/// A chart that is wanted.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ChartRef {
    /// The repository: `https://…`, `http://…`, `oci://…` or `file:///folder`. The chart's name is not part of it.
    pub repo: String,
    /// The chart's name.
    pub name: String,
    /// An exact version or a constraint as Helm understands it. Empty is the newest release.
    pub version: String,
    /// The repository to fetch from instead. What the lock says is about `repo` all the same.
    pub mirror: Option<String>,
}

impl ChartRef {
    /// What a person calls it: name and version.
    pub fn title(&self) -> String {
        match self.version.as_str() {
            "" => self.name.clone(),
            version => format!("{} {version}", self.name),
        }
    }

    /// The repository's URL as the lock has it: without credentials, query and closing slash.
    pub fn identity(&self) -> String {
        repo_identity(&self.repo)
    }

    pub(crate) fn check(&self) -> Result<(), FetchError> {
        let word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let plain = !self.name.is_empty() && self.name.bytes().all(word);
        // The name becomes part of a path.
        if plain && !self.name.trim_matches('.').is_empty() {
            Ok(())
        } else {
            Err(FetchError::Reference {
                what: format!("the chart's name {:?}", self.name),
                why: "it may have letters, digits, `-`, `_` and `.` only".into(),
            })
        }
    }
}

impl fmt::Debug for ChartRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChartRef")
            .field("repo", &shown(&self.repo))
            .field("name", &self.name)
            .field("version", &self.version)
            .field("mirror", &self.mirror.as_deref().map(shown))
            .finish()
    }
}

/// A file that is wanted: a manifest at a URL.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct FileRef {
    /// Its URL: `https://…`, `http://…` or `file:///…`.
    pub url: String,
    /// The URL to fetch it from instead.
    pub mirror: Option<String>,
}

impl FileRef {
    /// The URL as the lock has it: without credentials and fragment.
    pub fn identity(&self) -> String {
        file_identity(&self.url)
    }
}

impl fmt::Debug for FileRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileRef")
            .field("url", &shown(&self.url))
            .field("mirror", &self.mirror.as_deref().map(shown))
            .finish()
    }
}

/// A name and a password, both secret: tokens stand in either place.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The name.
    pub user: SecretString,
    /// The password.
    pub password: SecretString,
}

impl Credentials {
    /// Credentials from plain text.
    pub fn new(user: impl Into<String>, password: impl Into<String>) -> Self {
        Self {
            user: SecretString::from(user.into()),
            password: SecretString::from(password.into()),
        }
    }

    pub(crate) fn basic(&self) -> SecretString {
        use base64::Engine as _;
        let plain = format!("{}:{}", self.user.expose_secret(), self.password.expose_secret());
        let encoded = base64::engine::general_purpose::STANDARD.encode(plain);
        SecretString::from(format!("Basic {encoded}"))
    }
}

/// Where something is, and the credentials that stood in its URL.
#[derive(Clone, Debug)]
pub(crate) enum Address {
    /// A repository or a file behind HTTP.
    Http { url: Url, login: Option<Credentials> },
    /// A registry's host with its port, and a path in it.
    Oci {
        host: String,
        path: String,
        login: Option<Credentials>,
    },
    /// On this machine.
    Local(PathBuf),
}

impl Address {
    /// Reads a URL. The error's text has no credentials in it.
    pub(crate) fn parse(text: &str) -> Result<Self, FetchError> {
        let refuse = |why: String| FetchError::Reference {
            what: format!("the URL {}", shown(text)),
            why,
        };
        if let Some(path) = text.strip_prefix("file://") {
            return if path.starts_with('/') {
                Ok(Self::Local(PathBuf::from(path)))
            } else {
                Err(refuse("a `file://` URL has an absolute path: `file:///folder`".into()))
            };
        }
        let mut url = Url::parse(text).map_err(|error| refuse(error.to_string()))?;
        let login = take_login(&mut url);
        url.set_fragment(None);
        let authority = authority(&url).ok_or_else(|| refuse("it has no host".into()))?;
        match url.scheme() {
            "http" | "https" => Ok(Self::Http { url, login }),
            "oci" => Ok(Self::Oci {
                host: authority,
                path: url.path().trim_matches('/').to_owned(),
                login,
            }),
            other => Err(refuse(format!(
                "`{other}` is not among `https`, `http`, `oci` and `file`"
            ))),
        }
    }
}

/// The host with its port, unless that is the scheme's own.
pub(crate) fn authority(url: &Url) -> Option<String> {
    let host = url.host_str().filter(|host| !host.is_empty())?;
    Some(match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    })
}

/// Takes the credentials out of a URL.
pub(crate) fn take_login(url: &mut Url) -> Option<Credentials> {
    let plain = |text: &str| {
        let decoded = url::form_urlencoded::parse(text.replace('+', "%2B").replace(['&', '='], "%26").as_bytes())
            .next()
            .map(|(key, _)| key.into_owned());
        decoded.unwrap_or_default()
    };
    let user = plain(url.username());
    let password = url.password().map(plain);
    // Both fail for URLs without a host only, and these have no credentials.
    url.set_username("").ok();
    url.set_password(None).ok();
    (!user.is_empty() || password.is_some()).then(|| Credentials::new(user, password.unwrap_or_default()))
}

/// A URL for people: without credentials, and without its query, where tokens stand too.
pub(crate) fn shown(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else {
        return text.rsplit_once('@').map_or(text, |(_, rest)| rest).to_owned();
    };
    let (rest, query) = match rest.find(['?', '#']) {
        Some(at) => rest.split_at(at),
        None => (rest, ""),
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let is_host = |text: &str| {
        let port = text.rsplit_once(':').map_or("", |(_, port)| port);
        text.ends_with(']') || port.bytes().all(|byte| byte.is_ascii_digit())
    };
    let query = if query.starts_with('?') { "?…" } else { "" };
    match authority.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}://{host}{path}{query}"),
        None if is_host(authority) => format!("{scheme}://{authority}{path}{query}"),
        // A password with a slash that nobody has escaped.
        None => {
            let tail = rest.rsplit_once('@').map_or("…", |(_, tail)| tail);
            format!("{scheme}://{tail}{query}")
        }
    }
}

/// What versions fit a request; the empty one is every release.
pub(crate) fn range(name: &str, requested: &str) -> Result<Constraint, FetchError> {
    let text = if requested.is_empty() { "*" } else { requested };
    Constraint::parse(text).map_err(|error| FetchError::Reference {
        what: format!("the version of chart {name}"),
        why: format!("`{requested}` is neither a version nor a range of versions ({error})"),
    })
}

pub(crate) fn repo_identity(text: &str) -> String {
    match Url::parse(text) {
        Ok(mut url) if url.has_host() && url.scheme() != "file" => {
            take_login(&mut url);
            url.set_query(None);
            url.set_fragment(None);
            url.as_str().trim_end_matches('/').to_owned()
        }
        _ => shown(text).trim_end_matches('/').to_owned(),
    }
}

pub(crate) fn file_identity(text: &str) -> String {
    match Url::parse(text) {
        Ok(mut url) if url.has_host() && url.scheme() != "file" => {
            take_login(&mut url);
            url.set_fragment(None);
            url.into()
        }
        _ => shown(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_never_shown() {
        for (text, expected) in [
            ("https://user:canary@host:1/a?token=canary#x", "https://host:1/a?…"),
            ("https://canary@host/a", "https://host/a"),
            ("oci://u:canary@host/a", "oci://host/a"),
            ("https://u:can/ary@host/a", "https://host/a"),
            ("https://u:p@canary@host/a", "https://host/a"),
            ("u:canary@host", "host"),
            ("https://host/a@b", "https://host/a@b"),
            ("https://[::1]:80/a", "https://[::1]:80/a"),
            ("file:///a/b", "file:///a/b"),
            ("https://u:canary/", "https://…"),
        ] {
            assert_eq!(shown(text), expected);
        }
        let chart = ChartRef {
            repo: "https://u:canary@host".into(),
            name: "n".into(),
            version: "1".into(),
            mirror: Some("http://canary@mirror".into()),
        };
        assert!(!format!("{chart:?}").contains("canary"));
        assert!(!format!("{:?}", Address::parse("https://canary:canary@host")).contains("canary"));
        let error = Address::parse("https://u:canary@ho st/").unwrap_err();
        assert!(!format!("{error} {error:?}").contains("canary"));
    }

    #[test]
    fn an_identity_does_not_depend_on_how_the_url_is_written() {
        for text in [
            "https://Host/charts",
            "https://host/charts/",
            "https://a:b@host:443/charts?t=1#x",
        ] {
            assert_eq!(repo_identity(text), "https://host/charts");
        }
        assert_eq!(repo_identity("oci://host:5000/a/"), "oci://host:5000/a");
        assert_eq!(repo_identity("file:///a/b/"), "file:///a/b");
        assert_eq!(
            file_identity("https://a:b@host/x.yaml?ref=1#y"),
            "https://host/x.yaml?ref=1"
        );
    }

    #[test]
    fn a_login_is_decoded() {
        let Ok(Address::Http { login: Some(login), .. }) = Address::parse("https://a%40b:p%3A%2F+%26=x@host") else {
            panic!("no login");
        };
        assert_eq!(login.user.expose_secret(), "a@b");
        assert_eq!(login.password.expose_secret(), "p:/+&=x");
    }

    #[test]
    fn names_that_are_paths_are_refused() {
        for (name, good) in [
            ("a-b_c.1", true),
            ("", false),
            ("..", false),
            ("a/b", false),
            ("a b", false),
            ("ä", false),
        ] {
            let chart = ChartRef {
                repo: String::new(),
                name: name.into(),
                version: String::new(),
                mirror: None,
            };
            assert_eq!(chart.check().is_ok(), good, "{name}");
        }
    }
}
