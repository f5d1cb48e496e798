//! Whether a server can be had: its type, where, from which image; and what to take instead.

use hoist_hcloud::{ServerType, ServerTypeLocation};
use hoist_model::Diagnostic;

use crate::observe::Catalog;
use crate::wanted::Machine;

/// Why a machine cannot be ordered as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The spec asks for what is not offered, and waiting will not help.
    Wrong(Box<Diagnostic>),
    /// Sold out for now.
    SoldOut { why: String, hint: String },
}

fn wrong(diagnostic: Diagnostic) -> Refusal {
    Refusal::Wrong(Box::new(diagnostic))
}

/// What Hetzner offers in place of types that it has retired.
const SUCCESSORS: &[(&str, &str)] = &[
    ("cx11", "cx23"),
    ("cx21", "cx23"),
    ("cx22", "cx23"),
    ("cx31", "cx33"),
    ("cx32", "cx33"),
    ("cx41", "cx43"),
    ("cx42", "cx43"),
    ("cx51", "cx53"),
    ("cx52", "cx53"),
    ("cpx11", "cpx12"),
    ("cpx21", "cpx22"),
    ("cpx31", "cpx32"),
    ("cpx41", "cpx42"),
    ("cpx51", "cpx52"),
];

/// Whether a type can be ordered at a location: what the API says, and yes where it says nothing.
fn orderable(at: &ServerTypeLocation) -> bool {
    at.available.unwrap_or(true)
}

/// Whether a type may be ordered at a location now.
fn offered(server_type: &ServerType, location: &str) -> bool {
    if server_type.locations.is_empty() {
        // An older answer: the price list is by location.
        return server_type.deprecation.is_none() && server_type.monthly_cents(location).is_some();
    }
    server_type.at(location).is_some_and(orderable)
}

/// Checks a new server. `zone` is the private network's.
pub(crate) fn new_server(catalog: &Catalog, machine: &Machine, zone: &str) -> Result<(), Refusal> {
    let name = &machine.name;
    let Some(location) = catalog
        .locations
        .iter()
        .find(|location| location.name == machine.location)
    else {
        let known: Vec<_> = catalog
            .locations
            .iter()
            .map(|location| location.name.as_str())
            .collect();
        return Err(wrong(
            Diagnostic::new(
                "infra/unknown-location",
                format!(
                    "machines.{name}.location: Hetzner has no location `{}`",
                    machine.location
                ),
            )
            .hint(format!("choose one of {}", known.join(", "))),
        ));
    };
    if !location.network_zone.is_empty() && location.network_zone != zone {
        return Err(wrong(
            Diagnostic::new(
                "infra/other-zone",
                format!(
                    "machines.{name}.location: {} is in the network zone {}, and the cluster's network is in {zone}",
                    location.name, location.network_zone
                ),
            )
            .hint("a network does not span zones: choose another location, or another hetzner.network.zone"),
        ));
    }
    let server_type = type_at(catalog, machine)?;
    let fits = |image: &&hoist_hcloud::Image| {
        (image.name.as_deref() == Some(machine.image.as_str()) || image.id.to_string() == machine.image)
            && image.architecture == server_type.architecture
    };
    if !catalog.images.iter().any(|image| fits(&image)) {
        let mut known: Vec<_> = catalog
            .images
            .iter()
            .filter(|image| image.architecture == server_type.architecture && image.deprecated.is_none())
            .filter_map(|image| image.name.as_deref())
            .collect();
        known.sort_unstable();
        known.dedup();
        return Err(wrong(
            Diagnostic::new(
                "infra/unknown-image",
                format!(
                    "machines.{name}.image: there is no image `{}` for {} ({})",
                    machine.image, server_type.name, server_type.architecture
                ),
            )
            .hint(format!("images for it: {}", known.join(", "))),
        ));
    }
    Ok(())
}

