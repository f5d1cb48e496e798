//! The closed enum of what this phase does. Ops name things and ids; bodies live in `Desired`.

use serde::{Deserialize, Serialize};

/// One operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "op", rename_all_fields = "camelCase")]
pub enum Op {
    /// Adds this run's deploy key, after taking away the leftovers of other runs.
    PutDeployKey {
        /// Ids of the leftovers.
        leftovers: Vec<u64>,
    },
    /// Takes away deploy keys that no server is waiting for.
    DeleteSshKey {
        /// Its id.
        id: u64,
    },
    /// Makes the private network with its subnet, or completes it.
    PutNetwork,
    /// Deletes a private network.
    DeleteNetwork {
        /// Its id.
        id: u64,
    },
    /// Makes the firewall, or sets its rules.
    PutFirewall,
    /// Deletes a firewall.
    DeleteFirewall {
        /// Its id.
        id: u64,
    },
    /// Makes the spread group of the control planes.
    CreatePlacementGroup {
        /// Its name.
        name: String,
    },
    /// Deletes a placement group.
    DeletePlacementGroup {
        /// Its id.
        id: u64,
    },
    /// Orders a server, attaches it to the network and starts it.
    CreateServer {
        /// The machine.
        name: String,
    },
    /// Changes a server in place.
    UpdateServer {
        /// The machine.
        name: String,
        /// The server's id.
        id: u64,
        /// What to change, in this order.
        changes: Vec<ServerChange>,
    },
    /// Deletes a server and orders it anew.
    ReplaceServer {
        /// The machine.
        name: String,
        /// The id of the server that goes.
        id: u64,
    },
    /// Deletes a server.
    DeleteServer {
        /// The machine.
        name: String,
        /// The server's id.
        id: u64,
    },
    /// Makes the DNS records of a name say what they should.
    PutDnsRecord {
        /// The name.
        name: String,
    },
    /// Deletes our DNS records of a name.
    DeleteDnsRecord {
        /// The name.
        name: String,
        /// The id of their zone.
        zone: String,
    },
    /// Writes our labels onto a server that exists.
    ImportServer {
        /// The machine that it becomes.
        name: String,
        /// The server's id.
        id: u64,
    },
}

/// One way in which a server differs and can be brought in line in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ServerChange {
    /// Its labels.
    Labels,
    /// It lacks its address in the private network.
    Attach,
    /// It lacks the firewall.
    Firewall,
    /// Its type: shut down, change, start.
    Type,
    /// It is not running.
    Power,
    /// A control plane without delete protection.
    Protection,
}
