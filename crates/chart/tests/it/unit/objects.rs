//! The objects that templates see, and Helm's own functions.

use super::{Small, same};

#[test]
fn what_templates_see() {
    let cases: Vec<_> = [
        ".Capabilities.KubeVersion",
        ".Capabilities.KubeVersion.Version",
        ".Capabilities.KubeVersion.GitVersion",
        ".Capabilities.KubeVersion.Major",
        ".Capabilities.KubeVersion.String",
        "printf \"%v\" .Capabilities.KubeVersion",
        ".Capabilities.KubeVersion | toString",
        ".Capabilities.KubeVersion | toJson",
        ".Capabilities.KubeVersion | toYaml | quote",
        ".Capabilities.HelmVersion",
        ".Capabilities.HelmVersion.Version",
        ".Capabilities.HelmVersion.GoVersion",
        ".Capabilities.HelmVersion | toJson",
        ".Capabilities | toJson",
        "printf \"%+v\" .Capabilities",
        ".Capabilities.APIVersions.Has \"v1\"",
        ".Capabilities.APIVersions.Has \"apps/v1\"",
        ".Capabilities.APIVersions.Has \"apps/v1/Deployment\"",
        ".Capabilities.APIVersions.Has \"x.io/v1\"",
        ".Capabilities.APIVersions | len",
        ".Capabilities.APIVersions | join \",\"",
        "has \"v1\" .Capabilities.APIVersions",
        "index .Capabilities.APIVersions 0",
        ".Chart",
        ".Chart | toJson",
        ".Release | toJson",
        ".Release.Revision | typeOf",
        ".Template",
        ".Subcharts",
        ".Values.YAML | quote",
        ".Values.AsMap | typeOf",
        ".Values.Table \"m\" | typeOf",
        ".Values.PathValue \"m.a\"",
        "lookup \"v1\" \"Pod\" \"a\" \"b\"",
        "lookup \"v1\" \"Pod\" \"a\" \"\" | typeOf",
        "getHostByName \"localhost\" | quote",
        ".Values.m | toYaml | quote",
        "toYamlPretty .Values | quote",
        "toToml .Values | quote",
        "toJson .Values",
        "\"a: [1, {b: 2}]\" | fromYaml",
        "\"a: [\" | fromYaml",
        "\"- a\\n- b\" | fromYamlArray",
        "\"a: 1\" | fromYamlArray",
        "\"[1,{}]\" | fromJsonArray",
        "\"{\" | fromJson",
        "\"a = 1\" | fromToml",
        "\"a = [\" | fromToml",
        "tpl \"{{ .Values.m.a }}-{{ .Template.Name }}\" .",
        "tpl \"plain <no value> text\" . | quote",
        "tpl \"{{ define \\\"in\\\" }}x{{ end }}{{ include \\\"in\\\" . }}\" .",
        "tpl \"{{ tpl .t . }}\" (dict \"t\" \"{{ .u }}\" \"u\" 5)",
        ".Values.missing",
        "print .Values.missing \"<no value>\"",
        "include \"t\" . | trim",
        ".Values.missing | default \"d\"",
        "dict \"a\" .Values.missing | toJson",
        "regexFind \"[0-9]+\" .Capabilities.KubeVersion.Version",
        "semverCompare \">=1.20-0\" .Capabilities.KubeVersion.Version",
        "kindIs \"map\" .Values",
        "typeIs \"common.Values\" .Values",
        "deepCopy .Values | typeOf",
        "merge (dict) .Values | toJson",
        "set .Values \"k\" 1 | typeOf",
        "pick .Values \"m\" | toJson",
        "hasKey .Values \"m\"",
        "keys .Values | sortAlpha",
        "dig \"m\" \"a\" 0 .Values.AsMap",
        "mustToDuration \"90m\"",
        "mustToDuration 90",
        "mustToDuration \"nonsense\"",
        "durationSeconds \"1h30m\"",
        "durationMilliseconds \"1.5s\"",
        "durationMicroseconds \"2ms\"",
        "durationNanoseconds \"x\"",
        "durationMinutes \"90s\"",
        "durationHours 7200",
        "durationDays \"36h\"",
        "durationWeeks \"336h\"",
        "durationRoundTo \"2h13m\" \"1h\"",
        "durationTruncateTo \"2h53m\" \"1h\"",
        "durationRoundTo \"2h13m\" \"x\"",
        "durationSeconds 1e300",
        "durationSeconds \"2.5\"",
        "durationHours nil",
        "durationSeconds (list)",
        "durationRoundTo (mustToDuration \"61s\") \"1m\" | typeOf",
    ]
    .iter()
    .map(|pipeline| {
        Small::shows(pipeline)
            .with("values.yaml", "m: { a: 1, b: [x, 'y: z'] }\nbig: 1000000\n")
            .with(
                "templates/_h.tpl",
                "{{ define \"t\" }}{{ .Template.Name }} {{ .Values.m.a }}{{ end }}",
            )
            .args("--api-versions x.io/v1,apps/v1/Deployment --namespace ns --is-upgrade")
    })
    .collect();
    same(&cases);
}

