//! `values.schema.json`: the same verdict, in the same words.

use super::{Small, same};

fn checked(schema: &str, values: &str) -> Small {
    Small::new(
        format!("{schema} with {values}"),
        &[("values.schema.json", schema), ("values.yaml", values)],
    )
}

const SEVEN: &str = "\"$schema\":\"http://json-schema.org/draft-07/schema#\"";

#[test]
fn keywords() {
    let mut cases = Vec::new();
    for (schema, values) in [
        ("{\"type\":\"object\"}", "a: 1"),
        ("{\"type\":\"array\"}", "a: 1"),
        ("{\"properties\":{\"a\":{\"type\":\"string\"}}}", "a: 1"),
        (
            "{\"properties\":{\"a\":{\"type\":[\"string\",\"null\",\"integer\"]}}}",
            "a: 1.5",
        ),
        ("{\"properties\":{\"a\":{\"type\":\"integer\"}}}", "a: 1.0"),
        ("{\"properties\":{\"a\":{\"type\":\"integer\"}}}", "a: 1e6"),
        ("{\"properties\":{\"a\":{\"enum\":[\"x\",1,null,true]}}}", "a: y"),
        ("{\"properties\":{\"a\":{\"enum\":[\"it's\"]}}}", "a: y"),
        ("{\"properties\":{\"a\":{\"enum\":[{\"b\":1}]}}}", "a: { b: 1.0 }"),
        ("{\"properties\":{\"a\":{\"enum\":[{\"b\":1}]}}}", "a: { b: 2 }"),
        ("{\"properties\":{\"a\":{\"const\":5}}}", "a: 6"),
        ("{\"properties\":{\"a\":{\"const\":[1]}}}", "a: [2]"),
        ("{\"required\":[\"b\"]}", "a: 1"),
        ("{\"required\":[\"b\",\"a\",\"c\"]}", "a: 1"),
        (
            "{\"additionalProperties\":false,\"properties\":{\"a\":true}}",
            "a: 1\nb: 2",
        ),
        ("{\"additionalProperties\":{\"type\":\"string\"}}", "a: 1"),
        ("{\"patternProperties\":{\"^x\":{\"type\":\"string\"}}}", "x1: 1\ny: 2"),
        ("{\"propertyNames\":{\"pattern\":\"^[a-z]+$\"}}", "A1: 1"),
        ("{\"propertyNames\":{\"maxLength\":1,\"pattern\":\"^b\"}}", "aa: 1"),
        ("{\"minProperties\":3}", "a: 1"),
        ("{\"maxProperties\":1}", "a: 1\nb: 2"),
        ("{\"properties\":{\"a\":{\"minLength\":3}}}", "a: é"),
        ("{\"properties\":{\"a\":{\"maxLength\":1}}}", "a: abc"),
        ("{\"properties\":{\"a\":{\"pattern\":\"^a+$\"}}}", "a: b"),
        ("{\"properties\":{\"a\":{\"minimum\":5}}}", "a: 4.5"),
        ("{\"properties\":{\"a\":{\"maximum\":5}}}", "a: 1234567"),
        ("{\"properties\":{\"a\":{\"exclusiveMinimum\":5}}}", "a: 5"),
        ("{\"properties\":{\"a\":{\"exclusiveMaximum\":0.5}}}", "a: 0.5"),
        ("{\"properties\":{\"a\":{\"multipleOf\":0.1}}}", "a: 0.35"),
        ("{\"properties\":{\"a\":{\"multipleOf\":0.1}}}", "a: 0.3"),
        ("{\"properties\":{\"a\":{\"maximum\":100000000}}}", "a: 1e9"),
        ("{\"properties\":{\"a\":{\"maximum\":1}}}", "a: 0.123456789"),
        ("{\"properties\":{\"a\":{\"minimum\":1}}}", "a: 0.123456789"),
        ("{\"properties\":{\"a\":{\"minimum\":1}}}", "a: -1234.5678"),
        ("{\"properties\":{\"a\":{\"minimum\":1}}}", "a: 0.000001"),
        ("{\"properties\":{\"a\":{\"maximum\":1}}}", "a: 1e25"),
        (
            "{\"properties\":{\"a\":{\"items\":{\"type\":\"string\"}}}}",
            "a: [x, 1, y, 2]",
        ),
        ("{\"properties\":{\"a\":{\"minItems\":2}}}", "a: [1]"),
        ("{\"properties\":{\"a\":{\"maxItems\":1}}}", "a: [1, 2, 3]"),
        (
            "{\"properties\":{\"a\":{\"uniqueItems\":true}}}",
            "a: [1, { b: 1 }, 2, { b: 1.0 }]",
        ),
        (
            "{\"properties\":{\"a\":{\"contains\":{\"type\":\"string\"}}}}",
            "a: [1, 2]",
        ),
        (
            "{\"properties\":{\"a\":{\"contains\":{\"type\":\"string\"},\"minContains\":2}}}",
            "a: [1, x]",
        ),
        (
            "{\"properties\":{\"a\":{\"contains\":{\"type\":\"string\"},\"maxContains\":1}}}",
            "a: [y, x]",
        ),
        (
            "{\"properties\":{\"a\":{\"prefixItems\":[{\"type\":\"string\"}],\"items\":false}}}",
            "a: [y, 1]",
        ),
        ("{\"not\":{\"required\":[\"a\"]}}", "a: 1"),
        (
            "{\"allOf\":[{\"required\":[\"b\"]},{\"required\":[\"c\"]},true]}",
            "a: 1",
        ),
        (
            "{\"anyOf\":[{\"required\":[\"b\"]},{\"properties\":{\"a\":{\"type\":\"string\"}},\"required\":[\"c\"]}]}",
            "a: 1",
        ),
        ("{\"oneOf\":[{\"required\":[\"b\"]},{\"required\":[\"c\"]}]}", "a: 1"),
        (
            "{\"oneOf\":[{\"required\":[\"a\"]},false,{\"required\":[\"b\"]},true]}",
            "a: 1",
        ),
        (
            "{\"if\":{\"required\":[\"a\"]},\"then\":{\"required\":[\"b\"]},\"else\":{\"required\":[\"c\"]}}",
            "a: 1",
        ),
        (
            "{\"if\":{\"required\":[\"x\"]},\"then\":{\"required\":[\"b\"]},\"else\":{\"required\":[\"c\"]}}",
            "a: 1",
        ),
        ("{\"dependentRequired\":{\"a\":[\"b\",\"c\"]}}", "a: 1"),
        ("{\"dependentSchemas\":{\"a\":{\"required\":[\"b\"]}}}", "a: 1"),
        ("{\"dependencies\":{\"a\":[\"b\"]}}", "a: 1"),
        (
            "{\"unevaluatedProperties\":false,\"properties\":{\"a\":true},\"allOf\":[{\"properties\":{\"b\":true}}]}",
            "a: 1\nb: 2\nc: 3",
        ),
        (
            "{\"properties\":{\"a\":{\"unevaluatedItems\":false,\"prefixItems\":[true]}}}",
            "a: [1, 2]",
        ),
        ("{\"properties\":{\"a\":false}}", "a: 1"),
        (
            "{\"properties\":{\"a\":{\"$ref\":\"#/$defs/x\"}},\"$defs\":{\"x\":{\"type\":\"string\"}}}",
            "a: 1",
        ),
        (
            "{\"properties\":{\"a\":{\"$ref\":\"#/$defs/x\"}},\"$defs\":{\"x\":{\"required\":[\"p\"],\"minProperties\":5}}}",
            "a: {}",
        ),
        (
            "{\"properties\":{\"a\":{\"$ref\":\"#x\"}},\"$defs\":{\"y\":{\"$anchor\":\"x\",\"type\":\"string\"}}}",
            "a: 1",
        ),
        (
            "{\"properties\":{\"a\":{\"$ref\":\"other\"}},\"$defs\":{\"y\":{\"$id\":\"other\",\"type\":\"string\"}}}",
            "a: 1",
        ),
        (
            "{\"properties\":{\"a\":{\"$ref\":\"#\"}},\"required\":[\"b\"]}",
            "a: { b: 1 }\nb: 1",
        ),
        (
            "{\"properties\":{\"a\":{\"$ref\":\"#\"}},\"required\":[\"b\"]}",
            "a: { a: {} }\nb: 1",
        ),
        ("{\"properties\":{\"x/y~z\":{\"type\":\"string\"}}}", "x/y~z: 1"),
        ("{\"properties\":{\"it's\":{\"type\":\"string\"}}}", "it's: 1"),
        ("{\"properties\":{\"a\":{\"format\":\"ipv4\"}}}", "a: x"),
        (
            "{\"properties\":{\"a\":{\"type\":\"null\"},\"b\":{\"type\":\"boolean\"},\"c\":{\"type\":\"number\"}}}",
            "a: 1\nb: true\nc: 5",
        ),
        (
            "{\"properties\":{\"a\":{\"required\":[\"x\"],\"properties\":{\"y\":{\"type\":\"string\"}}}}}",
            "a: { y: 1 }",
        ),
        ("{\"description\":\"nothing\",\"unknown\":{\"type\":7}}", "a: 1"),
        ("true", "a: 1"),
        ("false", "a: 1"),
        ("{}", "a: 1"),
    ] {
        cases.push(checked(schema, values));
        // The older drafts have no names in `$defs`, and the oldest no booleans for schemas.
        if schema.contains("\"other\"") {
            continue;
        }
        let seven = schema.replacen('{', &format!("{{{SEVEN},"), 1).replace(",}", "}");
        cases.push(checked(&seven, values));
        if !["true", "false", "exclusive"].iter().any(|word| schema.contains(word)) {
            cases.push(checked(&seven.replace("draft-07", "draft-04"), values));
        }
    }
    same(&cases);
}

