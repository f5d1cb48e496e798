//! The DNS record of the API's name, against the Cloudflare emulator beside Hetzner's.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hoist_infra::{Dns, DnsToken, Infra};
use hoist_model::{Secret, Status, StepError, Verb};
use hoist_sandbox::cloudflare::{Cloudflare, Config, Grants, router};
use hoist_sandbox::emulator::{Effect, Fault, Served, serve};
use hoist_spec::{Source, Spec};
use serde_json::Value;

use crate::rig::{CONVERGE, DESTROY, Hook, Rig};

const TOKEN: &str = "cloudflare-token-canary-2236";
const KUBE: &str = "\n  kube: { serverType: cpx32, location: fsn1, role: server }\n";
const THREE: &str = "
  kube: { serverType: cpx32, location: fsn1, role: server }
  kube-b: { serverType: cpx32, location: nbg1, role: server }
  kube-c: { serverType: cpx32, location: hel1, role: server }
";

struct Given(Result<&'static str, &'static str>);

#[async_trait]
impl DnsToken for Given {
    async fn read(&self, source: &Source) -> Result<Secret, StepError> {
        assert_eq!(*source, Source::Env("CF".parse().unwrap()));
        self.0
            .map(Secret::from)
            .map_err(|why| StepError::spec(why).hint("export it before you run hoist"))
    }
}

/// Both clouds.
struct World {
    rig: Rig,
    cloudflare: Arc<Cloudflare>,
    base: String,
    _served: Served,
}