#[test]
fn files() {
    let files = |pipeline: &str| {
        Small::shows(pipeline)
            .with("files/a.txt", "one\ntwo\n")
            .with("files/b.txt", "")
            .with("files/sub/c.yaml", "c: 1\n")
            .with("files/.hidden", "h")
            .with("files/bin", [0, 159, 146, 150, 255])
            .with("README.md", "# read me")
            .with("crds/x.yaml", "x")
            .with(".helmignore", "ignored*\n")
            .with("ignored.txt", "no")
            .with("templates/.hidden.yaml", "no: 1")
    };
    let mut cases: Vec<_> = [
        ".Files.Get \"files/a.txt\" | quote",
        ".Files.Get \"none\" | quote",
        ".Files.GetBytes \"files/a.txt\"",
        ".Files.GetBytes \"none\"",
        ".Files.Get \"ignored.txt\" | quote",
        ".Files.Get \"values.yaml\" | quote",
        ".Files.Get \"Chart.yaml\" | quote",
        ".Files.Get \"templates/t.yaml\" | quote",
        ".Files.Get \".helmignore\" | quote",
        ".Files.Lines \"files/a.txt\" | toJson",
        ".Files.Lines \"files/b.txt\" | toJson",
        ".Files.Lines \"none\" | toJson",
        "(.Files.Glob \"files/*\").AsConfig | quote",
        "(.Files.Glob \"files/**\").AsSecrets | quote",
        "(.Files.Glob \"none\").AsConfig | quote",
        ".Files.AsSecrets | quote",
        "len .Files",
        "range $k, $v := .Files }}{{ $k }}={{ len $v }};{{ end",
        "range $k, $v := .Files.Glob \"files/?.txt\" }}{{ $k }}={{ $v | toString }};{{ end",
        "range $v := .Files.Glob \"**.md\" }}{{ $v }}{{ end",
        "if .Files.Glob \"none/*\" }}yes{{ else }}no{{ end",
        "with .Files.Glob \"files/*\" }}{{ len . }}{{ end",
        "index .Files \"README.md\" | toString",
        "index .Files \"none\"",
        "get (dict \"a\" .Files) \"a\" | typeOf",
        ".Files.Get \"crds/x.yaml\"",
        "toJson (.Files.Glob \"files/*.txt\")",
        "toYaml (.Files.Glob \"files/*.txt\") | quote",
        "keys .Files",
        "kindOf .Files",
        ".Files.Get \"files/bin\" | b64enc",
        "(.Files.Glob \"files/bin\").AsConfig | b64enc",
    ]
    .iter()
    .map(|pipeline| files(pipeline))
    .collect();
    for pattern in [
        "*",
        "**",
        "files/*",
        "files/**",
        "**/*.yaml",
        "**.txt",
        "files/[ab].txt",
        "files/[!a].txt",
        "files/{a,b}.txt",
        "files/{a.txt,sub/*}",
        "{files,crds}/**",
        "f*s/?.txt",
        "files/\\a.txt",
        "[",
        "files/[",
        "files/{a",
        "files/[a-b].txt",
        "files/[b-a].txt",
        "*.md",
        "README.md",
        "/files/*",
        "files/",
        "",
        "files/a.txt*",
        "*/a.txt",
        "**a.txt",
        "files/**txt",
        "files/*/*",
        "{*,*/*}",
        "?????????",
        "files**c.yaml",
        "{files/a,files/b}.txt",
        "{a,b}*{c,d}",
        "files/*.{txt,yaml}",
        "files/[!.]*",
        "files/.*",
        "fi**le",
        "files/**files/a.txt",
    ] {
        cases.push(files(&format!(
            "range $k, $v := .Files.Glob {pattern:?} }}}}{{{{ $k }}}};{{{{ end"
        )));
    }
    same(&cases);
}