#[test]
fn formats_of_old_drafts() {
    let mut cases = Vec::new();
    for (format, texts) in [
        ("ipv4", &["1.2.3.4", "1.2.3", "01.2.3.4", "1.2.3.256", "a.b.c.d"][..]),
        ("ipv6", &["::1", "1", "fe80::1%eth0"]),
        ("hostname", &["a.b", "-a", "a-", "a_b", "", "x.y."]),
        (
            "email",
            &[
                "a@b.c",
                "a",
                "a..b@c",
                ".a@b",
                "\"x y\"@b",
                "a@[1.2.3.4]",
                "a@[1.2.3]",
                "ü@b",
            ],
        ),
        ("date", &["2024-02-29", "2023-02-29", "2024-13-01", "24-1-1"]),
        (
            "time",
            &[
                "10:00:00Z",
                "10:00:00",
                "25:00:00Z",
                "23:59:60Z",
                "10:00:60Z",
                "10:00:00.5+01:00",
            ],
        ),
        (
            "date-time",
            &["2024-01-01T10:00:00Z", "2024-01-01 10:00:00Z", "2024-01-01T10:00"],
        ),
        (
            "uri",
            &["http://a/b", "/a", "http://[::1]/", "http://a b/", "x:y", "http://a:x/"],
        ),
        ("uri-reference", &["/a", "a\\b", "#f"]),
        (
            "uuid",
            &[
                "123e4567-e89b-12d3-a456-426614174000",
                "123",
                "123e4567-e89b-12d3-a456-42661417400g",
            ],
        ),
        ("duration", &["P1D", "PT1H", "P", "1D", "P1H", "PT", "P1M1Y", "P2W"]),
        ("regex", &["a+", "a("]),
        ("json-pointer", &["/a", "a", "/a~2"]),
        ("relative-json-pointer", &["0", "1/a", "01", "x", "0#"]),
        ("semver", &["1.2.3", "1.2", "1.2.3-rc.1+b", "01.2.3", "1.2.3-01"]),
        ("nonsense", &["x"]),
    ] {
        for text in texts {
            let schema = format!("{{{SEVEN},\"properties\":{{\"a\":{{\"format\":\"{format}\"}}}}}}");
            cases.push(checked(
                &schema,
                &format!("a: {}", serde_json::to_string(text).unwrap()),
            ));
        }
    }
    same(&cases);
}

