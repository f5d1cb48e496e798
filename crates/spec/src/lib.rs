//! hoist.yaml: types, JSON Schema, parsing with places, and cross-checks.

mod cidr;
mod text;
mod types;

pub use cidr::Cidr;
pub use text::{
    CertificateName, DomainName, Email, EnvName, K3sVersion, Location, Name, NixosRelease, PublicKey, Recipient,
    Refused, SecretName, ServerType, Url, UserName,
};
pub use types::*;
