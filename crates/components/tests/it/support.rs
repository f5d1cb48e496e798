//! A spec, an environment and charts for the tests.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hoist_chartrepo::{LockFile, Options, Store};
use hoist_components::{Charts, Gather, Inputs, gather};
use hoist_model::Diagnostics;
use hoist_secrets::Resolver;
use hoist_spec::Spec;

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .expect("the workspace is there")
}

/// A tool that `cargo xtask tools` builds.
pub(crate) fn tool(name: &str) -> PathBuf {
    let mut folders: Vec<PathBuf> = std::env::var_os("HOIST_TOOLS").map(PathBuf::from).into_iter().collect();
    folders.push(root().join("target/tools"));
    folders
        .iter()
        .map(|folder| folder.join(name))
        .find(|path| path.exists())
        .unwrap_or_else(|| panic!("{name} is missing: run `cargo xtask tools` (looked in {folders:?})"))
}

/// The example, with mirrors that serve the packed charts, after an edit of its text.
pub(crate) fn example(edit: impl FnOnce(String) -> String) -> Spec {
    let text = include_str!("../../../../examples/vanixiets/hoist.yaml").to_owned();
    let charts = tool("charts");
    let mut text = edit(text) + "\nmirrors:\n";
    for (repo, folder) in [
        ("https://helm.cilium.io", "cilium"),
        ("https://charts.jetstack.io", "jetstack"),
        ("https://kubernetes-sigs.github.io/external-dns", "external-dns"),
    ] {
        text += &format!("  {repo}: file://{}\n", charts.join(folder).display());
    }
    hoist_spec::parse(Path::new("hoist.yaml"), &text).unwrap_or_else(|found| panic!("{found}"))
}

/// The secrets of the example.
pub(crate) fn environment() -> BTreeMap<String, String> {
    [("CLOUDFLARE_API_TOKEN", "canary-cf"), ("SOPS_AGE_KEY", "canary-age")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
}

/// Charts with their cache and lock in a folder.
pub(crate) fn charts(folder: &Path, offline: bool) -> Charts {
    let options = Options {
        offline,
        ..Options::default()
    };
    Charts::new(
        Store::new(folder.join("charts"), options),
        LockFile::new(folder.join("hoist.lock")),
    )
}

/// Reads what a spec names.
pub(crate) async fn inputs(spec: &Spec, api_host: Option<&str>) -> Result<Inputs, Diagnostics> {
    let cache = tempfile::tempdir().expect("a temporary folder");
    let resolver = Resolver::new(&spec.dir, Arc::new(environment()));
    let charts = charts(cache.path(), false);
    gather(
        spec,
        &Gather {
            resolver: &resolver,
            charts: &charts,
            api_host,
        },
    )
    .await
}
