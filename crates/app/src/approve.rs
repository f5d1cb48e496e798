//! Words of approval for destructive steps. `-y` is not one of them.

use std::collections::BTreeSet;
use std::str::FromStr;

use hoist_model::{Key, Step, Verb};

/// The destructive steps that the person has allowed, each by verb and key.
#[derive(Clone, Debug, Default)]
pub struct Approvals(BTreeSet<(Verb, Key)>);

impl Approvals {
    /// Reads `--allow VERB:KEY` words.
    pub fn parse<'a>(words: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let mut allowed = BTreeSet::new();
        for word in words {
            let (verb, key) = word
                .split_once(':')
                .ok_or_else(|| format!("`{word}` is not VERB:KEY, such as delete:server/kube-worker-01"))?;
            let verb = Verb::from_str(verb)?;
            let key = Key::from_str(key).map_err(|error| error.to_string())?;
            // A machine's Node goes with its server: allowing one without the other would leave a Node that never answers.
            if verb == Verb::Delete && key.kind() == "server" {
                allowed.insert((verb, Key::node(key.name())));
            }
            allowed.insert((verb, key));
        }
        Ok(Self(allowed))
    }

    /// Allows one step.
    pub fn allow(&mut self, verb: Verb, key: Key) {
        self.0.insert((verb, key));
    }

    /// Whether a step may be carried out.
    pub fn covers<Op>(&self, step: &Step<Op>) -> bool {
        !step.destructive() || self.allows(step.verb, &step.key)
    }

    /// Whether a destructive verb on a key was allowed.
    pub fn allows(&self, verb: Verb, key: &Key) -> bool {
        self.0.contains(&(verb, key.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_a_verb_and_a_key() {
        let approvals = Approvals::parse(["delete:server/a"]).unwrap();
        assert!(approvals.allows(Verb::Delete, &Key::server("a")));
        assert!(approvals.allows(Verb::Delete, &Key::node("a")));
        assert!(!approvals.allows(Verb::Replace, &Key::server("a")));
        assert!(!approvals.allows(Verb::Delete, &Key::server("b")));
        for wrong in ["server/a", "remove:server/a", "delete:server"] {
            assert!(Approvals::parse([wrong]).is_err(), "{wrong}");
        }
    }
}
