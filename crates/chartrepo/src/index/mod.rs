//! The index of an HTTP repository: which versions there are, where, and with which digests.

mod raw;

use std::collections::HashMap;
use std::io::Read;

use hoist_sprig::semver::Version;

use crate::FetchError;
use crate::refs::range;
use raw::{File, RawEntry};

/// An index, newest versions first.
#[derive(Debug, Default)]
pub(crate) struct Index {
    charts: HashMap<String, Vec<Entry>>,
}

/// One version of a chart.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) version: Version,
    pub(crate) urls: Vec<String>,
    /// As it is written there; `None` when there is none.
    pub(crate) digest: Option<String>,
    pub(crate) deprecated: bool,
}

/// Why no version was found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Miss {
    /// The request is no range of versions.
    Range(FetchError),
    /// There is no such chart; these look alike.
    Chart { near: Vec<String> },
    /// None of its versions fits.
    Version { newest: Vec<String>, count: usize },
}

impl Index {
    /// Reads an index: YAML, or JSON. Unknown fields do no harm, nor do entries that Helm passes over: without a name,
    /// without a valid version, of an unknown type.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, String> {
        let file: File = if text.trim_ascii_start().starts_with(b"{")
            && let Ok(file) = serde_json::from_slice(text)
        {
            file
        } else {
            let text = std::str::from_utf8(text).map_err(|error| error.to_string())?;
            if text.trim().is_empty() {
                return Err("it is empty".into());
            }
            serde_saphyr::from_str_with_options(text, yaml_options())
                .map_err(|error| error.without_snippet().to_string())?
        };
        if file.api_version.0.is_none_or(|version| version.is_empty()) {
            return Err("it has no `apiVersion`".into());
        }
        let charts = file.entries.0.into_iter();
        let charts = charts
            .map(|(name, entries)| {
                let mut entries: Vec<Entry> = entries.into_iter().filter_map(RawEntry::read).collect();
                // Among equals the first stays first.
                entries.sort_by(|a, b| b.version.cmp(&a.version));
                (name, entries)
            })
            .collect();
        Ok(Self { charts })
    }

    /// The version that Helm would take: one that is written exactly so, or else the newest that fits.
    pub(crate) fn find(&self, name: &str, requested: &str) -> Result<&Entry, Miss> {
        let entries = self
            .charts
            .get(name)
            .ok_or_else(|| Miss::Chart { near: self.near(name) })?;
        let constraint = range(name, requested).map_err(Miss::Range)?;
        let exact = entries.iter().find(|entry| entry.version.original() == requested);
        exact
            .or_else(|| entries.iter().find(|entry| constraint.check(&entry.version)))
            .ok_or_else(|| Miss::Version {
                newest: entries
                    .iter()
                    .take(5)
                    .map(|entry| entry.version.original().to_owned())
                    .collect(),
                count: entries.len(),
            })
    }

    fn near(&self, name: &str) -> Vec<String> {
        near(name, self.charts.keys().map(String::as_str))
    }
}

/// The names most like another, the best first, at most three.
pub(crate) fn near<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut scored: Vec<(f64, &str)> = names
        .map(|other| {
            let part = name.len() > 3 && other.len() > 3 && (other.contains(name) || name.contains(other));
            (strsim::jaro_winkler(name, other) + if part { 0.2 } else { 0.0 }, other)
        })
        .filter(|(score, _)| *score > 0.85)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    scored.into_iter().take(3).map(|(_, name)| name.to_owned()).collect()
}

/// Unpacks what a server has packed on the way.
pub(crate) fn unpack(body: &[u8], limit: u64) -> Result<Vec<u8>, Option<String>> {
    let mut out = Vec::new();
    let mut reader = flate2::read::MultiGzDecoder::new(body).take(limit.saturating_add(1));
    reader.read_to_end(&mut out).map_err(|error| Some(error.to_string()))?;
    if out.len() as u64 > limit { Err(None) } else { Ok(out) }
}

