//! Dependencies: conditions, tags, aliases, versions, imports, libraries.

use super::{Small, same};

/// A chart with two in it, each of which tells its name and values.
fn parent(name: &str, dependencies: &str, values: &str) -> Small {
    let show = "n: {{ .Chart.Name }}\nv: {{ toJson .Values }}\nd: {{ toJson .Chart.Dependencies }}\ns: {{ keys .Subcharts | sortAlpha | join \",\" }}\n";
    let chart = |name: &str, version: &str| format!("apiVersion: v2\nname: {name}\nversion: {version}\n");
    let top = format!("apiVersion: v2\nname: top\nversion: 1.0.0\ndependencies:\n{dependencies}\n");
    Small::new(name, &[("values.yaml", values), ("templates/t.yaml", show)])
        .with("Chart.yaml", top)
        .with("charts/one/Chart.yaml", chart("one", "1.2.3"))
        .with("charts/one/templates/t.yaml", show)
        .with(
            "charts/one/values.yaml",
            "x: 1\nexports: { data: { from: one, deep: { a: 1 } } }\ntable: { p: 1, q: { r: 2 } }\n",
        )
        .with("charts/one/charts/inner/Chart.yaml", chart("inner", "0.1.0"))
        .with("charts/one/charts/inner/templates/t.yaml", show)
        .with("charts/two/Chart.yaml", chart("two", "2.0.0-rc.1"))
        .with("charts/two/templates/t.yaml", show)
        .with("charts/two/values.yaml", "y: 2\n")
}

const ONE: &str = "- { name: one, version: 1.x, repository: https://example.com";

#[test]
fn conditions_and_tags() {
    let mut cases = Vec::new();
    for values in [
        "",
        "one: { enabled: false }",
        "one: { enabled: true }",
        "tags: { t: false }",
        "tags: { t: true, u: false }",
        "tags: { t: false, u: false }",
        "tags: { t: false }\none: { enabled: true }",
        "tags: { t: true }\none: { enabled: false }",
        "tags: { t: text }",
        "tags: text",
        "one: { enabled: text }",
        "one: { enabled: { a: 1 } }",
        "other: { on: false }",
        "other: { on: true }\none: { enabled: false }",
    ] {
        for dependency in [
            format!("{ONE}, condition: one.enabled, tags: [t, u] }}"),
            format!("{ONE}, condition: 'other.on,one.enabled' }}"),
            format!("{ONE}, tags: [t] }}"),
        ] {
            cases.push(parent(&format!("{values} / {dependency}"), &dependency, values));
        }
    }
    for flags in [
        "--set one.enabled=false",
        "--set tags.t=false",
        "--set tags.t=false,one.enabled=true",
        "--set one.enabled=null",
        "--set-string one.enabled=false",
    ] {
        let dependency = format!("{ONE}, condition: one.enabled, tags: [t] }}");
        cases.push(parent(flags, &dependency, "one: { enabled: true }").args(flags));
    }
    same(&cases);
}

#[test]
fn aliases_and_versions() {
    let two = "- { name: two, version: '*', repository: '' }";
    let mut cases = Vec::new();
    for dependencies in [
        format!("{ONE}, alias: uno }}\n{two}"),
        format!("{ONE}, alias: uno }}\n{ONE}, alias: eins }}"),
        format!("{ONE} }}\n{ONE}, alias: eins }}"),
        format!("{ONE}, alias: uno, condition: uno.on }}\n{ONE}, alias: eins, condition: eins.on }}"),
        "- { name: one, version: '>=2', repository: '' }".to_owned(),
        "- { name: one, version: '^1.2', repository: '' }\n- { name: two, version: '>=1', repository: '' }".to_owned(),
        "- { name: one, version: '', repository: '' }\n- { name: two, version: '>=1-0', repository: '' }".to_owned(),
        "- { name: one, version: nonsense, repository: '' }".to_owned(),
        "- { name: one, repository: '' }\n- { name: three, repository: '' }\n- { name: four, repository: '' }"
            .to_owned(),
        format!("{ONE}, alias: 'a b' }}"),
        format!("{ONE} }}\n{ONE} }}"),
        format!("{ONE}, alias: two }}\n{two}"),
        "- null".to_owned(),
        "- text".to_owned(),
        "text".to_owned(),
        "[]".to_owned(),
        "- { name: one, version: 1, tags: text }".to_owned(),
        "- { name: [one] }".to_owned(),
        "- { Name: one, VERSION: 1.2.3, enabled: yes }".to_owned(),
    ] {
        for flags in ["", "--set uno.x=5,eins.x=6,one.x=7,uno.on=false,eins.inner.z=1"] {
            cases.push(parent(&format!("{dependencies} {flags}"), &dependencies, "").args(flags));
        }
    }
    same(&cases);
}

