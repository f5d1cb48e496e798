//! A project of the emulator, a spec, and runs of the phase on it, each as a process of its own would make it.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hoist_hcloud::{Client, Options};
use hoist_infra::{Dns, Infra, Op};
use hoist_model::{
    At, DeployKey, Draft, ErrorKind, Facts, Goal, Key, Phase, Retry, Step, StepCx, StepError, StepObserver,
};
use hoist_sandbox::emulator::{Served, serve};
use hoist_sandbox::hcloud::{AddressPool, Config, Emulator, IdleMachines};
use hoist_sandbox::seams::Machines;
use hoist_spec::Spec;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

pub(crate) const TOKEN: &str = "infra-token-canary-1618";
pub(crate) const READ_ONLY: &str = "infra-read-only-canary";
pub(crate) const CONVERGE: Goal = Goal::Converge;
pub(crate) const DESTROY: Goal = Goal::Destroy { abandon_cluster: false };

pub(crate) struct Rig {
    pub(crate) emulator: Emulator,
    pub(crate) endpoint: String,
    pub(crate) replace: BTreeSet<String>,
    /// Access to DNS, for each new process.
    pub(crate) dns: Option<Box<dyn Fn() -> Dns + Send + Sync>>,
    user_key: String,
    client: Client,
    _served: Served,
}

/// Two machines that are there, and one that is disabled.
pub(crate) const MACHINES: &str = "
  cinnabar: { serverType: cx43, location: fsn1 }
  kube: { serverType: cpx32, location: fsn1, role: server }
  worker: { enabled: false, serverType: cx33, location: fsn1, role: agent }
";

impl Rig {
    pub(crate) async fn new() -> Self {
        Self::with(|config| config).await
    }

    pub(crate) async fn with(configure: impl FnOnce(Config) -> Config) -> Self {
        let pool = AddressPool::new(Ipv4Addr::new(127, 88, 7, 10), 60);
        Self::on(Arc::new(IdleMachines), pool, configure).await
    }

    /// A project with these machines behind its servers.
    pub(crate) async fn on(
        machines: Arc<dyn Machines>,
        pool: AddressPool,
        configure: impl FnOnce(Config) -> Config,
    ) -> Self {
        let config = configure(Config::new(TOKEN, pool).scale(0.0).read_only(READ_ONLY));
        let emulator = Emulator::new(config, machines);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let served = serve(listener, emulator.router()).unwrap();
        let endpoint = format!("http://{}/v1", served.address());
        Self {
            client: client(&endpoint, TOKEN),
            endpoint,
            emulator,
            replace: BTreeSet::new(),
            dns: None,
            user_key: hoist_ssh::KeyPair::generate("cameron").public(),
            _served: served,
        }
    }

    pub(crate) fn client(&self) -> Client {
        self.client.clone()
    }

    pub(crate) fn client_with(&self, token: &str) -> Client {
        client(&self.endpoint, token)
    }

    /// The phase as a new process would make it: with a deploy key of its own and nothing remembered.
    pub(crate) fn infra(&self) -> Infra {
        match &self.dns {
            Some(dns) => infra(self.client()).with_dns(dns()),
            None => infra(self.client()),
        }
    }

    pub(crate) fn spec(&self, machines: &str) -> Spec {
        self.spec_for(&self.user_key, machines)
    }

    /// The same, with this public key of the one user.
    pub(crate) fn spec_for(&self, user_key: &str, machines: &str) -> Spec {
        let text = format!(
            "cluster: {{ name: demo, domain: example.com }}\n\
             access: {{ port: 2222, users: {{ cameron: {{ keys: [\"{}\"] }} }} }}\n\
             hetzner: {{ adminCidrs: [203.0.113.7/32] }}\n\
             secrets: {{ recipients: [age1pqx2cdduzsmt34qf25p9w3mhmx6w2xu27x0f3zkr9uucjresyyeqf6gfwc] }}\n\
             machines:{machines}",
            user_key
        );
        hoist_spec::parse(Path::new("hoist.yaml"), &text).unwrap_or_else(|problems| panic!("{problems}"))
    }

