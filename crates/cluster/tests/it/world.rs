//! A small cluster of components, and the rounds that `app` would make of it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hoist_cluster::{Catalog, ClusterPhase, Component, Desired, Observed, Op};
use hoist_engine::linearize;
use hoist_model::{
    At, ClusterAccess, Diagnostics, Draft, Facts, Goal, Key, Lookup, Phase, Secret, Step, StepCx, StepError,
    StepObserver,
};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::server;

pub(crate) struct Spec {
    pub(crate) name: String,
    pub(crate) components: Vec<Component>,
}

pub(crate) struct Fixed;

impl Catalog for Fixed {
    type Spec = Spec;

    fn discriminator(&self, spec: &Spec) -> String {
        spec.name.clone()
    }

    async fn gather(&self, at: &At<'_, Spec>) -> Result<Vec<Component>, Diagnostics> {
        Ok(at.spec.components.clone())
    }
}

pub(crate) struct Quiet;

impl StepObserver for Quiet {
    fn progress(&self, _key: &Key, _what: &str) {}
}

pub(crate) struct World {
    pub(crate) name: String,
    pub(crate) phase: ClusterPhase<Fixed>,
    pub(crate) facts: Facts,
    pub(crate) client: kube::Client,
    nobody: BTreeSet<String>,
}

pub(crate) struct Round {
    pub(crate) desired: Desired,
    pub(crate) observed: Observed,
    pub(crate) draft: Draft<Op>,
}

impl Round {
    /// Each step as one line, in an order that respects needs; then what is blocked.
    pub(crate) fn text(&self, name: &str) -> String {
        let mut lines = Vec::new();
        for step in linearize(self.draft.steps.clone()).unwrap() {
            lines.push(format!("{} {}: {}", step.verb, step.key, step.reason));
        }
        for blocked in &self.draft.blocked {
            lines.push(format!("blocked {}: {}", blocked.key, blocked.why));
        }
        lines.join("\n").replace(name, "NAME")
    }

    pub(crate) fn step(&self, key: &str) -> &Step<Op> {
        let found = self.draft.steps.iter().find(|step| step.key.to_string() == key);
        found.unwrap_or_else(|| {
            panic!(
                "no step {key} in {:?}",
                self.draft.steps.iter().map(|s| &s.key).collect::<Vec<_>>()
            )
        })
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        let (api, name) = server::connect().await;
        let access = ClusterAccess {
            kubeconfig: Secret::from(server::kubeconfig()),
            server: api.server().to_owned(),
        };
        let facts = Facts {
            cluster: Lookup::Present(access),
            ..Facts::default()
        };
        Self {
            name,
            phase: ClusterPhase::over(Fixed),
            facts,
            client: server::client().await,
            nobody: BTreeSet::new(),
        }
    }

    pub(crate) fn spec(&self, components: Vec<Component>) -> Spec {
        Spec {
            name: self.name.clone(),
            components,
        }
    }

    pub(crate) fn at<'a>(&'a self, spec: &'a Spec, goal: Goal) -> At<'a, Spec> {
        At {
            spec,
            goal,
            replace: &self.nobody,
            facts: &self.facts,
        }
    }

    pub(crate) async fn survey(&self, spec: &Spec, goal: Goal) -> Round {
        let at = self.at(spec, goal);
        let inputs = self.phase.gather(&at).await.unwrap();
        let observed = self.phase.observe(&at).await;
        let desired = self.phase.desired(&at, &inputs, &observed).unwrap();
        let observed = self.phase.compare(&at, &desired, observed).await;
        let draft = self.phase.plan(&at, &desired, &observed);
        Round {
            desired,
            observed,
            draft,
        }
    }

    pub(crate) async fn plan(&self, spec: &Spec) -> Round {
        self.survey(spec, Goal::Converge).await
    }

    /// Carries out one step.
    pub(crate) async fn perform(&self, round: &Round, step: &Step<Op>) -> Result<(), StepError> {
        let deadline = Instant::now() + Duration::from_secs(40);
        let cx = StepCx::new(step.key.clone(), deadline, CancellationToken::new(), Arc::new(Quiet));
        self.phase
            .perform(&step.op, &round.desired, &self.facts, &cx)
            .await
            .map(drop)
    }

    /// Plays the kubelet in a namespace while the work lasts.
    pub(crate) async fn with_kubelet<T>(&self, work: impl Future<Output = T>) -> T {
        let kubelet = async {
            loop {
                server::pods_become_ready(&self.client, &self.name).await;
                tokio::time::sleep(Duration::from_millis(30)).await;
            }
        };
        tokio::select! {
            done = work => done,
            () = kubelet => unreachable!("the kubelet never ends"),
        }
    }

    /// Applies a plan as it is, one step after the other.
    pub(crate) async fn apply(&self, spec: &Spec) -> Round {
        let round = self.plan(spec).await;
        self.with_kubelet(async {
            for step in linearize(round.draft.steps.clone()).unwrap() {
                self.perform(&round, &step)
                    .await
                    .unwrap_or_else(|error| panic!("{}: {error}", step.key));
            }
        })
        .await;
        round
    }
}

pub(crate) fn component(name: &str, namespace: &str, needs: &[&str], objects: Vec<Value>) -> Component {
    Component {
        name: name.to_owned(),
        namespace: namespace.to_owned(),
        tags: vec!["test".to_owned()],
        needs: needs.iter().map(ToString::to_string).collect(),
        objects,
        settle: None,
        preflight: None,
    }
}

/// A CRD of a kind that belongs to this test alone.
pub(crate) fn definitions(name: &str) -> Component {
    let crd = json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("things.{name}.example.com")},
        "spec": {"group": format!("{name}.example.com"), "scope": "Namespaced",
            "names": {"kind": "Thing", "plural": "things", "singular": "thing", "listKind": "ThingList"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object",
                "properties": {"spec": {"type": "object", "properties": {"size": {"type": "integer"}}}}}}}]}});
    component("definitions", name, &[], vec![crd])
}

/// A workload with everything around it.
pub(crate) fn web(name: &str, image: &str, token: &str) -> Component {
    let role = format!("{name}-web");
    let subjects = json!([{"kind": "ServiceAccount", "name": "web", "namespace": name}]);
    let pod = json!({"serviceAccountName": "web", "containers": [{"name": "web", "image": image,
        "env": [{"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "token", "key": "token"}}}],
        "volumeMounts": [{"name": "config", "mountPath": "/etc/web"}]}],
        "volumes": [{"name": "config", "configMap": {"name": "web"}}]});
    let template = json!({"metadata": {"labels": {"app": "web"}}, "spec": pod});
    component(
        "web",
        name,
        &[],
        vec![
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
            "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "web"}}, "template": template}}),
            json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"},
            "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}}),
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web"}, "data": {"size": "1"}}),
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "token"}, "stringData": {"token": token}}),
            json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "web"}}),
            json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": role},
            "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}]}),
            json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": role},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role}, "subjects": subjects}),
        ],
    )
}

/// A custom object that waits for the workload.
pub(crate) fn things(name: &str) -> Component {
    let thing = json!({"apiVersion": format!("{name}.example.com/v1"), "kind": "Thing", "metadata": {"name": "one"},
        "spec": {"size": 3}});
    component("things", name, &["definitions", "web"], vec![thing])
}

pub(crate) fn all(name: &str, image: &str, token: &str) -> Vec<Component> {
    vec![definitions(name), web(name, image, token), things(name)]
}
