//! Go's encodings of data, as Helm's templates read and write them: YAML, JSON and TOML, byte for byte.
//!
//! Each module follows one Go library: [`json`] encoding/json, [`toml`] BurntSushi's, [`yaml`] sigs.k8s.io/yaml over
//! go-yaml. Values are [`hoist_govalue::Value`]; what a library refuses is an error with its text.

pub mod json;
pub mod toml;
pub mod yaml;
