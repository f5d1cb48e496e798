//! Cross-checks: what no single field can tell. Each points at the field to change.

mod components;
mod machines;
mod networks;

use hoist_model::{Diagnostic, Diagnostics};

use crate::Spec;
use crate::tree::{Node, Source};

/// Where problems are put, with the tree to point into.
struct Report<'a> {
    tree: &'a Node,
    source: &'a Source<'a>,
    found: Diagnostics,
}

impl Report<'_> {
    /// A problem with the value at a path.
    fn value(&mut self, path: &[&str], code: &str, message: String, hint: impl Into<String>) {
        let span = self.source.span(self.tree.place_of(path));
        self.found.push(Diagnostic::new(code, message).at(span).hint(hint));
    }

    /// A problem with the key at a path.
    fn key(&mut self, path: &[&str], code: &str, message: String, hint: impl Into<String>) {
        let span = self.source.span(self.tree.key_place_of(path));
        self.found.push(Diagnostic::new(code, message).at(span).hint(hint));
    }
}

/// Every cross-check that needs nothing but the spec.
pub(crate) fn all(spec: &Spec, tree: &Node, source: &Source<'_>) -> Diagnostics {
    let mut report = Report {
        tree,
        source,
        found: Diagnostics::default(),
    };
    networks::disjoint(spec, &mut report);
    networks::sizes(spec, &mut report);
    machines::control_planes(spec, &mut report);
    machines::systems(spec, &mut report);
    machines::locations(spec, &mut report);
    machines::somebody_may_log_in(spec, &mut report);
    machines::tokens_can_be_kept(spec, &mut report);
    components::sources(spec, &mut report);
    components::needs(spec, &mut report);
    components::secrets(spec, &mut report);
    components::tls(spec, &mut report);
    report.found
}

/// That the files that the spec names are there.
pub(crate) fn files(spec: &Spec, tree: &Node, source: &Source<'_>) -> Diagnostics {
    let mut report = Report {
        tree,
        source,
        found: Diagnostics::default(),
    };
    let mut must_exist = |path: &[&str], file: &std::path::Path, wanted: &str| {
        let full = spec.dir.join(file);
        let there = if wanted == "folder" {
            full.is_dir()
        } else {
            full.exists()
        };
        if !there {
            let message = format!("{}: there is no {wanted} {}", path.join("."), full.display());
            report.value(
                path,
                "spec/no-file",
                message,
                "paths are relative to the folder of hoist.yaml",
            );
        }
    };
    for (index, module) in spec.nixos.modules.iter().enumerate() {
        must_exist(&["nixos", "modules", &index.to_string()], module, "NixOS module");
    }
    for (name, machine) in spec.machines_enabled() {
        for (index, module) in machine.modules.iter().enumerate() {
            must_exist(
                &["machines", name, "modules", &index.to_string()],
                module,
                "NixOS module",
            );
        }
    }
    for (name, own) in spec.components.own.iter().filter(|(_, own)| own.enabled) {
        if let Some(dir) = &own.dir {
            must_exist(&["components", name.as_str(), "dir"], dir, "folder");
        }
    }
    report.found
}
