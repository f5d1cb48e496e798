//! What exists in the project: one list call a kind, all at once, parted by label only afterwards, so that a foreign
//! object with a name of ours is seen in the plan and not when it is too late.

use hoist_hcloud::{
    Client, Error, Firewall, Image, ListOptions, Location, Network, PlacementGroup, Server, ServerStatus, ServerType,
    SshKey,
};
use hoist_spec::Spec;

use crate::dns::{Dns, ZoneRecords};
use crate::names::{NAME, ours};

/// Why a kind could not be listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unseen {
    pub(crate) why: String,
    pub(crate) hint: Option<String>,
}

impl From<Error> for Unseen {
    fn from(error: Error) -> Self {
        Self {
            why: error.to_string(),
            hint: error.hint(),
        }
    }
}

/// A list, or why there is none. Unknown is not empty.
pub(crate) type Listed<T> = Result<Vec<T>, Unseen>;

/// What can be ordered.
#[derive(Clone, Debug)]
pub(crate) struct Catalog {
    pub(crate) types: Vec<ServerType>,
    pub(crate) locations: Vec<Location>,
    pub(crate) images: Vec<Image>,
}

/// What exists in the project, ours and others', as it was a moment ago.
#[derive(Clone, Debug)]
pub struct Observed {
    pub(crate) cluster: String,
    /// The machines that the spec asks for: what is said of servers is said of them.
    pub(crate) machines: Vec<String>,
    pub(crate) servers: Listed<Server>,
    pub(crate) networks: Listed<Network>,
    pub(crate) firewalls: Listed<Firewall>,
    pub(crate) ssh_keys: Listed<SshKey>,
    pub(crate) groups: Listed<PlacementGroup>,
    pub(crate) catalog: Result<Catalog, Unseen>,
    /// The zones that may hold records of ours; none where DNS is looked after elsewhere.
    pub(crate) zones: Listed<ZoneRecords>,
}

/// The machine that a server of ours is.
pub(crate) fn machine_of(server: &Server) -> &str {
    server.labels.get(NAME).map_or(server.name.as_str(), String::as_str)
}

impl Observed {
    /// Our servers. One that is being deleted is gone as far as plans go.
    pub(crate) fn our_servers(&self) -> Result<impl Iterator<Item = &Server>, &Unseen> {
        let servers = self.servers.as_ref()?;
        Ok(servers
            .iter()
            .filter(|server| ours(&server.labels, &self.cluster) && server.status != ServerStatus::Deleting))
    }

    /// Our servers that are this machine: one, unless somebody copied labels.
    pub(crate) fn servers_of<'a>(&'a self, machine: &'a str) -> Vec<&'a Server> {
        match self.our_servers() {
            Ok(servers) => servers.filter(|server| machine_of(server) == machine).collect(),
            Err(_) => Vec::new(),
        }
    }

    /// The type with this name.
    pub(crate) fn server_type(&self, name: &str) -> Option<&ServerType> {
        self.catalog
            .as_ref()
            .ok()?
            .types
            .iter()
            .find(|server_type| server_type.name == name)
    }

    /// The one reason for which nothing at all could be seen, if that is so.
    pub(crate) fn blind(&self) -> Option<&Unseen> {
        let first = self.servers.as_ref().err()?;
        let rest = self.networks.is_err()
            && self.firewalls.is_err()
            && self.ssh_keys.is_err()
            && self.groups.is_err()
            && self.catalog.is_err();
        rest.then_some(first)
    }
}

/// Lists everything. `known` is the catalog of an earlier round: it does not change within a run.
pub(crate) async fn observe(client: &Client, dns: Option<&Dns>, spec: &Spec, known: Option<Catalog>) -> Observed {
    let all = ListOptions::default();
    let zones = async {
        match dns {
            Some(dns) => dns.observe(spec).await,
            None => Ok(Vec::new()),
        }
    };
    let (servers, networks, firewalls, ssh_keys, groups, catalog, zones) = tokio::join!(
        client.servers(&all),
        client.networks(&all),
        client.firewalls(&all),
        client.ssh_keys(&all),
        client.placement_groups(&all),
        catalog(client, known),
        zones,
    );
    Observed {
        cluster: spec.cluster.name.to_string(),
        machines: spec.machines_enabled().map(|(name, _)| name.to_owned()).collect(),
        servers: servers.map_err(Unseen::from),
        networks: networks.map_err(Unseen::from),
        firewalls: firewalls.map_err(Unseen::from),
        ssh_keys: ssh_keys.map_err(Unseen::from),
        groups: groups.map_err(Unseen::from),
        catalog,
        zones,
    }
}

async fn catalog(client: &Client, known: Option<Catalog>) -> Result<Catalog, Unseen> {
    if let Some(known) = known {
        return Ok(known);
    }
    let all = ListOptions::default();
    let (types, locations, images) = tokio::try_join!(client.server_types(), client.locations(), client.images(&all))?;
    Ok(Catalog {
        types,
        locations,
        images,
    })
}
