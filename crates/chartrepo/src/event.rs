//! What a caller may show while something is fetched.

use std::sync::Arc;
use std::time::Duration;

/// Something that happened. `what` names the chart or the file, always the same way.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FetchEvent {
    /// It is not at hand and is asked for.
    Started {
        /// The chart or the file.
        what: String,
        /// Where it is asked for, without credentials.
        from: String,
    },
    /// A part of its content has come.
    Bytes {
        /// The chart or the file.
        what: String,
        /// Bytes so far.
        done: u64,
        /// All bytes, where the server says so.
        total: Option<u64>,
    },
    /// A request failed and is repeated.
    Retrying {
        /// The chart or the file.
        what: String,
        /// The number of the attempt that failed, from 1.
        attempt: u32,
        /// How long is waited.
        wait: Duration,
        /// Why it failed.
        why: String,
    },
    /// It was fetched and is kept.
    Done {
        /// The chart or the file.
        what: String,
        /// Its size.
        bytes: u64,
    },
    /// It was at hand: nothing was fetched.
    Cached {
        /// The chart or the file.
        what: String,
    },
}

/// Is told of everything that happens. It must not block.
pub type Listener = Arc<dyn Fn(&FetchEvent) + Send + Sync>;
