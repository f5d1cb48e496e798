//! The direction of the workspace: who may use whom.
//!
//! `cli → app → {phases, engine} → model`; the clients know nothing of hoist; the sandbox knows no client.

use std::collections::BTreeMap;
use std::process::Command;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::run;
use crate::workspace::Workspace;

const PHASES: &[&str] = &["infra", "nodes", "cluster"];

const CLIENTS: &[&str] = &[
    "hcloud",
    "cloudflare",
    "ssh",
    "sops",
    "chart",
    "chartrepo",
    "deploy",
    "gotemplate",
    "sprig",
    "goencoding",
    "govalue",
];

/// What a layer must not use, and why. Dependencies of tests are free: a client is tested against its emulator.
fn forbidden(name: &str) -> (Vec<&'static str>, &'static str) {
    let above = ["app", "cli", "testkit"];
    let hoist = ["spec", "components", "secrets", "tls", "engine", "sandbox"];
    match name {
        "model" => (
            [&above[..], &hoist, PHASES, CLIENTS].concat(),
            "model is plain data, below everything",
        ),
        "spec" => (
            [&above[..], &hoist, PHASES, CLIENTS].concat(),
            "the spec is data that others read",
        ),
        "engine" => (
            [&above[..], &hoist, PHASES, CLIENTS].concat(),
            "the engine is generic over the phases",
        ),
        "sandbox" => (
            [&above[..], &hoist, PHASES, CLIENTS].concat(),
            "an emulator that shares a client's types shares its mistakes",
        ),
        it if CLIENTS.contains(&it) => (
            [&above[..], &hoist, PHASES].concat(),
            "a client is useful alone, and knows nothing of hoist",
        ),
        it if PHASES.contains(&it) => (
            [&above[..], &["engine", "sandbox"], PHASES].concat(),
            "a phase stands alone, and the engine drives it",
        ),
        "components" | "secrets" | "tls" => (
            [&above[..], &["engine", "sandbox"], PHASES].concat(),
            "it contributes to a phase, and uses none",
        ),
        "app" => (
            vec!["cli", "testkit", "sandbox"],
            "the use cases know no terminal and no sandbox",
        ),
        "cli" => (vec!["testkit"], "tests are not part of the program"),
        _ => (Vec::new(), ""),
    }
}

/// Our crates by their short names, and which of ours each uses outside of its tests.
pub(super) struct Graph(BTreeMap<String, Vec<String>>);

impl Graph {
    /// Asks cargo.
    pub(super) fn read(workspace: &Workspace) -> Result<Self> {
        #[derive(Deserialize)]
        struct Metadata {
            packages: Vec<Package>,
        }
        #[derive(Deserialize)]
        struct Package {
            name: String,
            dependencies: Vec<Dependency>,
        }
        #[derive(Deserialize)]
        struct Dependency {
            name: String,
            kind: Option<String>,
        }
        let text = run::output(
            Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
                .current_dir(&workspace.root)
                .args(["metadata", "--no-deps", "--format-version", "1", "--offline"]),
        )?;
        let metadata: Metadata = serde_json::from_str(&text).context("read what `cargo metadata` says")?;
        let short = |name: &str| name.strip_prefix("hoist-").map(str::to_owned);
        let uses = |package: &Package| {
            let used = package
                .dependencies
                .iter()
                .filter(|it| it.kind.as_deref() != Some("dev"));
            used.filter_map(|it| short(&it.name)).collect()
        };
        Ok(Self(
            metadata
                .packages
                .iter()
                .filter_map(|it| Some((short(&it.name)?, uses(it))))
                .collect(),
        ))
    }
}

/// Each dependency that points the wrong way. A forbidden crate counts also when it is reached through another.
pub(super) fn check(graph: &Graph) -> Vec<String> {
    let mut findings = Vec::new();
    for name in graph.0.keys() {
        let (forbidden, why) = forbidden(name);
        // Each crate once, with the way that led to it.
        let mut ways: Vec<Vec<&String>> = vec![vec![name]];
        let mut next = 0;
        while let Some(way) = ways.get(next).cloned() {
            next += 1;
            for used in graph.0.get(way[way.len() - 1]).into_iter().flatten() {
                if ways.iter().any(|it| it[it.len() - 1] == used) {
                    continue;
                }
                let way = [way.clone(), vec![used]].concat();
                if forbidden.contains(&used.as_str()) {
                    let shown: Vec<_> = way.iter().map(|it| it.as_str()).collect();
                    findings.push(format!("crates/{name}/Cargo.toml: {}: {why}", shown.join(" uses ")));
                }
                ways.push(way);
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(edges: &[(&str, &[&str])]) -> Graph {
        Graph(
            edges
                .iter()
                .map(|(name, uses)| (name.to_string(), uses.iter().map(|it| it.to_string()).collect()))
                .collect(),
        )
    }

    #[test]
    fn the_intended_direction_is_fine() {
        let graph = graph(&[
            ("cli", &["app", "engine", "sandbox"]),
            ("app", &["infra", "engine", "model"]),
            ("infra", &["hcloud", "spec", "model"]),
            ("engine", &["model"]),
            ("hcloud", &["model"]),
        ]);
        assert_eq!(check(&graph), Vec::<String>::new());
    }

    #[test]
    fn wrong_directions_are_found_and_named() {
        for (from, to) in [
            ("infra", "nodes"),
            ("engine", "infra"),
            ("model", "spec"),
            ("deploy", "spec"),
            ("sandbox", "hcloud"),
            ("app", "cli"),
        ] {
            let found = check(&graph(&[(from, &[to])]));
            assert_eq!(found.len(), 1, "{from} to {to}: {found:?}");
            assert!(found[0].contains(&format!("{from} uses {to}")), "{found:?}");
        }
    }

    #[test]
    fn a_detour_does_not_help() {
        let found = check(&graph(&[
            ("infra", &["helper"]),
            ("helper", &["nodes"]),
            ("nodes", &["helper"]),
        ]));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("infra uses helper uses nodes"), "{found:?}");
    }

    #[test]
    fn our_own_graph_is_read() {
        let graph = Graph::read(&Workspace::here()).unwrap();
        assert!(graph.0["app"].contains(&"model".to_owned()));
    }
}
