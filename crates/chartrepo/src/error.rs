//! How getting a chart or a file fails, and what to do about it.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::Digest;

/// Two digests that should be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The digest that it should have.
    pub expected: Digest,
    /// The digest that it has.
    pub found: Digest,
}

impl Mismatch {
    pub(crate) fn boxed(expected: Digest, found: Digest) -> Box<Self> {
        Box::new(Self { expected, found })
    }
}

/// Something could not be fetched. No text of it holds credentials.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// What was asked for makes no sense.
    #[error("{what} cannot be used: {why}")]
    Reference {
        /// Which part.
        what: String,
        /// Why.
        why: String,
    },
    /// The repository has no chart of this name.
    #[error("{from} has no chart {name}{}", listed(near))]
    UnknownChart {
        /// The name.
        name: String,
        /// The repository.
        from: String,
        /// Names that it has and that look alike.
        near: Vec<String>,
    },
    /// The chart has no version that fits.
    #[error("{from} has no version of {name} that fits `{requested}`{}", newest_of(newest, *count))]
    UnknownVersion {
        /// The chart's name.
        name: String,
        /// What was asked for.
        requested: String,
        /// The repository.
        from: String,
        /// The newest five that it has.
        newest: Vec<String>,
        /// How many it has.
        count: usize,
    },
    /// No connection, or it broke.
    #[error("{what} cannot be fetched: {url} cannot be reached ({why}; tried {attempts} times)")]
    Unreachable {
        /// What was being fetched.
        what: String,
        /// From where.
        url: String,
        /// Why.
        why: String,
        /// How often it was tried.
        attempts: u32,
    },
    /// The server wants other credentials, or any.
    #[error("{what} cannot be fetched: {url} refuses ({status}){}", helper_note(helper.as_deref()))]
    Refused {
        /// What was being fetched.
        what: String,
        /// From where.
        url: String,
        /// 401 or 403.
        status: u16,
        /// The credential helper that Docker's configuration names for this registry, and which is not asked.
        helper: Option<String>,
    },
    /// The server says that it is not there.
    #[error("{what} cannot be fetched: {url} is not there (404)")]
    NotFound {
        /// What was being fetched.
        what: String,
        /// From where.
        url: String,
    },
    /// The server answers with something else than the content.
    #[error("{what} cannot be fetched: {url} answers {status}{}", tries(*attempts))]
    Status {
        /// What was being fetched.
        what: String,
        /// From where.
        url: String,
        /// The HTTP status.
        status: u16,
        /// How often it was tried.
        attempts: u32,
    },
    /// A redirect that is not followed.
    #[error("{what} cannot be fetched: {url} leads to {to}, {why}")]
    Redirect {
        /// What was being fetched.
        what: String,
        /// Where it began.
        url: String,
        /// Where it led.
        to: String,
        /// Why it is not followed.
        why: &'static str,
    },
    /// A deadline was missed.
    #[error("{what} cannot be fetched: no end after {} s of {doing}", after.as_secs_f32())]
    TimedOut {
        /// What was being fetched.
        what: String,
        /// What it was doing.
        doing: String,
        /// The deadline.
        after: Duration,
    },
    /// The answer is no index, manifest or list of tags.
    #[error("{what} cannot be fetched: {url} is not {expected}: {why}")]
    Answer {
        /// What was being fetched.
        what: String,
        /// From where.
        url: String,
        /// What it should be.
        expected: &'static str,
        /// Why it is not.
        why: String,
    },
    /// The content is not what its own repository says.
    #[error("{what} from {url} has the digest {}, but {said_by} says {}", digests.found, digests.expected)]
    Digest {
        /// What was fetched.
        what: String,
        /// From where.
        url: String,
        /// Who says so: the index, the manifest, the provenance file.
        said_by: &'static str,
        /// The two.
        digests: Box<Mismatch>,
    },
    /// The content is not what the lock says.
    #[error("{what} from {url} has changed: hoist.lock says {}, it is now {}", digests.expected, digests.found)]
    Changed {
        /// What was fetched.
        what: String,
        /// The name to update it by: a chart's name or a file's URL.
        name: String,
        /// From where.
        url: String,
        /// The two: what the lock expects, and what was found.
        digests: Box<Mismatch>,
    },
    /// More than is accepted.
    #[error("{what} cannot be fetched: {url} is larger than {limit} bytes")]
    TooBig {
        /// What was being fetched.
        what: String,
        /// From where.
        url: String,
        /// The limit.
        limit: u64,
    },
    /// The content is no chart's archive.
    #[error("{what} from {url} is no chart archive: {looks}")]
    NotArchive {
        /// What was fetched.
        what: String,
        /// From where.
        url: String,
        /// What it looks like.
        looks: String,
    },
    /// Without the network, and not at hand.
    #[error("{what} is not at hand, and the network is not used: looked in {}", places(looked))]
    Offline {
        /// What is missing.
        what: String,
        /// Where it was looked for.
        looked: Vec<PathBuf>,
    },
    /// A kept file has changed, and nothing can be fetched in its place.
    #[error("{what}: {} has changed since it was fetched: it should have {}, it has {}", file.display(), digests.expected, digests.found)]
    Damaged {
        /// What it is.
        what: String,
        /// The file.
        file: PathBuf,
        /// The two.
        digests: Box<Mismatch>,
    },
    /// No space left.
    #[error("no space left for {}", path.display())]
    DiskFull {
        /// The file or folder.
        path: PathBuf,
    },
    /// A folder or file is closed to us.
    #[error("{} cannot be written: {why}", path.display())]
    NotWritable {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// The disk fails in another way.
    #[error("{} cannot be used: {why}", path.display())]
    Disk {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        why: String,
    },
}

