//! What exists: each machine asked once, all at the same time; then the cluster's API, if one answers.

use std::collections::{BTreeMap, BTreeSet};

use futures::StreamExt;
use hoist_model::{At, ClusterAccess, Facts, Goal, HostKeyPins, Lookup, ServerFacts, Why};
use hoist_spec::{Os as SpecOs, Role, Spec};
use hoist_ssh::{Error, Identity, Session};

use crate::host::{HostFacts, K3s, Os};
use crate::options::Deadlines;
use crate::reach::Door;
use crate::{api, kubeconfig};

/// Where k3s writes its admin kubeconfig.
pub(crate) const K3S_KUBECONFIG: &str = "/etc/rancher/k3s/k3s.yaml";

/// How many hosts are asked at once.
const AT_ONCE: usize = 32;

/// What is seen of one machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// It has no server.
    Absent,
    /// The cloud could not be asked.
    Unknown(String),
    /// It is switched off, or has no address.
    Unreachable(String),
    /// It does not answer, which may pass: it may be booting.
    Silent(String),
    /// It answers, and may not be talked to.
    Refused { why: String, hint: Option<String> },
    /// It told its facts.
    Host { facts: Box<HostFacts>, pins: HostKeyPins },
}

impl Seen {
    /// Whether hoist has installed it.
    pub(crate) fn installed(&self) -> bool {
        matches!(self, Self::Host { facts, .. } if facts.os == Os::Nixos && facts.built.is_some())
    }

    pub(crate) fn k3s_active(&self) -> bool {
        matches!(self, Self::Host { facts, .. } if facts.os == Os::Nixos && facts.k3s == K3s::Active)
    }
}

/// What exists.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    pub(crate) machines: BTreeMap<String, Seen>,
    /// Control planes among them.
    pub(crate) servers: BTreeSet<String>,
    pub(crate) cluster: Lookup<ClusterAccess>,
    /// The Nodes that the API knows. Absent where there is no API.
    pub(crate) registered: Lookup<BTreeSet<String>>,
}

pub(crate) async fn observe(at: &At<'_, Spec>, identities: &[Identity], deadlines: &Deadlines) -> Observed {
    let mut observed = Observed::default();
    if matches!(at.goal, Goal::Destroy { abandon_cluster: true }) {
        return observed;
    }
    let ours = at
        .spec
        .machines
        .iter()
        .filter(|(_, machine)| machine.enabled && machine.os() == SpecOs::Hoist);
    let mut looks = Vec::new();
    for (name, machine) in ours {
        let name = name.to_string();
        if machine.role == Some(Role::Server) {
            observed.servers.insert(name.clone());
        }
        let server = at.facts.servers.get(&name).cloned().unwrap_or(Lookup::Absent);
        looks.push(async move {
            let seen = look(&name, &server, at.spec.access.port, identities, deadlines).await;
            (name, seen)
        });
    }
    let mut sessions: BTreeMap<String, Session> = BTreeMap::new();
    let mut looks = futures::stream::iter(looks).buffer_unordered(AT_ONCE);
    while let Some((name, (seen, session))) = looks.next().await {
        if let Some(session) = session
            && observed.servers.contains(&name)
            && seen.k3s_active()
        {
            sessions.insert(name.clone(), session);
        }
        observed.machines.insert(name, seen);
    }
    drop(looks);
    access(&mut observed, at, &sessions).await;
    observed
}

async fn look(
    name: &str,
    server: &Lookup<ServerFacts>,
    port: u16,
    identities: &[Identity],
    deadlines: &Deadlines,
) -> (Seen, Option<Session>) {
    let server = match server {
        Lookup::Present(server) => server,
        Lookup::Absent => return (Seen::Absent, None),
        Lookup::Unknown(why) => return (Seen::Unknown(why.to_string()), None),
    };
    if !server.running {
        return (Seen::Unreachable("its server is switched off".into()), None);
    }
    let door = match Door::new(server, &server.host_keys, port, identities) {
        Ok(door) => door,
        Err(why) => return (Seen::Unreachable(why), None),
    };
    let asked = async {
        let session = door.knock(deadlines.look).await?;
        let facts = HostFacts::read(&session).await?;
        Ok::<_, Error>((session, facts))
    };
    match asked.await {
        Ok((session, facts)) => {
            let seen = Seen::Host {
                facts: Box::new(facts),
                pins: server.host_keys.clone(),
            };
            (seen, Some(session))
        }
        Err(error) if error.passing() => (Seen::Silent(error.to_string()), None),
        Err(error) => {
            let seen = Seen::Refused {
                why: error.to_string(),
                hint: pinning(name, &error).or_else(|| error.hint()),
            };
            (seen, None)
        }
    }
}