/// Checks that a type can be had where the machine is, and finds it.
pub(crate) fn type_at<'a>(catalog: &'a Catalog, machine: &Machine) -> Result<&'a ServerType, Refusal> {
    let (name, wanted, location) = (&machine.name, &machine.server_type, &machine.location);
    let found = catalog.types.iter().find(|server_type| server_type.name == *wanted);
    if let Some(server_type) = found
        && offered(server_type, location)
    {
        return Ok(server_type);
    }
    let instead = successor(catalog, wanted, location);
    let hint = match &instead {
        Some(instead) => format!("its successor is {instead}: write `serverType: {instead}`"),
        None => format!("see what is offered at {location} in the Hetzner console"),
    };
    let Some(server_type) = found else {
        let what = if SUCCESSORS.iter().any(|(old, _)| old == wanted) {
            format!("the type {wanted} is retired")
        } else {
            format!("Hetzner has no server type `{wanted}`")
        };
        return Err(wrong(
            Diagnostic::new("infra/unknown-type", format!("machines.{name}.serverType: {what}")).hint(hint),
        ));
    };
    let at = server_type.at(location);
    let retired = server_type.deprecation.is_some() || at.is_some_and(|at| at.deprecation.is_some());
    if retired {
        let after = at
            .and_then(|at| at.deprecation.as_ref())
            .or(server_type.deprecation.as_ref())
            .and_then(|deprecation| deprecation.unavailable_after.as_deref())
            .map(|date| format!(" since {}", date.split('T').next().unwrap_or(date)))
            .unwrap_or_default();
        return Err(wrong(
            Diagnostic::new(
                "infra/retired-type",
                format!("machines.{name}.serverType: the type {wanted} is retired at {location}{after} and cannot be ordered any more"),
            )
            .hint(hint),
        ));
    }
    // A network does not span zones, so a location of another zone would not help.
    let zone_of = |name: &str| {
        let location = catalog.locations.iter().find(|location| location.name == *name);
        location.map(|location| location.network_zone.as_str())
    };
    let elsewhere: Vec<&str> = server_type
        .locations
        .iter()
        .filter(|at| orderable(at) && at.deprecation.is_none() && zone_of(&at.name) == zone_of(location))
        .map(|at| at.name.as_str())
        .collect();
    if at.is_none() {
        return Err(wrong(
            Diagnostic::new(
                "infra/not-offered-there",
                format!("machines.{name}: the type {wanted} is not offered at {location}"),
            )
            .hint(if elsewhere.is_empty() {
                hint
            } else {
                format!("it is offered at {}", elsewhere.join(", "))
            }),
        ));
    }
    let mut choices = Vec::new();
    if !elsewhere.is_empty() {
        choices.push(format!("{wanted} at {}", elsewhere.join(" or ")));
    }
    if let Some(alike) = alike(catalog, server_type, location) {
        choices.push(format!("{} at {location}", alike.name));
    }
    Err(Refusal::SoldOut {
        why: format!("the type {wanted} is sold out at {location} for now"),
        hint: match &choices[..] {
            [] => "choose another type or location, or wait until it is back".to_owned(),
            some => format!("take {}, or wait until it is back", some.join(", or ")),
        },
    })
}

/// What to write instead of a type that cannot be had: its successor, or the cheapest that is no smaller.
fn successor(catalog: &Catalog, wanted: &str, location: &str) -> Option<String> {
    let by_table = SUCCESSORS.iter().find(|(old, _)| *old == wanted).map(|(_, new)| *new);
    if let Some(new) = by_table {
        let known = catalog.types.iter().find(|server_type| server_type.name == new);
        if known.is_some_and(|server_type| offered(server_type, location)) {
            return Some(new.to_owned());
        }
    }
    let old = catalog.types.iter().find(|server_type| server_type.name == wanted)?;
    alike(catalog, old, location).map(|server_type| server_type.name.clone())
}

/// The cheapest type on offer that is no smaller, of the same kind.
fn alike<'a>(catalog: &'a Catalog, like: &ServerType, location: &str) -> Option<&'a ServerType> {
    catalog
        .types
        .iter()
        .filter(|other| {
            other.name != like.name
                && other.architecture == like.architecture
                && other.cpu_type == like.cpu_type
                && other.cores >= like.cores
                && other.memory >= like.memory
                && offered(other, location)
                && other.at(location).is_none_or(|at| at.deprecation.is_none())
        })
        .min_by_key(|other| (other.monthly_cents(location).unwrap_or(u64::MAX), other.name.clone()))
}
