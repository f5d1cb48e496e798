//! A small cluster of stand-in hosts, and the loop that `app` and the engine run around the phase.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use hoist_model::{
    At, DeployKey, Draft, Facts, Goal, HostKeyPins, Key, Lookup, Phase, PinError, Pins, Secret, ServerFacts, StepCx,
    StepError, StepObserver,
};
use hoist_nodes::{Deadlines, Desired, Installer, K3sTokens, Nodes, Observed, Op, Options, TokenSource};
use hoist_spec::{Os, Role, Spec};
use hoist_ssh::KeyPair;
use secrecy::ExposeSecret;
use tokio_util::sync::CancellationToken;

use crate::host::{Api, Host};

pub(crate) const SERVER_TOKEN: &str = "canary-server-token";
pub(crate) const AGENT_TOKEN: &str = "canary-agent-token";

#[derive(Default)]
pub(crate) struct MemoryPins(Mutex<BTreeMap<String, HostKeyPins>>);

impl MemoryPins {
    pub(crate) fn get(&self, server: &str) -> HostKeyPins {
        self.0.lock().unwrap()[server].clone()
    }

    pub(crate) fn set(&self, server: &str, pins: HostKeyPins) {
        self.0.lock().unwrap().insert(server.to_owned(), pins);
    }
}

#[async_trait]
impl Pins for MemoryPins {
    async fn read(&self, server: &str) -> Result<HostKeyPins, PinError> {
        Ok(self.get(server))
    }

    async fn write(&self, server: &str, pins: &HostKeyPins) -> Result<(), PinError> {
        self.set(server, pins.clone());
        Ok(())
    }
}

struct Tokens;

#[async_trait]
impl TokenSource for Tokens {
    async fn tokens(&self) -> Result<K3sTokens, StepError> {
        Ok(K3sTokens {
            server: SERVER_TOKEN.to_owned().into(),
            agent: AGENT_TOKEN.to_owned().into(),
        })
    }
}

/// Hears effects and progress, and makes one effect fail once.
#[derive(Default)]
pub(crate) struct Observer {
    pub(crate) effects: Mutex<Vec<String>>,
    pub(crate) progress: Mutex<Vec<String>>,
    fault: Mutex<Option<(usize, bool)>>,
}

impl Observer {
    /// Fails at the nth effect from now, before or after it.
    pub(crate) fn fail(&self, nth: usize, after: bool) {
        *self.fault.lock().unwrap() = Some((nth, after));
    }

    fn due(&self, is_after: bool) -> Result<(), StepError> {
        let mut fault = self.fault.lock().unwrap();
        match &mut *fault {
            Some((0, after)) if *after == is_after => {
                *fault = None;
                Err(StepError::passing("a fault on request"))
            }
            _ => Ok(()),
        }
    }
}

impl StepObserver for Observer {
    fn progress(&self, _key: &Key, what: &str) {
        self.progress.lock().unwrap().push(what.to_owned());
    }

    fn before(&self, key: &Key, effect: &str) -> Result<(), StepError> {
        self.due(false)?;
        self.effects.lock().unwrap().push(format!("{effect} {key}"));
        Ok(())
    }

    fn after(&self, _key: &Key, _effect: &str) -> Result<(), StepError> {
        self.due(true)?;
        if let Some((nth, _)) = &mut *self.fault.lock().unwrap() {
            *nth = nth.saturating_sub(1);
        }
        Ok(())
    }
}

/// Long enough for a busy machine; nothing waits for them to pass unless a test shortens them.
fn deadlines() -> Deadlines {
    let long = Duration::from_secs(60);
    Deadlines {
        look: Duration::from_secs(20),
        boot: long,
        kexec: long,
        disko: long,
        build: long,
        install: long,
        reboot: long,
        node: long,
    }
}

pub(crate) struct World {
    pub(crate) hosts: BTreeMap<String, Host>,
    /// What infra would tell of each server, but for its pins.
    pub(crate) servers: BTreeMap<String, ServerFacts>,
    pub(crate) spec: Spec,
    pub(crate) pins: Arc<MemoryPins>,
    pub(crate) observer: Arc<Observer>,
    pub(crate) folder: tempfile::TempDir,
    pub(crate) replace: BTreeSet<String>,
    pub(crate) deadlines: Deadlines,
    pub(crate) installer: String,
    pub(crate) person: KeyPair,
    pub(crate) deploy: KeyPair,
    api: Api,
}

impl World {
    /// Fresh stand-in hosts, one for each `NAME ROLE`.
    pub(crate) async fn new(machines: &[(&str, &str)]) -> Self {
        // The port is known once the first host listens: all of a cluster have the same one.
        let mut world = Self::without_hosts(machines, 1);
        let keys = format!("{}\n{}\n", world.deploy.public(), world.person.public());
        let mut port = 0;
        for (id, (name, _)) in machines.iter().enumerate() {
            let throw_away = KeyPair::generate("throw-away");
            let current = Some(throw_away.fingerprint().to_base32());
            world.pins.set(name, HostKeyPins { current, next: None });
            let host = Host::debian(port, &throw_away, &keys, &world.api).await;
            port = host.port;
            world.servers.insert((*name).to_owned(), host.facts(id as u64 + 1));
            world.hosts.insert((*name).to_owned(), host);
        }
        world.spec.access.port = port;
        world
    }

