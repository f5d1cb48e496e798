//! `tls`: certificates from Let's Encrypt.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{CertificateName, Email};

/// Certificates from Let's Encrypt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Tls {
    /// The mail address of the account, which is warned of problems.
    pub email: Email,
    /// Who holds the DNS zone that proves the domain: `cloudflare`.
    #[serde(default)]
    pub dns01: Dns01,
    /// A certificate that proves the whole chain: issued from staging, then from production.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canary: Option<Canary>,
}

/// Who holds the DNS zone that proves the domain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Dns01 {
    /// Cloudflare.
    #[default]
    Cloudflare,
}

/// A certificate that proves the whole chain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Canary {
    /// Its names; a wildcard is `"*.example.com"`.
    pub dns_names: Vec<CertificateName>,
}