    /// One look at the project, as `hoist plan` takes it.
    pub(crate) async fn look(&self, infra: &Infra, spec: &Spec, goal: Goal) -> Result<Look, String> {
        let mut facts = Facts::default();
        let at = At {
            spec,
            goal,
            replace: &self.replace,
            facts: &facts,
        };
        let inputs = infra.gather(&at).await.map_err(|problems| problems.to_string())?;
        let observed = infra.observe(&at).await;
        infra.publish(&observed, &mut facts);
        let at = At {
            spec,
            goal,
            replace: &self.replace,
            facts: &facts,
        };
        let desired = infra
            .desired(&at, &inputs, &observed)
            .map_err(|problems| problems.to_string())?;
        let draft = infra.plan(&at, &desired, &observed);
        let status = infra.status(&desired, &observed);
        Ok(Look {
            facts,
            desired,
            draft,
            status,
        })
    }

    /// Rounds of one process: until nothing is left to do, or a step fails.
    pub(crate) async fn run(&self, infra: &Infra, spec: &Spec, goal: Goal, hook: &Arc<Hook>) -> Run {
        let mut run = Run::default();
        for _ in 0..6 {
            let look = match self.look(infra, spec, goal).await {
                Ok(look) => look,
                Err(problems) => {
                    run.refused = Some(problems);
                    return run;
                }
            };
            run.blocked = look
                .draft
                .blocked
                .iter()
                .map(|blocked| format!("{}: {}", blocked.key, blocked.why))
                .collect();
            if look.draft.steps.is_empty() {
                run.converged = run.blocked.is_empty();
                return run;
            }
            run.rounds += 1;
            let failed = carry_out(infra, &look, hook).await;
            if !failed.is_empty() {
                run.failed = failed;
                return run;
            }
        }
        run
    }

    /// Runs of new processes until one finds nothing to do. Says how many it took.
    pub(crate) async fn converge(&self, spec: &Spec, goal: Goal, hook: &Arc<Hook>) -> usize {
        for count in 1..=8 {
            let run = self.run(&self.infra(), spec, goal, hook).await;
            if run.converged {
                return count;
            }
            assert!(run.refused.is_none() && run.blocked.is_empty(), "{run:?}");
        }
        panic!("eight runs and no end");
    }

    /// Destroys what a blocked run has made, and compares.
    pub(crate) async fn converge_past(&self, spec: &Spec, before: &Value) {
        self.converge(spec, DESTROY, &Hook::quiet()).await;
        assert_eq!(&self.emulator.state(), before);
    }

    /// Everything in the project, a line an object, without what differs from run to run.
    pub(crate) fn world(&self) -> String {
        let state = self.emulator.state();
        let mut lines = Vec::new();
        for (kind, objects) in state.as_object().unwrap() {
            for object in objects.as_array().unwrap() {
                let text = |path: &str| object.pointer(path).map(ToString::to_string).unwrap_or_default();
                let mut labels = object["labels"].clone();
                if let Some(labels) = labels.as_object_mut() {
                    labels.remove("hoist.dev/host-key");
                }
                let count = |path: &str| object.pointer(path).and_then(Value::as_array).map_or(0, Vec::len);
                // Primary IPs are named after their ids.
                let name = if kind == "primary_ips" {
                    text("/type")
                } else {
                    text("/name")
                };
                let own = [
                    "/status",
                    "/locked",
                    "/server_type/name",
                    "/location/name",
                    "/private_net/0/ip",
                    "/protection",
                    "/placement_group/name",
                    "/ip_range",
                    "/rules",
                    "/subnets",
                ];
                let own: Vec<String> = own
                    .iter()
                    .map(|path| text(path))
                    .filter(|text| !text.is_empty())
                    .collect();
                let counts = [count("/servers"), count("/public_net/firewalls"), count("/applied_to")];
                lines.push(format!("{kind} {name} {labels} {} {counts:?}", own.join(" ")));
            }
        }
        lines.sort();
        lines.join("\n")
    }

