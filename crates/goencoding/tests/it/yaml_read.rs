//! Reading YAML: tables of texts, each compared with what Helm makes of it.

use crate::yaml_peer::{our_read, our_read_list, read, read_list, same};

/// Scalars, each read as the value of a key.
#[rustfmt::skip]
const SCALARS: &[&str] = &[
    "", "~", "null", "Null", "NULL", "nUll", "true", "True", "TRUE", "tRue", "false", "yes", "Yes", "YES", "yEs",
    "no", "No", "NO", "on", "On", "ON", "off", "Off", "OFF", "y", "Y", "n", "N", "oN", "yess", "0", "1", "-1", "+1",
    "00", "07", "08", "09", "0777", "-0777", "0o777", "0O17", "0o8", "0x1F", "0X1f", "-0x1F", "0xg", "0x", "0b",
    "0b101", "-0b101", "0B1", "0b2", "0b-1", "0b+1", "-0b-1", "-0b+1", "0o-7", "1_000", "1__0", "_1", "1_", "0x_1",
    "0b1_0", "+0x10", "--1", "+-1", "-", "- ", "+", ".", "..", "...", "1.", "1.5", "-1.5", "+1.5", ".5", "-.5", "+.5",
    "1.5.3", "1e3", "1E3", "1e+3", "1e-3", "-1e3", "1.e3", ".5e3", ".e3", "1e", "1e+", "1ee3", "1e999", "-1e999",
    "1e-999", "1_0.5", "1.5_0", "0x1p-2", "0x1.8p1", ".inf", ".Inf", ".INF", ".iNf", "+.inf", "-.inf", "-.Inf",
    "-.INF", "+.INF", ".nan", ".NaN", ".NAN", ".Nan", "inf", "Infinity", "nan", "-nan", "9223372036854775807",
    "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "18446744073709551615",
    "18446744073709551616", "+18446744073709551615", "0xFFFFFFFFFFFFFFFF", "0x1FFFFFFFFFFFFFFFF",
    "123456789012345678901234567890", "9007199254740993", "1000000", "100000000000000000000", "0.1", "0.10", "1.10",
    "3.14159265358979323846264338327950288", "-0", "-0.0", "+0", "0.0", "1:30", "12:30:45", "190:20:30.15",
    "2001-01-01", "2001-1-1", "2001-13-01", "2001-02-30", "2001-01-01T10:00:00Z", "2001-01-01 10:00:00", "01-01", "!",
    "! 1", "! a", "!!str 1", "!!str", "!!str true", "!!str ~", "!!int 1", "!!int '1'", "!!int a", "!!int 1.5",
    "!!int 0x10", "!!int yes", "!!int ~", "!!int", "!!float 1", "!!float 1.5", "!!float '2'", "!!float a",
    "!!float 18446744073709551615", "!!float .inf", "!!bool yes", "!!bool 'yes'", "!!bool 1", "!!bool a", "!!null ''",
    "!!null ~", "!!null a", "!!null 0", "!!timestamp 2001-01-01", "!!timestamp a", "!!timestamp 1",
    "!!timestamp '2001-01-01'", "!!timestamp 2001-01-01t1:2:3.5+01:00", "!!timestamp 2001-01-01T1:2:3",
    "!!timestamp 2001-01-01T1:2:3,25Z", "!!timestamp 2001-01-01 1:2:3", "!!timestamp 2001-01-01    1:2:3.123",
    "!!timestamp 2001-01-01 1:2:3Z", "!!timestamp 2000-02-29", "!!timestamp 1900-02-29",
    "!!timestamp 2001-01-01T24:00:00Z", "!!timestamp 2001-01-01T1:2:3+24:60", "!!timestamp 2001-01-01T1:2:3+25:00",
    "!!timestamp 201-01-01", "!!binary aGVsbG8=", "!!binary 'aGVs\n  bG8='", "!!binary a", "!!binary /w==",
    "!!binary /x==", "!!binary", "!!binary |\n  aGVs\n  bG8=", "!!map {}", "!!seq []", "!!seq {}", "!!str {b: 1}",
    "!!str [1]", "!!set {b}", "!!omap [b: 1]", "!local b", "!local", "!local 1", "!<tag:yaml.org,2002:int> 5",
    "!<tag:yaml.org,2002:str> 5", "!<x> 5", "!<> 5", "!<x 5", "!e!x 5", "!!foo 5", "!%21 5", "!%2 5", "!%zz 5",
    "!%c3%a9 5", "!%c3%28 5", "!%ff 5", "!a!b!c 5", "!a]b 5", "!a{b 5", "!a,b 5", "!!merge <<", "<<", "'<<'", "=",
    "'a'", "'a''b'", "''", "'''a'", "'a", "'a\n b'", "'a\n\n b'", "'a\n  \n\n  b  '", "'  a  '", "' a\n b '",
    "'a\\n'", "\"a\"", "\"\"", "\"a\\\"b\"", "\"a'b\"", "\"a", "\"a\\\"", "\"\\0\\a\\b\\t\\n\\v\\f\\r\\e\"",
    "\"\\ \\'\\/\"", "\"\\ \\'\\\\\\N\\_\\L\\P\"", "\"\\x41\\u00e9\\U0001F600\"", "\"\\x4\"", "\"\\xg1\"",
    "\"\\ud800\"", "\"\\uD83D\\uDE00\"", "\"\\U00110000\"", "\"\\UFFFFFFFF\"", "\"\\q\"", "\"\\\t\"", "\"a\\\n  b\"",
    "\"a\\\n\n  b\"", "\"a \\\n  b\"", "\"a\n  b\"", "\"a\n\n\n  b\"", "\"a  \n  b\"", "\"a\t\n\tb\"",
    "\"a\n---\nb\"", "\"a\n--- b\"", "\"a\n---b\"", "'a\n...\nb'", "\"\\\n\"", "\"a\\  b\"", "\"\\x00\"", "a b",
    "a  b", "a\tb", "a\n  b", "a\n\n  b", "a\n\n\n  b\n  c", "a\n b", "a\n\tb", "a\n  \tb", "a # c", "a#c", "a #c",
    "# c", "a\n  # c\n  b", "a: b", "a:b", "a:", ":a", ": a", "::", "a::b", "-a", "- a", "--- a", "?a", "? a", "a?b",
    "?", "[a, b]", "[a,b]", "[a , b ]", "[a, b,]", "[,]", "[a,,b]", "[a", "[a\n, b]", "[a]]", "[]", "[ ]", "[[]]",
    "[[a], [b, [c]]]", "[a: b]", "[a: b, c: d]", "[a: ]", "[: b]", "[? a : b]", "[? a]", "[?]", "[? , a]", "[{a: b}]",
    "[\"a\": b]", "[\"a\":b]", "['a':b]", "[a:b]", "[a :b]", "[a?b]", "[a{b]", "[a#b]", "[a #b\n]", "[- a]", "[-a]",
    "[-]", "[!!str 1, !!int '2']", "[*x]", "[&x a, *x]", "[&x a, *y]", "[a\nb]", "[a\n\nb, c]", "{}", "{ }", "{a: b}",
    "{a : b}", "{a:b}", "{a}", "{a, b}", "{a: b, c: d}", "{a: b,}", "{,}", "{a: }", "{: b}", "{a: b", "{a: b}}",
    "{a: {b: {c: d}}}", "{a: [b, c]}", "{\"a\":1}", "{\"a\":1,\"b\":[true,null]}", "{'a':1}", "{? a : b}", "{? a}",
    "{?}", "{a: b: c}", "{a\n: b}", "{\"a\"\n: b}", "{a: b\n, c: d}", "{[a]: b}", "{{a: b}: c}", "{{ a }}",
    "{{a}}: b", "{1: a}", "{~: a}", "{1.5: a}", "{true: a}", "{a: 1, a: 2}", "{<<: {a: 1}}", "{a: -}", "{a: - b}",
    "{a: -b}", "{-: a}", "{a: ?b}", "{a: 'b'c}", "[a] b", "{a: b} c", "'a' b", "'a'b", "\"a\"b", "\"a\": b", "|", ">",
    "|\n  a", "|\n  a\n", "|\n  a\n  b\n", "|-\n  a\n", "|+\n  a\n\n\n", "|\n  a\n\n\n", "|-\n  a\n\n", "|2\n    a\n",
    "|1\n  a\n", "|3\n  a\n", "|2-\n    a\n", "|-2\n    a\n", "|+1\n  a\n", "|0\n  a\n", "|10\n  a\n", "|--\n  a\n",
    "|a\n  b\n", "| # c\n  a\n", "|# c\n  a\n", "|\n  a\n b\n", "|\n\n\n  a\n", "|\n    \n  a\n",
    "|\n  a\n    b\n  c\n", "|\n  a\n\n  b\n", "|\n\ta\n", "|\n  \ta\n", "|\n a\n\tb\n", "|\n  # a\n  b\n",
    "|\n  a\n # c\n", "|\n  a\n  ", "|\n  a\n   \n", "|\na\n", "|-\n\n", "|+\n\n", ">\n  a\n  b\n", ">\n  a\n\n  b\n",
    ">\n  a\n\n\n  b\n", ">\n  a\n    b\n  c\n", ">\n  a\n\n    b\n\n  c\n", ">-\n  a\n  b\n\n", ">+\n  a\n  b\n\n",
    ">\n\n  a\n", ">\n  a\n\tb\n", ">2\n    a\n    b\n", ">\n  a\n  \tb\n  c\n", ">\n  a\n   \n  b\n",
    "|\r\n  a\r\n  b\r\n", ">\r\n  a\r\n  b\r\n", "a\r\n  b", "'a\r\n  b'", "a\r  b", "*x", "*", "*x y", "&x", "&x a",
    "&x &y a", "&x !!str 1", "!!str &x 1", "!!str !!int 1", "& a", "&é a", "&x: a", "&x-y_z a", "&x. a", "@a", "`a",
    "%a", "a%b", "a@b", "a`b", "a & b", "a * b", "a ! b", "a | b", "a > b", "&", "!!", "!!int", "|x", "]", "}", ",",
    "a, b", "a]", "a}", "a [b]", "\u{e9}", "\u{1F600}", "a\u{85}  b", "a\u{2028}  b", "a\u{2029}  b", "'a\u{85}  b'",
    "'a\u{2028}  b'", "\"a\u{2028}\n  b\"", "|\n  a\u{85}  b\n", "|\n  a\u{2028}  b\n", ">\n  a\u{2028}  b\n",
    "# c\u{85}b: 1", "a #c\u{2028}b: 1", "\u{FEFF}a", "a\u{FEFF}b", "\u{A0}", "a\u{A0}", "\u{FFFD}", "\u{3000}a",
];

