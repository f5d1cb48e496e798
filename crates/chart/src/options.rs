//! For whom a chart is rendered: the release, the cluster, and the world that functions may ask.

use std::net::IpAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use hoist_govalue::{Host, Map, Value};

pub use crate::render::KubeVersion;
use crate::{ChartError, gopath};

/// The most bytes that a release's name may have.
const MAX_NAME: usize = 53;

/// What a rendering is told beside the values.
#[derive(Clone, Debug)]
pub struct Options {
    /// `.Release.Name`.
    pub release: String,
    /// `.Release.Namespace`.
    pub namespace: String,
    /// Whether `.Release.IsUpgrade` holds, and not `.Release.IsInstall`.
    pub is_upgrade: bool,
    /// `.Capabilities.KubeVersion`.
    pub kube_version: KubeVersion,
    /// API versions that the cluster has beside those that Helm takes for granted.
    pub api_versions: Vec<String>,
    /// Leaves `values.schema.json` unread.
    pub skip_schema: bool,
    /// Lets `getHostByName` ask; without it, names have no address.
    pub dns: bool,
    /// Which branches of the templates are taken is counted.
    pub coverage: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            release: "release-name".into(),
            namespace: "default".into(),
            is_upgrade: false,
            kube_version: KubeVersion::default(),
            api_versions: Vec::new(),
            skip_schema: false,
            dns: false,
            coverage: false,
        }
    }
}

/// What `lookup` is answered from.
pub trait Cluster {
    /// The object of this name, or all of the kind when the name is empty; an empty map where there is none.
    ///
    /// # Errors
    ///
    /// Why the cluster could not be asked.
    fn lookup(&mut self, api_version: &str, kind: &str, namespace: &str, name: &str) -> Result<Map, String>;
}

/// No cluster: nothing is ever found, as `helm template` has it.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoCluster;

impl Cluster for NoCluster {
    fn lookup(&mut self, _: &str, _: &str, _: &str, _: &str) -> Result<Map, String> {
        Ok(Map::new())
    }
}

/// Something random that a chart made while it rendered: a certificate, a password.
#[derive(Clone, Debug)]
pub struct Draw {
    /// The function that made it.
    pub kind: &'static str,
    /// What tells this one from others of its kind: the function's arguments.
    pub detail: Vec<Value>,
    /// What it made.
    pub result: Value,
}

impl Draw {
    fn is(&self, kind: &str, detail: &[Value]) -> bool {
        let same = |(a, b): (&Value, &Value)| a.deep_eq(b);
        self.kind == kind && self.detail.len() == detail.len() && self.detail.iter().zip(detail).all(same)
    }
}

/// Passes questions on to a host, answers first from earlier draws, and keeps all draws.
pub(crate) struct Recorder<'h> {
    host: &'h mut dyn Host,
    pub(crate) draws: Vec<Draw>,
}

impl<'h> Recorder<'h> {
    pub(crate) fn new(host: &'h mut dyn Host) -> Self {
        Self {
            host,
            draws: Vec::new(),
        }
    }
}

impl Host for Recorder<'_> {
    fn now(&mut self) -> SystemTime {
        self.host.now()
    }

    fn random(&mut self, buffer: &mut [u8]) {
        self.host.random(buffer);
    }

    fn recall(&mut self, kind: &'static str, detail: &[Value]) -> Option<Value> {
        let recalled = self.host.recall(kind, detail)?;
        self.draws.push(Draw {
            kind,
            detail: detail.to_vec(),
            result: recalled.clone(),
        });
        Some(recalled)
    }

    fn drawn(&mut self, kind: &'static str, detail: &[Value], result: &Value) {
        self.host.drawn(kind, detail, result);
        self.draws.push(Draw {
            kind,
            detail: detail.to_vec(),
            result: result.clone(),
        });
    }

    fn resolve(&mut self, name: &str) -> Result<Vec<IpAddr>, String> {
        self.host.resolve(name)
    }

    fn env(&mut self, name: &str) -> Option<String> {
        self.host.env(name)
    }
}

/// A host that answers from the draws of an earlier rendering, each of them once and in their order, and else asks another.
pub struct Replay<'h> {
    host: &'h mut dyn Host,
    left: Vec<Draw>,
}

impl<'h> Replay<'h> {
    /// Answers from `draws` before it asks `host`.
    pub fn new(host: &'h mut dyn Host, draws: Vec<Draw>) -> Self {
        Self { host, left: draws }
    }
}

impl Host for Replay<'_> {
    fn now(&mut self) -> SystemTime {
        self.host.now()
    }

    fn random(&mut self, buffer: &mut [u8]) {
        self.host.random(buffer);
    }

    fn recall(&mut self, kind: &'static str, detail: &[Value]) -> Option<Value> {
        match self.left.iter().position(|draw| draw.is(kind, detail)) {
            Some(index) => Some(self.left.remove(index).result),
            None => self.host.recall(kind, detail),
        }
    }

    fn drawn(&mut self, kind: &'static str, detail: &[Value], result: &Value) {
        self.host.drawn(kind, detail, result);
    }

    fn resolve(&mut self, name: &str) -> Result<Vec<IpAddr>, String> {
        self.host.resolve(name)
    }

    fn env(&mut self, name: &str) -> Option<String> {
        self.host.env(name)
    }
}

/// The machine's clock and random numbers. Names are looked up only through `resolve`.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemHost;

impl Host for SystemHost {
    fn now(&mut self) -> SystemTime {
        SystemTime::now()
    }

    fn random(&mut self, buffer: &mut [u8]) {
        rand::fill(buffer);
    }

    fn resolve(&mut self, name: &str) -> Result<Vec<IpAddr>, String> {
        use std::net::ToSocketAddrs;
        let found = (name, 0).to_socket_addrs().map_err(|error| error.to_string())?;
        Ok(found.map(|address| address.ip()).collect())
    }
}

/// A name such as `cilium-1790000000`, for a release that was given none.
pub fn generated_name(chart: &str, now: SystemTime) -> String {
    let base = match gopath::base(chart) {
        "." | "" => "chart",
        base => base.split('.').next().unwrap_or(base),
    };
    let seconds = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    format!("{base}-{seconds}")
}

/// Refuses what is no name for a release.
pub(crate) fn check_release_name(name: &str) -> Result<(), ChartError> {
    let refused = |why: String| ChartError::Options {
        why: format!("release name check failed: release name {name:?}: {why}"),
    };
    if name.is_empty() {
        return Err(refused("no name provided".into()));
    }
    let alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_label = |label: &str| {
        let bytes = label.as_bytes();
        bytes.first().copied().is_some_and(alphanumeric)
            && bytes.last().copied().is_some_and(alphanumeric)
            && bytes.iter().all(|byte| alphanumeric(*byte) || *byte == b'-')
    };
    if name.len() <= MAX_NAME && name.split('.').all(is_label) {
        return Ok(());
    }
    let pattern = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";
    Err(refused(format!(
        "invalid release name, must match regex {pattern} and the length must not be longer than {MAX_NAME}"
    )))
}
