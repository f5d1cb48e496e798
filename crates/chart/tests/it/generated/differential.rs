//! Random charts, rendered by the real Helm and by us: the same bytes, or the same words about what is wrong.

use std::rc::Rc;
use std::sync::LazyLock;

use hoist_chart::{Chart, ChartError, ChartFile, NoCluster, Options, SystemHost, ValueFile, ValueSources, template};
use hoist_helmpeer::{Case, Rendered, render_all};
use regex::Regex;

use super::charts::{NOTES, chart};
use super::language::{Language, Manner};

/// How many charts each run draws.
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

/// What differs on purpose.
fn is_known(theirs: &Result<Rendered, String>, ours: &Result<Vec<(String, String)>, ChartError>) -> bool {
    // A value's place in memory, which is another in each run.
    static ADDRESS: LazyLock<Regex> = LazyLock::new(|| Regex::new("0xc[0-9a-f]{9}").expect("it is a pattern"));
    let address = match theirs {
        Ok(files) => files.values().any(|text| ADDRESS.is_match(text)),
        Err(error) => ADDRESS.is_match(error),
    };
    let says = |text: &str| ours.as_ref().is_err_and(|error| error.to_string().contains(text));
    // Where a map comes to hold itself, Go's program ends.
    let crashed = theirs
        .as_ref()
        .is_err_and(|error| error.starts_with("helm-peer crashed"));
    address
        || says("as its address in memory")
        || crashed && says("does it hold itself?")
        // `printf "%c"` of a time prints the fields that Go's type has inside.
        || says("fmt: hoist does not know the fields of a")
        // A list that Go has appended to can be cut beyond its end, as far as its memory happens to go.
        || says("error calling slice: reflect.Value.Slice: slice index out of bounds")
}

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
    compare(1, CASES);
}

#[test]
#[ignore = "thousands of cases: for the long run"]
fn many_random_charts_render_to_the_same() {
    for seed in 2..5 {
        compare(seed, 2000);
    }
}

/// Compares so many charts of a seed.
fn compare(seed: u64, count: u64) {
    let language = Language::new(Manner::Sound);
    let (mut findings, mut rendered) = (Vec::new(), 0_u64);
    for first in (0..count).step_by(BATCH as usize) {
        let cases: Vec<_> = (first..count.min(first + BATCH))
            .map(|index| chart(&language, seed, index))
            .collect();
        for (index, (case, theirs)) in (first..).zip(cases.iter().zip(render_all(&cases))) {
            rendered += u64::from(theirs.is_ok());
            let ours = render(case);
            if is_known(&theirs, &ours) {
                continue;
            }
            let finding = difference(&theirs, &ours);
            findings.extend(finding.map(|it| format!("== chart {index} of seed {seed}: {it}\n{}", told(case))));
        }
    }
    let shown: Vec<_> = findings.iter().take(8).map(String::as_str).collect();
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
