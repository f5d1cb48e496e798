//! The sandbox: everything hoist talks to, on loopback, without an account and without root.
//!
//! Four parts meet at the seams in [`seams`]: the Hetzner Cloud and Cloudflare emulators ([`hcloud`], [`cloudflare`]),
//! the SSH hosts behind the servers ([`hosts`]) and the real Kubernetes control plane ([`controlplane`]).
//! Wire types here are the emulators' own: sharing a client's types would share its mistakes.

pub mod cloudflare;
pub mod controlplane;
pub mod emulator;
pub mod hcloud;
pub mod hosts;
pub mod seams;
pub mod supervisor;
