//! The objects that hoist installs are those of Helm's text.

use hoist_chart::{Chart, NoCluster, Options, SystemHost, ValueSources, fill_namespace, manifests, template};
use hoist_helmpeer::{Command, chart, helm};
use serde_json::Value;

/// What is not only for tests, deletion and rollback.
fn is_installed(object: &Value) -> bool {
    let hook = object
        .pointer("/metadata/annotations/helm.sh~1hook")
        .and_then(Value::as_str);
    hook.is_none_or(|hooks| {
        let mut hooks = hooks.split(',').map(str::trim);
        hooks.any(|hook| hook.ends_with("-install") || hook.ends_with("-upgrade"))
    })
}

#[test]
fn objects_are_those_of_the_text() {
    for (repo, archive, sets) in [
        (
            "metrics-server",
            "metrics-server-3.13.1",
            vec!["args={--kubelet-insecure-tls}"],
        ),
        ("jetstack", "cert-manager-v1.21.1", vec!["crds.enabled=true"]),
        (
            "external-dns",
            "external-dns-1.21.1",
            vec!["provider.name=cloudflare", "policy=sync"],
        ),
        (
            "cilium",
            "cilium-1.20.0",
            vec!["hubble.enabled=false", "envoy.enabled=false"],
        ),
    ] {
        let path = chart(repo, archive);
        let mut args = vec!["template".to_owned(), "it".into(), path.display().to_string()];
        args.extend(["--include-crds".into(), "--namespace".into(), "here".into()]);
        args.extend(sets.iter().flat_map(|set| ["--set".to_owned(), (*set).to_owned()]));
        let theirs = helm(&Command::new(args));
        assert_eq!(theirs.error, None);
        let mut expected = manifests(&String::from_utf8(theirs.stdout).unwrap()).unwrap();
        expected.retain(is_installed);
        fill_namespace(&mut expected, "here");

        let values = ValueSources {
            set: sets.iter().map(|set| (*set).to_owned()).collect(),
            ..Default::default()
        };
        let values = values.merge(|path| Err(path.to_owned())).unwrap();
        let options = Options {
            release: "it".into(),
            namespace: "here".into(),
            ..Options::default()
        };
        let loaded = Chart::load(&path).unwrap();
        let rendered = template(&loaded, &values, &options, &mut SystemHost, &mut NoCluster).unwrap();
        let objects = rendered.objects(true).unwrap();
        assert_eq!(objects.len(), expected.len(), "{archive}");
        assert!(objects.len() > 5, "{archive}");
        for (ours, theirs) in objects.iter().zip(&expected) {
            assert_eq!(ours, theirs, "{archive}");
        }
    }
}

#[test]
fn what_was_random_can_be_drawn_again() {
    use hoist_chart::{ChartFile, OutputOptions, Replay};
    let file = |name: &str, text: &str| ChartFile {
        name: name.into(),
        data: text.as_bytes().into(),
    };
    let text = "a: {{ randAlphaNum 12 }}\nb: {{ randAlphaNum 12 }}\nc: {{ uuidv4 }}\nd: {{ randNumeric 9 }}";
    let chart = Chart::from_files(vec![file("Chart.yaml", super::CHART), file("templates/t.yaml", text)]).unwrap();
    let none = hoist_govalue::Map::new();
    let mut host = SystemHost;
    let first = template(&chart, &none, &Options::default(), &mut host, &mut NoCluster).unwrap();
    assert_eq!(first.draws.len(), 4);
    let mut replay = Replay::new(&mut host, first.draws.clone());
    let second = template(&chart, &none, &Options::default(), &mut replay, &mut NoCluster).unwrap();
    let shown = |rendered: &hoist_chart::Rendered| rendered.to_text(&OutputOptions::default()).unwrap();
    assert_eq!(shown(&first), shown(&second));
    assert_eq!(second.draws.len(), 4);
    let third = template(&chart, &none, &Options::default(), &mut host, &mut NoCluster).unwrap();
    assert_ne!(shown(&first), shown(&third));
}

#[test]
fn files_are_those_of_an_output_folder() {
    let path = chart("metrics-server", "metrics-server-3.13.1");
    for release_name in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let mut args = vec!["template".to_owned(), "it".into(), path.display().to_string()];
        args.extend(["--output-dir".into(), folder.path().display().to_string()]);
        args.extend(release_name.then(|| "--release-name".to_owned()));
        let theirs = helm(&Command::new(args));
        assert_eq!(theirs.error, None);
        let options = Options {
            release: "it".into(),
            ..Options::default()
        };
        let loaded = Chart::load(&path).unwrap();
        let none = hoist_govalue::Map::new();
        let rendered = template(&loaded, &none, &options, &mut SystemHost, &mut NoCluster).unwrap();
        let files = rendered.to_files(&Default::default(), release_name);
        assert!(files.len() > 5);
        for file in files {
            let theirs = std::fs::read(folder.path().join(&file.path)).unwrap();
            assert_eq!(
                String::from_utf8_lossy(&theirs),
                String::from_utf8_lossy(&file.text),
                "{}",
                file.path
            );
        }
    }
}
