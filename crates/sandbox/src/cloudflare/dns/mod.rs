//! The authoritative DNS server over the zones.

mod answer;
mod lookup;
mod rdata;
mod server;

pub use server::{DnsServer, serve_dns};
