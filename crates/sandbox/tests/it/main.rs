//! The sandbox's tests: each module is one part.

mod cloudflare;
mod controlplane;
mod hcloud;
mod hosts;
