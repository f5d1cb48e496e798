//! The Cloudflare emulator, asked over HTTP and DNS as its clients ask.

mod api;
mod dns;
mod harness;
mod records;
