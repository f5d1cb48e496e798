//! The real cert-manager behind simulated pods: its webhook answers, and it issues.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use hoist_sandbox::cloudflare::{self, Cloudflare};
use hoist_sandbox::emulator::serve;
use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use kube::api::{ApiResource, DynamicObject, GroupVersionKind, PostParams};
use serde_json::{Value, json};

use super::cluster::install_cilium;
use super::harness::{RUNTIME, Up, eventually, tools, up};

fn resource(kind: &str) -> ApiResource {
    ApiResource::from_gvk(&GroupVersionKind::gvk("cert-manager.io", "v1", kind))
}

fn object(value: Value) -> DynamicObject {
    serde_json::from_value(value).expect("an object")
}

/// The chart as `cargo xtask tools` made it.
fn chart(version: &str) -> PathBuf {
    let name = format!("charts/jetstack/cert-manager-{version}.tgz");
    let folders = [
        std::env::var_os("HOIST_TOOLS").map(PathBuf::from).unwrap_or_default(),
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools"),
    ];
    let found = folders
        .iter()
        .map(|folder| folder.join(&name))
        .find(|file| file.is_file());
    found.unwrap_or_else(|| panic!("{name} is missing; `cargo xtask tools` makes it"))
}

/// Installs cert-manager's chart with helm and kubectl.
async fn install(up: &Up, version: &str, crds: &str) {
    install_cilium(&up.client).await;
    let outside = up.state.join("outside.yaml");
    std::fs::write(&outside, up.plane.kubeconfig().await.unwrap()).unwrap();
    let helm = Command::new(tools().find("helm").unwrap())
        .args([
            "template",
            "cert-manager",
            "--namespace=cert-manager",
            "--no-hooks",
            "--set",
            crds,
        ])
        .arg(chart(version))
        .env("HOME", &up.state)
        .output()
        .unwrap();
    assert!(helm.status.success(), "{}", String::from_utf8_lossy(&helm.stderr));
    let manifests = up.state.join("cert-manager.yaml");
    std::fs::write(&manifests, helm.stdout).unwrap();
    let kubectl = |args: &[&str]| {
        let output = Command::new(tools().find("kubectl").unwrap())
            .args(args)
            .args(["--kubeconfig", outside.to_str().unwrap()])
            .env("HOME", &up.state)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{args:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    };
    kubectl(&["create", "namespace", "cert-manager"]);
    let file = manifests.to_str().unwrap();
    kubectl(&["apply", "--server-side", "-f", file]);
}

/// Creates an object once the webhook in its way answers.
async fn create(api: &Api<DynamicObject>, value: Value) {
    let object = object(value);
    eventually("the webhook to answer", async || {
        match api.create(&PostParams::default(), &object).await {
            Ok(_) => Some(()),
            // Until it is there and trusted, and its authority injected, nothing is let through.
            Err(kube::Error::Api(status)) if status.code >= 500 || status.code == 404 => None,
            Err(error) => panic!("{error}"),
        }
    })
    .await;
}

fn is_ready(object: &DynamicObject) -> bool {
    let conditions = object.data["status"]["conditions"].as_array();
    conditions.is_some_and(|all| all.iter().any(|c| c["type"] == "Ready" && c["status"] == "True"))
}

fn certificate(name: &str, issuer: &str, names: &[&str]) -> Value {
    json!({
        "apiVersion": "cert-manager.io/v1",
        "kind": "Certificate",
        "metadata": { "name": name, "namespace": "default" },
        "spec": {
            "secretName": name,
            "issuerRef": { "name": issuer, "kind": "ClusterIssuer" },
            "privateKey": { "rotationPolicy": "Always" },
            "dnsNames": names,
        },
    })
}

fn self_signed() -> Value {
    json!({
        "apiVersion": "cert-manager.io/v1",
        "kind": "ClusterIssuer",
        "metadata": { "name": "self-signed" },
        "spec": { "selfSigned": {} },
    })
}

#[test]
fn the_webhook_judges_and_the_controller_issues_with_the_newest_chart() {
    RUNTIME.block_on(judge_and_issue("v1.21.1", "crds.enabled=true"));
}

#[test]
fn the_webhook_judges_and_the_controller_issues_with_the_chart_of_its_release() {
    RUNTIME.block_on(judge_and_issue("v1.11.5", "installCRDs=true"));
}

async fn judge_and_issue(version: &str, crds: &str) {
    let up = up(&format!("cert-manager-{version}"), |_| ()).await;
    install(&up, version, crds).await;
    let issuers: Api<DynamicObject> = Api::all_with(up.client.clone(), &resource("ClusterIssuer"));
    create(&issuers, self_signed()).await;

    let certificates: Api<DynamicObject> = Api::namespaced_with(up.client.clone(), "default", &resource("Certificate"));
    // The schema of the CRD allows it; only the webhook knows better.
    let mut bad = certificate("bad", "self-signed", &["a.example.com"]);
    bad["spec"]["duration"] = "1h".into();
    bad["spec"]["renewBefore"] = "2h".into();
    let error = certificates
        .create(&PostParams::default(), &object(bad))
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("webhook") && error.contains("denied"), "{error}");

    create(&certificates, certificate("good", "self-signed", &["a.example.com"])).await;
    eventually("the certificate", async || {
        certificates.get("good").await.ok().filter(is_ready)
    })
    .await;
    let (names, _) = leaf(&up.client, "good").await;
    assert!(names.contains("a.example.com"), "{names}");
    up.plane.shutdown().await;
}

