//! Loading: Chart.yaml, what belongs to a chart, and what is refused.

use super::{CHART, Small, same};

fn with_chart(text: &str) -> Small {
    Small::new(text, &[("templates/t.yaml", "c: {{ toJson .Chart }}")]).with("Chart.yaml", text)
}

#[test]
fn metadata() {
    let cases: Vec<_> = [
        "name: demo\nversion: 1.0.0",
        "apiVersion: v1\nname: demo\nversion: 1.0.0",
        "apiVersion: v3\nname: demo\nversion: 1.0.0",
        "apiVersion: v9\nname: demo\nversion: 1.0.0",
        "apiVersion: 2\nname: demo\nversion: 1.0.0",
        "apiVersion: v2\nversion: 1.0.0",
        "apiVersion: v2\nname: demo",
        "apiVersion: v2\nname: demo\nversion: x",
        "apiVersion: v2\nname: demo\nversion: 1",
        "apiVersion: v2\nname: demo\nversion: 1.10",
        "apiVersion: v2\nname: demo\nversion: v1.2.3-rc.1+build",
        "apiVersion: v2\nname: demo\nversion: 01.2.3",
        "apiVersion: v2\nname: a/b\nversion: 1.0.0",
        "apiVersion: v2\nname: ..\nversion: 1.0.0",
        "apiVersion: v2\nname: \"a\\tb\\u0007c\"\nversion: 1.0.0",
        "apiVersion: v2\nname: 5\nversion: 1.0.0\nappVersion: 1.10\ndescription: true\nicon: 20240101\nhome: 1e7\ntype: application",
        "apiVersion: v2\nname: demo\nversion: 1.0.0\nappVersion: 1234567890123\nhome: 0x10\nicon: 0o17\ndescription: 1.123456789",
        "apiVersion: v2\nname: demo\nversion: 1.0.0\ntype: other",
        "apiVersion: v2\nname: demo\nversion: 1.0.0\ntype: library",
        "apiVersion: v2\nname: demo\nversion: 1.0.0\ntype: Library",
        "apiVersion: v2\nname: demo\nversion: 1.0.0\ndeprecated: true",
        "apiVersion: v2\nname: demo\nversion: 1.0.0\ndeprecated: text",
        "apiVersion: v2\nname: demo\nversion: 1.0.0\nkeywords: [a, 1, true, null]\nsources: []\nannotations: { a: 1, b: true, c: x }",
        "apiVersion: v2\nname: demo\nversion: 1.0.0\nkeywords: text",
        "apiVersion: v2\nname: demo\nversion: 1.0.0\nkeywords: [{ a: 1 }]",
        "apiVersion: v2\nname: demo\nversion: 1.0.0\nannotations: [a]",
        "apiVersion: v2\nname: demo\nversion: 1.0.0\nannotations: { a: [1] }",
        "apiVersion: v2\nname: demo\nversion: 1.0.0\nannotations: {}",
        "apiVersion: v2\nname: demo\nversion: 1.0.0\nmaintainers: [{ name: a, email: b, url: c }, {}]",
        "apiVersion: v2\nname: demo\nversion: 1.0.0\nmaintainers: [null]",
        "apiVersion: v2\nname: demo\nversion: 1.0.0\nmaintainers: [text]",
        "apiVersion: v2\nname: demo\nversion: 1.0.0\nmaintainers: { a: b }",
        "apiVersion: v2\nname: [demo]\nversion: 1.0.0",
        "APIVERSION: v2\nName: demo\nVersion: 1.0.0\nunknown: { x: 1 }",
        "apiVersion: v2\nname: one\nNAME: two\nversion: 1.0.0",
        "apiVersion: v2\nname: demo\nversion: 1.0.0\nname: again",
        "- a",
        "text",
        "",
        "a: [",
        "apiVersion: v2\nname: demo\nversion: 1.0.0\n---\nname: other",
        "\u{feff}apiVersion: v2\nname: demo\nversion: 1.0.0",
    ]
    .iter()
    .map(|text| with_chart(text))
    .collect();
    same(&cases);
}

