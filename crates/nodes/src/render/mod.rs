//! From the spec to the complete flake: pure and deterministic. `hoist render nix` writes what the hosts are built from.

mod machine;
mod nix;
mod settings;
mod sources;
mod tree;

pub use settings::{BetweenNodes, Firewall, K3s, STATE_DIR, Settings, User};
pub use sources::Sources;
pub use tree::Tree;
pub(crate) use tree::digest;

use hoist_model::Facts;
use hoist_spec::{Machine, Os, Spec};

use machine::settings;
use nix::{flake, machine_module};

/// The modules that every machine has, by their names in the flake's `modules` folder.
const MODULES: &[(&str, &str)] = &[
    ("access.nix", include_str!("../../nix/access.nix")),
    ("base.nix", include_str!("../../nix/base.nix")),
    ("disk.nix", include_str!("../../nix/disk.nix")),
    ("firewall.nix", include_str!("../../nix/firewall.nix")),
    ("hardware.nix", include_str!("../../nix/hardware.nix")),
    ("k3s.nix", include_str!("../../nix/k3s.nix")),
    ("kernel.nix", include_str!("../../nix/kernel.nix")),
    ("metadata.nix", include_str!("../../nix/metadata.nix")),
    ("network.nix", include_str!("../../nix/network.nix")),
    ("node.nix", include_str!("../../nix/node.nix")),
    ("settings.nix", include_str!("../../nix/settings.nix")),
];

/// The machines that get an operating system from us, in the spec's order.
pub(crate) fn ours(spec: &Spec) -> impl Iterator<Item = (&str, &Machine)> {
    spec.machines_enabled().filter(|(_, machine)| machine.os() == Os::Hoist)
}

/// The whole flake. What the cloud alone knows (addresses) is left out for machines that do not exist yet.
pub fn render(spec: &Spec, sources: &Sources, facts: &Facts) -> Tree {
    let mut tree = Tree::default();
    tree.insert("flake.nix", flake(spec));
    if let Some(lock) = sources.lock() {
        tree.insert("flake.lock", lock.to_owned());
    }
    for (name, text) in MODULES {
        tree.insert(format!("modules/{name}"), (*text).to_owned());
    }
    for (path, text) in sources.files() {
        tree.insert(format!("person/{path}"), text.to_owned());
    }
    for (name, machine) in ours(spec) {
        let folder = format!("machines/{name}");
        let own = spec.nixos.modules.iter().chain(&machine.modules);
        tree.insert(
            format!("{folder}/default.nix"),
            machine_module(spec, name, machine, own),
        );
        let mut json = serde_json::to_string_pretty(&settings(spec, name, machine, facts.server(name)))
            .expect("settings are made of texts and numbers");
        json.push('\n');
        tree.insert(format!("{folder}/settings.json"), json);
    }
    tree
}
