//! Calls on servers.

use serde_json::{Value, json};

use super::{Changed, ListOptions, named};
use crate::client::Client;
use crate::error::Error;
use crate::model::{Action, Labels, Server, ServerCreate};

named!(Server, "server", "servers");

impl Client {
    /// Lists servers.
    pub async fn servers(&self, options: &ListOptions) -> Result<Vec<Server>, Error> {
        self.list_all("servers", options).await
    }

    /// A server by its id.
    pub async fn server(&self, id: u64) -> Result<Option<Server>, Error> {
        self.get(id).await
    }

    /// A server by its name.
    pub async fn server_named(&self, name: &str) -> Result<Option<Server>, Error> {
        self.find(name).await
    }

    /// Orders a server.
    pub async fn create_server(&self, server: &ServerCreate) -> Result<Changed<Server>, Error> {
        self.create(&server.name, &server.labels, server).await
    }

    /// Writes the whole label map of a server.
    pub async fn label_server(&self, id: u64, labels: &Labels) -> Result<Server, Error> {
        self.put(id, json!({ "labels": labels })).await
    }

    /// Deletes a server, with its disk and its automatic public addresses.
    pub async fn delete_server(&self, id: u64) -> Result<Vec<Action>, Error> {
        self.remove::<Server>(id).await
    }

    /// Switches it on.
    pub async fn power_on(&self, id: u64) -> Result<Vec<Action>, Error> {
        self.act::<Server>(id, "poweron", Value::Null).await
    }

    /// Switches it off at once.
    pub async fn power_off(&self, id: u64) -> Result<Vec<Action>, Error> {
        self.act::<Server>(id, "poweroff", Value::Null).await
    }

    /// Asks its system to shut down. The action ends when the request is sent: watch the status.
    pub async fn shutdown(&self, id: u64) -> Result<Vec<Action>, Error> {
        self.act::<Server>(id, "shutdown", Value::Null).await
    }

    /// Asks its system to reboot.
    pub async fn reboot(&self, id: u64) -> Result<Vec<Action>, Error> {
        self.act::<Server>(id, "reboot", Value::Null).await
    }

    /// Changes its type; it must be off. Without `upgrade_disk` it can be made smaller again later.
    pub async fn change_type(&self, id: u64, server_type: &str, upgrade_disk: bool) -> Result<Vec<Action>, Error> {
        let body = json!({ "server_type": server_type, "upgrade_disk": upgrade_disk });
        self.act::<Server>(id, "change_type", body).await
    }

    /// Attaches it to a private network, at this address.
    pub async fn attach_to_network(&self, id: u64, network: u64, ip: &str) -> Result<Vec<Action>, Error> {
        self.act::<Server>(id, "attach_to_network", json!({ "network": network, "ip": ip }))
            .await
    }

    /// Protects it against deletion and rebuilding, or lets it go. Hetzner wants both to be the same.
    pub async fn protect_server(&self, id: u64, on: bool) -> Result<Vec<Action>, Error> {
        self.act::<Server>(id, "change_protection", json!({ "delete": on, "rebuild": on }))
            .await
    }

    /// Puts it into a placement group; it must be off.
    pub async fn add_to_placement_group(&self, id: u64, group: u64) -> Result<Vec<Action>, Error> {
        self.act::<Server>(id, "add_to_placement_group", json!({ "placement_group": group }))
            .await
    }
}

#[cfg(test)]
mod tests {
    use crate::model::*;

    #[test]
    fn a_server_survives_what_the_api_leaves_out_or_adds() {
        let server: Server = serde_json::from_str(
            r#"{"id":7,"name":"a","status":"hibernating","public_net":null,"private_net":null,"new_field":{"x":1},
                "server_type":{"id":1,"name":"rv1","architecture":"riscv","memory":4},"labels":null,
                "datacenter":{"name":"fsn1-dc14","location":{"id":1,"name":"fsn1"}}}"#,
        )
        .unwrap();
        assert_eq!(server.status, ServerStatus::Other("hibernating".into()));
        assert_eq!(server.server_type.architecture.as_str(), "riscv");
        assert_eq!(server.location_name(), "fsn1");
        assert!(!server.locked && server.labels.is_empty());
    }

    #[test]
    fn user_data_is_sent_and_never_shown() {
        let create = ServerCreate {
            name: "a".into(),
            server_type: "cpx32".into(),
            image: "debian-12".into(),
            location: "fsn1".into(),
            start_after_create: false,
            ssh_keys: vec![],
            firewalls: vec![ServerFirewallRef { firewall: 3 }],
            placement_group: None,
            labels: Labels::new(),
            user_data: Some(UserData::new("canary-3141")),
            public_net: PublicNetCreate {
                enable_ipv4: true,
                enable_ipv6: true,
            },
        };
        assert!(!format!("{create:?}").contains("canary-3141"));
        assert_eq!(serde_json::to_value(&create).unwrap()["user_data"], "canary-3141");
        assert!(serde_json::to_value(&create).unwrap().get("placement_group").is_none());
    }
}
