//! The lock: stable, forgiving to what it does not know, strict with what it does.

use proptest::prelude::*;

use super::*;

fn want(name: &str, version: &str) -> ChartRef {
    ChartRef {
        repo: "https://user:canary@charts.example/a/?token=canary".into(),
        name: name.into(),
        version: version.into(),
        mirror: Some("https://canary@mirror.example".into()),
    }
}

fn sample() -> Lock {
    let mut lock = Lock::default();
    let mut chart = ChartLock::new(&want("b", "~1"), "1.2.0".into(), Digest::of(b"b"));
    chart.source = Some("https://charts.example/a/b-1.2.0.tgz".into());
    lock.put_chart(chart);
    lock.put_chart(ChartLock::new(&want("a", ""), "2.0.0".into(), Digest::of(b"a")));
    let file = FileRef {
        url: "https://user:canary@files.example/x.yaml".into(),
        mirror: None,
    };
    lock.put_file(FileLock::new(&file, Digest::of(b"x")));
    lock
}

#[test]
fn its_text_is_stable_and_has_no_credentials() {
    let lock = sample();
    let text = lock.render();
    insta::assert_snapshot!(text, @r#"
    # What hoist has downloaded, by digest. hoist writes this file; commit it beside hoist.yaml.
    # Content that changes is refused. `hoist vendor --update NAME` accepts it, or takes a newer version.
    version = 1

    [[chart]]
    name = "a"
    repo = "https://charts.example/a"
    requested = ""
    version = "2.0.0"
    digest = "sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"

    [[chart]]
    name = "b"
    repo = "https://charts.example/a"
    requested = "~1"
    version = "1.2.0"
    digest = "sha256:3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d"
    source = "https://charts.example/a/b-1.2.0.tgz"

    [[file]]
    url = "https://files.example/x.yaml"
    digest = "sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    "#);
    assert_eq!(Lock::parse(&text), Ok(lock));
    assert_eq!(Lock::parse(""), Ok(Lock::default()));
}

#[test]
fn entries_are_found_whatever_the_mirror_and_the_login() {
    let lock = sample();
    let mut other = want("b", "~1");
    other.repo = "https://CHARTS.example/a".into();
    other.mirror = None;
    assert_eq!(lock.chart(&other).unwrap().version, "1.2.0");
    assert!(lock.chart(&want("b", "~2")).is_none());
    other.repo = "https://charts.example".into();
    assert!(lock.chart(&other).is_none());
}

#[test]
fn what_is_not_asked_for_goes_and_what_is_unknown_stays() {
    let mut lock = sample();
    assert_eq!(lock.forget("b"), 1);
    assert_eq!(lock.forget("https://files.example/x.yaml"), 1);
    assert_eq!(lock.forget("b"), 0);
    let mut lock = sample();
    assert_eq!(lock.keep_only(&[want("a", "")], &[]), 2);
    assert_eq!(lock.charts().len(), 1);
    let text = format!(
        "{}{}",
        sample()
            .render()
            .replace("requested = \"~1\"", "requested = \"~1\"\nflavour = { a = [1, 2] }"),
        "\n[later]\nx = 1\n\n[[image]]\nname = \"i\"\n[image.more]\nd = 2026-01-01\n"
    );
    let lock = Lock::parse(&text).unwrap();
    let again = lock.render();
    assert_eq!(Lock::parse(&again), Ok(lock));
    for kept in [
        "flavour = { a = [1, 2] }",
        "[later]\nx = 1",
        "[[image]]\nname = \"i\"",
        "d = 2026-01-01",
    ] {
        assert!(again.contains(kept), "{kept} is not in\n{again}");
    }
}

#[test]
fn mistakes_are_named_with_their_line() {
    let good = sample().render();
    let digest = Digest::of(b"b").to_string();
    let twice = format!("{good}\n[[file]]\nurl = \"https://files.example/x.yaml\"\ndigest = \"{digest}\"\n");
    for (text, line, why) in [
        (
            good.replace("version = 1\n", "version = 2\n"),
            3,
            "format 2 is not known",
        ),
        (good.replace(&digest, "sha256:00"), 12, "is no digest"),
        (good.replace(&digest, &digest[7..]), 12, "is no digest"),
        (good.replace("\"1.2.0\"", "\"../x\""), 12, "is no version"),
        (good.replace("name = \"b\"\n", ""), 12, "missing field `name`"),
        (good.replace("name = \"b\"", "name = b"), 13, ""),
        (good.replace("name = \"b\"", "name = 1"), 13, "string"),
        (format!("{good}<<<<<<< HEAD\n"), 23, "merge conflict"),
        (twice, 24, "twice"),
        (
            good.replace("name = \"a\"", "name = \"b\"")
                .replace("requested = \"\"", "requested = \"~1\""),
            12,
            "two versions",
        ),
        (
            good.replace("name = \"a\"", "name = \"b\"").replace("2.0.0", "1.2.0"),
            12,
            "two digests",
        ),
    ] {
        let error = Lock::parse(&text).unwrap_err();
        assert_eq!(error.line, Some(line), "{error}\n{text}");
        assert!(error.why.contains(why), "{error}");
        assert!(!error.hint().is_empty());
    }
}

fn charts() -> impl Strategy<Value = Vec<ChartLock>> {
    let chart = ("[a-c]", "[a-z./:\"'\\\\]{0,6}", "\\PC{0,8}", 0..3_u64, any::<bool>());
    prop::collection::vec(chart, 0..6).prop_map(|charts| {
        let chart = |(name, repo, requested, version, more): (String, String, String, u64, bool)| ChartLock {
            digest: Digest::of(format!("{name}{repo}{version}").as_bytes()),
            manifest: more.then(|| Digest::of(b"m")),
            source: more.then(|| format!("https://{repo}")),
            version: format!("{version}.0.0"),
            name,
            repo,
            requested,
            rest: Table::new(),
        };
        charts.into_iter().map(chart).collect()
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_back_in_any_order(charts in charts(), urls in prop::collection::vec("\\PC{0,12}", 0..4)) {
        let mut lock = Lock::default();
        for chart in &charts {
            lock.put_chart(chart.clone());
        }
        for url in &urls {
            lock.put_file(FileLock { url: url.clone(), digest: Digest::of(url.as_bytes()), rest: Table::new() });
        }
        let text = lock.render();
        prop_assert_eq!(Lock::parse(&text), Ok(lock.clone()));
        // Entries come in one order, whatever order they were added in.
        let mut other = Lock::default();
        for chart in lock.charts().iter().rev() {
            other.put_chart(chart.clone());
        }
        for file in lock.files().iter().rev() {
            other.put_file(file.clone());
        }
        prop_assert_eq!(other.render(), text);
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,60}", middle in "[\\[\\]a-z=\"\\n ]{0,40}") {
        let _ = Lock::parse(&text);
        let _ = Lock::parse(&format!("[[chart]]\n{middle}"));
    }
}
