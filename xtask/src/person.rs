//! A person for an example: keys of their own, in place of those that the example names.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::run;
use crate::workspace::Workspace;

/// The keys of someone who has just come.
pub(crate) struct Person {
    /// The private key for SSH.
    ssh: PathBuf,
    ssh_public: String,
    /// The private key for encrypted files.
    age: PathBuf,
    age_public: String,
}

impl Person {
    /// Makes the keys in a folder.
    pub(crate) fn new(workspace: &Workspace, folder: &Path) -> Result<Self> {
        let ssh = folder.join("id_ed25519");
        run::output(
            Command::new("ssh-keygen")
                .args(["-q", "-t", "ed25519", "-N", "", "-C", "demo", "-f"])
                .arg(&ssh),
        )?;
        let age = folder.join("age.txt");
        let keygen = workspace.tool("age-keygen");
        run::output(Command::new(&keygen).arg("-o").arg(&age))?;
        Ok(Self {
            ssh_public: fs::read_to_string(ssh.with_extension("pub"))?.trim().to_owned(),
            ssh,
            age_public: run::output(Command::new(&keygen).arg("-y").arg(&age))?
                .trim()
                .to_owned(),
            age,
        })
    }

    /// The private key for encrypted files, which the example's cluster gets too.
    pub(crate) fn age_key(&self) -> Result<String> {
        let text = fs::read_to_string(&self.age).with_context(|| format!("read {}", self.age.display()))?;
        let key = text.lines().find(|line| line.starts_with("AGE-SECRET-KEY-"));
        Ok(key.context("age-keygen wrote no key")?.to_owned())
    }

    /// Puts the keys into a spec.
    pub(crate) fn take_over(&self, spec: &Path) -> Result<()> {
        let text = fs::read_to_string(spec).with_context(|| format!("read {}", spec.display()))?;
        let text: String = text.lines().map(|line| self.line(line) + "\n").collect();
        fs::write(spec, text).with_context(|| format!("write {}", spec.display()))
    }

    fn line(&self, line: &str) -> String {
        let indent = &line[..line.len() - line.trim_start().len()];
        if line.trim_start().starts_with("identity:") {
            return format!("{indent}identity: {{ file: {} }}", self.ssh.display());
        }
        let line = replaced(line, "ssh-ed25519 ", &[']', ',', '"', '\''], &self.ssh_public);
        replaced(&line, "age1", &[']', ',', '"', '\'', ' '], &self.age_public)
    }
}

/// The line with `value` in the place of what starts with `start` and goes to the first of `ends` or to its end.
/// A comment is left alone.
fn replaced(line: &str, start: &str, ends: &[char], value: &str) -> String {
    let code = line
        .find(" #")
        .or_else(|| line.starts_with('#').then_some(0))
        .unwrap_or(line.len());
    match line[..code].find(start) {
        None => line.to_owned(),
        Some(at) => {
            let end = line[at..code].find(ends).map_or(code, |it| at + it);
            [&line[..at], value, &line[end..]].concat()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_put_in_the_place_of_the_examples_and_all_else_stays() {
        let person = Person {
            ssh: "/keys/id".into(),
            ssh_public: "ssh-ed25519 NEW demo".into(),
            age: "/keys/age".into(),
            age_public: "age1new".into(),
        };
        for (before, after) in [
            (
                "    cameron: { keys: [ssh-ed25519 AAAA x], sudo: y }",
                "    cameron: { keys: [ssh-ed25519 NEW demo], sudo: y }",
            ),
            ("      - ssh-ed25519 AAAA cameron", "      - ssh-ed25519 NEW demo"),
            (
                "      - ssh-ed25519 AAAA c # mine",
                "      - ssh-ed25519 NEW demo # mine",
            ),
            ("  identity: agent   # or file:", "  identity: { file: /keys/id }"),
            ("  recipients: [age1qqq]", "  recipients: [age1new]"),
            ("  - age1qqq # of the CI", "  - age1new # of the CI"),
            ("# recipients: [age1qqq]", "# recipients: [age1qqq]"),
            ("  name: vanixiets", "  name: vanixiets"),
        ] {
            assert_eq!(person.line(before), after);
        }
    }
}
