//! What is printed: order, hooks, CRDs, notes, and what was asked for alone.

use super::{Small, same};

const FLAGS: &[&str] = &[
    "",
    "--include-crds",
    "--no-hooks",
    "--skip-tests",
    "--include-crds --skip-tests --is-upgrade --namespace other",
    "--show-only templates/a.yaml",
    "--show-only templates/hook.yaml --show-only templates/a.yaml",
    "--show-only templates/*.yaml",
    "--show-only templates/nothing.yaml",
    "--show-only charts/sub/templates/s.yaml",
    "--show-only crds/c.yaml --include-crds",
    "--show-only [",
    "--show-only templates/hook.yaml --no-hooks",
    "--show-only templates/empty.yaml",
];

fn object(kind: &str, name: &str) -> String {
    format!("apiVersion: v1\nkind: {kind}\nmetadata:\n  name: {name}\n")
}

fn chart() -> Small {
    let hook = |hook: &str, more: &str| {
        format!("kind: Job\nmetadata:\n  name: h\n  annotations:\n    helm.sh/hook: {hook}\n{more}")
    };
    let many = [
        "Zebra",
        "Service",
        "Deployment",
        "ConfigMap",
        "Namespace",
        "Alpha",
        "Secret",
        "Ingress",
        "Zebra",
        "Role",
        "StatefulSet",
        "CustomResourceDefinition",
        "PriorityClass",
        "ValidatingWebhookConfiguration",
        "APIService",
        "Job",
        "CronJob",
        "Pod",
    ];
    let many: Vec<_> = many
        .iter()
        .enumerate()
        .map(|(index, kind)| object(kind, &format!("n{index}")))
        .collect();
    Small::new("output", &[])
        .with("templates/a.yaml", many.join("---\n"))
        .with("templates/b.yaml", format!("\n\n{}\n\n\n", object("Service", "b")))
        .with("templates/c.txt", object("Secret", "c"))
        .with("templates/empty.yaml", "{{/* nothing */}}\n")
        .with("templates/comment.yaml", "# a comment\n")
        .with("templates/_partial.yaml", object("Never", "p"))
        .with("templates/dir/_d/x.yaml", object("Service", "in-a-folder-with-a-line"))
        .with("templates/NOTES.txt", "notes: {{ .Release.Name }}")
        .with("templates/sub/NOTES.txt", "other")
        .with("templates/MYNOTES.txt", "other")
        .with("templates/hook.yaml", hook("pre-install,post-upgrade", "    helm.sh/hook-weight: \"-5\"\n    helm.sh/hook-delete-policy: Before-Hook-Creation, hook-succeeded\n"))
        .with("templates/hook2.yaml", format!("{}---\n{}", hook("test", ""), hook("TEST-success", "")))
        .with("templates/hook3.yaml", hook("crd-install", ""))
        .with("templates/hook4.yaml", hook("pre-delete, nonsense", ""))
        .with("templates/hook5.yaml", hook("\" post-rollback \"", "    helm.sh/hook-weight: x\n").replace("Job", "Secret"))
        .with("templates/tests/t.yaml", hook("test", "").replace("name: h", "name: t"))
        .with("crds/c.yaml", "---\ncrd: 1\n")
        .with("crds/d.yml", "crd: 2")
        .with("crds/e.json", "{}")
        .with("crds/readme.md", "no")
        .with("charts/sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 1.0.0\n")
        .with("charts/sub/templates/s.yaml", object("Service", "sub"))
        .with("charts/sub/templates/NOTES.txt", "sub")
        .with("charts/sub/crds/s.yaml", "crd: sub\n")
}

#[test]
fn everything_in_its_order() {
    let cases: Vec<_> = FLAGS
        .iter()
        .map(|flags| {
            let mut small = chart().args(flags);
            small.name = (*flags).to_owned();
            small
        })
        .collect();
    same(&cases);
}