    /// A world whose hosts are elsewhere: `servers` says where, and `pins` by which keys they are known.
    pub(crate) fn without_hosts(machines: &[(&str, &str)], port: u16) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let person = KeyPair::generate("person");
        crate::host::write(&folder.path().join("id"), person.private_pem().expose_secret(), 0o600);
        let text = format!(
            "cluster: {{ name: test, domain: example.com }}\naccess:\n  users: {{ me: {{ keys: [\"{}\"] }} }}\n  \
             identity: {{ file: ./id }}\n  port: {port}\nmachines:\n  a: {{ serverType: cpx32, location: fsn1, role: \
             server }}\nsecrets:\n  recipients: [age1pqx2cdduzsmt34qf25p9w3mhmx6w2xu27x0f3zkr9uucjresyyeqf6gfwc]\n",
            person.public()
        );
        let path = folder.path().join("hoist.yaml");
        std::fs::write(&path, &text).unwrap();
        let mut spec = hoist_spec::load(&path)
            .unwrap_or_else(|problems| panic!("{problems}\n{text}"))
            .spec;
        let template = spec.machines["a"].clone();
        spec.machines.clear();
        for (name, role) in machines {
            let mut machine = template.clone();
            machine.os = Some(Os::Hoist);
            machine.role = match *role {
                "server" => Some(Role::Server),
                "agent" => Some(Role::Agent),
                _ => None,
            };
            spec.machines.insert(name.parse().unwrap(), machine);
        }
        Self {
            hosts: BTreeMap::new(),
            servers: BTreeMap::new(),
            spec,
            pins: Arc::default(),
            observer: Arc::default(),
            folder,
            replace: BTreeSet::new(),
            deadlines: deadlines(),
            installer: "file:///control/installer.tar.gz".into(),
            person,
            deploy: KeyPair::generate("hoist-test-deploy"),
            api: Api::new(),
        }
    }

    pub(crate) fn api(&self) -> &Api {
        &self.api
    }

    /// The cluster's kubeconfig with another server URL.
    pub(crate) fn kubeconfig(&self, server: &str) -> Secret {
        hoist_nodes::kubeconfig::rewrite(&self.api.kubeconfig().into(), "test", server).unwrap()
    }

    pub(crate) fn host(&self, name: &str) -> &Host {
        &self.hosts[name]
    }

    /// The phase as a new process has it: with another deploy key after the first run.
    pub(crate) fn nodes(&self, deploy: &KeyPair) -> Nodes {
        Nodes::new(Options {
            deploy_key: DeployKey {
                public: deploy.public(),
                private: deploy.private_pem(),
            },
            agent_socket: None,
            home: None,
            pins: self.pins.clone(),
            tokens: Arc::new(Tokens),
            installer: Installer {
                url: self.installer.clone(),
                sha256: None,
            },
            deadlines: self.deadlines,
        })
        .unwrap()
    }

    pub(crate) fn first_run(&self) -> Nodes {
        self.nodes(&self.deploy)
    }

    /// What infra publishes.
    pub(crate) fn facts(&self) -> Facts {
        let mut facts = Facts::default();
        for (name, server) in &self.servers {
            let mut server = server.clone();
            server.host_keys = self.pins.get(name);
            facts.servers.insert(name.clone(), Lookup::Present(server));
        }
        facts
    }

    pub(crate) async fn survey(&self, nodes: &Nodes) -> (Draft<Op>, Desired, Observed, Facts) {
        let mut facts = self.facts();
        fn at<'a>(world: &'a World, facts: &'a Facts) -> At<'a, Spec> {
            At {
                spec: &world.spec,
                goal: Goal::Converge,
                replace: &world.replace,
                facts,
            }
        }
        let inputs = nodes.gather(&at(self, &facts)).await.unwrap();
        let observed = nodes.observe(&at(self, &facts)).await;
        nodes.publish(&observed, &mut facts);
        let desired = nodes.desired(&at(self, &facts), &inputs, &observed).unwrap();
        let draft = nodes.plan(&at(self, &facts), &desired, &observed);
        (draft, desired, observed, facts)
    }

    fn cx(&self, key: &Key) -> StepCx {
        let deadline = Instant::now() + Duration::from_secs(300);
        StepCx::new(key.clone(), deadline, CancellationToken::new(), self.observer.clone())
    }

    /// One round: the steps in their order, those that need a failed or a provisional one left out.
    pub(crate) async fn round(&self, nodes: &Nodes) -> Result<bool, StepError> {
        let (draft, desired, _, facts) = self.survey(nodes).await;
        assert_eq!(draft.blocked, [], "nothing stands in the way");
        let mut done = false;
        for step in draft.steps.iter().filter(|step| !step.provisional) {
            nodes.perform(&step.op, &desired, &facts, &self.cx(&step.key)).await?;
            done = true;
        }
        Ok(done)
    }

    /// Rounds until nothing is left to do.
    pub(crate) async fn converge(&self, nodes: &Nodes) -> Result<(), StepError> {
        for _ in 0..6 {
            if !self.round(nodes).await? {
                return Ok(());
            }
        }
        panic!("the plan does not become empty: {:#?}", self.survey(nodes).await.0);
    }

    pub(crate) async fn steps(&self, nodes: &Nodes) -> Vec<String> {
        let (draft, ..) = self.survey(nodes).await;
        let steps = draft
            .steps
            .iter()
            .map(|step| format!("{} {}: {}", step.verb, step.key, step.reason));
        let blocked = draft
            .blocked
            .iter()
            .map(|blocked| format!("blocked {}: {}", blocked.key, blocked.why));
        steps.chain(blocked).collect()
    }

    /// The files under a folder that hold a text.
    pub(crate) fn holding(folder: &Path, text: &str) -> Vec<String> {
        let output = std::process::Command::new("grep")
            .args(["-rlFs", "--", text, "."])
            .current_dir(folder)
            .output()
            .unwrap();
        let mut files: Vec<_> = String::from_utf8(output.stdout)
            .unwrap()
            .lines()
            .map(|line| line.trim_start_matches("./").to_owned())
            .collect();
        files.sort();
        files
    }
}
