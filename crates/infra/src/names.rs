//! Names, labels and keys: how hoist knows its own objects in a project that it may share with others.

use hoist_hcloud::Labels;
use hoist_model::Key;

/// The cluster that an object belongs to. What lacks it is not ours and is never touched.
pub(crate) const CLUSTER: &str = "hoist.dev/cluster";
/// The name that the spec gives an object; a server's is its machine's.
pub(crate) const NAME: &str = "hoist.dev/name";
/// A machine's role.
pub(crate) const ROLE: &str = "hoist.dev/role";
/// The pin of the host key that a server had when last seen.
pub(crate) const HOST_KEY: &str = "hoist.dev/host-key";
/// The pin of the host key that a server is being given.
pub(crate) const HOST_KEY_NEXT: &str = "hoist.dev/host-key-next";

/// Whether an object with these labels is the cluster's.
pub(crate) fn ours(labels: &Labels, cluster: &str) -> bool {
    labels.get(CLUSTER).is_some_and(|value| value == cluster)
}

/// The labels of an object of the cluster.
pub(crate) fn labels(cluster: &str, name: &str) -> Labels {
    Labels::from([(CLUSTER.into(), cluster.into()), (NAME.into(), name.into())])
}

pub(crate) fn deploy_key(cluster: &str) -> String {
    format!("hoist-{cluster}-deploy")
}

pub(crate) fn control_planes(cluster: &str) -> String {
    format!("{cluster}-control-planes")
}

/// The comment by which a DNS record is the cluster's.
pub(crate) fn comment(cluster: &str) -> String {
    format!("{CLUSTER}={cluster}")
}

/// Whether a domain name is a zone's, or below it.
pub(crate) fn within(name: &str, zone: &str) -> bool {
    name.strip_suffix(zone)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

pub(crate) fn dns_record_key(name: &str) -> Key {
    Key::new("dns-record", name)
}

pub(crate) fn network_key(name: &str) -> Key {
    Key::new("network", name)
}

pub(crate) fn firewall_key(name: &str) -> Key {
    Key::new("firewall", name)
}

pub(crate) fn ssh_key_key(name: &str) -> Key {
    Key::new("ssh-key", name)
}

pub(crate) fn group_key(name: &str) -> Key {
    Key::new("placement-group", name)
}
