//! Getting Helm charts, and files by URL: HTTP repositories, OCI registries and folders, with a cache by digest, a lock
//! and a folder for offline work.
//!
//! ```no_run
//! # async fn example() -> Result<(), hoist_chartrepo::FetchError> {
//! use hoist_chartrepo::{ChartRef, Lock, Options, Store};
//!
//! let store = Store::new("/var/cache/charts", Options::default());
//! let want = ChartRef {
//!     repo: "https://charts.jetstack.io".into(),
//!     name: "cert-manager".into(),
//!     version: "~1.21".into(),
//!     mirror: None,
//! };
//! let mut lock = Lock::default();
//! let chart = store.chart(&want, &lock).await?;
//! lock.put_chart(chart.entry);
//! # Ok(())
//! # }
//! ```
//!
//! A chart that the lock pins and the cache has costs no network. What differs from the lock, from the repository's
//! index or from a registry's manifest is refused. Signatures of provenance files are not verified ([`Provenance`]).
//! Knows nothing of hoist's spec.
//!
//! Versions are chosen as Helm chooses them, with these differences, all of them where Helm gives up or does not look:
//!
//! - An index may have fields that Helm does not know, and versions written as numbers.
//! - In a registry, tags with a `v` count where no other fits.
//! - The index's digest is compared with what is downloaded.
//! - A redirect from `https` to `http` is refused, and credentials stay with their origin.
//! - Among versions that differ in build metadata only, the first in the index wins.

mod cache;
mod challenge;
mod digest;
mod disk;
mod docker;
mod error;
mod event;
mod flight;
mod folder;
mod http;
mod index;
mod lock;
mod oci;
mod options;
mod prov;
mod record;
mod refs;
mod remote;
mod store;
mod vendor;

pub use digest::Digest;
pub use docker::DockerConfig;
pub use error::{FetchError, Mismatch};
pub use event::{FetchEvent, Listener};
pub use lock::{ChartLock, FileLock, Lock, LockError, LockFile};
pub use options::{CredentialHook, MirrorHook, Options};
pub use record::{Fetched, FetchedFile, IndexDigest, Place, Provenance, Record};
pub use refs::{ChartRef, Credentials, FileRef};
pub use store::Store;
pub use vendor::Vendored;