#[test]
fn files_that_belong_and_that_do_not() {
    let show = "f: {{ range $k, $v := .Files }}{{ $k }};{{ end }}";
    let mut cases: Vec<_> = [
        "*.txt",
        "a.txt",
        "/a.txt",
        "sub/",
        "sub",
        "sub/*",
        "/sub/*",
        "sub/b.txt",
        "!*.txt",
        "!a.txt",
        "# c\n\n  *.txt  ",
        "*/b.txt",
        "**",
        "[",
        "a[",
        "templates/",
        "templates/t.yaml",
        "values.yaml",
        "Chart.yaml",
        "?.txt",
        "[ab].txt",
        "\\a.txt",
        "*",
        "charts/",
        ".helmignore",
        "*/",
        "!sub/",
        "sub/\n!sub/b.txt",
        "*.txt\n!a.txt",
    ]
    .iter()
    .map(|rules| {
        Small::new(
            *rules,
            &[
                (".helmignore", rules),
                ("templates/t.yaml", show),
                ("values.yaml", "v: 1"),
                ("a.txt", "a"),
                ("b.txt", "b"),
                ("sub/b.txt", "b"),
                ("sub/deep/a.txt", "a"),
                ("sub.d/c.txt", "c"),
            ],
        )
        .with("charts/x/Chart.yaml", "apiVersion: v2\nname: x\nversion: 1.0.0\n")
    })
    .collect();
    let plain = || Small::new("", &[("templates/t.yaml", show)]);
    let named = |name: &str, mut small: Small| {
        small.name = name.to_owned();
        small
    };
    cases.extend([
        named(
            "a byte-order mark",
            plain().with("values.yaml", "\u{feff}a: 1").with("x.txt", "\u{feff}x"),
        ),
        named("no values", plain()),
        named("values that are no map", plain().with("values.yaml", "[1]")),
        named("values that are no YAML", plain().with("values.yaml", "a: [")),
        named(
            "values with a wrong separator",
            plain().with("values.yaml", "a: 1\n--- b"),
        ),
        named(
            "a lock",
            plain().with(
                "Chart.lock",
                "digest: x\ngenerated: \"2024-01-02T03:04:05Z\"\ndependencies: []",
            ),
        ),
        named("a bad lock", plain().with("Chart.lock", "digest: [x]")),
        named("a lock that is no YAML", plain().with("Chart.lock", "a: [")),
        named("a readme in charts", plain().with("charts/README.md", "x")),
        named(
            "hidden in charts",
            plain()
                .with("charts/.x/y", "x")
                .with("charts/_y", "x")
                .with("charts/a.prov", "x"),
        ),
        named(
            "a folder without a chart in charts",
            plain().with("charts/x/y.txt", "x"),
        ),
        named(
            "a bad chart in charts",
            plain().with("charts/x/Chart.yaml", "apiVersion: v2\nname: x\n"),
        ),
        named(
            "bad values in charts",
            plain()
                .with("charts/x/Chart.yaml", CHART)
                .with("charts/x/values.yaml", "a: ["),
        ),
        named(
            "no archive in charts",
            plain().with("charts/x.tgz", "text that is no archive"),
        ),
        named(
            "a folder named as an archive",
            plain().with("charts/x.tgz/Chart.yaml", CHART),
        ),
        named(
            "other files at the top",
            plain()
                .with("LICENSE", "x")
                .with("templates.txt", "x")
                .with("chartsx/a", "x"),
        ),
    ]);
    same(&cases);
}

#[test]
fn archives() {
    let folder = tempfile::tempdir().unwrap();
    let inner = packed(&[
        ("sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 1.0.0\n"),
        ("sub/templates/s.yaml", "s: {{ .Template.Name }}"),
    ]);
    let with = |bytes: Vec<u8>| Small::new("an archive in charts", &[]).with("charts/sub-1.0.0.tgz", bytes);
    same(&[
        with(inner.clone()),
        with(packed(&[("sub/../../x", "x")])),
        with(packed(&[("sub/x", "x")])),
        with(inner[..inner.len() / 2].to_vec()),
    ]);
    let outer = packed(&[
        ("any/Chart.yaml", CHART),
        ("any/templates/t.yaml", "t: {{ .Template.Name }}"),
        ("any/values.schema.json", "{}"),
    ]);
    let path = folder.path().join("demo.tgz");
    std::fs::write(&path, &outer).unwrap();
    let command = hoist_helmpeer::Command::new(["template".to_owned(), "x".into(), path.display().to_string()]);
    let theirs = hoist_helmpeer::helm(&command);
    for chart in [
        hoist_chart::Chart::load(&path).unwrap(),
        hoist_chart::Chart::from_archive(&outer).unwrap(),
    ] {
        let values = hoist_govalue::Map::new();
        let mut host = hoist_chart::SystemHost;
        let rendered = hoist_chart::template(
            &chart,
            &values,
            &Default::default(),
            &mut host,
            &mut hoist_chart::NoCluster,
        )
        .unwrap();
        assert_eq!(rendered.to_text(&Default::default()).unwrap(), theirs.stdout);
    }
}

fn packed(entries: &[(&str, &str)]) -> Vec<u8> {
    let gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut builder = tar::Builder::new(gzip);
    for (name, text) in entries {
        let mut header = tar::Header::new_gnu();
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        header.set_entry_type(tar::EntryType::Regular);
        header.set_cksum();
        builder.append(&header, text.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap()
}

#[test]
#[cfg(unix)]
fn links_are_followed_and_what_is_no_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let small = Small::new("links", &[("templates/t.yaml", "t: 1"), ("real/x.yaml", "x: 1")]);
    small.write(folder.path());
    std::os::unix::fs::symlink("../real/x.yaml", folder.path().join("templates/x.yaml")).unwrap();
    std::os::unix::fs::symlink("real", folder.path().join("linked")).unwrap();
    let chart = hoist_chart::Chart::load(folder.path()).unwrap();
    let names: Vec<_> = chart
        .templates()
        .iter()
        .chain(chart.files())
        .map(|file| file.name.to_string())
        .collect();
    assert_eq!(
        names,
        ["templates/t.yaml", "templates/x.yaml", "linked/x.yaml", "real/x.yaml"]
    );
    std::os::unix::fs::symlink(".", folder.path().join("loop")).unwrap();
    let error = hoist_chart::Chart::load(folder.path()).unwrap_err().to_string();
    assert!(error.contains("deep") || error.contains("symbolic links"), "{error}");
    std::fs::remove_file(folder.path().join("loop")).unwrap();
    std::os::unix::fs::symlink("nowhere", folder.path().join("broken")).unwrap();
    let error = hoist_chart::Chart::load(folder.path()).unwrap_err().to_string();
    assert!(error.contains("error evaluating symlink"), "{error}");
    std::fs::remove_file(folder.path().join("broken")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(folder.path().join("socket")).unwrap();
    let error = hoist_chart::Chart::load(folder.path()).unwrap_err().to_string();
    assert!(error.contains("cannot load irregular file"), "{error}");
}
