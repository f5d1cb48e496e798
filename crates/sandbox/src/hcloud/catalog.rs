//! Hetzner's side of the world: locations, server types with prices and availability, system images, pricing.
//!
//! The prices are samples in the order of the real ones, not offers.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeZone, Utc};
use serde_json::{Value, json};

use super::images::Image;
use super::state::Meta;

/// A location.
pub(crate) struct Location {
    pub(crate) id: u64,
    pub(crate) name: &'static str,
    pub(crate) zone: &'static str,
    city: &'static str,
    country: &'static str,
    at: (f64, f64),
}

const fn location(
    id: u64,
    name: &'static str,
    zone: &'static str,
    city: &'static str,
    country: &'static str,
    at: (f64, f64),
) -> Location {
    Location {
        id,
        name,
        zone,
        city,
        country,
        at,
    }
}

pub(crate) const LOCATIONS: &[Location] = &[
    location(1, "fsn1", "eu-central", "Falkenstein", "DE", (50.47612, 12.370071)),
    location(2, "nbg1", "eu-central", "Nuremberg", "DE", (49.452102, 11.076665)),
    location(3, "hel1", "eu-central", "Helsinki", "FI", (60.169855, 24.938379)),
    location(4, "ash", "us-east", "Ashburn, VA", "US", (39.045821, -77.487073)),
    location(5, "hil", "us-west", "Hillsboro, OR", "US", (45.54222, -122.951924)),
    location(6, "sin", "ap-southeast", "Singapore", "SG", (1.283333, 103.833333)),
];

impl Location {
    pub(crate) fn named(text: &str) -> Option<&'static Self> {
        LOCATIONS
            .iter()
            .find(|location| location.name == text || location.id.to_string() == text)
    }

    pub(crate) fn json(&self) -> Value {
        let park = if self.zone == "eu-central" {
            "DC Park"
        } else {
            "Virtual DC"
        };
        json!({
            "id": self.id, "name": self.name, "description": format!("{} {park} 1", self.city),
            "country": self.country, "city": self.city, "latitude": self.at.0, "longitude": self.at.1,
            "network_zone": self.zone,
        })
    }
}

/// A server type. Prices are euro cents a month, net.
pub(crate) struct ServerType {
    pub(crate) id: u64,
    pub(crate) name: &'static str,
    pub(crate) cores: u32,
    pub(crate) memory_gib: u32,
    pub(crate) disk: u32,
    pub(crate) cents: u32,
    sold: Sold,
    retired: Retired,
}

/// Where a type is sold.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sold {
    Europe,
    Everywhere,
}

/// Where a type has been taken off the market.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Retired {
    No,
    InEurope,
    Everywhere,
}

type Row = (u64, &'static str, u32, u32, u32, u32, Sold, Retired);

const ROWS: &[Row] = &[
    (104, "cx22", 2, 4, 40, 399, Sold::Europe, Retired::Everywhere),
    (105, "cx32", 4, 8, 80, 699, Sold::Europe, Retired::Everywhere),
    (106, "cx42", 8, 16, 160, 1699, Sold::Europe, Retired::Everywhere),
    (107, "cx52", 16, 32, 320, 3299, Sold::Europe, Retired::Everywhere),
    (114, "cx23", 2, 4, 40, 399, Sold::Europe, Retired::No),
    (115, "cx33", 4, 8, 80, 649, Sold::Europe, Retired::No),
    (116, "cx43", 8, 16, 160, 1199, Sold::Europe, Retired::No),
    (117, "cx53", 16, 32, 320, 2249, Sold::Europe, Retired::No),
    (22, "cpx11", 2, 2, 40, 549, Sold::Everywhere, Retired::InEurope),
    (23, "cpx21", 3, 4, 80, 949, Sold::Everywhere, Retired::InEurope),
    (24, "cpx31", 4, 8, 160, 1749, Sold::Everywhere, Retired::InEurope),
    (25, "cpx41", 8, 16, 240, 3249, Sold::Everywhere, Retired::InEurope),
    (26, "cpx51", 16, 32, 360, 6899, Sold::Everywhere, Retired::InEurope),
    (108, "cpx12", 1, 2, 40, 599, Sold::Everywhere, Retired::No),
    (109, "cpx22", 2, 4, 80, 799, Sold::Everywhere, Retired::No),
    (110, "cpx32", 4, 8, 160, 1399, Sold::Everywhere, Retired::No),
    (111, "cpx42", 8, 16, 320, 2549, Sold::Everywhere, Retired::No),
    (112, "cpx52", 12, 24, 480, 3649, Sold::Everywhere, Retired::No),
    (113, "cpx62", 16, 32, 640, 5099, Sold::Everywhere, Retired::No),
    (45, "cax11", 2, 4, 40, 449, Sold::Europe, Retired::No),
    (93, "cax21", 4, 8, 80, 799, Sold::Europe, Retired::No),
    (94, "cax31", 8, 16, 160, 1599, Sold::Europe, Retired::No),
    (95, "cax41", 16, 32, 320, 3149, Sold::Europe, Retired::No),
    (96, "ccx13", 2, 8, 80, 1599, Sold::Everywhere, Retired::No),
    (97, "ccx23", 4, 16, 160, 3149, Sold::Everywhere, Retired::No),
    (98, "ccx33", 8, 32, 240, 6249, Sold::Everywhere, Retired::No),
    (99, "ccx43", 16, 64, 360, 12499, Sold::Everywhere, Retired::No),
    (100, "ccx53", 32, 128, 600, 24999, Sold::Everywhere, Retired::No),
    (101, "ccx63", 48, 192, 960, 37499, Sold::Everywhere, Retired::No),
];

/// How a type stands in a location.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Offer {
    /// It can be ordered.
    Available,
    /// It is sold here, but none is left.
    SoldOut,
    /// It was sold here once.
    Retired,
    /// It has never been sold here.
    Never,
}

