//! Comparing two renderings: byte for byte, or by structure where Helm itself gives another text each time.

use std::sync::LazyLock;

use regex::Regex;
use similar::TextDiff;

use super::described::described;

/// Why ours is not helm's, as lines for a person; `None` when it is.
///
/// `again` renders with helm once more: what differs between its two texts is random, and ours has to be of the same form.
pub(crate) fn difference(theirs: &[u8], ours: &[u8], again: impl FnOnce() -> Vec<u8>) -> Option<String> {
    if theirs == ours {
        return None;
    }
    let plain = |text: &[u8]| described(&in_order(&String::from_utf8_lossy(text)));
    let (theirs, ours) = (plain(theirs), plain(ours));
    if theirs == ours {
        return None;
    }
    let again = plain(&again());
    if theirs != again && same_form(&theirs, &again, &ours) {
        return None;
    }
    Some(first_difference(&theirs, &ours))
}

/// The same text with the CRDs of subcharts by their paths: Helm walks through subcharts in another order each time.
fn in_order(text: &str) -> String {
    let Some(text) = text.strip_prefix("---\n# Source: ") else {
        return text.to_owned();
    };
    let mut documents: Vec<_> = text.split("\n---\n# Source: ").collect();
    let path = |document: &str| document.lines().next().unwrap_or_default().to_owned();
    let crds = documents.iter().take_while(|it| path(it).contains("/crds/")).count();
    documents[..crds].sort_by_key(|it| path(it));
    format!("---\n# Source: {}", documents.join("\n---\n# Source: "))
}

/// Whether `ours` is `theirs`, but for words in which `theirs` and `again` differ; those have the same form.
fn same_form(theirs: &str, again: &str, ours: &str) -> bool {
    static WORD: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"[A-Za-z0-9+/=$]+|[^A-Za-z0-9+/=$]+").unwrap());
    let words = |text| WORD.find_iter(text).map(|it| it.as_str()).collect::<Vec<_>>();
    let (theirs, again, ours) = (words(theirs), words(again), words(ours));
    theirs.len() == again.len()
        && theirs.len() == ours.len()
        && theirs
            .iter()
            .zip(&again)
            .zip(&ours)
            .all(|((theirs, again), ours)| match theirs == again {
                true => theirs == ours,
                false => form(theirs) == form(ours),
            })
}

/// Of what a word is made, and how long it is.
fn form(word: &str) -> (usize, &'static str) {
    let all = |test: fn(&u8) -> bool| word.as_bytes().iter().all(test);
    let kind = match () {
        () if all(u8::is_ascii_digit) => "digits",
        () if all(|it| it.is_ascii_digit() || (b'a'..=b'f').contains(it)) => "hexadecimal",
        () if all(u8::is_ascii_alphanumeric) => "letters and digits",
        () => "base64 or such",
    };
    // Short random words of letters may happen to be digits alone.
    let kind = if word.len() < 20 && kind != "base64 or such" {
        "short"
    } else {
        kind
    };
    (word.len(), kind)
}

fn first_difference(theirs: &str, ours: &str) -> String {
    let split = |text: &str| -> Vec<String> { text.split("\n---\n").map(|it| format!("{it}\n")).collect() };
    let (left, right) = (split(theirs), split(ours));
    for (number, (left, right)) in left.iter().zip(&right).enumerate() {
        if left != right {
            let name = |text: &str| {
                text.lines()
                    .find_map(|it| it.strip_prefix("# Source: ").map(str::to_owned))
            };
            let shown = TextDiff::from_lines(left.as_str(), right.as_str());
            let shown = shown
                .unified_diff()
                .context_radius(3)
                .header("helm", "ours")
                .to_string();
            let shown: Vec<_> = shown.lines().take(60).collect();
            return format!(
                "document {number} of {}, {}:\n{}",
                split(theirs).len(),
                name(left)
                    .or_else(|| name(right))
                    .unwrap_or_else(|| "without a source".into()),
                shown.join("\n")
            );
        }
    }
    let (longer, who) = if left.len() > right.len() {
        (left.get(right.len()), "helm")
    } else {
        (right.get(left.len()), "we")
    };
    let more: Vec<_> = longer.map_or("", |it| it).lines().take(10).collect();
    format!("only {who} go on, with:\n{}", more.join("\n"))
}

