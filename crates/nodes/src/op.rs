//! What the phase can do: a closed set, each naming a machine.

use serde::Serialize;

/// How a node comes into the cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Membership {
    /// It makes the cluster: every control plane is absent.
    Init,
    /// It joins the cluster at this server.
    Join(String),
}

/// One operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "op")]
pub enum Op {
    /// Waits until a machine that is booting answers.
    AwaitHost {
        /// The machine.
        machine: String,
    },
    /// Gives a machine its lasting host key in place of the throw-away one, or finishes doing so.
    RotateHostKey {
        /// The machine.
        machine: String,
    },
    /// Installs NixOS and k3s.
    Install {
        /// The machine.
        machine: String,
        /// How it comes into the cluster.
        cluster: Membership,
    },
    /// Brings an installed machine to the rendered configuration.
    Update {
        /// The machine.
        machine: String,
    },
    /// Waits until k3s answers and the Node is registered.
    AwaitNode {
        /// The machine.
        machine: String,
    },
    /// Takes a Node out of the cluster before its machine goes.
    RemoveNode {
        /// The machine.
        machine: String,
    },
}

impl Op {
    /// The machine that it is about.
    pub fn machine(&self) -> &str {
        match self {
            Self::AwaitHost { machine }
            | Self::RotateHostKey { machine }
            | Self::Install { machine, .. }
            | Self::Update { machine }
            | Self::AwaitNode { machine }
            | Self::RemoveNode { machine } => machine,
        }
    }
}