impl FetchError {
    /// What to do.
    pub fn hint(&self) -> String {
        match self {
            Self::Reference { .. } => "correct it in hoist.yaml".into(),
            Self::UnknownChart { near, .. } if !near.is_empty() => format!("did you mean `{}`?", near[0]),
            Self::UnknownChart { .. } => "check the name and the repository; the chart's own page names both".into(),
            Self::UnknownVersion { newest, .. } => match a_release(newest) {
                Some(newest) => format!("take one that exists, for example `version: {newest}`"),
                None => "check the repository: it lists no version of this chart".into(),
            },
            Self::Unreachable { .. } => {
                "check the network; without a way out, name a mirror under `mirrors`, or use `hoist vendor`".into()
            }
            Self::Refused { helper: Some(_), .. } => {
                "credential helpers are not asked: log in with a plain `auths` entry, or give the credentials to hoist"
                    .into()
            }
            Self::Refused { status: 401, .. } => {
                "give credentials for this host, or check them; a registry says this also of what does not exist".into()
            }
            Self::Refused { .. } => {
                "the credentials do not suffice; a registry says this also of what does not exist".into()
            }
            Self::NotFound { .. } => "check the URL; the content may have moved".into(),
            Self::Status { status: 429, .. } => "the server limits how often it is asked: wait, or use a mirror".into(),
            Self::Status { .. } => {
                "the server has a problem of its own: try again later, or name a mirror under `mirrors`".into()
            }
            Self::Redirect { .. } => "use the address that it leads to, if you trust it".into(),
            Self::TimedOut { .. } => "is the server reachable? a mirror under `mirrors` may stand for it".into(),
            Self::Answer { .. } => {
                "check the repository's URL: another kind of server may be there, or a login page".into()
            }
            Self::Digest { .. } => {
                "the download is damaged or was tampered with: try again, and ask the chart's authors if it stays"
                    .into()
            }
            Self::Changed { name, .. } => format!(
                "find out why it changed under the same version; if it is right, accept it with `hoist vendor --update {name}`"
            ),
            Self::TooBig { .. } => "check the URL; a chart is rarely larger than a megabyte".into(),
            Self::NotArchive { .. } => "check the URL: a login page or a proxy may have answered".into(),
            Self::Offline { .. } => "run `hoist vendor` where there is a network".into(),
            Self::Damaged { file, .. } => format!(
                "delete {} and fetch it again with the network: `hoist vendor`",
                file.display()
            ),
            Self::DiskFull { .. } => "free some space, or choose another cache folder".into(),
            Self::NotWritable { .. } => "make it writable, or choose another cache folder".into(),
            Self::Disk { .. } => "check the disk and the path".into(),
        }
    }

    /// What the disk said about a path.
    pub(crate) fn disk(path: &Path, error: &std::io::Error) -> Self {
        let path = path.to_owned();
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::DiskFull { path },
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem | ErrorKind::NotADirectory => {
                Self::NotWritable {
                    path,
                    why: error.to_string(),
                }
            }
            _ => Self::Disk {
                path,
                why: error.to_string(),
            },
        }
    }
}

fn listed(names: &[String]) -> String {
    if names.is_empty() {
        String::new()
    } else {
        format!("; it has {}", names.join(", "))
    }
}

fn newest_of(versions: &[String], count: usize) -> String {
    match (versions.len(), count) {
        (0, _) => "; it has none".into(),
        (shown, count) if shown < count => format!("; the newest of its {count} are {}", versions.join(", ")),
        _ => format!("; it has {}", versions.join(", ")),
    }
}

/// The newest that is no pre-release, or else the newest.
fn a_release(newest: &[String]) -> Option<&String> {
    newest.iter().find(|version| !version.contains('-')).or(newest.first())
}

fn helper_note(helper: Option<&str>) -> String {
    helper.map_or_else(String::new, |helper| {
        format!("; its credentials are with the helper `{helper}`, which hoist does not ask")
    })
}

fn tries(attempts: u32) -> String {
    if attempts > 1 {
        format!(" (tried {attempts} times)")
    } else {
        String::new()
    }
}

fn places(looked: &[PathBuf]) -> String {
    let looked: Vec<_> = looked.iter().map(|path| path.display().to_string()).collect();
    looked.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_disk_is_understood() {
        let said = |kind: ErrorKind| FetchError::disk(Path::new("/cache/x"), &kind.into());
        assert_eq!(said(ErrorKind::StorageFull).to_string(), "no space left for /cache/x");
        assert!(matches!(said(ErrorKind::QuotaExceeded), FetchError::DiskFull { .. }));
        for kind in [
            ErrorKind::PermissionDenied,
            ErrorKind::ReadOnlyFilesystem,
            ErrorKind::NotADirectory,
        ] {
            assert!(matches!(said(kind), FetchError::NotWritable { .. }), "{kind}");
        }
        assert!(matches!(said(ErrorKind::InvalidData), FetchError::Disk { .. }));
    }

    #[test]
    fn names_and_versions_are_listed_as_far_as_there_are_any() {
        let versions: Vec<String> = ["2.0.0-rc.1", "1.0.0"].map(str::to_owned).into();
        let error = |newest: &[String], count| FetchError::UnknownVersion {
            name: "some".into(),
            requested: "^3".into(),
            from: "there".into(),
            newest: newest.to_owned(),
            count,
        };
        assert_eq!(
            error(&versions, 2).to_string(),
            "there has no version of some that fits `^3`; it has 2.0.0-rc.1, 1.0.0"
        );
        assert!(error(&versions, 2).hint().contains("version: 1.0.0"));
        assert!(error(&versions[..1], 1).hint().contains("version: 2.0.0-rc.1"));
        assert_eq!(
            error(&[], 0).to_string(),
            "there has no version of some that fits `^3`; it has none"
        );
    }
}
