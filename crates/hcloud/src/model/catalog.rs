//! What can be ordered, where, and for how much: server types, locations, images, prices.

use serde::{Deserialize, Serialize};

use super::{Architecture, Labels, nullable};

/// A place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    /// Its id.
    #[serde(default)]
    pub id: u64,
    /// Its name: `fsn1`.
    pub name: String,
    /// Its network zone: `eu-central`.
    #[serde(default, deserialize_with = "nullable")]
    pub network_zone: String,
    /// Its city.
    #[serde(default, deserialize_with = "nullable")]
    pub city: String,
}

/// A notice that something will go, or is gone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deprecation {
    /// When it was announced.
    #[serde(default)]
    pub announced: Option<String>,
    /// After when it cannot be ordered.
    #[serde(default)]
    pub unavailable_after: Option<String>,
}

/// An amount in euro, as the API writes it: decimal texts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// Without VAT.
    #[serde(default, deserialize_with = "nullable")]
    pub net: String,
    /// With VAT.
    #[serde(default, deserialize_with = "nullable")]
    pub gross: String,
}

impl Price {
    /// The net amount in cents, rounded half up; none when the API's text is not a decimal number.
    pub(crate) fn net_cents(&self) -> Option<u64> {
        let (whole, fraction) = self.net.split_once('.').unwrap_or((&self.net, ""));
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !digits(whole) || !digits(fraction) {
            return None;
        }
        // Only three digits of the fraction matter for rounding half up to two.
        let milli: u64 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
        whole
            .parse::<u64>()
            .ok()?
            .checked_mul(100)?
            .checked_add((milli + 5) / 10)
    }
}

/// A price at one location.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerTypePrice {
    /// The location's name.
    #[serde(default)]
    pub location: String,
    /// A month.
    #[serde(default, deserialize_with = "nullable")]
    pub price_monthly: Price,
    /// An hour.
    #[serde(default, deserialize_with = "nullable")]
    pub price_hourly: Price,
}

/// Whether a server type can be had at one location.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerTypeLocation {
    /// The location's name.
    #[serde(default)]
    pub name: String,
    /// Whether it can be ordered now; absent means that the API did not say.
    #[serde(default)]
    pub available: Option<bool>,
    /// Whether Hetzner recommends it there.
    #[serde(default)]
    pub recommended: Option<bool>,
    /// Set when it is going, or gone, there.
    #[serde(default)]
    pub deprecation: Option<Deprecation>,
}

/// A kind of server.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ServerType {
    /// Its id.
    #[serde(default)]
    pub id: u64,
    /// Its name: `cpx32`.
    pub name: String,
    /// Processor cores.
    #[serde(default, deserialize_with = "nullable")]
    pub cores: u32,
    /// Memory in GB.
    #[serde(default, deserialize_with = "nullable")]
    pub memory: f64,
    /// Disk in GB.
    #[serde(default, deserialize_with = "nullable")]
    pub disk: u64,
    /// `shared` or `dedicated`.
    #[serde(default, deserialize_with = "nullable")]
    pub cpu_type: String,
    /// `x86` or `arm`.
    #[serde(default)]
    pub architecture: Architecture,
    /// Set when it is going, or gone, everywhere (the older place of this notice).
    #[serde(default)]
    pub deprecation: Option<Deprecation>,
    /// Prices by location.
    #[serde(default, deserialize_with = "nullable")]
    pub prices: Vec<ServerTypePrice>,
    /// Availability by location; empty when the API did not say.
    #[serde(default, deserialize_with = "nullable")]
    pub locations: Vec<ServerTypeLocation>,
}

impl ServerType {
    /// What the API says of the type at a location.
    pub fn at(&self, location: &str) -> Option<&ServerTypeLocation> {
        self.locations.iter().find(|l| l.name == location)
    }

    /// The net list price a month at a location, in cents.
    pub fn monthly_cents(&self, location: &str) -> Option<u64> {
        self.prices
            .iter()
            .find(|p| p.location == location)?
            .price_monthly
            .net_cents()
    }
}

/// An image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// Its id.
    #[serde(default)]
    pub id: u64,
    /// Its name: `debian-12`; snapshots have none.
    #[serde(default)]
    pub name: Option<String>,
    /// `system`, `snapshot`, `backup`, `app`.
    #[serde(rename = "type", default, deserialize_with = "nullable")]
    pub kind: String,
    /// `available`, `creating`, `unavailable`.
    #[serde(default, deserialize_with = "nullable")]
    pub status: String,
    /// A text for people.
    #[serde(default, deserialize_with = "nullable")]
    pub description: String,
    /// `x86` or `arm`.
    #[serde(default)]
    pub architecture: Architecture,
    /// When it was deprecated.
    #[serde(default)]
    pub deprecated: Option<String>,
    /// Labels.
    #[serde(default, deserialize_with = "nullable")]
    pub labels: Labels,
}

/// One kind of thing in the price list, with its prices by location.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceEntry {
    /// What it is: a server type's name, `ipv4`, …
    #[serde(alias = "type", default, deserialize_with = "nullable")]
    pub name: String,
    /// Prices by location.
    #[serde(default, deserialize_with = "nullable")]
    pub prices: Vec<ServerTypePrice>,
}

/// The price list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pricing {
    /// The currency of all amounts.
    #[serde(default, deserialize_with = "nullable")]
    pub currency: String,
    /// VAT in per cent.
    #[serde(default, deserialize_with = "nullable")]
    pub vat_rate: String,
    /// Server types.
    #[serde(default, deserialize_with = "nullable")]
    pub server_types: Vec<PriceEntry>,
    /// Public addresses.
    #[serde(default, deserialize_with = "nullable")]
    pub primary_ips: Vec<PriceEntry>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_read_as_cents() {
        let cents = |net: &str| {
            Price {
                net: net.into(),
                gross: String::new(),
            }
            .net_cents()
        };
        assert_eq!(cents("13.1000000000000000"), Some(1310));
        assert_eq!(cents("3.79"), Some(379));
        assert_eq!(cents("0.5"), Some(50));
        assert_eq!(cents("12"), Some(1200));
        assert_eq!(cents("1.994"), Some(199));
        assert_eq!(cents("1.995"), Some(200));
        for bad in ["", "-1", "x", "1.x", "."] {
            assert_eq!(cents(bad), None, "{bad}");
        }
    }
}
