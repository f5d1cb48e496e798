//! hoist.yaml: types, JSON Schema, parsing with places, and cross-checks.
//!
//! [`load`] reads a file and either gives a [`Spec`] that holds in every respect that can be told offline, or all the
//! problems found, each with its place and a hint. Everything in a [`Spec`] is valid by construction.

mod admin_cidr;
mod catalog;
mod checks;
mod cidr;
mod guess;
mod load;
mod render;
mod schema;
mod shape;
mod template;
mod text;
mod tree;
mod types;

pub use admin_cidr::AdminCidr;
pub use catalog::{CATALOG, CatalogEntry, catalog_entry};
pub use cidr::Cidr;
pub use load::{Loaded, load, parse};
pub use render::render;
pub use schema::schema;
pub use template::template;
pub use text::{
    CertificateName, DomainName, Email, EnvName, K3sVersion, Location, Name, NixosRelease, PublicKey, Recipient,
    Refused, SecretName, ServerType, Url, UserName,
};
pub use types::*;
