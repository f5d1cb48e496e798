//! Machines and people: enough control planes, a system for each, and somebody who may log in.

use super::Report;
use crate::{Os, Role, Spec, Sudo};

pub(super) fn control_planes(spec: &Spec, report: &mut Report<'_>) {
    let servers: Vec<&str> = spec.servers().map(|(name, _)| name).collect();
    if servers.is_empty() {
        report.key(
            &["machines"],
            "spec/no-server",
            "no enabled machine has `role: server`: the cluster would have no control plane".into(),
            "give one machine `role: server`; three make a control plane that survives the loss of one",
        );
    } else if servers.len().is_multiple_of(2) {
        report.key(
            &["machines", servers[servers.len() - 1], "role"],
            "spec/even-servers",
            format!(
                "{} machines have `role: server` ({}): an even number loses its majority with the first half",
                servers.len(),
                servers.join(", ")
            ),
            format!(
                "make it {} or {}; another `role: agent` adds capacity as well",
                servers.len() - 1,
                servers.len() + 1
            ),
        );
    }
}

pub(super) fn systems(spec: &Spec, report: &mut Report<'_>) {
    for (name, machine) in spec.machines_enabled() {
        match (machine.role, machine.os()) {
            (Some(role), Os::None) => {
                let word = if role == Role::Server { "server" } else { "agent" };
                report.value(
                    &["machines", name, "os"],
                    "spec/role-without-system",
                    format!("machine {name} has `role: {word}` and `os: none`: nothing would install k3s on it"),
                    "take `os` out to get NixOS with k3s, or take `role` out to get only the server",
                );
            }
            (None, Os::Hoist) => report.value(
                &["machines", name, "os"],
                "spec/system-without-role",
                format!("machine {name} has `os: hoist` and no role: our NixOS is made for the cluster's nodes"),
                "give it `role: server` or `role: agent`, or take `os` out",
            ),
            _ => {}
        }
    }
}

/// The zones of the locations that we know; another one is Hetzner's to judge.
const ZONES: &[(&str, &str)] = &[
    ("fsn1", "eu-central"),
    ("nbg1", "eu-central"),
    ("hel1", "eu-central"),
    ("ash", "us-east"),
    ("hil", "us-west"),
    ("sin", "ap-southeast"),
];

pub(super) fn locations(spec: &Spec, report: &mut Report<'_>) {
    let zone = spec.hetzner.network.zone.as_str();
    for (name, machine) in spec.machines_enabled() {
        let location = machine.location.as_str();
        let known = ZONES.iter().find(|(place, _)| *place == location);
        if let Some((_, other)) = known.filter(|(_, other)| *other != zone) {
            let inside: Vec<&str> = ZONES
                .iter()
                .filter(|(_, z)| *z == zone)
                .map(|(place, _)| *place)
                .collect();
            report.value(
                &["machines", name, "location"],
                "spec/location-outside-zone",
                format!("machine {name} is in {location}, which is in {other}, and the network is in {zone}"),
                format!(
                    "choose one of {}, or set hetzner.network.zone: {other}",
                    inside.join(", ")
                ),
            );
        }
    }
}

pub(super) fn somebody_may_log_in(spec: &Spec, report: &mut Report<'_>) {
    let access = &spec.access;
    if access.users.is_empty() {
        report.key(
            &["access", "users"],
            "spec/locked-out",
            "access.users is empty: once the deploy key is gone, nobody could log in".into(),
            "name yourself with the line of your .pub file: users: { NAME: { keys: [ssh-ed25519 AAAA…] } }",
        );
    } else if access.users.values().all(|user| user.keys.is_empty()) {
        report.key(
            &["access", "users"],
            "spec/locked-out",
            "no user under access.users has a key: once the deploy key is gone, nobody could log in".into(),
            "give one of them `keys` with the line of a .pub file; there are no passwords",
        );
    } else if !access
        .users
        .values()
        .any(|user| !user.keys.is_empty() && user.sudo != Sudo::None)
    {
        report.key(
            &["access", "users"],
            "spec/locked-out",
            "nobody under access.users has both a key and sudo: neither you nor hoist could change a machine again"
                .into(),
            "give one user with a key `sudo: nopasswd`",
        );
    }
    if spec.hetzner.admin_cidrs.is_empty() {
        report.key(
            &["hetzner", "adminCidrs"],
            "spec/locked-out",
            "hetzner.adminCidrs is empty: the firewall would let nobody reach SSH or the API".into(),
            "name the networks that you work from, or take the field out to allow the address that hoist is run from",
        );
    }
}

pub(super) fn tokens_can_be_kept(spec: &Spec, report: &mut Report<'_>) {
    if spec.secrets.recipients.is_empty() && spec.machines_enabled().any(|(_, machine)| machine.os() == Os::Hoist) {
        report.key(
            &["secrets", "recipients"],
            "spec/no-recipients",
            "secrets.recipients is empty: the k3s tokens are kept encrypted beside this file, and nobody could read them"
                .into(),
            "`age-keygen -o key.txt` makes a key pair and prints its public half: recipients: [age1…]",
        );
    }
}