/// The server types and what is sold out at the moment.
pub(crate) struct Catalog {
    pub(crate) types: Vec<ServerType>,
    sold_out: BTreeSet<(String, String)>,
}

impl Default for Catalog {
    fn default() -> Self {
        let types = ROWS
            .iter()
            .map(
                |&(id, name, cores, memory_gib, disk, cents, sold, retired)| ServerType {
                    id,
                    name,
                    cores,
                    memory_gib,
                    disk,
                    cents,
                    sold,
                    retired,
                },
            )
            .collect();
        Self {
            types,
            sold_out: BTreeSet::new(),
        }
    }
}

impl Catalog {
    /// A type by its name or id.
    pub(crate) fn server_type(&self, text: &str) -> Option<&ServerType> {
        self.types
            .iter()
            .find(|kind| kind.name == text || kind.id.to_string() == text)
    }

    pub(crate) fn offer(&self, kind: &ServerType, location: &Location) -> Offer {
        let europe = location.zone == "eu-central";
        match (kind.sold, kind.retired) {
            (Sold::Europe, _) if !europe => Offer::Never,
            (_, Retired::Everywhere) => Offer::Retired,
            (_, Retired::InEurope) if europe => Offer::Retired,
            _ if self
                .sold_out
                .contains(&(kind.name.to_owned(), location.name.to_owned())) =>
            {
                Offer::SoldOut
            }
            _ => Offer::Available,
        }
    }

    /// Marks a type as sold out in a location, or as available again.
    pub(crate) fn set_available(&mut self, kind: &str, location: &str, available: bool) {
        let key = (kind.to_owned(), location.to_owned());
        if available {
            self.sold_out.remove(&key);
        } else {
            self.sold_out.insert(key);
        }
    }

    pub(crate) fn json(&self, kind: &ServerType) -> Value {
        let offers = || {
            LOCATIONS
                .iter()
                .map(|location| (location, self.offer(kind, location)))
                .filter(|(_, offer)| *offer != Offer::Never)
        };
        let deprecation =
            json!({ "announced": "2025-10-16T06:00:00+00:00", "unavailable_after": "2026-01-01T00:00:00+00:00" });
        let retired = kind.retired == Retired::Everywhere;
        json!({
            "id": kind.id,
            "name": kind.name,
            "description": kind.name.to_uppercase(),
            "cores": kind.cores,
            "memory": f64::from(kind.memory_gib),
            "disk": kind.disk,
            "deprecated": retired,
            "deprecation": if retired { deprecation.clone() } else { Value::Null },
            "prices": offers().map(|(location, _)| kind.price(location)).collect::<Vec<_>>(),
            "storage_type": "local",
            "cpu_type": if kind.name.starts_with("ccx") { "dedicated" } else { "shared" },
            "category": kind.category(),
            "architecture": kind.architecture(),
            "locations": offers().map(|(location, offer)| json!({
                "id": location.id,
                "name": location.name,
                "deprecation": if offer == Offer::Retired { deprecation.clone() } else { Value::Null },
                "available": offer == Offer::Available,
                "recommended": offer == Offer::Available,
            })).collect::<Vec<_>>(),
        })
    }