#[test]
fn nothing_and_little() {
    let mut cases = vec![
        Small::new("no templates", &[]),
        Small::new("only notes", &[("templates/NOTES.txt", "x")]),
        Small::new(
            "only hooks",
            &[("templates/t.yaml", "metadata: { annotations: { helm.sh/hook: test } }")],
        ),
        Small::new("only CRDs", &[("crds/a.yaml", "a: 1\n\n\n")]).args("--include-crds"),
        Small::new(
            "documents",
            &[(
                "templates/t.yaml",
                "a: 1\r\n---\r\nb: 2\r\n---   \nc: 3\n--- \t# d\nd: 4\n---e: 5\n",
            )],
        ),
        Small::new(
            "a block with dashes",
            &[("templates/t.yaml", "a: |\n  ---\n  x\n---\nb: |\n---\nc")],
        ),
        Small::new(
            "blanks of all kinds",
            &[("templates/t.yaml", "\u{a0}\u{2003}\n\u{85}a: 1\n\u{3000}")],
        ),
        Small::new(
            "lists",
            &[(
                "templates/t.yaml",
                "kind: List\nitems: [{ kind: A }]\n---\nkind: RoleList\n---\nkind: Role",
            )],
        ),
        Small::new(
            "sources within",
            &[("templates/t.yaml", "a: 1\n# Source: x/templates/other.yaml\n")],
        )
        .args("--show-only templates/t.yaml"),
        Small::new(
            "sources within, asked for",
            &[("templates/t.yaml", "a: 1\n# Source: x/templates/other.yaml\n")],
        )
        .args("--show-only templates/other.yaml"),
        Small::new(
            "no value",
            &[(
                "templates/t.yaml",
                "a: {{ .Values.x }}<no value>{{ .x }}\nb: {{ dict }}",
            )],
        ),
        Small::new(
            "bytes",
            &[("templates/t.yaml", "a: {{ \"4pyT/w==\" | b64dec | quote }}")],
        ),
    ];
    for name in [
        "templates/UPPER.YAML",
        "templates/no-extension",
        "templates/a/b/c/d.yaml",
        "templates/a b.yaml",
        "templates/ü.yaml",
    ] {
        cases.push(Small::new(
            name,
            &[(name, "a: {{ .Template.Name }} {{ .Template.BasePath }}")],
        ));
    }
    same(&cases);
}

#[test]
fn names_from_templates() {
    let mut cases = Vec::new();
    for template in [
        "demo",
        "{{ \"DEMO\" | lower }}-{{ add 1 2 }}",
        "{{ . }}",
        "{{ .x.y }}",
        "{{ nofunction }}",
        "{{ toYaml 1 }}",
        "{{ fromJson \"{}\" | len }}a",
        "{{ if",
        "{{ fail \"no\" }}",
    ] {
        cases.push(template);
    }
    let folder = tempfile::tempdir().unwrap();
    Small::new("", &[("templates/t.yaml", "n: {{ .Release.Name }}")]).write(folder.path());
    let chart = hoist_chart::Chart::load(folder.path()).unwrap();
    for template in cases {
        let args = [
            "template",
            "--name-template",
            template,
            &folder.path().display().to_string(),
        ]
        .map(str::to_owned);
        let theirs = hoist_helmpeer::helm(&hoist_helmpeer::Command::new(args));
        let mut host = hoist_chart::SystemHost;
        let ours = hoist_chart::templated_name(template, &mut host).and_then(|release| {
            let options = hoist_chart::Options {
                release,
                ..Default::default()
            };
            let none = hoist_govalue::Map::new();
            let rendered = hoist_chart::template(&chart, &none, &options, &mut host, &mut hoist_chart::NoCluster)?;
            rendered.to_text(&Default::default())
        });
        match (&theirs.error, ours) {
            (None, Ok(ours)) => assert_eq!(ours, theirs.stdout, "{template}"),
            (Some(theirs), Err(ours)) => assert!(
                ours.to_string().contains(theirs.trim()),
                "{template}: {theirs} / {ours}"
            ),
            (theirs, ours) => panic!("{template}: {theirs:?} / {ours:?}"),
        }
    }
}