#[test]
fn imports() {
    let mut cases = Vec::new();
    for imports in [
        "[data]",
        "[missing]",
        "[{ child: table, parent: here }]",
        "[{ child: table, parent: . }]",
        "[{ child: table.q, parent: a.b.c }]",
        "[{ child: exports.data, parent: imported }, data]",
        "[{ child: x, parent: y }]",
        "[{ child: table }]",
        "[{ parent: here }]",
        "[5, null]",
        "[]",
    ] {
        for values in [
            "",
            "from: parent\nhere: { p: 9 }\ndeep: null",
            "one: { exports: { data: { from: over } }, table: null }",
        ] {
            let dependency = format!("{ONE}, import-values: {imports} }}");
            cases.push(parent(&format!("{imports} over {values}"), &dependency, values));
            cases.push(
                parent(&format!("{imports} over {values}, set"), &dependency, values)
                    .args("--set from=set,here.p=set,one.table.p=set,deep.a=null"),
            );
        }
    }
    same(&cases);
}

#[test]
fn libraries_and_old_charts() {
    let library = "apiVersion: v2\nname: lib\nversion: 1.0.0\ntype: library\n";
    let define = "{{ define \"lib.name\" }}{{ .Values.name | default .Chart.Name }}{{ end }}";
    let wanted =
        "apiVersion: v2\nname: demo\nversion: 1.0.0\ndependencies: [{ name: lib, version: 1.0.0, repository: '' }]\n";
    same(&[
        Small::new(
            "a library is used",
            &[("templates/t.yaml", "n: {{ include \"lib.name\" . }}")],
        )
        .with("Chart.yaml", wanted)
        .with("charts/lib/Chart.yaml", library)
        .with("charts/lib/templates/_d.tpl", define)
        .with("charts/lib/templates/not.yaml", "never: seen"),
        Small::new("a library alone", &[("templates/_d.tpl", define)]).with("Chart.yaml", library),
        Small::new(
            "requirements.yaml",
            &[(
                "templates/t.yaml",
                "f: {{ .Files.Get \"requirements.yaml\" | quote }}\nd: {{ len .Chart.Dependencies }}",
            )],
        )
        .with("Chart.yaml", "apiVersion: v1\nname: demo\nversion: 1.0.0\n")
        .with(
            "requirements.yaml",
            "dependencies: [{ name: sub, version: 0.1.0, condition: sub.on }]",
        )
        .with("charts/sub/Chart.yaml", "name: sub\nversion: 0.1.0\n")
        .with("charts/sub/templates/t.yaml", "s: 1")
        .args("--set sub.on=false"),
        Small::new(
            "requirements.yaml beside v2",
            &[(
                "templates/t.yaml",
                "f: {{ .Files.Get \"requirements.yaml\" | quote }}\nd: {{ len .Chart.Dependencies }}",
            )],
        )
        .with("requirements.yaml", "dependencies: [{ name: sub, version: 0.1.0 }]")
        .with("charts/sub/Chart.yaml", "apiVersion: v1\nname: sub\nversion: 0.1.0\n")
        .with("charts/sub/templates/t.yaml", "s: 1"),
        Small::new(
            "requirements.yaml, missing",
            &[("requirements.yaml", "dependencies: [{ name: sub }]")],
        ),
        Small::new(
            "an undeclared chart is there all the same",
            &[("charts/sub/templates/t.yaml", "s: {{ .Template.Name }}")],
        )
        .with("charts/sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 0.1.0\n"),
        Small::new("the inner ones of an alias", &[])
            .with(
                "Chart.yaml",
                "apiVersion: v2\nname: top\nversion: 1.0.0\ndependencies: [{ name: a, version: 1.0.0, alias: x }]\n",
            )
            .with("charts/a/Chart.yaml", "apiVersion: v2\nname: a\nversion: 1.0.0\n")
            .with("charts/a/templates/t.yaml", "a: {{ .Template.Name }}")
            .with(
                "charts/a/charts/b/Chart.yaml",
                "apiVersion: v2\nname: b\nversion: 1.0.0\n",
            )
            .with("charts/a/charts/b/templates/t.yaml", "b: {{ .Template.Name }}")
            .with(
                "charts/a/charts/b/charts/c/Chart.yaml",
                "apiVersion: v2\nname: c\nversion: 1.0.0\n",
            )
            .with("charts/a/charts/b/charts/c/templates/t.yaml", "c: {{ .Template.Name }}")
            .with(
                "charts/a/charts/b/charts/c/charts/d/Chart.yaml",
                "apiVersion: v2\nname: d\nversion: 1.0.0\n",
            )
            .with(
                "charts/a/charts/b/charts/c/charts/d/templates/t.yaml",
                "d: {{ .Template.Name }}",
            )
            .args("--set x.v=1"),
    ]);
}
