//! The running example's own components, with their real charts: planned, applied, and planned again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hoist_chartrepo::{LockFile, Store};
use hoist_cluster::{Cluster, Options, tagged};
use hoist_components::Charts;
use hoist_engine::linearize;
use hoist_model::{At, ClusterAccess, Facts, Goal, Lookup, Phase, Secret, StepCx};
use hoist_secrets::Resolver;
use hoist_spec::Spec;
use tokio_util::sync::CancellationToken;

use crate::server::{client_of, pods_become_ready, private};
use crate::world::Quiet;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

fn tools() -> PathBuf {
    std::env::var_os("HOIST_TOOLS").map_or_else(|| root().join("target/tools"), PathBuf::from)
}

fn example() -> Spec {
    let mut spec = hoist_spec::load(&root().join("examples/vanixiets/hoist.yaml"))
        .unwrap()
        .spec;
    let charts = tools().join("charts");
    let text = std::fs::read_to_string(charts.join("mirrors.json"))
        .unwrap_or_else(|error| panic!("no charts in {}: {error}: run `cargo xtask tools`", charts.display()));
    let mirrors: BTreeMap<String, String> = serde_json::from_str(&text).unwrap();
    for (from, folder) in mirrors {
        let to = format!("file://{}", charts.join(folder).display());
        spec.mirrors.insert(from.parse().unwrap(), to.parse().unwrap());
    }
    spec
}

fn phase(cache: &Path) -> Cluster {
    let values = [
        ("CLOUDFLARE_API_TOKEN", "canary-token-value"),
        ("SOPS_AGE_KEY", "canary-age-value"),
    ];
    let environment: BTreeMap<String, String> = values
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let store = Store::new(cache.join("charts"), hoist_chartrepo::Options::default());
    Cluster::new(Options {
        resolver: Arc::new(Resolver::new(cache, Arc::new(environment))),
        charts: Charts::new(store, LockFile::new(cache.join("hoist.lock"))),
        cloudflare_base: None,
    })
}

#[test]
fn tags_mean_components_and_what_hoist_keeps() {
    let spec = example();
    let check = |tags: &[&str], expect: &[&str]| {
        let tags: Vec<String> = tags.iter().map(ToString::to_string).collect();
        let found = tagged(&spec, &tags);
        assert_eq!(found, expect.iter().map(ToString::to_string).collect::<BTreeSet<_>>());
    };
    check(&["cilium"], &["cilium", "hoist"]);
    check(&["tls"], &["hoist", "tls-canary", "tls-canary-staging", "tls-issuers"]);
    check(&["nothing"], &[]);
}

/// What cert-manager's webhook, which does not run here, would have to let in.
fn is_tls(group: Option<&str>) -> bool {
    group.is_some_and(|group| group.starts_with("tls-"))
}

#[tokio::test]
async fn the_running_example_is_applied_whole_and_a_second_plan_is_empty() {
    let cache = tempfile::tempdir().unwrap();
    let spec = example();
    let phase = phase(cache.path());
    let (api, kubeconfig) = private().await;
    let client = client_of(&kubeconfig).await;
    let nobody = BTreeSet::new();
    let mut facts = Facts::default();
    let survey = async |facts: &Facts| {
        let at = At {
            spec: &spec,
            goal: Goal::Converge,
            replace: &nobody,
            facts,
        };
        let inputs = phase.gather(&at).await.unwrap_or_else(|problems| panic!("{problems}"));
        let observed = phase.observe(&at).await;
        let desired = phase
            .desired(&at, &inputs, &observed)
            .unwrap_or_else(|problems| panic!("{problems}"));
        let observed = phase.compare(&at, &desired, observed).await;
        let draft = phase.plan(&at, &desired, &observed);
        (desired, draft)
    };
    let (_, absent) = survey(&facts).await;
    let access = ClusterAccess {
        kubeconfig: Secret::from(kubeconfig),
        server: api.server().to_owned(),
    };
    facts.cluster = Lookup::Present(access);
    let (desired, draft) = survey(&facts).await;
    let keys = |steps: &[hoist_model::Step<_>]| steps.iter().map(|step| step.key.to_string()).collect::<Vec<_>>();
    assert_eq!(
        keys(&absent.steps),
        keys(&draft.steps),
        "the plan ahead differs from the one on a fresh cluster"
    );
    assert!(draft.blocked.is_empty(), "{:?}", draft.blocked);
    let steps = linearize(draft.steps).unwrap();
    let text = format!("{steps:?}");
    assert!(!text.contains("canary-token-value") && !text.contains("canary-age-value"));

    let namespaces: BTreeSet<String> = desired.objects().filter_map(|(id, _)| id.namespace.clone()).collect();
    let kubelet = async {
        loop {
            for namespace in &namespaces {
                pods_become_ready(&client, namespace).await;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let apply = async {
        for step in steps.iter().filter(|step| !is_tls(step.group.as_deref())) {
            // Its backend does not run here and the nodes are not simulated ones, as there are none.
            if step.key.to_string() == "ready/metrics-server" {
                continue;
            }
            let deadline = Instant::now() + Duration::from_secs(60);
            let cx = StepCx::new(step.key.clone(), deadline, CancellationToken::new(), Arc::new(Quiet));
            let done = phase.perform(&step.op, &desired, &facts, &cx).await;
            done.unwrap_or_else(|error| panic!("{}: {error} {:?}", step.key, error.hint));
        }
    };
    tokio::select! {
        () = apply => {}
        () = kubelet => unreachable!("the kubelet never ends"),
    }
    let before = phase.calls();
    let (_, draft) = survey(&facts).await;
    let left: Vec<String> = draft
        .steps
        .iter()
        .filter(|step| !is_tls(step.group.as_deref()) && step.key.to_string() != "ready/metrics-server")
        .map(|step| format!("{} {}: {}", step.verb, step.key, step.reason))
        .collect();
    assert_eq!(left, Vec::<String>::new());
    let after = phase.calls();
    for (sort, count) in &after.0 {
        let made = count - before.of(sort);
        assert!(!sort.starts_with("list ") || made <= 1, "{made} × {sort}");
    }
    let dry_runs = after.of("dry-run") - before.of("dry-run");
    assert_eq!(dry_runs, 0, "dry runs although nothing changed");
}
