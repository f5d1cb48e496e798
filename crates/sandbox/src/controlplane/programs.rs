//! Programs that stand for pods: real controllers and webhooks, as local processes, while a pod with their image runs.
//!
//! A program gets the arguments of its pod as far as it knows them (its release may be older than the chart's), and its
//! pod's ServiceAccount as its identity, so that the chart's RBAC rules are put to the test.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::{Container, Pod, ServiceAccount};
use kube::api::PostParams;
use kube::runtime::watcher::{self, Event};
use kube::runtime::{WatchStreamExt as _, watcher as watch};
use kube::{Api, ResourceExt as _};
use tokio::time::{Instant, sleep_until};

use super::config::Config;
use super::egress::is_running;
use super::error::Error;
use super::files;
use super::kubeconfig::with_token;
use super::process::{Launch, Process};
use super::stand_ins::{Role, StandIns, image_name, roles};

/// A program that stands for pods.
struct Program {
    /// The image's name without registry and tag.
    image: &'static str,
    tool: &'static str,
    /// Flags of the pod's command line that it keeps.
    keeps: &'static [&'static str],
    /// The flag that says where it listens, and where it does without the flag.
    listens: Option<(&'static str, u16)>,
    /// Flags that fit it to a life outside of a pod.
    adds: fn(&Surroundings) -> Vec<String>,
}

/// The programs that there are.
const PROGRAMS: [Program; 3] = [
    Program {
        image: "cert-manager-controller",
        tool: "cert-manager-controller",
        keeps: &[
            "--v",
            "--cluster-resource-namespace",
            "--enable-certificate-owner-ref",
            "--default-issuer-name",
            "--default-issuer-kind",
            "--default-issuer-group",
            "--max-concurrent-challenges",
        ],
        listens: None,
        adds: |around| {
            let mut flags = vec![
                "--leader-elect=false".to_owned(),
                "--metrics-listen-address=127.0.0.1:0".to_owned(),
                "--dns01-check-retry-period=1s".to_owned(),
            ];
            if let Some(dns) = around.dns {
                flags.push(format!("--dns01-recursive-nameservers={dns}"));
                flags.push("--dns01-recursive-nameservers-only".to_owned());
            }
            flags
        },
    },
    Program {
        image: "cert-manager-webhook",
        tool: "cert-manager-webhook",
        keeps: &[
            "--v",
            "--dynamic-serving-ca-secret-namespace",
            "--dynamic-serving-ca-secret-name",
            "--dynamic-serving-dns-names",
        ],
        listens: Some(("--secure-port", 6443)),
        adds: |_| vec!["--healthz-port=0".to_owned()],
    },
    Program {
        image: "cert-manager-cainjector",
        tool: "cert-manager-cainjector",
        keeps: &["--v"],
        listens: None,
        adds: |_| vec!["--leader-elect=false".to_owned()],
    },
];

/// What every program lives in.
pub(crate) struct Surroundings {
    pub(crate) config: Config,
    pub(crate) client: kube::Client,
    pub(crate) stand_ins: StandIns,
    /// The certificate of the API servers' authority, in PEM.
    pub(crate) authority: String,
    /// The environment that leads to the sandbox's world instead of the real one.
    pub(crate) world: Vec<(String, String)>,
    pub(crate) dns: Option<SocketAddr>,
}

/// How a program is to run.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wanted {
    program: usize,
    created: Option<k8s_openapi::apimachinery::pkg::apis::meta::v1::Time>,
    service_account: String,
    args: Vec<String>,
    /// The pod's port that it answers for.
    port: Option<u16>,
}

#[derive(Default)]
struct Run {
    process: Option<(Wanted, Process)>,
    failures: u32,
    not_before: Option<Instant>,
}

/// Runs until it is aborted; the programs end with it.
pub(crate) async fn run(around: Surroundings) {
    let events = watch(Api::<Pod>::all(around.client.clone()), watcher::Config::default()).default_backoff();
    let mut events = std::pin::pin!(events);
    let mut pods: BTreeMap<String, (Role, Wanted)> = BTreeMap::new();
    let mut runs: BTreeMap<Role, Run> = BTreeMap::new();
    let mut exits = FuturesUnordered::new();
    let mut known = false;
    loop {
        let restart = runs
            .values()
            .filter(|run| run.process.is_none())
            .filter_map(|run| run.not_before)
            .min();
        tokio::select! {
            event = events.next() => match event {
                Some(Ok(Event::Init)) => { pods.clear(); known = false; }
                Some(Ok(Event::InitApply(pod) | Event::Apply(pod))) => {
                    match wanted(&pod) {
                        Some(wanted) => drop(pods.insert(key(&pod), wanted)),
                        None => drop(pods.remove(&key(&pod))),
                    }
                }
                Some(Ok(Event::Delete(pod))) => drop(pods.remove(&key(&pod))),
                Some(Ok(Event::InitDone)) => known = true,
                Some(Err(error)) => tracing::debug!(%error, "watching pods"),
                None => return,
            },
            Some(()) = exits.next() => {}
            () = sleep_until(restart.unwrap_or_else(Instant::now)), if restart.is_some() => {}
        }
        if known {
            reconcile(&around, &pods, &mut runs, &mut exits).await;
        }
    }
}

