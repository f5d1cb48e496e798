//! The plan of an import: labels onto servers that exist, and nothing else.

use hoist_model::{Blocked, Draft, Key, Reason, Step, Verb};

use super::cannot_see;
use crate::desired::Desired;
use crate::names::{CLUSTER, ours};
use crate::observe::{Observed, machine_of};
use crate::op::Op;

pub(super) fn plan(desired: &Desired, observed: &Observed, draft: &mut Draft<Op>) {
    for import in &desired.imports {
        let key = Key::server(&import.machine);
        let servers = match &observed.servers {
            Ok(servers) => servers,
            Err(unseen) => {
                draft.blocked.push(cannot_see(key, unseen));
                continue;
            }
        };
        let refuse = |why: String, hint: String| Blocked {
            key: key.clone(),
            why,
            hint: Some(hint),
        };
        if !desired.servers.contains_key(&import.machine) {
            draft.blocked.push(refuse(
                format!("hoist.yaml has no enabled machine `{}`", import.machine),
                "write the machine into hoist.yaml first, as the server is now".into(),
            ));
            continue;
        }
        let found: Vec<_> = servers.iter().filter(|server| import.means(server)).collect();
        let [server] = found[..] else {
            let (why, hint) = if found.is_empty() {
                (
                    format!("there is no server `{}` in this Hetzner project", import.server),
                    "give its name or its id".to_owned(),
                )
            } else {
                (
                    format!("`{}` means more than one server", import.server),
                    "give its id".to_owned(),
                )
            };
            draft.blocked.push(refuse(why, hint));
            continue;
        };
        let claimed = observed
            .servers_of(&import.machine)
            .into_iter()
            .find(|other| other.id != server.id);
        if let Some(other) = claimed {
            draft.blocked.push(refuse(
                format!(
                    "machine {} is the server {} (id {}) already",
                    import.machine, other.name, other.id
                ),
                "one machine is one server".into(),
            ));
        } else if let Some(cluster) = server
            .labels
            .get(CLUSTER)
            .filter(|_| !ours(&server.labels, &desired.cluster))
        {
            draft.blocked.push(refuse(
                format!(
                    "server {} (id {}) belongs to the cluster {cluster}",
                    server.name, server.id
                ),
                format!("take its label {CLUSTER} off first if it may change hands"),
            ));
        } else if !(ours(&server.labels, &desired.cluster) && machine_of(server) == import.machine) {
            let op = Op::ImportServer {
                name: import.machine.clone(),
                id: server.id,
            };
            draft
                .steps
                .push(Step::new(key, Verb::Update, op, Reason::Import).group(&import.machine));
        }
    }
}
