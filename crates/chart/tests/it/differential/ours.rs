//! `helm template` as this crate does it, from the same flags.

use std::net::IpAddr;
use std::path::Path;
use std::time::SystemTime;

use hoist_chart::{
    Chart, Draw, KubeVersion, NoCluster, Options, OutputOptions, SystemHost, ValueFile, ValueSources, template,
};
use hoist_govalue::{Host, Value};

use super::sets::Call;

/// What came of it.
#[derive(Debug)]
pub(crate) struct Ours {
    /// The text that helm would print, or why there is none.
    pub(crate) result: Result<Vec<u8>, String>,
    /// The warnings.
    pub(crate) warnings: Vec<String>,
}

/// What the flags say.
pub(crate) struct Request {
    pub(crate) options: Options,
    pub(crate) sources: ValueSources,
    output: OutputOptions,
}

/// The machine, but for keys, which take long to make: what was made once from the same arguments is used again.
#[derive(Default)]
pub(crate) struct Keeper {
    kept: Vec<Draw>,
}

impl Host for Keeper {
    fn now(&mut self) -> SystemTime {
        SystemHost.now()
    }

    fn random(&mut self, buffer: &mut [u8]) {
        SystemHost.random(buffer);
    }

    fn recall(&mut self, kind: &'static str, detail: &[Value]) -> Option<Value> {
        let same = |it: &&Draw| {
            it.kind == kind
                && it.detail.len() == detail.len()
                && it.detail.iter().zip(detail).all(|(a, b)| a.deep_eq(b))
        };
        self.kept.iter().find(same).map(|it| it.result.clone())
    }

    fn drawn(&mut self, kind: &'static str, detail: &[Value], result: &Value) {
        self.kept.push(Draw {
            kind,
            detail: detail.to_vec(),
            result: result.clone(),
        });
    }

    fn resolve(&mut self, name: &str) -> Result<Vec<IpAddr>, String> {
        Err(format!("{name} is not asked for in a test"))
    }
}

/// Renders a chart that was loaded before.
pub(crate) fn ours(chart: &Chart, call: &Call, keeper: &mut Keeper) -> Ours {
    let mut warnings = Vec::new();
    let result = run(chart, call, keeper, &mut warnings);
    Ours { result, warnings }
}

/// Loads a chart and renders it.
pub(crate) fn ours_from(path: &Path, call: &Call) -> Ours {
    match Chart::load(path) {
        Ok(chart) => ours(&chart, call, &mut Keeper::default()),
        Err(error) => Ours {
            result: Err(error.to_string()),
            warnings: Vec::new(),
        },
    }
}

fn run(chart: &Chart, call: &Call, keeper: &mut Keeper, warnings: &mut Vec<String>) -> Result<Vec<u8>, String> {
    let Request {
        options,
        sources,
        output,
    } = parse(call)?;
    let values = sources
        .merge(|path| std::fs::read(path).map_err(|error| error.to_string()))
        .map_err(|error| error.to_string())?;
    let rendered = template(chart, &values, &options, keeper, &mut NoCluster).map_err(|error| error.to_string())?;
    warnings.extend(rendered.warnings.iter().map(ToString::to_string));
    rendered.to_text(&output).map_err(|error| error.to_string())
}

/// Reads the flags.
pub(crate) fn parse(call: &Call) -> Result<Request, String> {
    let mut request = Request {
        options: Options::default(),
        sources: ValueSources::default(),
        output: OutputOptions::default(),
    };
    if let Some(file) = &call.file {
        request.sources.files.push(ValueFile {
            name: file.display().to_string(),
            text: std::fs::read(file).unwrap(),
        });
    }
    if let Some(text) = &call.text {
        request.sources.files.push(ValueFile {
            name: "-".into(),
            text: text.clone().into_bytes(),
        });
    }
    let mut flags = call.flags.iter();
    while let Some(flag) = flags.next() {
        let mut argument = || {
            flags
                .next()
                .unwrap_or_else(|| panic!("{}: {flag} without a value", call.name))
                .clone()
        };
        let Request {
            options,
            sources,
            output,
        } = &mut request;
        match flag.as_str() {
            "--set" => sources.set.push(argument()),
            "--set-string" => sources.string.push(argument()),
            "--set-json" => sources.json.push(argument()),
            "--set-file" => sources.file.push(argument()),
            "--set-literal" => sources.literal.push(argument()),
            "-n" | "--namespace" => options.namespace = argument(),
            "--is-upgrade" => options.is_upgrade = true,
            "--skip-schema-validation" => options.skip_schema = true,
            "--kube-version" => {
                options.kube_version = KubeVersion::parse(&argument()).map_err(|error| error.to_string())?;
            }
            "-a" | "--api-versions" => options.api_versions.extend(argument().split(',').map(str::to_owned)),
            "--include-crds" => output.include_crds = true,
            "--no-hooks" => output.no_hooks = true,
            "--skip-tests" => output.skip_tests = true,
            "-s" | "--show-only" => output.show_only.push(argument()),
            other => panic!("{}: the flag {other} is not known here", call.name),
        }
    }
    Ok(request)
}
