//! Random charts, rendered by the real Helm and by us: the same bytes, or the same words about what is wrong.

use std::rc::Rc;
use std::sync::LazyLock;

use hoist_chart::{Chart, ChartError, ChartFile, NoCluster, Options, SystemHost, ValueFile, ValueSources, template};
use hoist_helmpeer::{Case, Rendered, render_all};
use regex::Regex;

use super::charts::{NOTES, chart};
use super::language::{Language, Manner};

/// How many charts are drawn; `PROPTEST_CASES`, as of the tests with that library, draws more.
const CASES: u64 = 300;
const BATCH: u64 = 100;

fn render(case: &Case) -> Result<Vec<(String, String)>, ChartError> {
    let text = case.templates.iter().map(|(name, text)| (name, text.as_bytes()));
    let bytes = case.files.iter().map(|(name, data)| (name, data.as_slice()));
    let mut files: Vec<_> = text
        .chain(bytes)
        .map(|(name, data)| ChartFile {
            name: Rc::from(name.as_str()),
            data: data.into(),
        })
        .collect();
    let metadata = case.chart.as_ref().map(ToString::to_string).unwrap_or_default();
    files.push(ChartFile {
        name: "Chart.yaml".into(),
        data: metadata.as_bytes().into(),
    });
    let chart = Chart::from_files(files)?;
    let files = case.values_files.iter().map(|text| ValueFile {
        name: "values-0.yaml".into(),
        text: text.clone().into(),
    });
    let sources = ValueSources {
        files: files.collect(),
        ..Default::default()
    };
    let values = sources.merge(|path| Err(format!("{path} is not asked for")))?;
    let rendered = template(&chart, &values, &Options::default(), &mut SystemHost, &mut NoCluster)?;
    let mut texts = Vec::new();
    if let Some(notes) = &rendered.notes {
        texts.push((NOTES.to_owned(), as_json(notes)));
    }
    for manifest in &rendered.manifests {
        let path = manifest.template.to_string();
        let path = path.split_once('/').map_or(path.as_str(), |(_, path)| path).to_owned();
        texts.push((path, as_json(&manifest.text).trim().to_owned()));
    }
    Ok(texts)
}

/// Bytes as they come out of Go's JSON: each that is no UTF-8 is a character of its own.
fn as_json(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    text
}

/// What is not as Helm has it.
fn difference(theirs: &Result<Rendered, String>, ours: &Result<Vec<(String, String)>, ChartError>) -> Option<String> {
    match (theirs, ours) {
        (Ok(theirs), Ok(ours)) => {
            for (path, text) in theirs {
                let own = ours.iter().find(|(own, _)| own == path).map(|(_, text)| text.as_str());
                let same = match path.ends_with("NOTES.txt") {
                    true => own == Some(text),
                    false => own.unwrap_or_default() == text.trim(),
                };
                if !same {
                    return Some(format!(
                        "{path}\n--- helm\n{text}\n--- ours\n{}",
                        own.unwrap_or("nothing")
                    ));
                }
            }
            None
        }
        (Ok(_), Err(error)) => Some(format!("helm renders it, and we do not:\n{error}")),
        (Err(error), Ok(_)) => Some(format!("we render it, and helm does not:\n{error}")),
        (Err(theirs), Err(ours)) => {
            let (theirs, ours) = (theirs.clone(), ours.to_string());
            (!is_same_error(&theirs, &ours)).then(|| format!("errors\n--- helm\n{theirs}\n--- ours\n{ours}"))
        }
    }
}

fn is_same_error(theirs: &str, ours: &str) -> bool {
    theirs == ours
}

/// A value's place in memory, which only Go tells.
static ADDRESS: LazyLock<Regex> = LazyLock::new(|| Regex::new("0xc[0-9a-f]{9}").expect("it is a pattern"));

fn told(case: &Case) -> String {
    let mut text = String::new();
    for (name, body) in &case.templates {
        text.push_str(&format!("--- {name}\n{body}\n"));
    }
    for body in &case.values_files {
        text.push_str(&format!("--- values\n{body}\n"));
    }
    text
}

#[test]
fn random_charts_render_to_the_same() {
    let count = std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|count| count.parse().ok())
        .unwrap_or(CASES);
    let seed = std::env::var("HOIST_SEED")
        .ok()
        .and_then(|count| count.parse().ok())
        .unwrap_or(1);
    let language = Language::new(Manner::Sound);
    let (mut findings, mut rendered, mut seen) = (Vec::new(), 0_u64, 0);
    for first in (0..count).step_by(BATCH as usize) {
        let cases: Vec<_> = (first..count.min(first + BATCH))
            .map(|index| chart(&language, seed, index))
            .collect();
        for (index, (case, theirs)) in (first..).zip(cases.iter().zip(render_all(&cases))) {
            seen += 1;
            rendered += u64::from(theirs.is_ok());
            let address = match &theirs {
                Ok(files) => files.values().any(|text| ADDRESS.is_match(text)),
                Err(error) => ADDRESS.is_match(error),
            };
            if address {
                continue;
            }
            let ours = render(case);
            // Where a map comes to hold itself, Go's program ends.
            let crashed = theirs
                .as_ref()
                .is_err_and(|error| error.starts_with("helm-peer crashed"));
            if crashed
                && ours
                    .as_ref()
                    .is_err_and(|error| error.to_string().contains("does it hold itself?"))
            {
                continue;
            }
            // What would be another text in each run is refused.
            if ours
                .as_ref()
                .is_err_and(|error| error.to_string().contains("as its address in memory"))
            {
                continue;
            }
            let finding = difference(&theirs, &ours);
            findings.extend(finding.map(|it| format!("== chart {index} of seed {seed}: {it}\n{}", told(case))));
        }
    }
    let shown: Vec<_> = findings.iter().take(8).map(String::as_str).collect();
    println!("{rendered} of {seen} rendered");
    assert!(
        findings.is_empty(),
        "{} of {count} differ:\n{}",
        findings.len(),
        shown.join("\n\n")
    );
    assert!(
        rendered * 4 > count,
        "only {rendered} of {count} render, so little was compared"
    );
}
