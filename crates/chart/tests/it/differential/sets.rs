//! The sets of values in `tests/values`: a file of values each, with flags in a comment.
//!
//! `# flags: --set a=b --kube-version 1.31` in a line of its own gives flags of `helm template`, split at spaces.

use std::path::{Path, PathBuf};

/// One rendering to compare: what `helm template` is told after the chart.
#[derive(Clone, Debug, Default)]
pub(crate) struct Call {
    /// What it is called when it fails.
    pub(crate) name: String,
    /// A file of values.
    pub(crate) file: Option<PathBuf>,
    /// Its text, when it is no file on disk: both sides read it from standard input.
    pub(crate) text: Option<String>,
    /// Flags.
    pub(crate) flags: Vec<String>,
}

impl Call {
    /// A call with values that are in no file.
    pub(crate) fn of_text(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            text: Some(text.into()),
            ..Self::default()
        }
    }

    /// The arguments of helm.
    pub(crate) fn args(&self, chart: &Path) -> Vec<String> {
        let mut args = vec!["template".into(), "release-name".into(), chart.display().to_string()];
        if let Some(file) = &self.file {
            args.extend(["--values".into(), file.display().to_string()]);
        }
        if self.text.is_some() {
            args.extend(["--values".into(), "-".into()]);
        }
        args.extend(self.flags.iter().cloned());
        args
    }
}

/// All sets of some folders of `tests/values`, in order, each with these flags before its own.
pub(crate) fn sets(folders: &[&str], flags: &[&str]) -> Vec<Call> {
    let values = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/values");
    let mut calls = Vec::new();
    for folder in folders {
        let mut files: Vec<_> = std::fs::read_dir(values.join(folder))
            .unwrap_or_else(|error| panic!("tests/values/{folder}: {error}"))
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|it| it == "yaml"))
            .collect();
        files.sort();
        assert!(!files.is_empty(), "tests/values/{folder} has no sets");
        for file in files {
            let text = std::fs::read_to_string(&file).unwrap();
            let own = text
                .lines()
                .find_map(|line| line.strip_prefix("# flags:"))
                .unwrap_or_default();
            let all = flags.iter().copied().chain(own.split_whitespace());
            calls.push(Call {
                name: format!("{folder}/{}", file.file_stem().unwrap().to_string_lossy()),
                flags: all.map(str::to_owned).collect(),
                file: Some(file),
                text: None,
            });
        }
    }
    calls
}
