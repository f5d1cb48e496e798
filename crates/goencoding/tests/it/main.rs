//! The encodings, compared with Go's.

mod json;
#[path = "../../../govalue/tests/it/peer.rs"]
mod peer;
mod toml;
#[allow(dead_code)]
#[path = "../../../govalue/tests/it/values.rs"]
mod values;
mod yaml_deep;
mod yaml_generated;
mod yaml_peer;
mod yaml_random;
mod yaml_read;
mod yaml_write;