type Exits = FuturesUnordered<std::pin::Pin<Box<dyn Future<Output = ()> + Send>>>;

async fn reconcile(
    around: &Surroundings,
    pods: &BTreeMap<String, (Role, Wanted)>,
    runs: &mut BTreeMap<Role, Run>,
    exits: &mut Exits,
) {
    let mut targets: BTreeMap<&Role, &Wanted> = BTreeMap::new();
    for (role, wanted) in pods.values() {
        // While a Deployment rolls, the newest pod speaks.
        let newest = targets.entry(role).or_insert(wanted);
        if newest.created < wanted.created {
            *newest = wanted;
        }
    }
    let mut idle = Vec::new();
    for (role, run) in runs.iter_mut() {
        let wanted = targets.get(role).copied();
        let Some((runs_as, process)) = run.process.take() else {
            if wanted.is_none() {
                idle.push(role.clone());
            }
            continue;
        };
        if process.exited().is_some() {
            tracing::warn!("{}", process.ended_error("pods of its image to be deleted"));
            around.stand_ins.remove(role);
            run.fail();
        } else if wanted.is_some_and(|wanted| wanted.same_as(&runs_as)) {
            run.process = Some((runs_as, process));
        } else {
            around.stand_ins.remove(role);
            process.kill().await;
        }
    }
    for role in idle {
        runs.remove(&role);
    }
    for (role, wanted) in targets {
        let run = runs.entry(role.clone()).or_default();
        if run.process.is_some() || run.not_before.is_some_and(|time| time > Instant::now()) {
            continue;
        }
        match start(around, role, wanted).await {
            Ok((process, ports)) => {
                exits.push(Box::pin(process.watch()));
                around.stand_ins.set(role.clone(), ports);
                run.process = Some((wanted.clone(), process));
            }
            Err(error) => {
                tracing::warn!(%error, image = role.image, "starting what stands for pods");
                run.fail();
            }
        }
    }
}

impl Run {
    /// Waits ever longer, as the kubelet does with a container that fails.
    fn fail(&mut self) {
        const LONGEST: Duration = Duration::from_secs(30);
        let pause = Duration::from_millis(500)
            .saturating_mul(1 << self.failures.min(6))
            .min(LONGEST);
        self.failures += 1;
        self.not_before = Some(Instant::now() + pause);
    }
}

impl Wanted {
    /// True when a running program need not change; that its pod was replaced does not matter.
    fn same_as(&self, other: &Self) -> bool {
        Self {
            created: None,
            ..self.clone()
        } == Self {
            created: None,
            ..other.clone()
        }
    }
}

async fn start(
    around: &Surroundings,
    role: &Role,
    wanted: &Wanted,
) -> Result<(Process, BTreeMap<u16, SocketAddr>), Error> {
    let config = &around.config;
    let program = &PROGRAMS[wanted.program];
    let name = format!("{}-{}", role.namespace, program.tool);
    let token = token(&around.client, &role.namespace, &wanted.service_account).await?;
    let path = config.state.join("cred").join(format!("{name}.kubeconfig"));
    files::write(&path, with_token(&around.authority, &config.front(), &token)?)?;
    let mut args = wanted.args.clone();
    args.push(format!("--kubeconfig={}", path.display()));
    args.extend((program.adds)(around));
    let mut ports = BTreeMap::new();
    if let (Some((flag, _)), Some(port)) = (program.listens, wanted.port) {
        let local = free_port()?;
        args.push(format!("{flag}={local}"));
        ports.insert(port, SocketAddr::from(([127, 0, 0, 1], local)));
    }
    let launch = Launch {
        name,
        tool: program.tool,
        args,
        env: around.world.clone(),
        folder: config.logs(),
    };
    Ok((Process::start(&config.tools, launch).await?, ports))
}

/// A token of a pod's ServiceAccount, for as long as a sandbox may live.
async fn token(client: &kube::Client, namespace: &str, name: &str) -> Result<String, Error> {
    const YEAR: i64 = 365 * 24 * 3600;
    let accounts: Api<ServiceAccount> = Api::namespaced(client.clone(), namespace);
    let spec = TokenRequestSpec {
        expiration_seconds: Some(YEAR),
        ..Default::default()
    };
    let request = TokenRequest {
        spec: Some(spec),
        ..Default::default()
    };
    let doing = format!("asking for a token of the ServiceAccount {namespace}/{name}");
    let answer = accounts
        .create_token_request(name, &PostParams::default(), &request)
        .await;
    let answer = answer.map_err(Error::api(doing.clone()))?;
    let token = answer.status.and_then(|status| status.token);
    token.ok_or_else(|| Error::Config(format!("{doing}: the answer has no token")))
}

