//! What the example's components are made of.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hoist_components::{Gather, Inputs, ResolvedComponent, catalog, gather};
use hoist_secrets::Resolver;
use hoist_spec::Spec;
use serde_json::Value;

use crate::support::{charts, environment, example, inputs};

async fn resolved(spec: &Spec) -> Vec<ResolvedComponent> {
    let inputs = inputs(spec, None).await.unwrap_or_else(|found| panic!("{found}"));
    catalog(spec, &inputs).unwrap_or_else(|found| panic!("{found}"))
}

fn object<'a>(components: &'a [ResolvedComponent], kind: &str, name: &str) -> &'a Value {
    components
        .iter()
        .flat_map(|component| &component.objects)
        .find(|object| object["kind"] == kind && object["metadata"]["name"] == name)
        .unwrap_or_else(|| panic!("there is no {kind} {name}"))
}

#[tokio::test]
async fn the_example_has_these_components_in_this_order() {
    let components = resolved(&example(|text| text)).await;
    let lines: Vec<String> = components
        .iter()
        .map(|c| {
            let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
            for object in &c.objects {
                *kinds.entry(object["kind"].as_str().unwrap_or_default()).or_default() += 1;
            }
            let kinds: Vec<String> = kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
            format!(
                "{} in {} after [{}]: {}",
                c.name,
                c.namespace,
                c.needs.join(", "),
                kinds.join(", ")
            )
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    cilium in kube-system after []: 2 ClusterRole, 2 ClusterRoleBinding, 3 ConfigMap, 1 CronJob, 2 DaemonSet, 2 Deployment, 1 Job, 1 Namespace, 5 Role, 5 RoleBinding, 3 Service, 5 ServiceAccount
    coredns in kube-system after [cilium]: 1 ClusterRole, 1 ClusterRoleBinding, 1 ConfigMap, 1 Deployment, 1 Service, 1 ServiceAccount
    cert-manager in cert-manager after [cilium, coredns]: 12 ClusterRole, 10 ClusterRoleBinding, 1 ConfigMap, 6 CustomResourceDefinition, 3 Deployment, 1 MutatingWebhookConfiguration, 1 Namespace, 3 Role, 3 RoleBinding, 1 Secret, 2 Service, 3 ServiceAccount, 1 ValidatingWebhookConfiguration
    external-dns in external-dns after [cilium, coredns]: 1 ClusterRole, 1 ClusterRoleBinding, 1 CustomResourceDefinition, 1 Deployment, 1 Namespace, 1 Secret, 1 Service, 1 ServiceAccount
    local-path-provisioner in local-path-storage after [cilium]: 1 ClusterRole, 1 ClusterRoleBinding, 1 ConfigMap, 1 Deployment, 1 Namespace, 1 Role, 1 RoleBinding, 1 ServiceAccount, 1 StorageClass
    metrics-server in kube-system after [cilium, coredns]: 1 APIService, 2 ClusterRole, 2 ClusterRoleBinding, 1 Deployment, 1 RoleBinding, 1 Service, 1 ServiceAccount
    sops-secrets-operator in sops-secrets-operator after [cilium, coredns]: 1 ClusterRole, 1 ClusterRoleBinding, 1 CustomResourceDefinition, 1 Deployment, 1 Namespace, 1 Secret, 1 ServiceAccount
    tls-issuers in cert-manager after [cert-manager]: 2 ClusterIssuer
    tls-canary-staging in cert-manager after [tls-issuers]: 1 Certificate
    tls-canary in cert-manager after [tls-canary-staging]: 1 Certificate
    ");
    let gates: BTreeSet<&str> = components.iter().flat_map(|c| &c.needs).map(String::as_str).collect();
    insta::assert_snapshot!(gates.into_iter().collect::<Vec<_>>().join(" "), @r#"cert-manager cilium coredns tls-canary-staging tls-issuers"#);
}

#[tokio::test]
async fn the_same_spec_gives_the_same_objects() {
    let spec = example(|text| text);
    let parts = |all: Vec<ResolvedComponent>| -> Vec<_> {
        all.into_iter()
            .map(|it| (it.name, it.namespace, it.tags, it.needs, it.objects))
            .collect()
    };
    assert_eq!(parts(resolved(&spec).await), parts(resolved(&spec).await));
}

#[tokio::test]
async fn cilium_reaches_the_api_by_its_name_and_else_by_the_address() {
    let by_name = resolved(&example(|text| text)).await;
    assert_eq!(
        env(object(&by_name, "DaemonSet", "cilium"), "KUBERNETES_SERVICE_HOST"),
        "kube.example.com"
    );
    let spec = example(|text| text.replace("  apiServer: kube.example.com\n", ""));
    let inputs = inputs(&spec, Some("203.0.113.9")).await.unwrap();
    let by_address = catalog(&spec, &inputs).unwrap();
    assert_eq!(
        env(object(&by_address, "DaemonSet", "cilium"), "KUBERNETES_SERVICE_HOST"),
        "203.0.113.9"
    );
}

fn env(workload: &Value, name: &str) -> String {
    let containers = workload
        .pointer("/spec/template/spec/containers")
        .and_then(Value::as_array)
        .unwrap();
    let variable = containers[0]["env"]
        .as_array()
        .unwrap()
        .iter()
        .find(|env| env["name"] == name)
        .unwrap();
    variable["value"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn cilium_is_set_up_as_the_reference_says() {
    let components = resolved(&example(|text| text)).await;
    let config = &object(&components, "ConfigMap", "cilium-config")["data"];
    let wanted = [
        "routing-mode",
        "tunnel-protocol",
        "ipam",
        "kube-proxy-replacement",
        "enable-bpf-masquerade",
    ];
    let found: Vec<String> = wanted
        .iter()
        .map(|key| format!("{key}={}", config[*key].as_str().unwrap()))
        .collect();
    insta::assert_snapshot!(found.join("\n"), @r"
    routing-mode=tunnel
    tunnel-protocol=geneve
    ipam=kubernetes
    kube-proxy-replacement=true
    enable-bpf-masquerade=true
    ");
    assert_eq!(
        object(&components, "Deployment", "cilium-operator")["spec"]["replicas"],
        1
    );
    // The example's own value.
    let names: Vec<_> = components
        .iter()
        .flat_map(|c| &c.objects)
        .map(|o| &o["metadata"]["name"])
        .collect();
    assert!(!names.iter().any(|name| *name == "hubble-ui"));
}

#[tokio::test]
async fn an_arm_machine_turns_tcx_off() {
    let tcx =
        async |spec: Spec| object(&resolved(&spec).await, "ConfigMap", "cilium-config")["data"]["enable-tcx"].clone();
    assert_eq!(tcx(example(|text| text)).await, "true");
    assert_eq!(tcx(example(|text| text.replace("cpx32", "cax21"))).await, "false");
}

#[tokio::test]
async fn one_changed_value_touches_only_what_it_is_about() {
    let before = resolved(&example(|text| text)).await;
    let change = |text: String| text.replace("coredns: {}", "coredns: { replicas: 3 }");
    assert_eq!(
        changed(&before, &resolved(&example(change)).await),
        ["Deployment coredns"]
    );
    let change = |text: String| text.replace("ui: { enabled: false } }", "ui: { enabled: false } }, MTU: 1400");
    assert_eq!(
        changed(&before, &resolved(&example(change)).await),
        [
            "ConfigMap cilium-config",
            "DaemonSet cilium",
            "Deployment cilium-operator"
        ]
    );
}

fn changed(before: &[ResolvedComponent], after: &[ResolvedComponent]) -> Vec<String> {
    let objects = |components: &[ResolvedComponent]| -> Vec<Value> {
        components
            .iter()
            .flat_map(|component| component.objects.clone())
            .collect()
    };
    let before = objects(before);
    let mut names: Vec<String> = objects(after)
        .iter()
        .filter(|object| !before.contains(object))
        .map(|object| {
            format!(
                "{} {}",
                object["kind"].as_str().unwrap(),
                object["metadata"]["name"].as_str().unwrap()
            )
        })
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn the_dns_service_has_the_tenth_address_of_the_service_network() {
    let spec = example(|text| text.replace("serviceCidr: 10.43.0.0/16", "serviceCidr: 10.99.64.0/20"));
    let components = resolved(&spec).await;
    assert_eq!(
        object(&components, "Service", "kube-dns")["spec"]["clusterIP"],
        "10.99.64.10"
    );
}

#[tokio::test]
async fn secret_values_are_in_the_data_of_secrets_and_nowhere_else() {
    let components = resolved(&example(|text| text)).await;
    let debug = format!("{components:?}");
    assert!(
        debug.contains("sops-secrets-operator") && !debug.contains("Y2FuYXJ5LW"),
        "{debug}"
    );
    let mut secrets = Vec::new();
    for object in components.iter().flat_map(|component| &component.objects) {
        if object["kind"] == "Secret" {
            assert!(object.get("stringData").is_none());
            let keys: Vec<&str> = object["data"].as_object().unwrap().keys().map(String::as_str).collect();
            let meta = &object["metadata"];
            secrets.push(format!("{}/{}: {}", meta["namespace"], meta["name"], keys.join(" ")).replace('"', ""));
            continue;
        }
        let text = object.to_string();
        // The values, plain and in base64.
        for canary in ["canary-cf", "canary-age", "Y2FuYXJ5LWNm", "Y2FuYXJ5LWFnZQ"] {
            assert!(!text.contains(canary), "{canary} in {text}");
        }
    }
    insta::assert_snapshot!(secrets.join("\n"), @r"
    cert-manager/cloudflare-api-token: token
    external-dns/cloudflare-api-token: CF_API_TOKEN
    sops-secrets-operator/sops-age-key-file: key
    ");
}

#[tokio::test]
async fn a_namespace_comes_before_what_lives_in_it() {
    for component in resolved(&example(|text| text)).await {
        let position = component
            .objects
            .iter()
            .position(|o| o["kind"] == "Namespace" && o["metadata"]["name"] == component.namespace.as_str());
        match component.namespace.as_str() {
            "kube-system" => assert_eq!(position, None),
            "cert-manager" if component.name != "cert-manager" => assert_eq!(position, None),
            _ => assert_eq!(position, Some(0), "{}", component.name),
        }
    }
}

#[tokio::test]
async fn both_lines_of_cert_manager_bring_their_crds() {
    for version in ["v1.11.5", "v1.21.1"] {
        let components = resolved(&example(|text| {
            text.replace("version: v1.11.5", &format!("version: {version}"))
        }))
        .await;
        assert_eq!(
            object(
                &components,
                "CustomResourceDefinition",
                "clusterissuers.cert-manager.io"
            )["spec"]["scope"],
            "Cluster"
        );
        let image = object(&components, "Deployment", "cert-manager").to_string();
        assert!(
            image.contains(&format!("cert-manager-controller:{version}")),
            "{version}"
        );
    }
}

#[tokio::test]
async fn external_dns_owns_its_records_and_never_deletes_unless_told() {
    let components = resolved(&example(|text| text)).await;
    let args = object(&components, "Deployment", "external-dns")
        .pointer("/spec/template/spec/containers/0/args")
        .and_then(Value::as_array)
        .unwrap()
        .iter()
        .map(|arg| arg.as_str().unwrap())
        .collect::<Vec<_>>()
        .join("\n");
    insta::assert_snapshot!(args, @r"
    --log-level=info
    --log-format=text
    --interval=1m
    --source=service
    --source=ingress
    --policy=upsert-only
    --registry=txt
    --txt-owner-id=vanixiets
    --txt-prefix=external-dns-
    --domain-filter=example.com
    --provider=cloudflare
    --cloudflare-dns-records-per-page=5000
    ");
}

#[tokio::test]
async fn needs_on_what_is_off_fall_away() {
    let spec = example(|text| {
        text.replace("  cilium: {", "  cilium: { enabled: false,")
            .replace("coredns: {}", "coredns: { enabled: false }")
    });
    let components = resolved(&spec).await;
    assert!(
        components
            .iter()
            .all(|c| c.name != "cilium" && !c.needs.iter().any(|need| need == "cilium"))
    );
    assert_eq!(components[0].name, "cert-manager");
}

#[tokio::test]
async fn a_folder_of_the_persons_own_is_a_component_like_the_others() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(dir.path().join("app/more")).unwrap();
    let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
    write(
        "app/b.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: b }\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: c, namespace: else }\n",
    );
    write(
        "app/more/a.json",
        r#"{ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "a" } }"#,
    );
    write("app/.hidden.yaml", "not: [read");
    write("app/README.md", "not read");
    let own = "  my-app: { dir: app, namespace: apps, needs: [cert-manager], tags: [web] }\n";
    let mut spec = example(|text| text.replace("  metrics-server: {}\n", &format!("  metrics-server: {{}}\n{own}")));
    spec.dir = dir.path().to_owned();
    let components = resolved(&spec).await;
    let mine = components.iter().find(|c| c.name == "my-app").unwrap();
    assert_eq!(
        (mine.needs.as_slice(), mine.tags.as_slice()),
        (
            ["cert-manager".to_owned()].as_slice(),
            ["my-app".to_owned(), "web".to_owned()].as_slice()
        )
    );
    let names: Vec<String> = mine
        .objects
        .iter()
        .map(|o| format!("{}/{}", o["metadata"]["namespace"], o["metadata"]["name"]).replace('"', ""))
        .collect();
    assert_eq!(names, ["null/apps", "apps/b", "else/c", "apps/a"]);

    write("app/b.yaml", "kind: [");
    let found = inputs(&spec, None).await.unwrap_err().to_string();
    assert!(
        found.contains("component my-app") && found.contains("b.yaml is no manifest"),
        "{found}"
    );
}

#[tokio::test]
async fn a_chart_of_the_persons_own_is_rendered_for_its_namespace() {
    let own = "  numbers: { chart: { repo: \"https://kubernetes-sigs.github.io/metrics-server\", name: metrics-server, version: 3.13.1 }, namespace: metrics, values: { replicas: 2 } }\n";
    let charts = crate::support::tool("charts").join("metrics-server");
    let spec = example(|text| {
        let text = text.replace("  metrics-server: {}\n", own);
        // `example` writes the mirrors last; another one joins them through the same map.
        text.replace(
            "https://kubernetes-sigs.github.io/metrics-server",
            &format!("file://{}", charts.display()),
        )
    });
    let components = resolved(&spec).await;
    let mine = components.iter().find(|c| c.name == "numbers").unwrap();
    let deployment = mine.objects.iter().find(|o| o["kind"] == "Deployment").unwrap();
    assert_eq!(deployment["spec"]["replicas"], 2);
    assert_eq!(deployment["metadata"]["namespace"], "metrics");
}

#[tokio::test]
async fn an_object_in_two_components_is_refused_with_both_names() {
    let spec = example(|text| {
        text.replace(
            "  metrics-server: {}\n",
            "  metrics-server: {}\n  mine: { dir: mine, namespace: kube-system }\n",
        )
    });
    let mut inputs = inputs(&example(|text| text), None).await.unwrap();
    let copy = serde_json::json!({ "apiVersion": "v1", "kind": "Service", "metadata": { "name": "kube-dns", "namespace": "kube-system" } });
    inputs.objects.insert("mine".into(), vec![copy].into());
    insta::assert_snapshot!(catalog(&spec, &inputs).unwrap_err(), @r"
    Service kube-dns in namespace kube-system is in component coredns and in component mine
      hint: take it out of one of them: each would undo the other's work
    ");
}

#[tokio::test]
async fn everything_that_cannot_be_read_is_told_at_once() {
    let mut spec = example(|text| text.replace("env: SOPS_AGE_KEY", "env: NOT_SET"));
    spec.mirrors.clear();
    let resolver = Resolver::new(".", Arc::new(environment()));
    let folder = tempfile::tempdir().unwrap();
    let charts = charts(folder.path(), true);
    let from = Gather {
        resolver: &resolver,
        charts: &charts,
        api_host: None,
    };
    let told = gather(&spec, &from).await.unwrap_err().to_string();
    let told = told.replace(&folder.path().display().to_string(), "FOLDER");
    insta::assert_snapshot!(told, @r"
    environment variable NOT_SET: it is not set; it is needed for key key of Secret sops-secrets-operator/sops-age-key-file
      hint: export it before you run hoist
    component cilium: chart cilium 1.20.0 is not at hand, and the network is not used: looked in FOLDER/charts
      hint: run `hoist vendor` where there is a network
    component cert-manager: chart cert-manager v1.11.5 is not at hand, and the network is not used: looked in FOLDER/charts
      hint: run `hoist vendor` where there is a network
    component external-dns: chart external-dns 1.21.1 is not at hand, and the network is not used: looked in FOLDER/charts
      hint: run `hoist vendor` where there is a network
    ");
}

#[tokio::test]
async fn a_spec_without_charts_fetches_none() {
    let spec = example(|text| {
        let start = text.find("components:\n").unwrap();
        let end = text.find("secrets:\n").unwrap();
        let tls = text.find("tls:\n").unwrap();
        let secrets: String = text[end..tls]
            .lines()
            .filter(|line| !line.contains("cloudflare") && !line.contains("sops-age"))
            .map(|line| format!("{line}\n"))
            .collect();
        format!(
            "{}components: {{ coredns: {{}}, metrics-server: {{}} }}\n{}",
            &text[..start],
            secrets.replace("  bootstrap:\n", "")
        )
    });
    let resolver = Resolver::new(".", Arc::new(environment()));
    let folder = tempfile::tempdir().unwrap();
    let charts = charts(folder.path(), true);
    let from = Gather {
        resolver: &resolver,
        charts: &charts,
        api_host: None,
    };
    let components = catalog(&spec, &gather(&spec, &from).await.unwrap()).unwrap();
    let names: Vec<&str> = components.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["coredns", "metrics-server"]);
    assert!(catalog(&example(|text| text), &Inputs::default()).is_err());
}