fn yaml_options() -> serde_saphyr::Options {
    let mut options = serde_saphyr::Options::default();
    options.with_snippet = false;
    // The largest public indexes have some ten thousand versions with fifty lines each. The bytes are limited
    // before; few indexes have aliases, by which a text can grow.
    if let Some(budget) = &mut options.budget {
        budget.max_events = 100_000_000;
        budget.max_nodes = 100_000_000;
        budget.max_total_scalar_bytes = 512 << 20;
        budget.max_recorded_anchor_events = 100_000;
    }
    options.duplicate_keys = serde_saphyr::options::DuplicateKeyPolicy::LastWins;
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = r#"
apiVersion: v1
generated: "2026-01-01T00:00:00Z"
serverInfo: { contextPath: /x }
entries:
  cilium:
    - { name: cilium, version: 1.19.0, urls: [cilium-1.19.0.tgz], digest: "" }
    - name: cilium
      version: 1.20.0
      created: 2026-01-01T00:00:00.000Z
      digest: aabb
      deprecated: true
      urls: [https://x/cilium-1.20.0.tgz, other]
      annotations: { a: b, c: [1, 2] }
      future: { field: [ {} ] }
    -
    - { name: cilium, version: not-a-version, urls: [] }
    - { name: cilium, version: 1.5, urls: ~ }
    - { name: cilium, version: 2.0.0-rc.1 }
    - { version: 0.2.0 }
    - { name: other, version: 0.1.0, type: application }
    - { name: cilium, version: 0.3.0, type: plugin }
  nothing: ~
  cert-manager: []
"#;

    fn found(index: &Index, requested: &str) -> String {
        index.find("cilium", requested).unwrap().version.original().to_owned()
    }

    #[test]
    fn an_index_is_read_with_all_its_oddities() {
        let index = Index::parse(SMALL.as_bytes()).unwrap();
        for (requested, version) in [
            ("", "1.20.0"),
            ("~1.19", "1.19.0"),
            ("1.5.0", "1.5"),
            (">1-0", "2.0.0-rc.1"),
            ("v1.20.0", "1.20.0"),
        ] {
            assert_eq!(found(&index, requested), version, "{requested}");
        }
        let entry = index.find("cilium", "1.20.0").unwrap();
        assert_eq!((entry.digest.as_deref(), entry.deprecated), (Some("aabb"), true));
        assert_eq!(entry.urls, ["https://x/cilium-1.20.0.tgz", "other"]);
        assert_eq!(index.find("cilium", "1.19.0").unwrap().digest, None);
        assert_eq!(
            index.find("cilium", "^9").unwrap_err(),
            Miss::Version {
                newest: ["2.0.0-rc.1", "1.20.0", "1.19.0", "1.5", "0.1.0"]
                    .map(str::to_owned)
                    .into(),
                count: 5
            }
        );
        assert_eq!(
            index.find("nothing", "").unwrap_err(),
            Miss::Version {
                newest: vec![],
                count: 0
            }
        );
        assert_eq!(
            index.find("certmanager", "").unwrap_err(),
            Miss::Chart {
                near: vec!["cert-manager".into()]
            }
        );
        assert!(matches!(index.find("cilium", "latest").unwrap_err(), Miss::Range(_)));
    }

    #[test]
    fn json_is_an_index_too() {
        let index = Index::parse(
            br#"{"apiVersion":"v1","entries":{"cilium":[null,{"name":"cilium","version":"1.0.0","urls":["a"]}]}}"#,
        )
        .unwrap();
        assert_eq!(found(&index, "1"), "1.0.0");
    }

    #[test]
    fn what_is_no_index_is_refused_without_being_quoted() {
        for text in [
            "",
            "<html><body>canary</body></html>",
            "entries: {}",
            "apiVersion: v1\nentries: [canary",
            "apiVersion: v1\nentries: canary",
            "- canary",
            "{",
        ] {
            let error = Index::parse(text.as_bytes()).unwrap_err();
            assert!(!error.is_empty() && error.len() < 300, "{error}");
        }
        assert!(Index::parse(&[0xff, 0xfe]).is_err());
    }

    #[test]
    fn a_hostile_index_costs_little() {
        let deep = "[".repeat(100_000);
        let nested = format!("apiVersion: v1\nentries:\n  a:\n  - x: {deep}\n");
        // Each alias is ten of the one before.
        let mut laughs = "apiVersion: v1\na0: &a0 [x]\n".to_owned();
        for level in 1..30 {
            let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
            laughs.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
        }
        laughs.push_str("entries: *a29\n");
        let json = format!(r#"{{"apiVersion":"v1","entries":{{"a":[{{"x":{deep}"#);
        for text in [nested, laughs, json, format!("apiVersion: {deep}")] {
            assert!(Index::parse(text.as_bytes()).is_err());
        }
    }

    #[test]
    fn a_large_index_is_read() {
        let mut text = "apiVersion: v1\nentries:\n".to_owned();
        for chart in 0..30 {
            text.push_str(&format!("  chart-{chart}:\n"));
            for version in 0..30 {
                text.push_str(&format!(
                    "  - name: chart-{chart}\n    version: 1.{version}.0\n    created: \"2026-01-01T00:00:00Z\"\n    \
                     description: |\n      Text\n      of lines\n    maintainers:\n    - email: a@example.org\n      name: a\n    \
                     urls:\n    - https://charts.example/{version}.tgz\n    digest: {:064}\n",
                    1
                ));
            }
        }
        let index = Index::parse(text.as_bytes()).unwrap();
        assert_eq!(index.find("chart-29", "").unwrap().version.original(), "1.29.0");
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,80}", entries in "[\\[\\]{}a:,\\-\n &*~1.\"]{0,60}") {
            let _ = Index::parse(text.as_bytes());
            let _ = Index::parse(format!("apiVersion: v1\nentries:\n{entries}").as_bytes());
            let _ = Index::parse(format!("{{\"apiVersion\":\"v1\",\"entries\":{entries}}}").as_bytes());
        }
    }

    #[test]
    fn unpacking_has_a_limit() {
        use std::io::Write as _;
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packed.write_all(&vec![b'a'; 100_000]).unwrap();
        let packed = packed.finish().unwrap();
        assert_eq!(unpack(&packed, 100_000).unwrap().len(), 100_000);
        assert_eq!(unpack(&packed, 99_999), Err(None));
        assert!(matches!(unpack(b"plain", 10), Err(Some(_))));
    }
}
