//! The phase against the Hetzner Cloud emulator: what it leaves behind, after whatever goes wrong.

mod dns;
mod errors;
mod faults;
mod first_boot;
mod lifecycle;
mod lock;
mod pins;
mod rig;
