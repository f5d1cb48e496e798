//! Rendering a case, and what must not come of it.

use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::time::{Duration, SystemTime};

use hoist_chart::{
    Chart, ChartError, ChartFile, KubeVersion, NoCluster, Options, OutputOptions, Show, ValueFile, ValueSources,
    template,
};
use hoist_govalue::Host;

use super::super::language::Rng;
use super::Case;

/// What came of a case.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outcome {
    /// Whether there are manifests.
    pub(crate) rendered: bool,
    /// Why there are none.
    pub(crate) error: String,
    /// What is wrong with us.
    pub(crate) problem: Option<String>,
}

/// Words that no error should have, since they speak of the inside of this program.
const INTERNALS: &[&str] = &[
    "unwrap",
    "index out of bounds: the len",
    "panicked",
    "RefCell",
    "already borrowed",
    "already mutably",
    "attempt to ",
    ".rs:",
    "Some(",
    "char boundary",
    "internal error",
    "unreachable",
    "Utf8Error",
    "TryFrom",
];

/// A world that is the same each time.
struct Still(Rng);

impl Host for Still {
    fn now(&mut self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)
    }

    fn random(&mut self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(8) {
            let drawn = self.0.next().to_le_bytes();
            chunk.copy_from_slice(&drawn[..chunk.len()]);
        }
    }

    fn resolve(&mut self, name: &str) -> Result<Vec<IpAddr>, String> {
        Err(format!("{name} is not looked up"))
    }
}

/// Renders a case, and looks at all that can be had of it.
pub(crate) fn run(case: &Case) -> Outcome {
    let result = catch_unwind(AssertUnwindSafe(|| render(case)));
    match result {
        Ok(Ok(())) => Outcome {
            rendered: true,
            ..Outcome::default()
        },
        Ok(Err(error)) => {
            let problem = judged(case, &error);
            Outcome {
                error: error.chars().take(300).collect(),
                problem,
                ..Outcome::default()
            }
        }
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("no text");
            Outcome {
                problem: Some(format!("panic: {text}")),
                ..Outcome::default()
            }
        }
    }
}

fn judged(case: &Case, error: &str) -> Option<String> {
    if error.trim().is_empty() {
        return Some("an error without a text".into());
    }
    if error.len() > 512 << 20 {
        return Some(format!("an error of {} bytes", error.len()));
    }
    let inputs = || {
        let files = case.files.iter().map(|(_, text)| text);
        files.chain(&case.values).any(|text| {
            let text = String::from_utf8_lossy(text);
            INTERNALS.iter().any(|word| text.contains(word))
        })
    };
    let head: String = error.chars().take(1 << 16).collect();
    let word = INTERNALS.iter().find(|word| head.contains(**word))?;
    // What the person's own words say is theirs.
    (!inputs()).then(|| {
        format!(
            "an error names {word:?}: {}",
            head.chars().take(600).collect::<String>()
        )
    })
}

fn render(case: &Case) -> Result<(), String> {
    let told = |error: ChartError| format!("{error} (hint: {})", error.hint());
    let chart = match &case.archive {
        Some(bytes) => Chart::from_archive(bytes),
        None => Chart::from_files(
            case.files
                .iter()
                .map(|(name, data)| ChartFile {
                    name: Rc::from(name.as_str()),
                    data: data.as_slice().into(),
                })
                .collect(),
        ),
    };
    let chart = chart.map_err(told)?;
    let shown = chart.show(Show::All).map_err(told);
    let mut sources = ValueSources::default();
    for (at, text) in case.values.iter().enumerate() {
        sources.files.push(ValueFile {
            name: format!("values-{at}.yaml"),
            text: text.clone(),
        });
    }
    for (kind, text) in &case.sets {
        let list = match kind.as_str() {
            "string" => &mut sources.string,
            "json" => &mut sources.json,
            "file" => &mut sources.file,
            "literal" => &mut sources.literal,
            _ => &mut sources.set,
        };
        list.push(text.clone());
    }
    let values = sources
        .merge(|path| Ok(format!("the text of {path}").into_bytes()))
        .map_err(told)?;
    let mut options = Options {
        release: case.release.clone(),
        api_versions: case.api_versions.clone(),
        ..Options::default()
    };
    if !case.kube_version.is_empty() {
        options.kube_version = KubeVersion::parse(&case.kube_version).map_err(|error| error.to_string())?;
    }
    let rendered = template(&chart, &values, &options, &mut Still(Rng::new(1, 1)), &mut NoCluster).map_err(told)?;
    let output = OutputOptions {
        include_crds: true,
        ..OutputOptions::default()
    };
    rendered.to_text(&output).map_err(told)?;
    rendered.to_files(&output, true);
    // Manifests need not be objects of Kubernetes; that it is said is enough.
    let objects = rendered.objects(true).map_err(told);
    if let Err(error) = shown.and(objects.map(|_| Vec::<u8>::new()))
        && let Some(problem) = judged(case, &error)
    {
        return Err(problem);
    }
    Ok(())
}
