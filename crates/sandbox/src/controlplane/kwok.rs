//! kwok stands for every node's kubelet: pods become Running and Ready, those that are meant to end do, Leases are kept.
//!
//! The Nodes themselves are ours (`nodes`): kwok cares for those that carry its annotation and leaves them as they are.

use serde_json::{Value, json};

use super::config::{Config, port};
use super::controllers::credentials;
use super::error::Error;
use super::files;
use super::pki::{Leaf, Pki};
use super::process::Launch;

/// The annotation of the Nodes that kwok cares for.
pub(crate) const ANNOTATION: (&str, &str) = ("kwok.x-k8s.io/node", "fake");

/// What pulling an image takes on a real machine.
const PULL_MILLISECONDS: f64 = 3000.0;
/// What a Job's pod works.
const WORK_MILLISECONDS: f64 = 2000.0;

/// How kwok is started.
pub(crate) fn launch(config: &Config, pki: &Pki) -> Result<Launch, Error> {
    let stages = config.state.join("kwok-stages.yaml");
    let mut documents = stages_of(config.delay_scale).map(|stage| stage.to_string()).to_vec();
    documents.push(logs(config)?.to_string());
    files::write(&stages, documents.join("\n---\n"))?;
    let address = config.address.to_string();
    let leaf = Leaf::server("kubelet", std::slice::from_ref(&address));
    let serving = pki.server.issue_files("serving-kubelet", &leaf)?;
    let args = vec![
        format!("--kubeconfig={}", credentials(config, pki, "kwok", "system:admin")?),
        format!("--config={}", stages.display()),
        format!(
            "--manage-nodes-with-annotation-selector={}={}",
            ANNOTATION.0, ANNOTATION.1
        ),
        "--node-lease-duration-seconds=40".to_owned(),
        format!("--server-address={address}:{}", port::KUBELET),
        format!("--node-port={}", port::KUBELET),
        format!("--tls-cert-file={}", serving.cert.display()),
        format!("--tls-private-key-file={}", serving.key.display()),
    ];
    Ok(Launch {
        name: "kwok".to_owned(),
        tool: "kwok",
        args,
        env: Vec::new(),
        folder: config.logs(),
    })
}

/// What `kubectl logs` shows of every simulated container.
fn logs(config: &Config) -> Result<Value, Error> {
    let file = config.state.join("simulated.log");
    let now = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Nanos, true);
    files::write(
        &file,
        format!("{now} stdout F this pod is simulated: its containers run nothing\n"),
    )?;
    Ok(json!({
        "apiVersion": "kwok.x-k8s.io/v1alpha1",
        "kind": "ClusterLogs",
        "metadata": { "name": "simulated" },
        "spec": { "logs": [{ "logsFile": file }] },
    }))
}

fn stages_of(scale: f64) -> [Value; 5] {
    [
        // Without any stage for Nodes, kwok cares for no node's pods. This one never has anything to do.
        stage(
            "Node",
            "node-left-alone",
            0.0,
            &json!([{ "key": ".metadata.annotations[\"sandbox.hoist.dev/never\"]", "operator": "Exists" }]),
            &json!({ "statusTemplate": "phase: Running" }),
        ),
        // A kubelet that has pulled the images and started all containers.
        stage(
            "Pod",
            "pod-running",
            PULL_MILLISECONDS * scale,
            &json!([
                { "key": ".metadata.deletionTimestamp", "operator": "DoesNotExist" },
                { "key": ".status.phase", "operator": "In", "values": ["Pending"] },
            ]),
            &json!({ "statusTemplate": RUNNING }),
        ),
        // The node controller looks at nodes every few seconds, and takes pods that start before it has seen their node
        // become Ready for ones on a node that is not. A kubelet sets that right at its next look.
        stage(
            "Pod",
            "pod-ready-again",
            0.0,
            &json!([
                { "key": ".metadata.deletionTimestamp", "operator": "DoesNotExist" },
                { "key": ".status.phase", "operator": "In", "values": ["Running"] },
                { "key": ".spec.restartPolicy", "operator": "NotIn", "values": ["Never", "OnFailure"] },
                {
                    "key": ".status.conditions.[] | select( .type == \"Ready\" ) | .status",
                    "operator": "In",
                    "values": ["False"],
                },
            ]),
            &json!({ "statusTemplate": READY }),
        ),
        // Pods that are meant to end do so, with success.
        stage(
            "Pod",
            "pod-succeeded",
            WORK_MILLISECONDS * scale,
            &json!([
                { "key": ".metadata.deletionTimestamp", "operator": "DoesNotExist" },
                { "key": ".status.phase", "operator": "In", "values": ["Running"] },
                { "key": ".spec.restartPolicy", "operator": "In", "values": ["Never", "OnFailure"] },
            ]),
            &json!({ "statusTemplate": SUCCEEDED }),
        ),
        stage(
            "Pod",
            "pod-deleted",
            0.0,
            &json!([{ "key": ".metadata.deletionTimestamp", "operator": "Exists" }]),
            &json!({ "delete": true }),
        ),
    ]
}