/// Whole texts.
#[rustfmt::skip]
pub(crate) const TEXTS: &[&str] = &[
    "", " ", "\n", "\n\n", "#", "# c", "---", "--- ", "---\n", "---\n---\n", "...", "...\n", "---\n...\n", "--- a",
    "--- {a: b}", "--- |\n a\n", "---a: b", "--- a: b", "---\na: b\n", "---\na: b\n---\nc: d\n", "a: b\n---\nc: d\n",
    "a: b\n...\nc: d\n", "a: b\n...\n---\nc\n", "a: b\n--- [\n", "a: b\n---\n[\n", "---\n# c\n---\na: b\n",
    "--- # c\na: b\n", "%YAML 1.1\n---\na: b\n", "%YAML 1.2\n---\na: b\n", "%YAML 1.1\na: b\n",
    "%YAML 1.1\n%YAML 1.1\n---\na: b\n", "%YAML\n---\n", "%YAML 1\n---\n", "%YAML 1.\n---\n", "%YAML 111.1\n---\n",
    "%YAML 1.1 x\n---\n", "%YAML 1.1 # x\n---\na: b\n", "%FOO\n---\n", "%\n---\n", "%YAML1.1\n---\n",
    "%TAG ! tag:x,2000:\n---\na: !b 1\n", "%TAG !y! tag:yaml.org,2002:\n---\na: !y!int '1'\n",
    "%TAG !y! tag:yaml.org,2002:\n%TAG !y! x\n---\n", "%TAG !y x\n---\n", "%TAG y x\n---\n", "%TAG !y!\n---\n",
    "%TAG !y! x]\n---\na: !y!b c\n", "%TAG !! tag:x,2000:\n---\na: !!int a\n", "a: b\n%YAML 1.1\n", "a: b\n%c: d\n",
    "a: b", "a: b\n", "a:\n", "a:b\n", "a :b\n", "a : b\n", "a: b\nc: d\n", "a: b\n c: d\n", " a: b\nc: d\n",
    "  a: b\n  c: d\n", "a:\n  b: c\n", "a:\n  b: c\n  d: e\nf: g\n", "a:\n  b: c\n d: e\n", "a:\n    b: c\n  d: e\n",
    "a:\n- b\n- c\n", "a:\n  - b\n  - c\n", "a:\n - b\n- c\n", "a:\n- b\nc: d\n", "a:\n- b: c\n  d: e\n- f: g\n",
    "a:\n- - b\n  - c\n- d\n", "a:\n-\n  b: c\n-\n", "a:\n- \n- b\n", "a:\n-\tb\n", "a:\n- b\n c\n", "a:\n- b\n  c\n",
    "a:\n- b:\n  - c\n", "a:\n- b:\n    c: d\n   e: f\n", "a: - b\n", "a: b: c\n", "a: b\n: c\n", ": a\n",
    ": a\nb: c\n", "? a\n: b\n", "? a\n", "? a\n? b\n", "? a\nb: c\n", "?\n: b\n", "? [a]\n: b\n", "? {a: b}\n: c\n",
    "? - a\n: b\n", "? |\n  a\n: b\n", "? a\n: - b\n  - c\n", "? a\n  : b\n", "a: ? b\n", "a:\n  ? b\n  : c\n",
    "? a: b\n: c\n", "a: 1\na: 2\n", "a: {b: 1}\na: {c: 2}\n", "1: a\n", "1: a\n'1': a\n", "0x10: a\n", "1.5: a\n",
    "0.1: a\n", "123456789.5: a\n", "1e100: a\n", "1e3: a\n", ".inf: a\n", "-.inf: a\n", ".nan: a\n", "true: a\n",
    "yes: a\n", "no: a\n", "on: a\n", "y: a\n", "n: a\n", "~: a\n", "null: a\n", "'': a\n", "\"\": a\n",
    "~: {b: [1, 1.5, x, ~, true]}\n", "18446744073709551615: a\n", "2001-01-01: a\n", "!!binary aGVsbG8=: a\n",
    "!!binary /w==: a\n", "!!str 1: a\n", "!!int '1': a\n", "? !!null ''\n: a\n", "!x a: b\n", "<<: a\n", "<<: [a]\n",
    "<<: {a: b}\n", "'<<': {a: b}\n", "! <<: {a: b}\n", "!!merge <<: {a: b}\n", "!!str <<: {a: b}\n", "<<: ~\n",
    "<<:\n", "a: &x {b: 1, c: 2}\nd:\n  <<: *x\n  b: 3\n", "a: &x {b: 1, c: 2}\nd:\n  b: 3\n  <<: *x\n",
    "a: &x {b: 1}\ne: &y {b: 2, c: 3}\nd:\n  <<: [*x, *y]\n", "a: &x {b: 1}\nd:\n  <<: [*x, {c: 2}]\n",
    "a: &x [1]\nd:\n  <<: *x\n", "a: &x 1\nd:\n  <<: *x\n", "a: &x {b: 1}\nd:\n  <<: [[*x]]\n",
    "a: &x {b: 1}\nc: &y {<<: *x, d: 2}\ne: {<<: *y}\n", "a: &x {<<: *x}\n", "<<: [a, {{ a }}]\n", "<<: [{{ a }}, a]\n", "a: &x [*x]\n", "a: &x {b: *x}\n",
    "a: &x {b: {c: *x}}\n", "&x a: *x\n", "? &x a\n: *x\n", "&x a: b\n*x : c\n", "&x a: b\n*x: c\n",
    "a: *x\nb: &x 1\n", "a: &x 1\nb: &x 2\nc: *x\n", "a: &x\nb: *x\n", "a: &x ~\nb: *x\n", "a: &x\n  b: c\nd: *x\n",
    "&x\na: b\n", "&x {a: b}\n", "a: *x\n", "&x a: &y b\nc: [*x, *y]\n", "a: &x [1, 2]\n? *x\n: b\n",
    "a: &x {b: c}\n? *x\n: b\n", "a: &x b\nc: &y\n- *x\n- &z {d: *x}\ne: *z\n", "[a]\n", "[a]: b\n", "[]: b\n",
    "{}: b\n", "[[]]: b\n", "{a: {}}: b\n", "{a: b}: c\n", "{a: [x, 1, 1.5, true, ~]}: c\n",
    "? {b: 1, a: [x, 1.5], 1: i, 1.5: f, true: t, ~: n, 18446744073709551615: 0x10, 0x1F: 18446744073709551615}\n: v\n",
    "? {a: 1, a: 2, <<: {b: 3, a: 4}}\n: v\n", "a: {{ foo }}\n", "a: {{ .Values.foo }}\n", "{{ foo }}: a\n",
    "{{ if a }}\nb: c\n{{ end }}\n", "a: {{ foo | quote }}\n", "a: {{- foo }}\n", "a: \"{{ foo }}\"\n", "{a: b}\n",
    "{a: b}\nc: d\n", "{a: b} c\n", "{a: b}\n---\n", "a\n", "a\nb\n", "a\nb: c\n", "a: b\nc\n", "a: b\nc\nd: e\n",
    "a: b\n- c\n", "- a\n", "- a\nb: c\n", "- a\n- b\n c\n", "'a'\n", "|\n a\n", "1\n", "1.5\n", "true\n", "~\n",
    "!!str\n", "[", "{", "]", "}", "[a, b", "{a: b", "'a", "\"a", "a: 'b", "a: \"b\nc: d\n", "a: [b\nc: d\n",
    "a: {b\nc: d\n", "a: [b, c\n]\n", "a: [\n b,\n c\n]\n", "a: [\nb\n]\n", "a: {\nb: c\n}\n", "a: b\n\tc: d\n",
    "\ta: b\n", "a:\n\tb: c\n", "a: \tb\n", "a:\tb\n", "a: b\t\n", "a: b\t# c\n", "a: b #c\n", "a:\n  - b\t\n",
    "-\ta\n", "-\ta: b\n", "- \ta: b\n", "a: b\n  \nc: d\n", "a: b\n\t\nc: d\n", "a: b\n  # c\n# d\nc: d\n",
    "a:\n# c\n  b: c\n", "a: # c\n  b: c\n", "a: # c\n- b\n", "a: b # c\n  d\n", "a: |\n  b\nc: d\n",
    "a: |\n  b\n c: d\n", "a: |\nb: c\n", "a: >\n  b\n  c\n\nd: e\n", "a: |\n    b\n  c\n",
    "a:\n  b: |\n    c\n   d\n", "- |\n a\n- >\n b\n", "a: |1\n b\n", "a:\n  b: |1\n    c\n", "a: b\r\nc: d\r\n",
    "a: b\rc: d\r", "a:\r\n- b\r\n- c\r\n", "a: |\r\n  b\r\n", "a: b\u{85}c: d\n", "a: b\u{2028}c: d\n",
    "\u{FEFF}a: b\n", "\u{FEFF}\u{FEFF}a: b\n", "\u{FEFF}", "\u{FEFF}# c\n", "a: \u{FEFF}b\n", "a: b\n\u{FEFF}c: d\n",
    "\u{FEFF}---\na: b\n", "a: \u{1}\n", "a: \u{7f}\n", "a: \u{80}\n", "a: \u{9f}\n", "a: \u{85}\n", "a: \u{A0}\n",
    "a: \u{D7FF}\n", "a: \u{E000}\n", "a: \u{FFFE}\n", "a: \u{FFFF}\n", "a: \u{10000}\n", "a: \u{10FFFF}\n",
    "a: \0\n", "\0", "a: b\n\0", "a: b\n---\n\u{1}\n", "é: è\n", "日本: 語\n", "a: é: b\n", "éa: [b\n",
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\n  labels: {a: b}\ndata:\n  k: |\n    text\n      more\n\n    end\n",
    "Error: x\n", "a: \"b\" c\n", "a: 'b' c\n", "\"a\" b: c\n", "\"a\":b\n", "\"a\": b\n", "'a' : b\n", "a: b c: d\n",
    "a: http://x:80/y\n", "a: x:y\n", "a: [x:y, http://z]\n", "a: {x: http://z}\n", "a: {b:c}\n", "a: {b: c,d: e}\n",
    "a: ,\n", "a: [b]c\n", "a: {b: c}d\n", "a: *b\nb: *a\n", "a: !x!y z\n", "a: !!str\nb: c\n", "a: !!str\n  b\n",
    "a: &x\n  !!str\n  b\n", "a:\n  !!map\n  b: c\n", "!!map\na: b\n", "!!map {a: b}\n", "!!null\na: b\n",
];