/// A port that is free now. Who else takes it meanwhile makes the program end, and then it tries another.
fn free_port() -> Result<u16, Error> {
    // These programs listen on all addresses, so the port must be free on all.
    let port = TcpListener::bind(("0.0.0.0", 0))
        .and_then(|listener| listener.local_addr())
        .map(|local| local.port());
    port.map_err(|source| Error::Listen {
        address: "0.0.0.0:0".to_owned(),
        what: "a program that stands for pods",
        source,
    })
}

fn key(pod: &Pod) -> String {
    format!("{}/{}", pod.namespace().unwrap_or_default(), pod.name_any())
}

/// The program that stands for a pod, and how it is to run; none for all other pods.
fn wanted(pod: &Pod) -> Option<(Role, Wanted)> {
    if !is_running(pod) {
        return None;
    }
    let spec = pod.spec.as_ref()?;
    let role = roles(pod).find(|role| PROGRAMS.iter().any(|program| program.image == role.image))?;
    let index = PROGRAMS.iter().position(|program| program.image == role.image)?;
    let container = spec
        .containers
        .iter()
        .find(|c| c.image.as_deref().is_some_and(|i| image_name(i) == role.image))?;
    let program = &PROGRAMS[index];
    let all = expanded(container, &role.namespace);
    let port = program.listens.map(|(flag, default)| {
        let given = all
            .iter()
            .find_map(|arg| arg.strip_prefix(flag)?.strip_prefix('=')?.parse().ok());
        given.unwrap_or(default)
    });
    let keeps = |arg: &String| {
        program
            .keeps
            .contains(&arg.split_once('=').map_or(arg.as_str(), |(flag, _)| flag))
    };
    let args = all.into_iter().filter(keeps).collect();
    let service_account = spec
        .service_account_name
        .clone()
        .unwrap_or_else(|| "default".to_owned());
    let created = pod.metadata.creation_timestamp.clone();
    Some((
        role,
        Wanted {
            program: index,
            created,
            service_account,
            args,
            port,
        },
    ))
}

/// The arguments with `$(NAME)` replaced, as far as the container's environment says.
fn expanded(container: &Container, namespace: &str) -> Vec<String> {
    let variables: Vec<(String, String)> = container
        .env
        .iter()
        .flatten()
        .filter_map(|variable| {
            let field = variable.value_from.as_ref().and_then(|from| from.field_ref.as_ref());
            let value = match field {
                Some(field) => (field.field_path == "metadata.namespace").then(|| namespace.to_owned())?,
                None => variable.value.clone()?,
            };
            Some((format!("$({})", variable.name), value))
        })
        .collect();
    let expand = |arg: &String| {
        variables
            .iter()
            .fold(arg.clone(), |arg, (name, value)| arg.replace(name, value))
    };
    container.args.iter().flatten().map(expand).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pod(phase: &str, image: &str) -> Pod {
        serde_json::from_value(json!({
            "metadata": { "name": "webhook-1", "namespace": "cert-manager" },
            "spec": {
                "serviceAccountName": "webhook",
                "containers": [{
                    "name": "c",
                    "image": image,
                    "args": [
                        "--v=2",
                        "--secure-port=10250",
                        "--made-up-later=true",
                        "--dynamic-serving-ca-secret-namespace=$(POD_NAMESPACE)",
                    ],
                    "env": [
                        { "name": "POD_NAMESPACE", "valueFrom": { "fieldRef": { "fieldPath": "metadata.namespace" } } },
                    ],
                }],
            },
            "status": { "phase": phase },
        }))
        .unwrap()
    }

    #[test]
    fn a_program_keeps_what_it_knows_of_its_pods_arguments() {
        let (role, wanted) = wanted(&pod("Running", "quay.io/jetstack/cert-manager-webhook:v1.21.1")).unwrap();
        assert_eq!(role.namespace, "cert-manager");
        assert_eq!(
            wanted.args,
            ["--v=2", "--dynamic-serving-ca-secret-namespace=cert-manager"]
        );
        assert_eq!((wanted.port, wanted.service_account.as_str()), (Some(10250), "webhook"));
    }

    #[test]
    fn nothing_stands_for_pods_that_wait_or_that_nobody_knows() {
        assert!(wanted(&pod("Pending", "cert-manager-webhook")).is_none());
        assert!(wanted(&pod("Running", "nginx")).is_none());
    }
}
