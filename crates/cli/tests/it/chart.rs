//! `hoist chart` and `hoist vendor` as a person runs them; where helm has the same command, beside helm.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use hoist_helmpeer as peer;

use crate::{hoist, text};

/// A small chart with values, a schema, hooks, a test, a CRD and a README.
fn chart(folder: &Path) {
    let chart = folder.join("web");
    for (path, text) in [
        (
            "Chart.yaml",
            "apiVersion: v2\nname: web\nversion: 1.2.3\nappVersion: '4'\n",
        ),
        ("README.md", "# web\n"),
        ("values.yaml", "# how many\nreplicas: 1\nname: web\n"),
        (
            "values.schema.json",
            r#"{"properties":{"replicas":{"type":"integer"}}}"#,
        ),
        ("crds/a.yaml", "kind: CustomResourceDefinition\nmetadata: { name: a }\n"),
        (
            "templates/web.yaml",
            "kind: Deployment\nmetadata:\n  name: {{ .Release.Name }}-{{ .Values.name }}\n  namespace: {{ .Release.Namespace }}\n\
             spec:\n  replicas: {{ .Values.replicas }}\n  kube: {{ .Capabilities.KubeVersion.Version }}\n  \
             upgrade: {{ .Release.IsUpgrade }}\n  has: {{ .Capabilities.APIVersions.Has \"x/v1\" }}\n  text: {{ .Values.text | quote }}\n",
        ),
        (
            "templates/hook.yaml",
            "kind: Job\nmetadata:\n  name: hook\n  annotations: { helm.sh/hook: pre-install }\n",
        ),
        (
            "templates/tests/t.yaml",
            "kind: Pod\nmetadata:\n  name: test\n  annotations: { helm.sh/hook: test }\n",
        ),
    ] {
        let path = chart.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    std::fs::write(folder.join("more.yaml"), "replicas: 2\ntext: from a file\n").unwrap();
    std::fs::write(folder.join("text"), "a file,\nas it is").unwrap();
}

fn helm(folder: &Path, args: &[&str]) -> std::process::Output {
    Command::new(peer::tool("helm"))
        .args(args)
        .current_dir(folder)
        .env_clear()
        .env("HOME", folder)
        .output()
        .unwrap()
}

#[test]
fn what_helm_prints_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    chart(folder.path());
    for args in [
        &["template", "web"][..],
        &["template", "my", "web"],
        &[
            "template",
            "my",
            "web",
            "-n",
            "apps",
            "-f",
            "more.yaml",
            "--set",
            "name=x",
        ],
        &[
            "template",
            "my",
            "./web",
            "--values=more.yaml",
            "--set-string",
            "text=7",
            "--set-json",
            "replicas=3",
        ],
        &[
            "template",
            "my",
            "web",
            "--set-file",
            "text=text",
            "--set-literal",
            "name=a,b",
        ],
        &["template", "my", "web", "--include-crds", "--skip-tests", "--no-hooks"],
        &["template", "my", "web", "--include-crds", "--skip-crds"],
        &[
            "template",
            "my",
            "web",
            "--skip-tests",
            "--is-upgrade",
            "--api-versions",
            "y/v1,x/v1",
            "--kube-version",
            "1.30",
        ],
        &[
            "template",
            "my",
            "web",
            "-s",
            "templates/hook.yaml",
            "--show-only",
            "templates/web.yaml",
        ],
        &[
            "template",
            "web",
            "--name-template",
            "{{ upper \"a\" | lower }}-{{ add 1 2 }}",
        ],
        &[
            "template",
            "my",
            "web",
            "--create-namespace",
            "--wait",
            "--timeout",
            "5m",
            "--labels",
            "a=b",
        ],
        &[
            "template",
            "my",
            "web",
            "--set",
            "replicas=x",
            "--skip-schema-validation",
        ],
        &["show", "values", "web"],
        &["show", "chart", "web"],
        &["show", "crds", "web"],
        &["show", "readme", "web"],
        &["show", "all", "web"],
    ] {
        let theirs = helm(folder.path(), args);
        let ours = hoist(folder.path(), &[&["chart"], args].concat());
        assert!(theirs.status.success(), "{args:?}: {}", text(&theirs.stderr));
        assert!(ours.status.success(), "{args:?}: {}", text(&ours.stderr));
        assert_eq!(text(&ours.stdout), text(&theirs.stdout), "{args:?}");
    }
}

