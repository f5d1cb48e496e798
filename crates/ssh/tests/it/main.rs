//! The client against the real OpenSSH server, one process a connection, on a loopback port of its own.

mod connect;
mod exec;
mod files;
mod forward;
mod sshd;
