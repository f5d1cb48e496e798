//! What cloud-init makes of our user data, on a host that boots with it: the pinned host key, the port, who gets in.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hoist_hcloud::Client;
use hoist_infra::Infra;
use hoist_model::DeployKey;
use hoist_sandbox::hcloud::AddressPool;
use hoist_sandbox::hosts::{Config as HostsConfig, Hosts};
use hoist_sandbox::seams::{K3sNode, Kubernetes, SeamError};
use hoist_ssh::{HostKeyPolicy, Identity, KeyPair, Patience, Script, Session, Target};

use crate::rig::{CONVERGE, DESTROY, Hook, Rig};

/// Nothing here gets as far as k3s.
struct NoKubernetes;

#[async_trait]
impl Kubernetes for NoKubernetes {
    async fn start(&self, node: K3sNode) -> Result<Option<String>, SeamError> {
        Err(SeamError(format!("{} was not to start k3s", node.name)))
    }

    async fn stop(&self, _: &str) -> Result<(), SeamError> {
        Ok(())
    }

    async fn forget(&self, _: &str) -> Result<(), SeamError> {
        Ok(())
    }
}

#[tokio::test]
async fn a_new_server_lets_in_the_deploy_key_and_the_user_and_shows_the_pinned_key() {
    let folder = tempfile::tempdir().unwrap();
    let hosts = Arc::new(Hosts::new(HostsConfig::new(folder.path().into(), 0.0), Arc::new(NoKubernetes)).unwrap());
    // Addresses of this process: two runs of this test at the same time must not meet.
    let process = std::process::id();
    let first = Ipv4Addr::new(127, 130 + (process % 100) as u8, (process / 100 % 250) as u8, 10);
    let rig = Rig::on(hosts.clone(), AddressPool::new(first, 20), |config| config).await;
    let (deploy, user) = (KeyPair::generate("deploy"), KeyPair::generate("cameron"));
    let client: Client = rig.client();
    let key = DeployKey {
        public: deploy.public(),
        private: deploy.private_pem(),
    };
    let infra = Infra::new(client, &key);
    let spec = rig.spec_for(
        &user.public(),
        "\n  kube: { serverType: cpx32, location: fsn1, role: server }\n",
    );
    let run = rig.run(&infra, &spec, CONVERGE, &Hook::quiet()).await;
    assert!(run.converged, "{run:?}");

    let look = rig.look(&infra, &spec, CONVERGE).await.unwrap();
    let facts = look.facts.server("kube").unwrap();
    let pin = facts.host_keys.current.as_ref().unwrap().parse().unwrap();
    let target = |policy| Target {
        address: facts.address.unwrap(),
        port: 2222,
        user: "root".into(),
        host_keys: policy,
    };
    let patience = || Patience::until(Duration::from_secs(30));
    for (who, pair) in [("the deploy key", &deploy), ("the user's own key", &user)] {
        let identities = [Identity::Key(pair.clone())];
        let session = Session::connect(&target(HostKeyPolicy::Pinned(vec![pin])), &identities, patience()).await;
        let session = session.unwrap_or_else(|error| panic!("{who}: {error}"));
        let name = session
            .run(Script::new("asking its name", "hostname"))
            .await
            .unwrap()
            .text();
        assert_eq!(name.trim(), "kube", "{who}");
        session.close().await;
    }
    let stranger = [Identity::Key(KeyPair::generate("stranger"))];
    let refused = Session::connect(&target(HostKeyPolicy::Pinned(vec![pin])), &stranger, patience()).await;
    assert!(refused.is_err(), "a stranger's key is not let in");
    let other = KeyPair::generate("other").fingerprint();
    let unknown = Session::connect(
        &target(HostKeyPolicy::Pinned(vec![other])),
        &[Identity::Key(deploy)],
        patience(),
    )
    .await;
    assert!(unknown.is_err(), "another host key is not believed");

    rig.converge(&spec, DESTROY, &Hook::quiet()).await;
    hosts.stop().await;
}
