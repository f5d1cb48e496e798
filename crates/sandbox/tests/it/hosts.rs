//! The machines behind the servers, seen with OpenSSH's own clients.

mod cluster;
mod faults;
mod first_boot;
mod harness;
mod installing;
mod ssh;
mod units;
