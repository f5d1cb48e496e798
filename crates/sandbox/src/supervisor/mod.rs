//! The sandbox as one process: claims a loopback network of its own, starts every part, and leaves nothing behind.
//!
//! `up` starts a background process that runs `serve`; `down` ends it. A sandbox is a folder with a lock that the
//! process holds while it lives, so that what a crash left is told from what runs. Several stand side by side, each
//! with a /24 of 127/8: `.1` for the emulators, `.2` for the control plane's own programs, `.10` and up for servers.

mod claim;
mod control;
mod mirror;
mod serve;
mod settings;

pub use control::{Standing, down, status, up};
pub use serve::serve;
pub use settings::{Options, SandboxError, Variables};