impl World {
    async fn new() -> Self {
        let cloudflare = Cloudflare::new(Config {
            token: TOKEN.into(),
            zones: vec!["example.com".into(), "example.org".into()],
            foreign: true,
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let served = serve(listener, router(cloudflare.clone())).unwrap();
        let base = format!("http://{}/client/v4", served.address());
        let mut rig = Rig::new().await;
        rig.dns = Some(Box::new({
            let base = base.clone();
            move || dns(&base, Given(Ok(TOKEN)))
        }));
        Self {
            rig,
            cloudflare,
            base,
            _served: served,
        }
    }

    fn spec(&self, machines: &str, api: &str) -> Spec {
        let mut spec = self.rig.spec(machines);
        spec.cluster.api_server = (!api.is_empty()).then(|| api.parse().unwrap());
        let token = [("token".to_owned(), Source::Env("CF".parse().unwrap()))].into();
        let secret = "cert-manager/cloudflare-api-token".parse().unwrap();
        spec.secrets.bootstrap.insert(secret, token);
        spec
    }

    /// Our records, a line each, with the machine that they lead to.
    async fn records(&self) -> Vec<String> {
        let state = self.cloudflare.state();
        let mut lines = Vec::new();
        let servers = self.rig.client().servers(&Default::default()).await.unwrap();
        for record in each_record(&state) {
            if record["comment"] != "hoist.dev/cluster=demo" {
                continue;
            }
            let leads = servers.iter().find(|server| {
                let ipv4 = server.public_net.ipv4.as_ref().unwrap();
                record["content"] == ipv4.ip.as_str()
            });
            lines.push(format!(
                "{} {} {} {} {}",
                record["name"].as_str().unwrap(),
                record["type"].as_str().unwrap(),
                leads.map_or("nowhere", |server| &server.name),
                record["ttl"],
                record["proxied"],
            ));
        }
        lines.sort();
        lines
    }

    /// The other records, to be as they were.
    fn others(&self) -> Vec<Value> {
        let state = self.cloudflare.state();
        let others = each_record(&state).filter(|record| record["comment"] != "hoist.dev/cluster=demo");
        others.cloned().collect()
    }
}

fn each_record(state: &Value) -> impl Iterator<Item = &Value> {
    let zones = state["zones"].as_array().unwrap().iter();
    zones.flat_map(|zone| zone["records"].as_array().unwrap())
}

fn dns(base: &str, token: Given) -> Dns {
    let patience = hoist_cloudflare::Options {
        first_delay: Duration::from_millis(1),
        longest_delay: Duration::from_millis(5),
        ..hoist_cloudflare::Options::default()
    };
    Dns::new(Some(base.to_owned()), Arc::new(token)).options(patience)
}

#[tokio::test]
async fn the_name_leads_to_the_control_planes_and_to_nothing_in_the_end() {
    let world = World::new().await;
    let before = world.cloudflare.state();
    let others = world.others();
    let spec = world.spec(KUBE, "kube.example.com");

    let look = world.rig.look(&world.rig.infra(), &spec, CONVERGE).await.unwrap();
    let step = look
        .draft
        .steps
        .iter()
        .find(|step| step.key.kind() == "dns-record")
        .unwrap();
    assert_eq!(step.key.to_string(), "dns-record/kube.example.com");
    assert_eq!(step.verb, Verb::Create);
    assert!(step.provisional, "the address comes with the server");

    world.rig.converge(&spec, CONVERGE, &Hook::quiet()).await;
    assert_eq!(world.records().await, ["kube.example.com A kube 60 false"]);
    let look = world.rig.look(&world.rig.infra(), &spec, CONVERGE).await.unwrap();
    assert!(look.draft.steps.is_empty() && look.draft.blocked.is_empty());
    let status = look.status.iter().find(|(key, _)| key.kind() == "dns-record").unwrap();
    assert_eq!(status.1, Status::Ready);

    world
        .rig
        .converge(&world.spec(THREE, "kube.example.com"), CONVERGE, &Hook::quiet())
        .await;
    let all = ["kube", "kube-b", "kube-c"].map(|plane| format!("kube.example.com A {plane} 60 false"));
    assert_eq!(world.records().await, all);

    world
        .rig
        .converge(&world.spec(THREE, "k8s.example.org"), CONVERGE, &Hook::quiet())
        .await;
    let all = ["kube", "kube-b", "kube-c"].map(|plane| format!("k8s.example.org A {plane} 60 false"));
    assert_eq!(world.records().await, all, "the old name is gone, in another zone too");
    assert_eq!(world.others(), others);

    world
        .rig
        .converge(&world.spec(THREE, "k8s.example.org"), DESTROY, &Hook::quiet())
        .await;
    assert_eq!(world.cloudflare.state(), before);
}

#[tokio::test]
async fn each_round_lists_a_zone_once_and_looks_for_it_once_in_a_run() {
    let world = World::new().await;
    let spec = world.spec(KUBE, "kube.example.com");
    world.rig.converge(&spec, CONVERGE, &Hook::quiet()).await;
    world.cloudflare.clear_requests();
    let process = world.rig.infra();
    world.rig.look(&process, &spec, CONVERGE).await.unwrap();
    world.rig.look(&process, &spec, CONVERGE).await.unwrap();
    let paths: Vec<String> = world.cloudflare.requests().into_iter().map(|one| one.path).collect();
    let records = paths.iter().filter(|path| path.ends_with("/dns_records")).count();
    // kube.example.com is no zone, example.com is.
    assert_eq!((records, paths.len()), (2, 4), "{paths:?}");
}

#[tokio::test]
async fn whatever_goes_wrong_the_records_are_right_in_the_end() {
    let reference = World::new().await;
    let made = reference.rig.machines_remade(&reference, None).await;
    assert!(made.len() >= 5, "{made:?}");
    let writes = reference.cloudflare.counters().mutations;
    assert!(writes >= 5, "{writes}");
    let effects = made.into_iter().map(Trouble::Effect);
    let troubles = effects.chain((1..=writes).map(Trouble::Write));
    let lives = troubles.map(|trouble| async {
        let world = World::new().await;
        world.rig.machines_remade(&world, Some(trouble)).await;
    });
    futures::future::join_all(lives).await;
}

enum Trouble {
    Effect(String),
    Write(u64),
}

impl Rig {
    /// Makes three control planes, remakes one, gives the API another name and destroys it all, checking after each.
    /// Says which effects there were on DNS.
    async fn machines_remade(&self, world: &World, trouble: Option<Trouble>) -> Vec<String> {
        let before = world.cloudflare.state();
        let strikes = matches!(trouble, Some(Trouble::Write(_)));
        let hook = match trouble {
            Some(Trouble::Effect(effect)) => Hook::failing(&effect),
            Some(Trouble::Write(nth)) => {
                // Its request is lost, and then the answer to the second try, which is the next write.
                for (nth, effect) in [(nth, Effect::DropBefore), (nth + 1, Effect::DropAfter)] {
                    world.cloudflare.fault(Fault::once("write", "**", nth, effect));
                }
                Hook::quiet()
            }
            None => Hook::quiet(),
        };
        let first = world.spec(THREE, "kube.example.com");
        self.converge(&first, CONVERGE, &hook).await;
        let all = ["kube", "kube-b", "kube-c"].map(|plane| format!("kube.example.com A {plane} 60 false"));
        assert_eq!(world.records().await, all);

        // Somebody makes one anew by hand: it comes back with another address.
        let old = self.client().server_named("kube-b").await.unwrap().unwrap();
        let soon = || std::time::Instant::now() + Duration::from_secs(10);
        let open = self.client().protect_server(old.id, false).await.unwrap();
        self.client()
            .wait(&open, "unprotecting", soon(), &|_| {})
            .await
            .unwrap();
        let gone = self.client().delete_server(old.id).await.unwrap();
        self.client().wait(&gone, "deleting", soon(), &|_| {}).await.unwrap();
        // Another server gets the address that has become free.
        crate::rig::foreign(&self.client()).await;
        self.converge(&first, CONVERGE, &hook).await;
        assert_eq!(world.records().await, all);

        let second = world.spec(KUBE, "k8s.example.com");
        self.converge(&second, CONVERGE, &hook).await;
        assert_eq!(world.records().await, ["k8s.example.com A kube 60 false"]);
        self.converge(&second, DESTROY, &hook).await;
        assert_eq!(world.cloudflare.state(), before);
        assert!(hook.fail.lock().unwrap().is_empty(), "the trouble did not come");
        let struck = world
            .cloudflare
            .requests()
            .iter()
            .filter(|request| request.fault)
            .count();
        assert_eq!(struck, if strikes { 2 } else { 0 });

        let mut effects = hook.effects.lock().unwrap().clone();
        effects.retain(|effect| effect.starts_with("dns-record/"));
        effects.sort();
        effects.dedup();
        effects
    }
}

#[tokio::test]
async fn a_record_that_appears_between_plan_and_apply_is_not_touched() {
    let world = World::new().await;
    let spec = world.spec(KUBE, "kube.example.com");
    let process = world.rig.infra();
    world
        .rig
        .converge(&world.spec(KUBE, ""), CONVERGE, &Hook::quiet())
        .await;
    let look = world.rig.look(&process, &spec, CONVERGE).await.unwrap();
    let client = hoist_cloudflare::Client::new(Some(&world.base), TOKEN.into(), Default::default()).unwrap();
    let zone = client.zone_of("kube.example.com").await.unwrap().unwrap();
    assert_eq!(zone.name, "example.com");
    let record = hoist_cloudflare::NewRecord {
        name: "kube.example.com".into(),
        kind: "A".into(),
        content: "192.0.2.1".into(),
        ttl: 1,
        comment: None,
        proxied: false,
    };
    client.create_record(&zone.id, &record).await.unwrap();
    let others = world.others();

    let failed = crate::rig::carry_out(&process, &look, &Hook::quiet()).await;
    let [(key, error)] = &failed[..] else {
        panic!("{failed:?}")
    };
    assert_eq!(key.to_string(), "dns-record/kube.example.com");
    assert!(error.message.contains("does not belong to this cluster"), "{error}");

    let run = world.rig.run(&process, &spec, CONVERGE, &Hook::quiet()).await;
    insta::assert_snapshot!(run.blocked.join("\n"), @"dns-record/kube.example.com: kube.example.com has the DNS record A 192.0.2.1, which does not belong to this cluster");
    world.rig.converge(&spec, DESTROY, &Hook::quiet()).await;
    assert_eq!(world.others(), others);
}

#[tokio::test]
async fn who_has_no_token_in_the_spec_is_not_asked_for_one() {
    let world = World::new().await;
    let mut spec = world.spec(KUBE, "kube.example.com");
    spec.secrets.bootstrap.clear();
    world.rig.converge(&spec, CONVERGE, &Hook::quiet()).await;
    assert!(world.cloudflare.requests().is_empty());
}

#[tokio::test]
async fn why_dns_cannot_be_seen_or_written_is_said_without_the_token() {
    let world = World::new().await;
    let spec = world.spec(KUBE, "kube.example.com");
    let gone = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let gone = format!("http://{gone}/client/v4");
    let mut told = String::new();
    for (base, token) in [
        (&world.base, Given(Err("environment variable CF: it is not set"))),
        (&world.base, Given(Ok("cloudflare-token-canary-wrong"))),
        (&gone, Given(Ok(TOKEN))),
    ] {
        let infra: Infra = crate::rig::infra(world.rig.client()).with_dns(dns(base, token));
        let look = world.rig.look(&infra, &spec, CONVERGE).await.unwrap();
        assert!(
            look.draft
                .steps
                .iter()
                .any(|step| step.key.to_string() == "server/kube")
        );
        let [blocked] = &look.draft.blocked[..] else {
            panic!("{:?}", look.draft.blocked)
        };
        let hint = blocked.hint.as_deref().unwrap();
        told.push_str(&format!("{}: {}\n  hint: {hint}\n", blocked.key, blocked.why));
    }
    world
        .rig
        .converge(&world.spec(KUBE, ""), CONVERGE, &Hook::quiet())
        .await;
    world.cloudflare.set_grants(Grants {
        dns_edit: false,
        ..Grants::default()
    });
    let run = world.rig.run(&world.rig.infra(), &spec, CONVERGE, &Hook::quiet()).await;
    told.push_str(&run.told());
    assert!(!told.contains("canary"), "{told}");
    insta::assert_snapshot!(told.replace(&gone, "http://GONE"), @r"
    dns-record/kube.example.com: the Cloudflare token cannot be read: environment variable CF: it is not set
      hint: export it before you run hoist
    dns-record/kube.example.com: Cloudflare's token may not do this (listing zones named kube.example.com): Invalid access token (9109)
      hint: the token needs Zone:Read and DNS:Edit for the zone
    dns-record/kube.example.com: Cloudflare cannot be reached (listing zones named kube.example.com): error sending request for url (http://GONE/zones?name=kube.example.com&per_page=50&page=1): client error (Connect): tcp connect error: Connection refused (os error 111)
      hint: is there a network? CLOUDFLARE_API_BASE changes where the API is looked for
    dns-record/kube.example.com: Cloudflare's token may not do this (creating the A record kube.example.com): Authentication error (10000)
    hint: the token needs Zone:Read and DNS:Edit for the zone
    retry: No
    ");
}