#[test]
fn subcharts_have_schemas_of_their_own() {
    let sub = |name: &str, schema: &str, values: &str| {
        Small::new(
            name,
            &[
                ("values.schema.json", "{\"required\":[\"a\"]}"),
                ("values.yaml", values),
            ],
        )
        .with("charts/sub/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 1.0.0\n")
        .with("charts/sub/values.schema.json", schema)
        .with("charts/sub/values.yaml", "x: 1")
    };
    let wants = "{\"properties\":{\"x\":{\"type\":\"string\"}}}";
    same(&[
        sub("both", wants, "b: 1"),
        sub("only the inner one", wants, "a: 1"),
        sub("neither", wants, "a: 1\nsub: { x: text }"),
        sub("null", wants, "a: 1\nsub: { x: null }"),
        sub("globals", "{\"additionalProperties\":false}", "a: 1\nglobal: { y: 1 }"),
        sub("skipped", wants, "b: 1").args("--skip-schema-validation"),
    ]);
}

/// Where a schema is none, Helm fails as we do; the words are ours, for its validator tells of itself.
#[test]
fn schemas_that_are_none() {
    for schema in [
        "{",
        "{\"type\":\"strin\"}",
        "{\"type\":5}",
        "{\"properties\":[]}",
        "{\"properties\":{\"a\":5}}",
        "{\"required\":\"a\"}",
        "{\"required\":[\"a\",\"a\"]}",
        "{\"pattern\":\"(\"}",
        "{\"minLength\":-1}",
        "{\"minLength\":\"1\"}",
        "{\"multipleOf\":0}",
        "{\"allOf\":[]}",
        "{\"items\":[{}]}",
        "{\"$ref\":\"#/nowhere\"}",
        "{\"$ref\":\"#nowhere\"}",
        "{\"properties\":{\"z\":{\"$ref\":\"#/$defs/none\"}}}",
        "{\"$schema\":\"http://json-schema.org/draft-03/schema#\"}",
        "{\"additionalProperties\":5}",
        "{\"not\":[]}",
        "{\"enum\":5}",
        "{\"uniqueItems\":1}",
        "[]",
        "5",
        "null",
        "{\"patternProperties\":{\"(\":{}}}",
        "{\"properties\":{\"z\":{\"$ref\":\"https://127.0.0.1:1/x.json\"}}}",
        "{\"properties\":{\"a\":{\"$id\":\"x\"},\"b\":{\"$id\":\"x\"}}}",
    ] {
        let small = checked(schema, "a: 1");
        let folder = tempfile::tempdir().unwrap();
        small.write(folder.path());
        let args = ["template", "release-name", &folder.path().display().to_string()].map(str::to_owned);
        let theirs = hoist_helmpeer::helm(&hoist_helmpeer::Command::new(args));
        assert!(theirs.error.is_some(), "helm takes {schema}");
        let Err(ours) = small.rendered(folder.path()).map(drop) else {
            panic!("we take {schema}, and helm says {:?}", theirs.error);
        };
        assert!(ours.starts_with("values don't meet the specifications"), "{ours}");
    }
    // Fewer than Helm's, which are a subset of these words anyway.
    same(&[
        checked("{\"properties\":{\"a\":{\"$ref\":\"urn:x:y\"}}}", "a: 1"),
        checked("{\"definitions\":{\"a\":{\"$ref\":\"#/nowhere\"}}}", "a: 1"),
    ]);
}