fn stage(kind: &str, name: &str, milliseconds: f64, matches: &Value, next: &Value) -> Value {
    json!({
        "apiVersion": "kwok.x-k8s.io/v1alpha1",
        "kind": "Stage",
        "metadata": { "name": name },
        "spec": {
            "resourceRef": { "apiGroup": "v1", "kind": kind },
            "selector": { "matchExpressions": matches },
            "delay": { "durationMilliseconds": milliseconds.max(0.0).round() as u64 },
            "next": next,
        },
    })
}

const RUNNING: &str = r#"
{{ $now := Now | Quote }}
phase: Running
startTime: {{ $now }}
conditions:
{{ range $type := list "PodReadyToStartContainers" "Initialized" "ContainersReady" "Ready" }}
- { type: {{ $type }}, status: "True", lastTransitionTime: {{ $now }} }
{{ end }}
{{ range .spec.readinessGates }}
- { type: {{ .conditionType | Quote }}, status: "True", lastTransitionTime: {{ $now }} }
{{ end }}
containerStatuses:
{{ range .spec.containers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  imageID: ""
  ready: true
  started: true
  restartCount: 0
  state: { running: { startedAt: {{ $now }} } }
{{ end }}
initContainerStatuses:
{{ range .spec.initContainers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  imageID: ""
  ready: true
  restartCount: 0
{{ if eq (or .restartPolicy "") "Always" }}
  started: true
  state: { running: { startedAt: {{ $now }} } }
{{ else }}
  state: { terminated: { exitCode: 0, reason: Completed, startedAt: {{ $now }}, finishedAt: {{ $now }} } }
{{ end }}
{{ end }}
{{ with NodeIPsWith .spec.nodeName }}
hostIP: {{ index . 0 | Quote }}
hostIPs:
{{ range . }}
- ip: {{ . | Quote }}
{{ end }}
{{ end }}
{{ with PodIPsWith .spec.nodeName (or .spec.hostNetwork false) (or .metadata.uid "") (or .metadata.name "") (or .metadata.namespace "") }}
podIP: {{ index . 0 | Quote }}
podIPs:
{{ range . }}
- ip: {{ . | Quote }}
{{ end }}
{{ end }}
"#;

const READY: &str = r#"
conditions:
- { type: Ready, status: "True", lastTransitionTime: {{ Now | Quote }} }
"#;

const SUCCEEDED: &str = r#"
{{ $now := Now | Quote }}
phase: Succeeded
conditions:
{{ range $type := list "ContainersReady" "Ready" }}
- { type: {{ $type }}, status: "False", reason: PodCompleted, lastTransitionTime: {{ $now }} }
{{ end }}
containerStatuses:
{{ range .spec.containers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  imageID: ""
  ready: false
  started: false
  restartCount: 0
  state: { terminated: { exitCode: 0, reason: Completed, startedAt: {{ $now }}, finishedAt: {{ $now }} } }
{{ end }}
"#;
