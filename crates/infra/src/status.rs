//! How each thing stands.

use std::collections::BTreeMap;

use hoist_model::{Key, Status, Verb};

use crate::desired::Desired;
use crate::names;
use crate::observe::Observed;
use crate::plan::plan;

/// The status of each thing, read off the plan: what has no step and nothing in its way is as desired.
pub(crate) fn status(desired: &Desired, observed: &Observed) -> Vec<(Key, Status)> {
    let mut all: BTreeMap<Key, Status> = BTreeMap::new();
    if !desired.destroy && observed.blind().is_none() {
        all.insert(names::network_key(&desired.network.name), Status::Ready);
        all.insert(names::firewall_key(&desired.firewall.name), Status::Ready);
        all.extend(desired.group.iter().map(|name| (names::group_key(name), Status::Ready)));
        let dns = desired.dns.as_ref().filter(|dns| !dns.addresses().is_empty());
        all.extend(dns.map(|dns| (names::dns_record_key(&dns.name), Status::Ready)));
        all.extend(desired.servers.keys().map(|name| (Key::server(name), Status::Ready)));
    }
    let draft = plan(desired, observed);
    for step in draft.steps {
        let status = match step.verb {
            Verb::Create => Status::Missing,
            Verb::Update | Verb::Replace => Status::Drifted(step.reason.to_string()),
            Verb::Delete => Status::Extra,
            Verb::Await => Status::NotReady(step.reason.to_string()),
        };
        all.insert(step.key, status);
    }
    for blocked in draft.blocked {
        all.insert(blocked.key, Status::Unknown(blocked.why));
    }
    all.into_iter().collect()
}
