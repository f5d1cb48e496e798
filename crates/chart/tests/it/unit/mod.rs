//! Small charts, written for one behaviour each, rendered by the real Helm and by us.

mod dependencies;
mod errors;
mod hostile;
mod installed;
mod loading;
mod objects;
mod output;
mod random;
mod schema;
mod set;
mod show;
mod values;

use std::path::Path;

use hoist_chart::{
    Chart, KubeVersion, NoCluster, Options, OutputOptions, Rendered, SystemHost, ValueFile, ValueSources, template,
};
use hoist_helmpeer::{Command, helm_all};

/// A chart in a folder, and what `helm template` is told of it.
pub(crate) struct Small {
    name: String,
    files: Vec<(String, Vec<u8>)>,
    args: Vec<String>,
}

/// Chart.yaml of a chart that is of no interest in itself.
pub(crate) const CHART: &str = "apiVersion: v2\nname: demo\nversion: 0.1.0\n";

impl Small {
    /// A chart with these files beside a plain Chart.yaml.
    pub(crate) fn new(name: impl Into<String>, files: &[(&str, &str)]) -> Self {
        Self {
            name: name.into(),
            files: Vec::new(),
            args: Vec::new(),
        }
        .with("Chart.yaml", CHART)
        .all(files)
    }

    /// A chart of one template that shows what a pipeline makes.
    pub(crate) fn shows(pipeline: &str) -> Self {
        Self::new(pipeline, &[("templates/t.yaml", &format!("t: {{{{ {pipeline} }}}}"))])
    }

    pub(crate) fn with(mut self, path: &str, text: impl AsRef<[u8]>) -> Self {
        self.files.retain(|(known, _)| known != path);
        self.files.push((path.to_owned(), text.as_ref().to_vec()));
        self
    }

    pub(crate) fn all(self, files: &[(&str, &str)]) -> Self {
        files.iter().fold(self, |small, (path, text)| small.with(path, text))
    }

    /// With flags, split at blanks.
    pub(crate) fn args(mut self, args: &str) -> Self {
        self.args.extend(args.split_whitespace().map(str::to_owned));
        self
    }

    /// With one flag and its argument, which may have blanks.
    pub(crate) fn arg(mut self, flag: &str, argument: &str) -> Self {
        self.args.extend([flag.to_owned(), argument.to_owned()]);
        self
    }

    pub(crate) fn write(&self, folder: &Path) {
        for (path, text) in &self.files {
            let path = folder.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
    }

    /// What `helm template` prints, as this crate makes it.
    fn ours(&self, folder: &Path) -> Result<Vec<u8>, String> {
        let (rendered, output) = self.rendered(folder)?;
        rendered.to_text(&output).map_err(|error| error.to_string())
    }

    pub(crate) fn rendered(&self, folder: &Path) -> Result<(Rendered, OutputOptions), String> {
        let mut options = Options::default();
        let mut output = OutputOptions::default();
        let mut sources = ValueSources::default();
        let mut args = self.args.iter();
        while let Some(flag) = args.next() {
            let mut next = || args.next().cloned().unwrap();
            match flag.as_str() {
                "--set" => sources.set.push(next()),
                "--set-string" => sources.string.push(next()),
                "--set-json" => sources.json.push(next()),
                "--set-file" => sources.file.push(next()),
                "--set-literal" => sources.literal.push(next()),
                "--include-crds" => output.include_crds = true,
                "--no-hooks" => output.no_hooks = true,
                "--skip-tests" => output.skip_tests = true,
                "--skip-schema-validation" => options.skip_schema = true,
                "--is-upgrade" => options.is_upgrade = true,
                "--show-only" => output.show_only.push(next()),
                "--namespace" => options.namespace = next(),
                "--api-versions" => options.api_versions.extend(next().split(',').map(str::to_owned)),
                "--kube-version" => {
                    options.kube_version = KubeVersion::parse(&next()).map_err(|error| error.to_string())?;
                }
                "--values" => {
                    let name = next();
                    let text = std::fs::read(folder.join(&name)).unwrap();
                    sources.files.push(ValueFile { name, text });
                }
                other => panic!("the tests do not know {other}"),
            }
        }
        let told = |error: hoist_chart::ChartError| error.to_string();
        let read = |path: &str| std::fs::read(path).map_err(|error| error.to_string());
        let values = sources.merge(read).map_err(told)?;
        let chart = Chart::load(folder).map_err(told)?;
        options.release = "release-name".into();
        let rendered = template(&chart, &values, &options, &mut SystemHost, &mut NoCluster).map_err(told)?;
        Ok((rendered, output))
    }
}

/// Renders all with both, and panics with what differs: another text, or an error that does not tell what Helm's does.
pub(crate) fn same(cases: &[Small]) {
    let folders: Vec<_> = cases.iter().map(|_| tempfile::tempdir().unwrap()).collect();
    let commands: Vec<_> = cases
        .iter()
        .zip(&folders)
        .map(|(case, folder)| {
            case.write(folder.path());
            let path = folder.path().display().to_string();
            let mut args = vec!["template".to_owned(), "release-name".to_owned(), path];
            let mut own = case.args.iter();
            while let Some(arg) = own.next() {
                args.push(arg.clone());
                if arg == "--values" {
                    args.push(folder.path().join(own.next().unwrap()).display().to_string());
                }
            }
            Command::new(args)
        })
        .collect();
    let mut findings = Vec::new();
    for ((case, folder), theirs) in cases.iter().zip(&folders).zip(helm_all(&commands)) {
        let ours = case.ours(folder.path());
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let finding = match (&theirs.error, &ours) {
            (None, Ok(ours)) if *ours == theirs.stdout => None,
            (None, Ok(ours)) => Some(format!("helm:\n{}\nours:\n{}", text(&theirs.stdout), text(ours))),
            (None, Err(ours)) => Some(format!("helm:\n{}\nwe fail: {ours}", text(&theirs.stdout))),
            (Some(theirs), Ok(ours)) => Some(format!("helm fails: {theirs}\nours:\n{}", text(ours))),
            (Some(theirs), Err(ours)) => {
                let wanted = theirs.replace("\n\nUse --debug flag to render out invalid YAML", "");
                (!ours.contains(wanted.trim())).then(|| format!("helm fails: {theirs}\nwe fail:    {ours}"))
            }
        };
        findings.extend(finding.map(|finding| format!("== {}\n{finding}", case.name)));
    }
    assert!(
        findings.is_empty(),
        "{} of {} differ:\n{}",
        findings.len(),
        cases.len(),
        findings.join("\n")
    );
}
