//! Charts, values and archives that mean harm, drawn at random, and what comes of rendering them.

mod archives;
mod mutations;
pub(crate) mod run;
mod specials;
pub(crate) mod store;
mod templates;
mod values;

use std::path::Path;

use super::language::{Language, Manner, Rng};

/// A file: its path, and its bytes.
pub(crate) type File = (String, Vec<u8>);

/// What one rendering is given.
#[derive(Clone, Debug, Default)]
pub(crate) struct Case {
    /// How it was drawn.
    pub(crate) kind: String,
    /// The chart's files, when there is no archive.
    pub(crate) files: Vec<File>,
    /// The chart's archive.
    pub(crate) archive: Option<Vec<u8>>,
    /// Values files.
    pub(crate) values: Vec<Vec<u8>>,
    /// `--set` and its like: the flag's name, and its argument.
    pub(crate) sets: Vec<(String, String)>,
    /// `.Release.Name`; `--kube-version`; `--api-versions`.
    pub(crate) release: String,
    pub(crate) kube_version: String,
    pub(crate) api_versions: Vec<String>,
}

/// Real charts, to be damaged.
pub(crate) struct Corpus {
    pub(crate) charts: Vec<Vec<File>>,
    pub(crate) archives: Vec<Vec<u8>>,
    /// Names and pieces of their templates.
    pub(crate) tokens: Vec<String>,
}

impl Corpus {
    /// Reads those of the packed charts in `FOLDER/*/*.tgz` that a test of the name takes.
    pub(crate) fn read(folder: &Path, takes: impl Fn(&str) -> bool) -> std::io::Result<Self> {
        let mut paths = Vec::new();
        for repo in std::fs::read_dir(folder)? {
            let repo = repo?.path();
            if repo.is_dir() {
                for file in std::fs::read_dir(repo)? {
                    paths.push(file?.path());
                }
            }
        }
        paths.retain(|path| path.extension().is_some_and(|it| it == "tgz") && takes(&path.to_string_lossy()));
        paths.sort();
        let mut corpus = Self {
            charts: Vec::new(),
            archives: Vec::new(),
            tokens: Vec::new(),
        };
        for path in paths {
            let bytes = std::fs::read(path)?;
            let files = archives::unpacked(&bytes)?;
            for (name, text) in &files {
                if name.starts_with("templates/") && corpus.tokens.len() < 200_000 {
                    let text = String::from_utf8_lossy(text);
                    corpus
                        .tokens
                        .extend(mutations::tokens(&text).into_iter().map(str::to_owned));
                }
            }
            corpus.charts.push(files);
            corpus.archives.push(bytes);
        }
        corpus.tokens.sort_unstable();
        corpus.tokens.dedup();
        Ok(corpus)
    }
}

/// Draws cases.
pub(crate) struct Maker {
    language: Language,
    corpus: Corpus,
}

/// A kind, and how often of a hundred.
const KINDS: &[(&str, usize)] = &[
    ("grammar", 30),
    ("special", 14),
    ("mutated", 20),
    ("values", 14),
    ("sets", 6),
    ("schema", 6),
    ("archive", 5),
    ("metadata", 5),
];

impl Maker {
    pub(crate) fn new(corpus: Corpus) -> Self {
        Self {
            language: Language::new(Manner::Hostile),
            corpus,
        }
    }

    /// Case `index` of a seed: always the same one.
    pub(crate) fn case(&self, seed: u64, index: u64) -> Case {
        let mut rng = Rng::new(seed, index);
        let rng = &mut rng;
        let mut at = rng.below(KINDS.iter().map(|(_, share)| share).sum());
        let kind = KINDS.iter().find(|(_, share)| {
            let found = at < *share;
            at = at.saturating_sub(*share);
            found
        });
        let kind = kind.map_or("grammar", |(kind, _)| kind);
        let mut case = Case {
            kind: kind.to_owned(),
            release: "name".into(),
            ..Case::default()
        };
        case.files
            .push(file("Chart.yaml", "apiVersion: v2\nname: demo\nversion: 0.1.0\n"));
        match kind {
            "special" => specials::fill(rng, &mut case),
            "mutated" => mutations::fill(rng, &self.corpus, &self.language, &mut case),
            "values" => values::fill(rng, &self.corpus, &mut case),
            "sets" => values::fill_sets(rng, &mut case),
            "schema" => values::fill_schema(rng, &mut case),
            "archive" => archives::fill(rng, &self.corpus, &mut case),
            "metadata" => values::fill_metadata(rng, &mut case),
            _ => templates::fill(rng, &self.language, &mut case),
        }
        if rng.chance(3) {
            case.release = rng
                .pick(&["", "A", "a..b", "-", "a.b", &"a".repeat(60), "é"])
                .to_owned();
        }
        if rng.chance(5) {
            case.kube_version = rng
                .pick(&[
                    "",
                    "1",
                    "v1.99.0",
                    "99999999999999999999.0.0",
                    "1.2.3.4",
                    "x",
                    "1.30.0-é",
                ])
                .to_owned();
            case.api_versions = vec![rng.pick(&["", "a/b/c/d", "v1"]).to_owned()];
        }
        case
    }
}

pub(crate) fn file(name: &str, text: impl AsRef<[u8]>) -> File {
    (name.to_owned(), text.as_ref().to_vec())
}
