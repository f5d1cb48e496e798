//! Helm charts as objects: fetches a chart once and renders it with the `helm` program, values over stdin.
//!
//! Also reads plain manifests ([`manifests`]). Knows nothing of hoist's spec.

mod error;
mod fetch;
mod helm;
mod objects;
mod yaml;

pub use error::ChartError;
pub use helm::{Helm, HelmChart};
pub use objects::fill_namespace;
pub use yaml::{YamlError, manifests};
