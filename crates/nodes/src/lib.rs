//! The nodes phase: NixOS with k3s on the cluster's servers, rendered from the spec and installed over SSH.

pub mod render;
