//! The table of pins, `tools/tools.toml`, as types.

use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::workspace::Workspace;

/// All that is pinned.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pins {
    /// Go programs.
    pub(crate) go: Vec<GoTool>,
    /// Helm charts.
    pub(crate) chart: Vec<Chart>,
    /// Folders of plain manifests.
    pub(crate) manifests: Vec<Manifests>,
}

/// Who needs a program.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, Serialize, clap::ValueEnum)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Group {
    /// The tests and the sandbox.
    #[default]
    Core,
    /// Work on other formats, and the runs of nightly size.
    Extra,
}

impl Group {
    #[allow(clippy::trivially_copy_pass_by_ref)] // serde's way
    fn is_core(&self) -> bool {
        *self == Self::Core
    }
}

/// Programs of one Go module graph: `tools/NAME/go.mod`.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct GoTool {
    pub(crate) name: String,
    pub(crate) group: Group,
    /// Linker flags of all its programs.
    #[serde(default)]
    pub(crate) ldflags: String,
    /// Lines of its source that are built otherwise than they were published, each with its reason in the table.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) edits: Vec<Edit>,
    pub(crate) bins: Vec<GoBin>,
}

/// One text in one source file, replaced for the build alone.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Edit {
    /// The module that has the file.
    pub(crate) module: String,
    /// The file in the module.
    pub(crate) file: PathBuf,
    /// The text, which must be there exactly once.
    pub(crate) from: String,
    /// What is built instead.
    pub(crate) to: String,
}

/// One program.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct GoBin {
    pub(crate) name: String,
    /// The Go package of its `main`.
    pub(crate) package: String,
    #[serde(default)]
    pub(crate) ldflags: String,
    /// Arguments that make it say what it is, and end; none for a program that has no such thing.
    #[serde(default)]
    pub(crate) check: Vec<String>,
    /// What its answer to `check` must contain.
    #[serde(default)]
    pub(crate) expect: String,
}

/// A chart, packed from a project's source.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Chart {
    /// The folder below `target/tools/charts`, or `charts-extra`.
    pub(crate) repo: String,
    /// The public address that the folder stands for, if anything asks for it there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mirrors: Option<String>,
    #[serde(default, skip_serializing_if = "Group::is_core")]
    pub(crate) group: Group,
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) app_version: String,
    /// `MODULE@VERSION`.
    pub(crate) module: String,
    pub(crate) sum: String,
    pub(crate) path: PathBuf,
    pub(crate) crds: Option<Crds>,
    /// Lines that are packed otherwise than they were published, each with its reason in the table.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) edits: Vec<ChartEdit>,
    /// Charts that it depends on and that are elsewhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) subcharts: Vec<Subchart>,
}

/// One text in one file of a chart, replaced before it is packed.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct ChartEdit {
    pub(crate) file: PathBuf,
    /// The text, which must be there exactly once.
    pub(crate) from: String,
    pub(crate) to: String,
}

/// A chart that is copied into another's `charts` folder.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Subchart {
    pub(crate) name: String,
    /// `MODULE@VERSION`, when it is not that of the chart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) module: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sum: Option<String>,
    pub(crate) path: PathBuf,
}

/// CRDs kept beside a chart, to be joined into one of its templates.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Crds {
    pub(crate) from: PathBuf,
    pub(crate) to: PathBuf,
    /// The condition in the chart's values.
    pub(crate) when: String,
}

/// A folder of manifests, copied from a project's source.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Manifests {
    pub(crate) name: String,
    /// `MODULE@VERSION`.
    pub(crate) module: String,
    pub(crate) sum: String,
    pub(crate) path: PathBuf,
}

impl Pins {
    /// Reads the table.
    pub(crate) fn read(workspace: &Workspace) -> Result<Self> {
        let path = workspace.pins().join("tools.toml");
        let text = std::fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
        toml::from_str(&text).with_context(|| format!("read {}", path.display()))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_table_reads_and_every_row_is_whole() {
        let workspace = Workspace::here();
        let pins = Pins::read(&workspace).unwrap();
        let mut names = BTreeSet::new();
        for tool in &pins.go {
            let folder = workspace.pins().join(&tool.name);
            let module = std::fs::read_to_string(folder.join("go.mod")).unwrap();
            assert!(folder.join("go.sum").is_file(), "{} has no go.sum", tool.name);
            for bin in &tool.bins {
                assert!(names.insert(bin.name.clone()), "two programs are named {}", bin.name);
                assert_eq!(
                    bin.check.is_empty(),
                    bin.expect.is_empty(),
                    "{}: check and expect go together",
                    bin.name
                );
                assert!(
                    bin.package.starts_with('.') || module.contains(&bin.package),
                    "tools/{}/go.mod has no `tool {}`",
                    tool.name,
                    bin.package
                );
            }
        }
        for (module, sum) in pins
            .chart
            .iter()
            .map(|it| (&it.module, &it.sum))
            .chain(pins.manifests.iter().map(|it| (&it.module, &it.sum)))
        {
            assert!(module.contains("@v"), "{module} names no version");
            assert!(sum.starts_with("h1:"), "{module} has no sum");
        }
    }
}
