//! Hints: what a misspelt name was meant to be, and what a later version will know.

/// Names that DESIGN has and this version does not, with what to do until then. The path's last part, then the name.
const LATER: &[(&str, &str, &str)] = &[
    ("", "pools", "name each machine under `machines`"),
    ("", "clusterApi", "name each machine under `machines`"),
    ("", "extends", "keep everything in one file"),
    (
        "secrets",
        "files",
        "apply encrypted SopsSecrets as a component with `dir:`",
    ),
    ("identity", "bitwarden", "load the key into ssh-agent"),
    ("identity", "sops", "load the key into ssh-agent"),
    (
        "",
        "sops",
        "use command: [sops, --decrypt, --extract, '[\"key\"]', FILE]",
    ),
    ("", "url", "download the manifests into a folder and name it in `dir:`"),
];

/// The hint for a field that is not known.
pub(crate) fn field<'a>(path: &str, name: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    if let Some(near) = nearest(name, known.clone()) {
        return format!("did you mean `{near}`?");
    }
    let last = path.rsplit('.').next().unwrap_or_default();
    if let Some((.., instead)) = LATER
        .iter()
        .find(|(parent, later, _)| *later == name && (*parent == last || parent.is_empty()))
    {
        return format!("this version of hoist does not know it yet: {instead}");
    }
    format!("its fields are {}", list(known))
}

/// The hint for a value of a later version.
pub(crate) fn later_value(path: &str, text: &str) -> Option<&'static str> {
    match path.rsplit('.').next() {
        Some("dns01") if text == "hetzner" => Some("Hetzner's DNS comes with a later version"),
        Some("os") if text.is_empty() => {
            Some("a flake of your own comes with a later version; nixos.modules adds your modules to ours")
        }
        _ => None,
    }
}

/// The known name that is only a slip away.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |text: &str| text.to_lowercase().replace(['-', '_'], "");
    known
        .map(|candidate| (distance(&plain(name), &plain(candidate)), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.chars().count().max(3) / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// How many letters must be changed, added, dropped or swapped with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    for (j, cell) in rows[0].iter_mut().enumerate() {
        *cell = j;
    }
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let change = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = change.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[a.len()][b.len()]
}

/// `a, b and c`.
pub(crate) fn list<'a>(items: impl Iterator<Item = &'a str>) -> String {
    joined(items, "and")
}

/// `a, b or c`.
pub(crate) fn either<'a>(items: impl Iterator<Item = &'a str>) -> String {
    joined(items, "or")
}

fn joined<'a>(items: impl Iterator<Item = &'a str>, word: &str) -> String {
    let items: Vec<&str> = items.collect();
    match items.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} {word} {last}", rest.join(", ")),
        None => String::new(),
    }
}
