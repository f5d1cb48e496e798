//! `helm show`: the same bytes.

use hoist_chart::{Chart, Show};
use hoist_helmpeer::{Command, helm};

use super::Small;

#[test]
fn each_part_is_shown_as_helm_shows_it() {
    let full = "apiVersion: v2\nname: demo\nversion: 1.0.0\nappVersion: 1.10\ndescription: \"a: b\"\nkeywords: [x, y]\nmaintainers: [{ name: n, email: e@example.com }, {}]\nannotations: { b: \"2\", a: x }\nsources: []\ndeprecated: true\ndependencies: [{ name: sub, version: 1.0.0, repository: '', condition: a.b, tags: [t], import-values: [data, { child: a, parent: b }], alias: s }]\n";
    for small in [
        Small::new("plain", &[]),
        Small::new(
            "full",
            &[
                ("values.yaml", "# comment\na: 1\n\n"),
                ("README.md", "# read\n"),
                ("crds/a.yaml", "---\na: 1"),
                ("crds/b.yaml", "b: 2\n"),
            ],
        )
        .with("Chart.yaml", full)
        .with("charts/sub/Chart.yaml", "name: sub\nversion: 1.0.0\n")
        .with("charts/sub/crds/c.yaml", "c: 3"),
        Small::new("readme", &[("ReadMe.TXT", "text"), ("values.yaml", "")]),
        Small::new("old", &[("requirements.yaml", "dependencies: [{ name: sub }]")])
            .with("Chart.yaml", "name: demo\nversion: 1"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        small.write(folder.path());
        let chart = Chart::load(folder.path()).unwrap();
        for (what, name) in [
            (Show::Chart, "chart"),
            (Show::Values, "values"),
            (Show::Readme, "readme"),
            (Show::Crds, "crds"),
            (Show::All, "all"),
        ] {
            let theirs = helm(&Command::new(["show", name, &folder.path().display().to_string()]));
            let ours = chart.show(what).unwrap();
            assert_eq!(
                String::from_utf8_lossy(&ours),
                String::from_utf8_lossy(&theirs.stdout),
                "{} {name}",
                small.name
            );
        }
    }
}
