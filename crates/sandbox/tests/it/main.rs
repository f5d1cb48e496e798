//! The sandbox's tests: each module is one part.

mod controlplane;
mod hcloud;