    /// The names of a kind's objects.
    pub(crate) async fn names(&self, kind: &str) -> Vec<String> {
        let client = self.client();
        let all = hoist_hcloud::ListOptions::default();
        let mut names: Vec<String> = match kind {
            "servers" => client
                .servers(&all)
                .await
                .unwrap()
                .into_iter()
                .map(|one| one.name)
                .collect(),
            "networks" => client
                .networks(&all)
                .await
                .unwrap()
                .into_iter()
                .map(|one| one.name)
                .collect(),
            "firewalls" => client
                .firewalls(&all)
                .await
                .unwrap()
                .into_iter()
                .map(|one| one.name)
                .collect(),
            "ssh_keys" => client
                .ssh_keys(&all)
                .await
                .unwrap()
                .into_iter()
                .map(|one| one.name)
                .collect(),
            "placement_groups" => client
                .placement_groups(&all)
                .await
                .unwrap()
                .into_iter()
                .map(|one| one.name)
                .collect(),
            _ => panic!("{kind}"),
        };
        names.sort();
        names
    }
}

fn client(endpoint: &str, token: &str) -> Client {
    let options = Options {
        request_timeout: Duration::from_secs(5),
        first_delay: Duration::from_millis(1),
        longest_delay: Duration::from_millis(10),
        poll_shortest: Duration::from_millis(2),
        poll_longest: Duration::from_millis(20),
        ..Options::default()
    };
    Client::with_options(endpoint, token.to_owned().into(), options).unwrap()
}

pub(crate) fn infra(client: Client) -> Infra {
    let pair = hoist_ssh::KeyPair::generate("hoist deploy");
    let private = pair.private_pem();
    Infra::new(
        client,
        &DeployKey {
            public: pair.public(),
            private,
        },
    )
}

pub(crate) struct Look {
    pub(crate) facts: Facts,
    pub(crate) desired: hoist_infra::Desired,
    pub(crate) draft: Draft<Op>,
    pub(crate) status: Vec<(Key, hoist_model::Status)>,
}

#[derive(Debug, Default)]
pub(crate) struct Run {
    pub(crate) converged: bool,
    pub(crate) rounds: usize,
    pub(crate) refused: Option<String>,
    pub(crate) blocked: Vec<String>,
    pub(crate) failed: Vec<(Key, StepError)>,
}

impl Run {
    /// The one failure, as the person reads it.
    pub(crate) fn told(&self) -> String {
        let [(key, error)] = &self.failed[..] else {
            panic!("not one failure: {self:?}")
        };
        let hint = error.hint.as_deref().unwrap_or("none");
        format!("{key}: {error}\nhint: {hint}\nretry: {:?}", error.retry)
    }
}

/// Hears what steps do; makes one of their effects fail, before or after it happened.
#[derive(Default)]
pub(crate) struct Hook {
    pub(crate) fail: Mutex<Vec<(String, bool)>>,
    pub(crate) effects: Mutex<Vec<String>>,
    pub(crate) progress: Mutex<Vec<String>>,
}

impl Hook {
    pub(crate) fn quiet() -> Arc<Self> {
        Arc::default()
    }

    /// The effect fails before it happens; the next time, after it has.
    pub(crate) fn failing(effect: &str) -> Arc<Self> {
        let both = [false, true].map(|after| (effect.to_owned(), after));
        Arc::new(Self {
            fail: Mutex::new(both.into()),
            ..Self::default()
        })
    }

