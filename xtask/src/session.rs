//! A sandbox and a copy of an example, for the demonstration and the measurements.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use crate::install::files;
use crate::person::Person;
use crate::run;
use crate::workspace::Workspace;

/// A sandbox that is up, and a folder with a spec for it. Ends with its value.
pub(crate) struct Session {
    hoist: PathBuf,
    name: &'static str,
    folder: Option<TempDir>,
    variables: Vec<(String, String)>,
}

impl Session {
    /// Copies the example. What an earlier session of this name left behind is taken down first.
    pub(crate) fn new(workspace: &Workspace, hoist: PathBuf, name: &'static str) -> Result<Self> {
        let example = workspace.root.join("examples/vanixiets");
        let folder = tempfile::Builder::new().prefix(&format!("hoist-{name}-")).tempdir()?;
        for path in files(&example)?.iter().filter(|it| !it.starts_with(".hoist")) {
            let target = folder.path().join(path);
            fs::create_dir_all(target.parent().expect("a file is in a folder"))?;
            fs::copy(example.join(path), target)?;
        }
        // Beside the spec's folder there is nobody's home: keys go into a folder that a person would not commit.
        let keys = folder.path().join(".hoist/demo");
        fs::create_dir_all(&keys)?;
        let person = Person::new(workspace, &keys)?;
        person.take_over(&folder.path().join("hoist.yaml"))?;
        let mut session = Self {
            hoist,
            name,
            folder: Some(folder),
            variables: vec![own_tools(workspace)],
        };
        session.set("SOPS_AGE_KEY", person.age_key()?);
        session.down()?;
        Ok(session)
    }

    /// Brings the sandbox up and takes over its variables.
    pub(crate) fn up(&mut self) -> Result<()> {
        run::run(
            self.hoist(&["sandbox", "up", "--name", self.name])
                .stdout(Stdio::null()),
        )?;
        let text = run::output(&mut self.hoist(&["sandbox", "env", "--name", self.name]))?;
        let variables = exports(&text)?;
        if variables.is_empty() {
            bail!("`hoist sandbox env` prints no variables, but:\n{text}");
        }
        self.variables.extend(variables);
        Ok(())
    }

    /// hoist, in the folder of the spec, with the sandbox's variables.
    pub(crate) fn hoist(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.hoist);
        command.args(args).current_dir(self.folder()).stdin(Stdio::null());
        // The person's own cloud must be out of reach, whatever their shell exports.
        for variable in [
            "HCLOUD_TOKEN",
            "HCLOUD_ENDPOINT",
            "CLOUDFLARE_API_TOKEN",
            "CLOUDFLARE_API_BASE",
            "KUBECONFIG",
            "SOPS_AGE_KEY",
        ] {
            command.env_remove(variable);
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Sets a variable for all that follows.
    fn set(&mut self, name: &str, value: String) {
        self.variables.push((name.into(), value));
    }

    /// The folder of the spec.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.as_ref().expect("it is there until the end").path()
    }

    /// Takes the sandbox down.
    pub(crate) fn down(&self) -> Result<()> {
        run::output(&mut self.hoist(&["sandbox", "down", "--name", self.name])).map(drop)
    }

    /// Leaves the sandbox up and the folder there.
    pub(crate) fn keep(mut self) -> PathBuf {
        self.folder.take().expect("it is there until the end").keep()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if self.folder.is_some()
            && let Err(error) = self.down()
        {
            eprintln!("warning: the sandbox is still up: {error:#}");
        }
    }
}

fn own_tools(workspace: &Workspace) -> (String, String) {
    ("HOIST_TOOLS".into(), workspace.tools().to_string_lossy().into_owned())
}

/// Reads `export NAME=VALUE` lines, with a shell's quotes.
fn exports(text: &str) -> Result<Vec<(String, String)>> {
    let lines = text.lines().filter_map(|it| it.trim().strip_prefix("export "));
    lines
        .map(|line| {
            let (name, value) = line.split_once('=').with_context(|| format!("no `=` in `{line}`"))?;
            Ok((name.to_owned(), unquoted(value)))
        })
        .collect()
}

fn unquoted(value: &str) -> String {
    let mut plain = String::new();
    let mut quote = None;
    let mut characters = value.chars();
    while let Some(it) = characters.next() {
        match (quote, it) {
            (None, '\'' | '"') => quote = Some(it),
            (Some(open), _) if open == it => quote = None,
            (None | Some('"'), '\\') => plain.extend(characters.next()),
            _ => plain.push(it),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exports_are_read_as_a_shell_reads_them() {
        let text = "# for eval\nexport A=plain\nexport B='it'\\''s $x'\nexport C=\"say \\\"so\\\"\"\nunset D\n";
        let read = exports(text).unwrap();
        let expected = [("A", "plain"), ("B", "it's $x"), ("C", "say \"so\"")];
        assert_eq!(read, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn a_line_without_a_value_is_an_error() {
        assert!(exports("export A").is_err());
    }
}
