//! Charts in OCI registries: the reading half of the distribution specification.
//!
//! By hand, over the same requests as everything else, so that limits, deadlines, retries and the rules for
//! credentials are the same everywhere.

mod access;
mod manifests;
mod tags;

use std::collections::HashMap;
use std::sync::Mutex;

use secrecy::SecretString;
use serde::de::DeserializeOwned;
use url::Url;

use crate::http::{self, Net, Task};
use crate::refs::{Credentials, shown};
use crate::{Digest, FetchError, Options};

/// A chart's place: `oci://HOST/PATH`, the path with the chart's name.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) host: String,
    pub(crate) path: String,
    pub(crate) login: Option<Credentials>,
}

/// What a manifest says of a chart.
#[derive(Clone, Debug)]
pub(crate) struct Manifest {
    pub(crate) digest: Digest,
    pub(crate) chart: Layer,
    pub(crate) provenance: Option<Layer>,
}

/// Content by its digest.
#[derive(Clone, Debug)]
pub(crate) struct Layer {
    pub(crate) digest: Digest,
    size: u64,
}

/// The registries, and the tokens that they have given us.
#[derive(Debug, Default)]
pub(crate) struct Registries {
    tokens: Mutex<HashMap<String, SecretString>>,
}

/// Everything that a request needs.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) net: &'a Net,
    pub(crate) options: &'a Options,
    pub(crate) task: &'a Task,
}

impl Place {
    /// The URL that people know.
    pub(crate) fn url(&self) -> String {
        format!("oci://{}/{}", self.host, self.path)
    }

    fn endpoint(&self, options: &Options, rest: &str) -> Result<Url, FetchError> {
        let host = match self.host.as_str() {
            "docker.io" | "index.docker.io" => "registry-1.docker.io",
            other => other,
        };
        let refuse = |why: String| FetchError::Reference {
            what: format!("the repository {}", self.url()),
            why,
        };
        let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'_' | b'-');
        let good = |part: &str| !part.is_empty() && part.bytes().all(word) && !part.trim_matches('.').is_empty();
        if !self.path.split('/').all(good) {
            return Err(refuse(
                "in a registry, a path has lower-case letters, digits, `.`, `_` and `-` only".into(),
            ));
        }
        let safe = Url::parse(&format!("https://{host}/v2/{}/{rest}", self.path))
            .map_err(|error| refuse(error.to_string()))?;
        if http::is_loopback(&safe) || options.plain_http.contains(&self.host) {
            let plain = format!("http://{host}/v2/{}/{rest}", self.path);
            return Url::parse(&plain).map_err(|error| refuse(error.to_string()));
        }
        Ok(safe)
    }
}

fn parse<T: DeserializeOwned>(task: &Task, url: &Url, body: &[u8], expected: &'static str) -> Result<T, FetchError> {
    // Its place only: the parser's own text quotes what it read, and that may be a token.
    serde_json::from_slice(body).map_err(|error| {
        let why = format!("not as expected at line {}, column {}", error.line(), error.column());
        not(task, url, expected, &why)
    })
}

fn not(task: &Task, url: &Url, expected: &'static str, why: &str) -> FetchError {
    FetchError::Answer {
        what: task.what.clone(),
        url: shown(url.as_str()),
        expected,
        why: why.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_this_machine_and_for_who_is_named() {
        let mut options = Options::default();
        options.plain_http.insert("plain.example:5000".into());
        let scheme = |host: &str, path: &str| {
            let place = Place {
                host: host.into(),
                path: path.into(),
                login: None,
            };
            place.endpoint(&options, "tags/list").map(|url| url.to_string())
        };
        assert_eq!(
            scheme("127.0.0.1:5000", "a").unwrap(),
            "http://127.0.0.1:5000/v2/a/tags/list"
        );
        assert_eq!(
            scheme("plain.example:5000", "a/b").unwrap(),
            "http://plain.example:5000/v2/a/b/tags/list"
        );
        assert_eq!(
            scheme("plain.example", "a").unwrap(),
            "https://plain.example/v2/a/tags/list"
        );
        assert_eq!(
            scheme("docker.io", "a").unwrap(),
            "https://registry-1.docker.io/v2/a/tags/list"
        );
        for path in ["", "A", "a//b", "../a", "a?b"] {
            assert!(scheme("a.example", path).is_err(), "{path}");
        }
    }
}