    fn strike(&self, name: &str, now_after: bool) -> Result<(), StepError> {
        let mut fail = self.fail.lock().unwrap();
        if fail
            .first()
            .is_some_and(|(effect, after)| effect == name && *after == now_after)
        {
            fail.remove(0);
            return Err(StepError {
                kind: ErrorKind::Remote,
                message: format!("struck at {name}"),
                hint: None,
                retry: Retry::No,
            });
        }
        Ok(())
    }
}

impl StepObserver for Hook {
    fn progress(&self, key: &Key, what: &str) {
        self.progress.lock().unwrap().push(format!("{key}: {what}"));
    }

    fn before(&self, key: &Key, effect: &str) -> Result<(), StepError> {
        let name = format!("{key} {effect}");
        self.strike(&name, false)
    }

    fn after(&self, key: &Key, effect: &str) -> Result<(), StepError> {
        let name = format!("{key} {effect}");
        self.effects.lock().unwrap().push(name.clone());
        self.strike(&name, true)
    }
}

/// Steps in waves by their needs, each wave at once, as the engine's lanes do. Provisional ones are for the next round.
pub(crate) async fn carry_out(infra: &Infra, look: &Look, hook: &Arc<Hook>) -> Vec<(Key, StepError)> {
    let mut left: Vec<&Step<Op>> = look.draft.steps.iter().filter(|step| !step.provisional).collect();
    let mut failed = Vec::new();
    while !left.is_empty() {
        let waiting: BTreeSet<&Key> = left.iter().map(|step| &step.key).collect();
        let (ready, rest): (Vec<&Step<Op>>, Vec<&Step<Op>>) = left
            .iter()
            .partition(|step| step.needs.iter().all(|need| !waiting.contains(need)));
        assert!(!ready.is_empty(), "steps need each other in a ring");
        let results = futures::future::join_all(ready.iter().map(|step| async {
            let deadline = Instant::now() + Duration::from_secs(30);
            let cx = StepCx::new(step.key.clone(), deadline, CancellationToken::new(), hook.clone());
            (
                step.key.clone(),
                infra.perform(&step.op, &look.desired, &look.facts, &cx).await,
            )
        }))
        .await;
        failed.extend(
            results
                .into_iter()
                .filter_map(|(key, result)| Some((key, result.err()?))),
        );
        if !failed.is_empty() {
            return failed;
        }
        left = rest;
    }
    failed
}

/// Objects of others in the same project.
pub(crate) async fn foreign(client: &Client) {
    use hoist_hcloud::*;
    let network = NetworkCreate {
        name: "office".into(),
        ip_range: "10.99.0.0/16".into(),
        subnets: Vec::new(),
        labels: Labels::new(),
    };
    client.create_network(&network).await.unwrap();
    let firewall = FirewallCreate {
        name: "office".into(),
        labels: Labels::new(),
        rules: Vec::new(),
    };
    client.create_firewall(&firewall).await.unwrap();
    let key = SshKeyCreate {
        name: "laptop".into(),
        public_key: hoist_ssh::KeyPair::generate("laptop").public(),
        labels: Labels::from([("team".into(), "web".into())]),
    };
    client.create_ssh_key(&key).await.unwrap();
    let server = ServerCreate {
        name: "web".into(),
        server_type: "cx23".into(),
        image: "debian-12".into(),
        location: "hel1".into(),
        start_after_create: true,
        ssh_keys: vec!["laptop".into()],
        firewalls: Vec::new(),
        placement_group: None,
        labels: Labels::from([("hoist.dev/cluster".into(), "another".into())]),
        user_data: None,
        public_net: PublicNetCreate {
            enable_ipv4: true,
            enable_ipv6: true,
        },
    };
    let made = client.create_server(&server).await.unwrap();
    client
        .wait(&made.actions, "web", Instant::now() + Duration::from_secs(10), &|_| {})
        .await
        .unwrap();
}

pub(crate) fn json_of(steps: &Draft<Op>) -> Vec<Value> {
    steps
        .steps
        .iter()
        .map(|step| json!({ "verb": step.verb, "key": step.key, "op": step.op }))
        .collect()
}
