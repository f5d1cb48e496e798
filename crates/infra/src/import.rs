//! Taking over servers that exist: a plan that only writes labels.

/// A server to take over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// The machine in the spec that it becomes.
    pub machine: String,
    /// The server's name, or its id.
    pub server: String,
}

impl Import {
    /// Reads `MACHINE` (the server has the same name) or `MACHINE=SERVER` (its name or id).
    pub fn parse(text: &str) -> Option<Self> {
        let (machine, server) = text.split_once('=').unwrap_or((text, text));
        (!machine.is_empty() && !server.is_empty()).then(|| Self {
            machine: machine.to_owned(),
            server: server.to_owned(),
        })
    }

    /// Whether a server is meant.
    pub(crate) fn means(&self, server: &hoist_hcloud::Server) -> bool {
        server.name == self.server || server.id.to_string() == self.server
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_alone_means_the_server_of_its_name() {
        assert_eq!(
            Import::parse("a"),
            Some(Import {
                machine: "a".into(),
                server: "a".into()
            })
        );
        assert_eq!(
            Import::parse("a=42"),
            Some(Import {
                machine: "a".into(),
                server: "42".into()
            })
        );
        assert_eq!(Import::parse("=42"), None);
        assert_eq!(Import::parse("a="), None);
    }
}
