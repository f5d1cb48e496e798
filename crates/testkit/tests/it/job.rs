//! The main job: from an empty cloud to a verified cluster, changed, and taken away, with strangers' things beside it.

use std::collections::BTreeSet;
use std::path::Path;

use hoist_testkit::Scenario;
use serde_json::Value;

use crate::scenario;

fn steps(plan: &Value) -> &Vec<Value> {
    plan["steps"].as_array().unwrap()
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

fn changes(plan: &Value) -> BTreeSet<String> {
    steps(plan)
        .iter()
        .filter(|step| step["verb"] != "await")
        .map(|step| format!("{} {}", text(step, "verb"), text(step, "key")))
        .collect()
}

#[test]
fn one_file_becomes_a_verified_cluster_and_goes_without_a_trace() {
    let scenario = scenario("job", &["--with-foreign"]);
    let clouds = ["HCLOUD_ENDPOINT", "CLOUDFLARE_API_BASE"];
    let before = clouds.map(|cloud| scenario.admin(cloud, "state"));

    plan_of_an_empty_cloud_is_complete_and_touches_nothing(&scenario);

    // What was planned and looked at is what is applied.
    scenario.hoist(&["plan", "--save", "plan.json"]).expect(2);
    let applied = scenario.hoist(&["apply", "plan.json", "-y"]).expect(0);
    for phase in ["infra", "nodes", "cluster"] {
        assert!(applied.stderr.contains(&format!("\n{phase:8} ")), "no time of {phase}");
    }
    let again = scenario.hoist(&["plan", "-o", "json"]).expect(0);
    assert_eq!(steps(&again.json()).len(), 0, "{}", again.stdout);
    let verified = scenario
        .hoist(&["verify", "--wait", "120", "-o", "json"])
        .expect(0)
        .json();
    assert!(verified["passed"].as_u64().unwrap() > 10, "{verified}");
    for check in verified["checks"].as_array().unwrap() {
        assert!(check["outcome"]["result"] != "fail", "{check}");
    }

    the_apis_name_leads_to_the_control_plane(&scenario);
    an_unchanged_plan_asks_once_a_kind(&scenario);
    another_folder_with_the_persons_own_key_goes_on(&scenario);
    three_changes_are_three_causes(&scenario);
    a_saved_plan_that_does_not_hold_any_more_is_refused(&scenario);
    a_worker_joins_and_leaves_with_its_word(&scenario);
    a_chart_can_ask_the_live_cluster(&scenario);
    what_a_chart_makes_up_stays(&scenario);
    nothing_is_destroyed_without_its_word(&scenario);

    scenario
        .hoist(&["destroy", "-y", "--allow", "delete:cluster/vanixiets"])
        .expect(0);
    let after = clouds.map(|cloud| scenario.admin(cloud, "state"));
    assert_eq!(before, after, "destroy leaves the clouds as they were");
}

fn plan_of_an_empty_cloud_is_complete_and_touches_nothing(scenario: &Scenario) {
    let planned = scenario.hoist(&["plan", "-o", "json"]).expect(2);
    let plan = planned.json();
    let phases: BTreeSet<&str> = steps(&plan).iter().map(|step| text(step, "phase")).collect();
    assert_eq!(phases, ["cluster", "infra", "nodes"].into());
    let mut seen = BTreeSet::new();
    let all: BTreeSet<&str> = steps(&plan).iter().map(|step| text(step, "key")).collect();
    for step in steps(&plan) {
        for need in step["needs"].as_array().unwrap() {
            let need = need.as_str().unwrap();
            assert!(
                !all.contains(need) || seen.contains(need),
                "{} comes before {need}, which it needs",
                text(step, "key")
            );
        }
        seen.insert(text(step, "key"));
    }
    for key in [
        "server/kube-control",
        "server/cinnabar",
        "dns-record/kube.example.com",
        "node/kube-control",
        "Deployment.apps/kube-system/coredns",
    ] {
        assert!(all.contains(key), "{key} is not in the plan: {all:?}");
    }
    assert!(
        !all.iter().any(|key| key.contains("kube-worker-01")),
        "a disabled machine is in the plan"
    );
    assert!(
        !all.contains("node/cinnabar"),
        "a machine without a role gets an operating system"
    );
    for cloud in ["HCLOUD_ENDPOINT", "CLOUDFLARE_API_BASE"] {
        let requests = scenario.admin(cloud, "requests");
        let writes: Vec<&Value> = requests
            .as_array()
            .unwrap()
            .iter()
            .filter(|request| request["method"] != "GET")
            .collect();
        assert!(writes.is_empty(), "plan wrote: {writes:?}");
    }
}

/// `lookup` and `.Capabilities` from the cluster itself, beside helm.
fn a_chart_can_ask_the_live_cluster(scenario: &Scenario) {
    let chart = scenario.folder().join("asking");
    std::fs::create_dir_all(chart.join("templates")).unwrap();
    std::fs::write(
        chart.join("Chart.yaml"),
        "{ apiVersion: v2, name: asking, version: 0.1.0 }",
    )
    .unwrap();
    let template = r#"
apiVersion: v1
kind: ConfigMap
metadata: { name: asking }
data:
  system: {{ lookup "v1" "Namespace" "" "kube-system" | toJson | quote }}
  dns: {{ (lookup "apps/v1" "Deployment" "kube-system" "coredns").spec | toYaml | quote }}
  services: "{{ range (lookup "v1" "Service" "kube-system" "").items }}{{ .metadata.name }} {{ (index .spec.ports 0).port }},{{ end }}"
  kind: {{ (lookup "v1" "Service" "kube-system" "").kind }}
  missing: {{ lookup "v1" "Secret" "kube-system" "there-is-none" | toJson | quote }}
  issuers: {{ .Capabilities.APIVersions.Has "cert-manager.io/v1/ClusterIssuer" | quote }}
  things: {{ .Capabilities.APIVersions.Has "example.org/v1" | quote }}
  version: {{ .Capabilities.KubeVersion.Version }} {{ .Capabilities.KubeVersion.Minor }}
"#;
    std::fs::write(chart.join("templates/all.yaml"), template).unwrap();
    let kubeconfig = scenario.folder().join("kubeconfig").display().to_string();
    scenario.kubectl(&["version"]).expect(0);
    let [ours, helm] = both(scenario, &chart, &kubeconfig);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(helm.status.success(), "{}", text(&helm.stderr));
    assert!(ours.status.success(), "{}", text(&ours.stderr));
    assert_eq!(text(&ours.stdout), text(&helm.stdout));

    let unserved = r#"{{ lookup "example.org/v1" "Thing" "" "x" }}"#;
    std::fs::write(chart.join("templates/unserved.yaml"), unserved).unwrap();
    for (who, ran) in ["hoist", "helm"].iter().zip(both(scenario, &chart, &kubeconfig)) {
        let told = text(&ran.stderr);
        assert_eq!(ran.status.code(), Some(1), "{who}");
        for word in [
            "unserved.yaml:1:3",
            "example.org/v1, Kind=Thing",
            "could not find the requested resource",
        ] {
            assert!(told.contains(word), "{who} does not say {word}: {told}");
        }
    }
}

/// A chart as hoist and as helm render it with a live cluster.
fn both(scenario: &Scenario, chart: &Path, kubeconfig: &str) -> [std::process::Output; 2] {
    let chart = chart.display().to_string();
    let args = [
        "template",
        "asking",
        &chart,
        "--dry-run=server",
        "--kubeconfig",
        kubeconfig,
    ];
    let ours = scenario.command(&["chart"]).args(args).output().unwrap();
    let helm = std::process::Command::new(Path::new(scenario.var("HOIST_TOOLS")).join("helm"))
        .args(args)
        .env_clear()
        .env("HOME", scenario.var("HOME"))
        .output()
        .unwrap();
    [ours, helm]
}

/// Cilium's chart makes an authority and certificates each time that it is rendered, when it is told to.
fn what_a_chart_makes_up_stays(scenario: &Scenario) {
    scenario.edit(
        "hubble: { ui: { enabled: false } }",
        "hubble: { ui: { enabled: false }, tls: { auto: { method: helm } } }",
    );
    let plan = scenario.hoist(&["plan", "-o", "json"]).expect(2).json();
    let made = changes(&plan);
    for name in ["cilium-ca", "hubble-server-certs"] {
        assert!(made.contains(&format!("create Secret/kube-system/{name}")), "{made:?}");
    }
    let mut apply = vec!["apply".to_owned(), "-y".to_owned()];
    for change in made.iter().filter_map(|change| change.strip_prefix("delete ")) {
        apply.extend(["--allow".to_owned(), format!("delete:{change}")]);
    }
    let apply: Vec<&str> = apply.iter().map(String::as_str).collect();
    scenario.hoist(&apply).expect(0);
    let secret = || {
        let args = [
            "get",
            "secret",
            "-n",
            "kube-system",
            "hubble-server-certs",
            "-o",
            "jsonpath={.data.tls\\.crt}",
        ];
        scenario.kubectl(&args).expect(0).stdout
    };
    let first = secret();
    // Another process, which would make others.
    let again = scenario.hoist(&["plan", "-o", "json"]).expect(0);
    assert_eq!(steps(&again.json()).len(), 0, "{}", again.stdout);
    assert_eq!(secret(), first);
    // What is gone is made anew, and all that hangs on it; then it stays.
    scenario
        .kubectl(&["delete", "secret", "-n", "kube-system", "hubble-server-certs"])
        .expect(0);
    scenario.hoist(&["apply", "-y"]).expect(0);
    assert_ne!(secret(), first);
    scenario.hoist(&["plan"]).expect(0);
}

fn the_apis_name_leads_to_the_control_plane(scenario: &Scenario) {
    let list = |value: &Value| value.as_array().unwrap().clone();
    let hetzner = scenario.admin("HCLOUD_ENDPOINT", "state");
    let servers = list(&hetzner["servers"]);
    let plane = servers.iter().find(|server| server["name"] == "kube-control").unwrap();
    let zones = list(&scenario.admin("CLOUDFLARE_API_BASE", "state")["zones"]);
    let records: Vec<Value> = zones
        .iter()
        .flat_map(|zone| list(&zone["records"]))
        .filter(|record| record["name"] == "kube.example.com")
        .collect();
    let [record] = &records[..] else { panic!("{records:?}") };
    assert_eq!(record["type"], "A");
    assert_eq!(record["content"], plane["public_net"]["ipv4"]["ip"]);
    assert_eq!(record["proxied"], false);
    assert_eq!(record["comment"], "hoist.dev/cluster=vanixiets");
}

fn an_unchanged_plan_asks_once_a_kind(scenario: &Scenario) {
    let count = |requests: &Value| requests.as_array().map_or(0, Vec::len);
    let from = count(&scenario.admin("HCLOUD_ENDPOINT", "requests"));
    scenario.hoist(&["plan"]).expect(0);
    let requests = scenario.admin("HCLOUD_ENDPOINT", "requests");
    let mut lists = std::collections::BTreeMap::new();
    for request in &requests.as_array().unwrap()[from..] {
        assert_eq!(request["method"], "GET", "{request}");
        *lists.entry(text(request, "path").to_owned()).or_insert(0) += 1;
    }
    assert!(lists.len() >= 4, "{lists:?}");
    assert!(
        lists.values().all(|&times| times == 1),
        "more than one list call a kind: {lists:?}"
    );
}

fn another_folder_with_the_persons_own_key_goes_on(scenario: &Scenario) {
    let other = scenario.folder().join("other");
    std::fs::create_dir_all(&other).unwrap();
    std::fs::copy(scenario.spec(), other.join("hoist.yaml")).unwrap();
    let ran = scenario.command(&["apply", "-y"]).current_dir(&other).output().unwrap();
    let stderr = String::from_utf8_lossy(&ran.stderr);
    assert_eq!(ran.status.code(), Some(0), "{stderr}");
    assert!(stderr.contains("as hoist.yaml says"), "{stderr}");
}

fn three_changes_are_three_causes(scenario: &Scenario) {
    let spec = std::fs::read_to_string(scenario.spec()).unwrap();
    scenario.edit("serverType: cx43", "serverType: cx53");
    scenario.edit("coredns: {}", "coredns: { replicas: 2 }");
    let made = std::process::Command::new(Path::new(scenario.var("HOIST_TOOLS")).join("age-keygen"))
        .output()
        .unwrap();
    let made = String::from_utf8(made.stdout).unwrap();
    let another = made.lines().find(|line| line.starts_with("AGE-SECRET-KEY-")).unwrap();
    let output = scenario
        .command(&["plan", "-o", "json"])
        .env("SOPS_AGE_KEY", another)
        .output()
        .unwrap();
    assert_eq!(
        output.status.code(),
        Some(2),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let plan: Value = serde_json::from_slice(&output.stdout).unwrap();
    let expected = [
        "update server/cinnabar",
        "update Deployment.apps/kube-system/coredns",
        "update Secret/sops-secrets-operator/sops-age-key-file",
        // It reads the Secret, and is restarted for it.
        "update Deployment.apps/sops-secrets-operator/sops-secrets-operator",
    ];
    assert_eq!(changes(&plan), expected.map(str::to_owned).into());
    let step = |key: &str| steps(&plan).iter().find(|step| step["key"] == key).unwrap().clone();
    let server = step("server/cinnabar");
    assert_eq!(server["risk"]["level"], "downtime", "{server}");
    assert!(
        server["cost"]["afterCents"].as_u64() > server["cost"]["beforeCents"].as_u64(),
        "{server}"
    );
    assert_eq!(text(&server, "why"), "server_type: cx43 → cx53");
    assert_eq!(
        text(&step("Deployment.apps/kube-system/coredns"), "why"),
        "spec.replicas: 1 → 2"
    );
    assert_eq!(
        text(&step("Secret/sops-secrets-operator/sops-age-key-file"), "why"),
        "data.key changed (secret)"
    );
    assert!(!String::from_utf8_lossy(&output.stdout).contains(another));

    // And carried out, they are all there is.
    let mut applying = scenario.command(&["apply", "-y"]);
    let output = applying.env("SOPS_AGE_KEY", another).output().unwrap();
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let planned = scenario
        .command(&["plan"])
        .env("SOPS_AGE_KEY", another)
        .output()
        .unwrap();
    assert_eq!(
        planned.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&planned.stdout)
    );
    std::fs::write(scenario.spec(), spec).unwrap();
}

fn a_saved_plan_that_does_not_hold_any_more_is_refused(scenario: &Scenario) {
    scenario.edit("serverType: cx43", "serverType: cx53");
    let refused = scenario.hoist(&["apply", "plan.json", "-y"]).expect(1);
    assert!(
        refused.stderr.contains("the saved plan does not hold any more"),
        "{}",
        refused.stderr
    );
    scenario.edit("serverType: cx53", "serverType: cx43");
}

fn a_worker_joins_and_leaves_with_its_word(scenario: &Scenario) {
    let nodes = || {
        let names = scenario
            .kubectl(&["get", "nodes", "-o", "jsonpath={.items[*].metadata.name}"])
            .expect(0)
            .stdout;
        names.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    scenario.edit("kube-worker-01: { enabled: false", "kube-worker-01: { enabled: true");
    scenario.hoist(&["apply", "-y"]).expect(0);
    scenario.hoist(&["verify", "--wait", "60"]).expect(0);
    assert_eq!(nodes(), ["kube-control", "kube-worker-01"]);

    scenario.edit("kube-worker-01: { enabled: true", "kube-worker-01: { enabled: false");
    let refused = scenario.hoist(&["apply", "-y"]).expect(1);
    assert!(
        refused.stderr.contains("--allow delete:server/kube-worker-01"),
        "{}",
        refused.stderr
    );
    assert_eq!(nodes(), ["kube-control", "kube-worker-01"]);

    scenario
        .hoist(&["apply", "-y", "--allow", "delete:server/kube-worker-01"])
        .expect(0);
    assert_eq!(nodes(), ["kube-control"]);
    scenario.hoist(&["plan"]).expect(0);
    scenario.hoist(&["verify", "--wait", "60"]).expect(0);
}

fn nothing_is_destroyed_without_its_word(scenario: &Scenario) {
    let refused = scenario
        .hoist(&["replace", "kube-control", "--allow", "replace:server/kube-control"])
        .expect(1);
    assert!(
        refused.stderr.contains("is a control plane of a running cluster"),
        "{}",
        refused.stderr
    );
    let before = scenario.admin("HCLOUD_ENDPOINT", "state");
    scenario.hoist(&["destroy", "-y"]).expect(1);
    assert_eq!(
        before,
        scenario.admin("HCLOUD_ENDPOINT", "state"),
        "-y alone changed something"
    );
}
