//! A tree of text files, and the hash that names it.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

/// Files by their paths, which are relative and use `/`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree(BTreeMap<String, String>);

impl Tree {
    pub(crate) fn insert(&mut self, path: impl Into<String>, text: String) {
        self.0.insert(path.into(), text);
    }

    /// Each file with its text, in the order of paths.
    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// The text of one file.
    pub fn get(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    /// What one machine is made of: all but the other machines' folders. Its flake builds that machine alone, and a
    /// change to another machine does not change it.
    pub fn of_machine(&self, name: &str) -> Self {
        let own = format!("machines/{name}/");
        Self(
            self.0
                .iter()
                .filter(|(path, _)| !path.starts_with("machines/") || path.starts_with(&own))
                .map(|(path, text)| (path.clone(), text.clone()))
                .collect(),
        )
    }

    /// The SHA-256 digest of all paths and texts, in hexadecimal. It names a configuration; it is public.
    pub fn hash(&self) -> String {
        let mut hash = Sha256::new();
        for (path, text) in &self.0 {
            for part in [path, text] {
                hash.update((part.len() as u64).to_be_bytes());
                hash.update(part.as_bytes());
            }
        }
        hex(hash)
    }
}

/// The SHA-256 digest of one text, as `sha256sum` prints it.
pub(crate) fn digest(text: &str) -> String {
    hex(Sha256::new_with_prefix(text))
}

fn hex(hash: Sha256) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[(&str, &str)]) -> Tree {
        Tree(files.iter().map(|(p, t)| ((*p).to_owned(), (*t).to_owned())).collect())
    }

    #[test]
    fn the_hash_tells_apart_where_a_text_stands_and_where_it_is_cut() {
        let trees = [
            tree(&[]),
            tree(&[("a", "bc")]),
            tree(&[("ab", "c")]),
            tree(&[("a", "b"), ("c", "")]),
            tree(&[("a", "bc"), ("d", "")]),
        ];
        let hashes: std::collections::BTreeSet<_> = trees.iter().map(Tree::hash).collect();
        assert_eq!(hashes.len(), trees.len());
    }

    #[test]
    fn a_machine_does_not_see_the_others() {
        let all = tree(&[
            ("flake.nix", ""),
            ("machines/a/x", ""),
            ("machines/ab/x", ""),
            ("modules/m", ""),
        ]);
        let paths: Vec<_> = all.of_machine("a").0.into_keys().collect();
        assert_eq!(paths, ["flake.nix", "machines/a/x", "modules/m"]);
    }
}