#[test]
fn scalars_as_values() {
    let texts: Vec<String> = SCALARS.iter().map(|scalar| format!("a: {scalar}")).collect();
    same(&texts, &read(&texts), |text| our_read(text.as_bytes()));
}

#[test]
fn scalars_on_a_later_line() {
    let texts: Vec<String> = SCALARS
        .iter()
        .map(|scalar| format!("x: 1\ny:\n  a: {scalar}\nz: 2\n"))
        .collect();
    same(&texts, &read(&texts), |text| our_read(text.as_bytes()));
}

#[test]
fn scalars_in_a_list() {
    let texts: Vec<String> = SCALARS.iter().map(|scalar| format!("- {scalar}\n- b\n")).collect();
    same(&texts, &read_list(&texts), |text| our_read_list(text.as_bytes()));
}

#[test]
fn scalars_as_keys() {
    let texts: Vec<String> = SCALARS.iter().map(|scalar| format!("{scalar}: b\n")).collect();
    same(&texts, &read(&texts), |text| our_read(text.as_bytes()));
}

#[test]
fn scalars_in_flow() {
    let texts: Vec<String> = SCALARS
        .iter()
        .map(|scalar| format!("a: [{scalar}, {{b: {scalar}}}]\n"))
        .collect();
    same(&texts, &read(&texts), |text| our_read(text.as_bytes()));
}

#[test]
fn whole_texts() {
    same(TEXTS, &read(TEXTS), |text| our_read(text.as_bytes()));
    same(TEXTS, &read_list(TEXTS), |text| our_read_list(text.as_bytes()));
}

#[test]
fn texts_in_utf16() {
    let mut texts: Vec<Vec<u8>> = Vec::new();
    for text in TEXTS {
        let units: Vec<u16> = format!("\u{FEFF}{text}").encode_utf16().collect();
        texts.push(units.iter().flat_map(|unit| unit.to_le_bytes()).collect());
        texts.push(units.iter().flat_map(|unit| unit.to_be_bytes()).collect());
    }
    for broken in [&b"\x00\xD8"[..], b"\x00\xDC", b"\x00\xD8a\x00", b"a", b"\x00\xD8\x00"] {
        texts.push([&b"\xFF\xFEa\x00:\x00 \x00"[..], broken].concat());
    }
    same(&texts, &read(&texts), |text| our_read(text));
}