/// What to do about a host key that is not the pinned one: the pin is a label of the server, which a person may write.
fn pinning(name: &str, error: &Error) -> Option<String> {
    let Error::HostKeyChanged { expected, found, .. } = error else {
        return None;
    };
    let compare =
        "compare the found fingerprint with `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` on its console";
    let label = format!("set the server's label hoist.dev/host-key to {}", found.to_base32());
    Some(if expected.is_empty() {
        format!("no host key of {name} is known yet: {compare}; if they agree, {label}")
    } else {
        format!(
            "somebody may be answering in its place, so nothing was sent. If you reinstalled {name} or changed its key \
             yourself, {compare}; if they agree, {label}. Otherwise `hoist replace {name}` makes it anew"
        )
    })
}

/// Fetches the kubeconfig from the first control plane that has one, and asks its API for the Nodes.
async fn access(observed: &mut Observed, at: &At<'_, Spec>, sessions: &BTreeMap<String, Session>) {
    let mut problem = None;
    for (name, _) in at.spec.servers() {
        let (Some(session), Some(server)) = (sessions.get(name), at.facts.server(name)) else {
            continue;
        };
        let found = match fetch(session, server, at.spec.cluster.name.as_str()).await {
            Ok(access) => access,
            Err(why) => {
                problem.get_or_insert(format!("{name}: {why}"));
                continue;
            }
        };
        match api::nodes(&found.kubeconfig).await {
            Ok(nodes) => {
                observed.registered = Lookup::Present(nodes);
                observed.cluster = Lookup::Present(found);
                return;
            }
            Err(why) => {
                problem.get_or_insert(format!("the API at {} does not answer: {why}", found.server));
            }
        }
    }
    let why = problem.or_else(|| unseen(observed));
    if let Some(why) = why {
        observed.cluster = Lookup::Unknown(Why(why.clone()));
        observed.registered = Lookup::Unknown(Why(why));
    }
}

/// Why it cannot be told whether there is a cluster; none when there is certainly none.
fn unseen(observed: &Observed) -> Option<String> {
    observed
        .servers
        .iter()
        .find_map(|name| match observed.machines.get(name)? {
            Seen::Absent => None,
            Seen::Unknown(why) | Seen::Unreachable(why) | Seen::Silent(why) | Seen::Refused { why, .. } => {
                Some(format!("{name}: {why}"))
            }
            Seen::Host { facts, .. } if facts.os == Os::Nixos => Some(format!("{name}: k3s does not run yet")),
            Seen::Host { .. } => None,
        })
}

pub(crate) async fn fetch(session: &Session, server: &ServerFacts, cluster: &str) -> Result<ClusterAccess, String> {
    let address = server.address.ok_or("its server has no address")?;
    let raw = session
        .read_file(K3S_KUBECONFIG)
        .await
        .map_err(|error| error.to_string())?
        .ok_or_else(|| format!("{K3S_KUBECONFIG} is not there yet"))?;
    let raw = String::from_utf8(raw).map_err(|_| format!("{K3S_KUBECONFIG} is not text"))?;
    let url = kubeconfig::url(address);
    let kubeconfig = kubeconfig::rewrite(&raw.into(), cluster, &url).map_err(|error| error.to_string())?;
    Ok(ClusterAccess {
        kubeconfig,
        server: url,
    })
}

pub(crate) fn publish(observed: &Observed, facts: &mut Facts) {
    facts.cluster = observed.cluster.clone();
    for (name, seen) in &observed.machines {
        match seen {
            seen if seen.installed() => {
                facts.installed.insert(name.clone());
            }
            Seen::Unknown(why) | Seen::Unreachable(why) | Seen::Silent(why) | Seen::Refused { why, .. } => {
                facts.unreachable.insert(name.clone(), Why(why.clone()));
            }
            _ => {}
        }
    }
}
