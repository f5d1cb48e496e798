//! `.helmignore`: rules of Helm's own, which look like git's and are not.

use std::path::Path;

use crate::gopath;

/// The longest line of a file of rules, as Go's scanner has it.
const MAX_LINE: usize = 64 << 10;

/// Which files of a folder do not belong to its chart.
#[derive(Debug, Default)]
pub(crate) struct Rules(Vec<Rule>);

#[derive(Debug)]
struct Rule {
    pattern: String,
    negated: bool,
    only_folders: bool,
    whole_path: bool,
}

impl Rules {
    /// Reads a file of rules; the error names the line.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, String> {
        let mut rules = Self::default();
        let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
        for (index, line) in text.split(|&byte| byte == b'\n').enumerate() {
            if line.len() >= MAX_LINE {
                return Err(format!("line {}: the line is too long", index + 1));
            }
            let line = String::from_utf8_lossy(line);
            rules.add(&line).map_err(|why| format!("line {}: {why}", index + 1))?;
        }
        Ok(rules)
    }

    /// What is left out of every chart: dotfiles of templates.
    pub(crate) fn with_defaults(mut self) -> Self {
        self.0.push(Rule {
            pattern: "templates/.?*".into(),
            negated: false,
            only_folders: false,
            whole_path: true,
        });
        self
    }

    fn add(&mut self, line: &str) -> Result<(), String> {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        if line.contains("**") {
            return Err("double-star (**) syntax is not supported".into());
        }
        gopath::matches(line, "abc").map_err(|error| format!("{error}: {line}"))?;
        let (negated, line) = match line.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, line),
        };
        let (only_folders, line) = match line.strip_suffix('/') {
            Some(rest) => (true, rest),
            None => (false, line),
        };
        let (whole_path, pattern) = match line.strip_prefix('/') {
            Some(rest) => (true, rest),
            None => (line.contains('/'), line),
        };
        self.0.push(Rule {
            pattern: pattern.to_owned(),
            negated,
            only_folders,
            whole_path,
        });
        Ok(())
    }

    /// Whether a file or folder is left out. The first rule that says so decides; a negated one leaves out all that it
    /// does not match.
    pub(crate) fn ignores(&self, path: &str, is_folder: bool) -> bool {
        if path.is_empty() || path == "." || path == "./" {
            return false;
        }
        self.0.iter().any(|rule| {
            if rule.negated {
                return (rule.only_folders && !is_folder) || !rule.matches(path);
            }
            (!rule.only_folders || is_folder) && rule.matches(path)
        })
    }
}

impl Rule {
    fn matches(&self, path: &str) -> bool {
        let name = if self.whole_path { path } else { gopath::base(path) };
        gopath::matches(&self.pattern, name).unwrap_or(false)
    }
}

/// The rules of a folder: of its file, if it has one, and the defaults.
pub(crate) fn of_folder(folder: &Path) -> Result<Rules, String> {
    let file = folder.join(".helmignore");
    let rules = match std::fs::read(&file) {
        Ok(text) => Rules::parse(&text).map_err(|why| format!("{}: {why}", file.display()))?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Rules::default(),
        Err(error) => return Err(format!("{}: {error}", file.display())),
    };
    Ok(rules.with_defaults())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_decide_as_helms_do() {
        let rules = Rules::parse(b"\xEF\xBB\xBF# comment\n*.bak\n/root.txt\nsub/x.*\ndir/\n!*.y*ml\n").unwrap();
        for (path, is_folder, ignored) in [
            ("a.bak", false, true),
            ("deep/a.bak", false, true),
            ("root.txt", false, true),
            ("a.yaml", false, false),
            ("a.txt", false, true),
            ("dir", true, true),
            ("x/dir", true, true),
            ("sub/x.yaml", false, true),
            ("sub/y.yaml", false, false),
        ] {
            assert_eq!(rules.ignores(path, is_folder), ignored, "{path}");
        }
    }

    #[test]
    fn what_is_no_rule_is_refused() {
        assert!(Rules::parse(b"a/**").unwrap_err().contains("double-star"));
        assert_eq!(Rules::parse(b"\n[").unwrap_err(), "line 2: syntax error in pattern: [");
    }
}
