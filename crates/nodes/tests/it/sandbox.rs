//! The same flow against the sandbox's machines, which were written by other hands: what they and the stand-in hosts of
//! these tests both take for real is more likely to be so.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hoist_model::{HostKeyPins, ServerFacts};
use hoist_sandbox::hosts::{Config, Hosts, kexec_tarball};
use hoist_sandbox::seams::{K3sNode, Kubernetes, MachineSpec, Machines, SeamError};
use hoist_ssh::KeyPair;
use secrecy::ExposeSecret;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::host::{Api, loopback};
use crate::world::{AGENT_TOKEN, SERVER_TOKEN, World};

const PORT: u16 = 2222;

/// k3s as far as this phase sees it: a kubeconfig, an API and registered Nodes.
struct FakeKubernetes {
    api: Api,
    nodes: PathBuf,
    started: std::sync::Mutex<Vec<K3sNode>>,
    listening: std::sync::Mutex<BTreeSet<IpAddr>>,
}

#[async_trait]
impl Kubernetes for FakeKubernetes {
    async fn start(&self, node: K3sNode) -> Result<Option<String>, SeamError> {
        std::fs::write(self.nodes.join(&node.name), "").unwrap();
        let kubeconfig = node.server.then(|| self.api.kubeconfig());
        let first = node.server && self.listening.lock().unwrap().insert(node.address);
        if let (true, IpAddr::V4(address)) = (first, node.address) {
            self.api.listen(address, self.nodes.clone()).await;
        }
        self.started.lock().unwrap().push(node);
        Ok(kubeconfig)
    }

    async fn stop(&self, _name: &str) -> Result<(), SeamError> {
        Ok(())
    }

    async fn forget(&self, _name: &str) -> Result<(), SeamError> {
        Ok(())
    }
}

/// Serves the installer's tarball.
async fn serve(tarball: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/{{arch}}.tar.gz", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = Vec::new();
            while !request.windows(4).any(|end| end == b"\r\n\r\n") {
                if stream.read_buf(&mut request).await.unwrap_or(0) == 0 {
                    break;
                }
            }
            let head = format!(
                "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
                tarball.len()
            );
            let _ = stream.write_all(head.as_bytes()).await;
            let _ = stream.write_all(&tarball).await;
        }
    });
    url
}

fn user_data(host_key: &KeyPair, person: &str) -> String {
    let pem = host_key.private_pem();
    let pem: String = pem
        .expose_secret()
        .lines()
        .map(|line| format!("    {line}\n"))
        .collect();
    format!(
        "#cloud-config\ndisable_root: false\nssh_keys:\n  ed25519_private: |\n{pem}  ed25519_public: {}\n\
         ssh_authorized_keys:\n  - {person}\nwrite_files:\n  - path: /etc/ssh/sshd_config.d/10-hoist.conf\n    content: \
         \"Port {PORT}\\n\"\nruncmd:\n  - systemctl restart ssh\n",
        host_key.public()
    )
}

#[tokio::test]
async fn the_sandboxs_machines_become_nodes() {
    let folder = tempfile::tempdir().unwrap();
    let nodes_folder = folder.path().join("nodes");
    std::fs::create_dir(&nodes_folder).unwrap();
    let kubernetes = Arc::new(FakeKubernetes {
        api: Api::new(),
        nodes: nodes_folder,
        started: Default::default(),
        listening: Default::default(),
    });
    let hosts = Hosts::new(Config::new(folder.path().join("hosts"), 0.01), kubernetes.clone()).unwrap();
    let mut world = World::without_hosts(&[("a", "server"), ("w", "agent")], PORT);
    world.installer = serve(kexec_tarball("x86_64")).await;
    for (id, name) in [(1, "a"), (2, "w")] {
        let throw_away = KeyPair::generate("throw-away");
        let address: Ipv4Addr = loopback();
        let spec = MachineSpec {
            id,
            name: name.to_owned(),
            public_ipv4: address,
            private_ipv4: None,
            architecture: "x86".into(),
            image: "debian-12".into(),
            user_data: Some(user_data(&throw_away, &world.person.public())),
            ssh_keys: vec![world.deploy.public()],
            memory_mib: 4096,
        };
        let current = Some(throw_away.fingerprint().to_base32());
        world.pins.set(name, HostKeyPins { current, next: None });
        let facts = ServerFacts {
            id,
            address: Some(address.into()),
            private_ipv4: None,
            private_mac: None,
            host_keys: HostKeyPins::default(),
            architecture: "x86".into(),
            running: true,
        };
        world.servers.insert(name.to_owned(), facts);
        hosts.create(spec).await.unwrap();
    }
    let nodes = world.first_run();
    // The machines carry the deploy key's mark: nobody has to approve that their disks are written.
    let (draft, ..) = world.survey(&nodes).await;
    assert!(draft.steps.iter().all(|step| !step.destructive()), "{draft:#?}");
    if let Err(error) = world.converge(&nodes).await {
        panic!("{error}\n{:?}\n{:?}", hosts.console(1), hosts.console(2));
    }

    let started: Vec<_> = kubernetes.started.lock().unwrap().clone();
    let [server, worker] = started.as_slice() else {
        panic!("each was started once: {started:?}");
    };
    assert!(server.server && server.name == "a" && server.join.is_none());
    assert_eq!(server.token.expose_secret(), SERVER_TOKEN);
    assert_eq!(server.agent_token.as_ref().unwrap().expose_secret(), AGENT_TOKEN);
    assert!(
        server
            .tls_sans
            .contains(&world.servers["a"].address.unwrap().to_string())
    );
    assert!(!worker.server && worker.name == "w" && worker.join.is_some());
    assert_eq!(worker.token.expose_secret(), AGENT_TOKEN);

    // Another run, another deploy key, another configuration.
    let later = world.nodes(&KeyPair::generate("another run"));
    assert_eq!(world.steps(&later).await, Vec::<String>::new());
    world.spec.k3s.version = "v1.36.4+k3s1".parse().unwrap();
    world.converge(&later).await.unwrap();
    let versions: Vec<_> = kubernetes
        .started
        .lock()
        .unwrap()
        .iter()
        .map(|node| node.version.clone())
        .collect();
    assert_eq!(versions[2..], ["v1.36.4+k3s1", "v1.36.4+k3s1"]);

    hosts.delete(2).await.unwrap();
    world.deadlines.look = Duration::from_secs(2);
    let impatient = world.nodes(&KeyPair::generate("a third run"));
    let steps = world.steps(&impatient).await;
    assert_eq!(steps.len(), 1);
    assert!(steps[0].starts_with("await host/w: not ready: SSH"), "{steps:?}");
    hosts.stop().await;
}