fn acme(name: &str, host: &str) -> Value {
    json!({
        "apiVersion": "cert-manager.io/v1",
        "kind": "ClusterIssuer",
        "metadata": { "name": name },
        "spec": { "acme": {
            "server": format!("https://{host}/directory"),
            "email": "admin@example.com",
            "privateKeySecretRef": { "name": format!("{name}-account-key") },
            "solvers": [{ "dns01": { "cloudflare": {
                "apiTokenSecretRef": { "name": "cloudflare-api-token", "key": "token" },
            } } }],
        } },
    })
}

#[test]
fn lets_encrypts_stand_in_issues_a_wildcard_by_dns() {
    RUNTIME.block_on(async {
        let config = cloudflare::Config {
            token: "cf-token-of-the-test".into(),
            zones: vec!["example.com".to_owned()],
            foreign: false,
        };
        let emulator = Cloudflare::new(config);
        let dns = cloudflare::serve_dns(emulator.clone(), ([127, 0, 0, 1], 0).into())
            .await
            .unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let http = serve(listener, cloudflare::router(emulator.clone())).unwrap();
        let up = up("acme", |config| {
            config.cloudflare = Some(format!("http://{}", http.address()).parse().unwrap());
            config.dns = Some(dns.address());
        })
        .await;
        install(&up, "v1.21.1", "crds.enabled=true").await;
        let secrets: Api<Secret> = Api::namespaced(up.client.clone(), "cert-manager");
        let token = json!({
            "metadata": { "name": "cloudflare-api-token" },
            "stringData": { "token": "cf-token-of-the-test" },
        });
        secrets
            .create(&PostParams::default(), &serde_json::from_value(token).unwrap())
            .await
            .unwrap();

        let issuers: Api<DynamicObject> = Api::all_with(up.client.clone(), &resource("ClusterIssuer"));
        create(
            &issuers,
            acme("letsencrypt-staging", "acme-staging-v02.api.letsencrypt.org"),
        )
        .await;
        create(&issuers, acme("letsencrypt-prod", "acme-v02.api.letsencrypt.org")).await;
        let certificates: Api<DynamicObject> =
            Api::namespaced_with(up.client.clone(), "default", &resource("Certificate"));
        let mut authorities = Vec::new();
        for issuer in ["letsencrypt-staging", "letsencrypt-prod"] {
            eventually("the account", async || issuers.get(issuer).await.ok().filter(is_ready)).await;
            create(
                &certificates,
                certificate(issuer, issuer, &["*.example.com", "example.com"]),
            )
            .await;
            eventually("the certificate", async || {
                certificates.get(issuer).await.ok().filter(is_ready)
            })
            .await;
            let (names, authority) = leaf(&up.client, issuer).await;
            assert!(names.contains("*.example.com"), "{names}");
            authorities.push(authority);
        }
        // Two authorities, as outside: what staging issues nobody trusts.
        assert_ne!(authorities[0], authorities[1]);
        // The challenge's records are gone again.
        let records = emulator.state().to_string();
        assert!(!records.contains("_acme-challenge"), "{records}");
        up.plane.shutdown().await;
        http.stop().await;
        dns.stop().await;
    });
}

/// The names and the issuer of the certificate in a Secret.
async fn leaf(client: &kube::Client, secret: &str) -> (String, String) {
    let secrets: Api<Secret> = Api::namespaced(client.clone(), "default");
    let pem = secrets.get(secret).await.unwrap().data.unwrap()["tls.crt"].0.clone();
    let (_, pem) = x509_parser::pem::parse_x509_pem(&pem).unwrap();
    let parsed = pem.parse_x509().unwrap();
    (
        format!("{:?}", parsed.subject_alternative_name().unwrap()),
        parsed.issuer().to_string(),
    )
}
