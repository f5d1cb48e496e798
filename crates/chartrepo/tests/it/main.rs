//! Charts and files from servers on this machine: HTTP repositories, a registry, and what goes wrong with them. The real
//! helm is asked for a second opinion.

mod archives;
mod cache;
mod failures;
mod files;
mod helm;
mod http_repo;
mod oci;
mod registry;
mod secrets;
mod server;
mod vendor;
mod versions;