/// Why our error is not as helpful as helm's; `None` when it is.
pub(crate) fn less_helpful(theirs: &str, ours: &str) -> Option<String> {
    let missing: Vec<_> = causes(theirs)
        .into_iter()
        .filter(|cause| !ours.contains(cause))
        .collect();
    (!missing.is_empty()).then(|| format!("ours does not say {missing:?}\n--- helm\n{theirs}\n--- ours\n{ours}"))
}

/// What an error of helm says that ours has to say, too: the places of a schema, else the last of its lines.
fn causes(error: &str) -> Vec<String> {
    static PLACE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^\s*- (at '[^']*')").unwrap());
    let error = error.split("\n\nUse --debug flag").next().unwrap_or_default();
    if error.starts_with("values don't meet the specifications of the schema") {
        // Of several tries that all failed (anyOf), only the place of the whole counts.
        let mut places: Vec<_> = error
            .lines()
            .filter(|line| line.starts_with("- "))
            .filter_map(|line| PLACE.captures(line).map(|it| it[1].to_owned()))
            .collect();
        places.dedup();
        return places.into_iter().filter(|it| it != "at ''").collect();
    }
    let last = error.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
    vec![last.trim().to_owned()]
}

#[test]
fn what_differs_is_shown_and_what_is_random_is_not() {
    let same = || b"a".to_vec();
    assert_eq!(difference(b"a", b"a", same), None);
    let shown = difference(
        b"---\n# Source: c/t.yaml\na: 1\n",
        b"---\n# Source: c/t.yaml\na: 2\n",
        same,
    )
    .unwrap();
    assert!(shown.contains("c/t.yaml") && shown.contains("-a: 1\n+a: 2"), "{shown}");
    let shown = difference(b"a\n---\nb", b"a", same).unwrap();
    assert!(shown.starts_with("only helm go on, with:\nb"), "{shown}");
    // The word is another one each time; so is ours; but it must not be longer.
    assert_eq!(
        difference(b"p: abc\nq: 1", b"p: xyz\nq: 1", || b"p: d1f\nq: 1".to_vec()),
        None
    );
    assert!(difference(b"p: abc\nq: 1", b"p: wxyz\nq: 1", || b"p: d1f\nq: 1".to_vec()).is_some());
    assert!(difference(b"p: abc\nq: 1", b"p: xyz\nq: 2", || b"p: d1f\nq: 1".to_vec()).is_some());
    let documents = |names: [&str; 3]| names.map(|it| format!("---\n# Source: {it}\nx\n")).concat();
    let theirs = documents(["c/charts/b/crds/x", "c/charts/a/crds/y", "c/t"]);
    let other = documents(["c/charts/a/crds/y", "c/charts/b/crds/x", "c/t"]);
    assert_eq!(difference(theirs.as_bytes(), other.as_bytes(), same), None);
    let wrong = documents(["c/charts/a/crds/y", "c/t", "c/charts/b/crds/x"]);
    assert!(difference(theirs.as_bytes(), wrong.as_bytes(), same).is_some());
}

#[test]
fn an_error_has_to_name_the_cause() {
    let theirs = "c/t.yaml:1:2\n  executing \"c/t.yaml\" at <fail>:\n    the cause\n\nUse --debug flag to render";
    assert_eq!(less_helpful(theirs, "in c/t.yaml, the cause"), None);
    assert!(less_helpful(theirs, "something failed").is_some());
    let schema = "values don't meet the specifications of the schema(s) in the following chart(s):\nc:\n- at '/a/b': got x\n  - at '/a/b/c': y\n";
    assert_eq!(causes(schema), ["at '/a/b'"]);
}