    /// What `GET /pricing` answers.
    pub(crate) fn pricing(&self) -> Value {
        let everywhere = |cents: u32| {
            LOCATIONS
                .iter()
                .map(|location| {
                    json!({ "location": location.name, "price_hourly": hourly(cents), "price_monthly": monthly(cents) })
                })
                .collect::<Vec<_>>()
        };
        let server_types = self
            .types
            .iter()
            .map(|kind| {
                let prices: Vec<Value> = LOCATIONS
                    .iter()
                    .filter(|location| self.offer(kind, location) != Offer::Never)
                    .map(|location| kind.price(location))
                    .collect();
                json!({ "id": kind.id, "name": kind.name, "prices": prices })
            })
            .collect::<Vec<_>>();
        let by_version = |ipv4: u32, ipv6: u32| json!([{ "type": "ipv4", "prices": everywhere(ipv4) }, { "type": "ipv6", "prices": everywhere(ipv6) }]);
        json!({ "pricing": {
            "currency": "EUR",
            "vat_rate": "19.00",
            "image": { "price_per_gb_month": monthly(1) },
            "volume": { "price_per_gb_month": monthly(6) },
            "floating_ip": { "price_monthly": monthly(350) },
            "floating_ips": by_version(350, 120),
            "server_backup": { "percentage": "20.0000000000" },
            "server_types": server_types,
            "primary_ips": by_version(60, 0),
            "load_balancer_types": [{ "id": 1, "name": "lb11", "prices": everywhere(799) }],
        } })
    }
}

impl ServerType {
    /// `x86` or `arm`.
    pub(crate) fn architecture(&self) -> &'static str {
        if self.name.starts_with("cax") { "arm" } else { "x86" }
    }

    fn category(&self) -> &'static str {
        match (self.name.as_bytes(), self.retired) {
            ([b'c', b'c', ..], _) => "general_purpose",
            ([b'c', b'p', ..], _) => "regular_performance",
            _ => "cost_optimized",
        }
    }

    /// Types cost more overseas.
    fn price(&self, location: &Location) -> Value {
        let cents = if location.zone == "eu-central" {
            self.cents
        } else {
            self.cents * 6 / 5
        };
        let traffic: u64 = if location.zone == "eu-central" {
            20 << 40
        } else {
            1 << 40
        };
        json!({
            "location": location.name,
            "price_hourly": hourly(cents),
            "price_monthly": monthly(cents),
            "included_traffic": traffic,
            "price_per_tb_traffic": monthly(100),
        })
    }
}

fn monthly(cents: u32) -> Value {
    price(f64::from(cents) / 100.0)
}

/// Hetzner caps the month at about 624 hours.
fn hourly(cents: u32) -> Value {
    price((f64::from(cents) / 100.0 / 624.0 * 10_000.0).ceil() / 10_000.0)
}

/// As the API writes prices: decimal strings with far too many digits.
fn price(net: f64) -> Value {
    json!({ "net": format!("{net:.10}"), "gross": format!("{:.16}", net * 1.19) })
}

/// The images that Hetzner offers.
pub(crate) fn images() -> BTreeMap<u64, Image> {
    let rows: &[(u64, &str, &str, &str, &str, &str)] = &[
        (114_690_387, "debian-12", "debian", "12", "x86", "Debian 12"),
        (114_690_389, "debian-12", "debian", "12", "arm", "Debian 12"),
        (310_557_660, "debian-13", "debian", "13", "x86", "Debian 13"),
        (310_557_661, "debian-13", "debian", "13", "arm", "Debian 13"),
        (161_547_269, "ubuntu-24.04", "ubuntu", "24.04", "x86", "Ubuntu 24.04"),
        (161_547_270, "ubuntu-24.04", "ubuntu", "24.04", "arm", "Ubuntu 24.04"),
    ];
    let created: DateTime<Utc> = Utc.timestamp_opt(1_755_000_000, 0).single().unwrap_or_default();
    rows.iter()
        .map(|&(id, name, flavor, version, architecture, description)| {
            let meta = Meta {
                id,
                name: name.to_owned(),
                labels: BTreeMap::new(),
                created,
            };
            (id, Image::offered(meta, description, flavor, version, architecture))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retired_and_sold_out_types_say_so_by_location() {
        let mut catalog = Catalog::default();
        let (fsn1, ash) = (Location::named("fsn1").unwrap(), Location::named("ash").unwrap());
        assert_eq!(
            catalog.offer(catalog.server_type("cpx31").unwrap(), fsn1),
            Offer::Retired
        );
        assert_eq!(
            catalog.offer(catalog.server_type("cpx31").unwrap(), ash),
            Offer::Available
        );
        assert_eq!(catalog.offer(catalog.server_type("cax21").unwrap(), ash), Offer::Never);
        catalog.set_available("cpx32", "fsn1", false);
        assert_eq!(
            catalog.offer(catalog.server_type("cpx32").unwrap(), fsn1),
            Offer::SoldOut
        );
        let shown = catalog.json(catalog.server_type("cpx32").unwrap());
        assert_eq!(shown["locations"][0]["available"], false);
        assert_eq!(shown["prices"][0]["price_monthly"]["net"], "13.9900000000");
    }

    #[test]
    fn ids_and_names_are_unique() {
        let catalog = Catalog::default();
        let ids: BTreeSet<u64> = catalog.types.iter().map(|kind| kind.id).collect();
        let names: BTreeSet<&str> = catalog.types.iter().map(|kind| kind.name).collect();
        assert_eq!((ids.len(), names.len()), (ROWS.len(), ROWS.len()));
    }
}
