//! What an emulator is started with.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::addresses::AddressPool;
use super::rate::RateLimit;

/// A token that the API accepts.
#[derive(Clone, Debug)]
pub struct Token {
    value: SecretString,
    pub(crate) read_only: bool,
}

impl Token {
    /// One that may do everything.
    pub fn new(value: impl Into<SecretString>) -> Self {
        Self {
            value: value.into(),
            read_only: false,
        }
    }

    /// One that may only read.
    pub fn read_only(value: impl Into<SecretString>) -> Self {
        Self {
            value: value.into(),
            read_only: true,
        }
    }

    pub(crate) fn is(&self, given: &str) -> bool {
        self.value.expose_secret() == given
    }
}

/// How many of each kind the project may hold.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Quota {
    /// Servers in the project.
    pub servers: usize,
    /// Networks in the project.
    pub networks: usize,
    /// Firewalls in the project.
    pub firewalls: usize,
    /// Placement groups in the project.
    pub placement_groups: usize,
    /// SSH keys in the project.
    pub ssh_keys: usize,
    /// Volumes in the project.
    pub volumes: usize,
    /// Load balancers in the project.
    pub load_balancers: usize,
    /// Primary IPs in the project.
    pub primary_ips: usize,
}

impl Default for Quota {
    fn default() -> Self {
        Self {
            servers: 100,
            networks: 50,
            firewalls: 50,
            placement_groups: 50,
            ssh_keys: 100,
            volumes: 100,
            load_balancers: 20,
            primary_ips: 250,
        }
    }
}

/// What an [`Emulator`](super::Emulator) is started with.
#[derive(Clone, Debug)]
pub struct Config {
    /// The tokens it accepts, all of one project.
    pub tokens: Vec<Token>,
    /// The public IPv4 addresses that it hands out.
    pub addresses: AddressPool,
    /// What a second of Hetzner's takes here, in seconds: 0.05 by default, 0 for no waiting at all.
    pub scale: f64,
    /// The request budget.
    pub rate_limit: RateLimit,
    /// The project's limits.
    pub quota: Quota,
}

impl Config {
    /// One read-write token, these addresses, and Hetzner's own limits.
    pub fn new(token: impl Into<SecretString>, addresses: AddressPool) -> Self {
        Self {
            tokens: vec![Token::new(token)],
            addresses,
            scale: 0.05,
            rate_limit: RateLimit::default(),
            quota: Quota::default(),
        }
    }

    /// Accepts another token, which may only read.
    #[must_use]
    pub fn read_only(mut self, token: impl Into<SecretString>) -> Self {
        self.tokens.push(Token::read_only(token));
        self
    }

    /// Sets the scale of waiting.
    #[must_use]
    pub fn scale(mut self, scale: f64) -> Self {
        self.scale = scale;
        self
    }
}