#[test]
fn what_helm_refuses_is_refused_and_said() {
    let folder = tempfile::tempdir().unwrap();
    chart(folder.path());
    for (args, word) in [
        (&["template", "my", "none"][..], "none"),
        (&["template", "my", "web", "--set", "replicas=x"], "/replicas"),
        (&["template", "my", "web", "-f", "none.yaml"], "none.yaml"),
        (&["template", "My_Name", "web"], "My_Name"),
        (
            &["template", "my", "web", "-s", "templates/none.yaml"],
            "templates/none.yaml",
        ),
        (&["template", "my", "web", "--generate-name"], "name"),
        (&["template", "my", "web", "--kube-version", "x"], "x"),
        (&["show", "chart", "none"], "none"),
    ] {
        let theirs = helm(folder.path(), args);
        let ours = hoist(folder.path(), &[&["chart"], args].concat());
        assert_eq!(theirs.status.code(), Some(1), "{args:?}");
        assert_eq!(ours.status.code(), Some(1), "{args:?}: {}", text(&ours.stdout));
        assert!(text(&ours.stderr).contains(word), "{args:?}: {}", text(&ours.stderr));
        assert!(
            text(&ours.stderr).contains("hint: "),
            "{args:?}: {}",
            text(&ours.stderr)
        );
        assert!(ours.stdout.is_empty(), "{args:?}");
    }
}

#[test]
fn values_come_by_standard_input_too() {
    let folder = tempfile::tempdir().unwrap();
    chart(folder.path());
    let mut child = Command::new(env!("CARGO_BIN_EXE_hoist"))
        .args(["chart", "template", "my", "web", "-f", "-"])
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"replicas: 5").unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(text(&output.stdout).contains("replicas: 5"), "{}", text(&output.stdout));
}

#[test]
fn files_are_written_where_helm_writes_them() {
    let folder = tempfile::tempdir().unwrap();
    chart(folder.path());
    for more in [&["--include-crds"][..], &["--release-name"]] {
        let args = |out: &'static str| [&["template", "my", "web", "--output-dir", out], more].concat();
        assert!(helm(folder.path(), &args("theirs")).status.success());
        let ours = hoist(folder.path(), &[&["chart"], args("ours").as_slice()].concat());
        assert!(ours.status.success(), "{}", text(&ours.stderr));
    }
    let same = Command::new("diff")
        .args(["-r", "theirs", "ours"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(same.status.success(), "{}", text(&same.stdout));
}

/// A spec's charts, from the packed ones, into a folder; then once more, with nobody to ask.
#[test]
fn vendored_and_locked_charts_need_no_repository() {
    let folder = tempfile::tempdir().unwrap();
    hoist(folder.path(), &["init", "."]);
    let spec = std::fs::read_to_string(folder.path().join("hoist.yaml")).unwrap();
    let charts = peer::charts();
    let mirrors = [
        ("https://helm.cilium.io", "cilium"),
        ("https://charts.jetstack.io", "jetstack"),
        ("https://kubernetes-sigs.github.io/external-dns", "external-dns"),
    ];
    let mirrors: String = mirrors
        .iter()
        .map(|(repo, folder)| format!("  {repo}: file://{}\n", charts.join(folder).display()))
        .collect();
    std::fs::write(folder.path().join("hoist.yaml"), format!("{spec}\nmirrors:\n{mirrors}")).unwrap();
    let first = hoist(folder.path(), &["vendor"]);
    assert!(first.status.success(), "{}", text(&first.stderr));
    let lock = std::fs::read_to_string(folder.path().join("hoist.lock")).unwrap();
    assert!(lock.contains("name = \"cilium\"") && lock.contains("sha256:"), "{lock}");

    // Without the mirrors, and with repositories that nobody reaches: all is there.
    let nowhere = mirrors.lines().map(|line| line.split(": ").next().unwrap());
    let nowhere: String = nowhere.map(|repo| format!("{repo}: http://127.0.0.1:9\n")).collect();
    std::fs::write(folder.path().join("hoist.yaml"), format!("{spec}\nmirrors:\n{nowhere}")).unwrap();
    let again = hoist(folder.path(), &["vendor"]);
    assert!(again.status.success(), "{}", text(&again.stderr));
    assert!(
        text(&again.stdout).contains("vendor: 0 new or changed, "),
        "{}",
        text(&again.stdout)
    );
    assert_eq!(std::fs::read_to_string(folder.path().join("hoist.lock")).unwrap(), lock);

    let unknown = hoist(folder.path(), &["vendor", "--update", "nothing"]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(text(&unknown.stderr).contains("it has "), "{}", text(&unknown.stderr));
}
