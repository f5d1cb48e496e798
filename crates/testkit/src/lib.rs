//! What the end-to-end tests share: a sandbox of their own, the program run as a person runs it, and faults on request.

mod faults;
mod scenario;

pub use faults::{Fault, OnceEach};
pub use scenario::{Canary, Ran, Scenario};
