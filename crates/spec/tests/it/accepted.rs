//! What is taken, and what it then says.

use std::path::Path;

use hoist_spec::{AdminCidr, Os, Role, Source, load, template};

use crate::{accept, text};

#[test]
fn the_example_holds() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/vanixiets/hoist.yaml");
    let spec = load(&file).unwrap_or_else(|found| panic!("{found}")).spec;
    assert_eq!(spec.cluster.name, "vanixiets");
    assert_eq!(spec.api_name(), Some("kube.example.com"));
    let names: Vec<&str> = spec.machines_enabled().map(|(name, _)| name).collect();
    assert_eq!(names, ["cinnabar", "kube-control"]);
    let servers: Vec<&str> = spec.servers().map(|(name, _)| name).collect();
    assert_eq!(servers, ["kube-control"]);
    assert_eq!(spec.agents().count(), 0);
    assert_eq!(spec.machines["cinnabar"].os(), Os::None);
    assert_eq!(spec.machines["kube-control"].os(), Os::Hoist);
    assert_eq!(spec.machines["kube-worker-01"].role, Some(Role::Agent));
    assert_eq!(spec.access.port, 2222);
    assert_eq!(spec.dir, file.parent().unwrap());
}

#[test]
fn the_example_makes_the_token_secret_of_external_dns_from_cert_managers() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/vanixiets/hoist.yaml");
    let secrets = load(&file).unwrap().spec.bootstrap_secrets();
    let token = Source::Env("CLOUDFLARE_API_TOKEN".parse().unwrap());
    assert_eq!(secrets["cert-manager/cloudflare-api-token"]["token"], token);
    assert_eq!(secrets["external-dns/cloudflare-api-token"]["CF_API_TOKEN"], token);
    assert_eq!(secrets.len(), 3);
}

#[test]
fn the_smallest_spec_holds_with_careful_defaults() {
    let spec = accept(&text(|t| t));
    assert_eq!(spec.k3s.version, "v1.36.3+k3s1");
    assert!(spec.k3s.secrets_encryption);
    assert_eq!(spec.k3s.kubeconfig_mode.as_str(), "0600");
    assert_eq!(spec.access.port, 22);
    assert_eq!(spec.cluster.pod_cidr.to_string(), "10.42.0.0/16");
    assert_eq!(spec.hetzner.network.cidr.to_string(), "10.0.0.0/16");
    assert_eq!(spec.hetzner.admin_cidrs, [AdminCidr::Caller], "not the whole internet");
    assert_eq!(spec.machines["one"].image, "debian-12");
    assert_eq!(spec.components.enabled().count(), 0);
}

#[test]
fn networks_and_the_caller_may_stand_side_by_side() {
    let spec = accept(&text(|t| {
        t + "hetzner: { adminCidrs: [self, 203.0.113.7/32, \"::/0\"] }\n"
    }));
    let shown: Vec<_> = spec.hetzner.admin_cidrs.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["self", "203.0.113.7/32", "::/0"]);
    let json = serde_json::to_value(&spec.hetzner.admin_cidrs).unwrap();
    assert_eq!(
        serde_json::from_value::<Vec<AdminCidr>>(json).unwrap(),
        spec.hetzner.admin_cidrs
    );
}

#[test]
fn the_template_holds_for_any_name() {
    for name in ["demo", "My Cluster!", "", "2026", "true", &"x".repeat(80)] {
        let spec = accept(&template(name));
        assert!(!spec.cluster.name.as_str().is_empty());
    }
    assert_eq!(accept(&template("demo")).cluster.name, "demo");
}

#[test]
fn what_the_template_has_in_comments_holds_too() {
    // A comment that begins a field right after its `#` is an alternative to switch on.
    let switched_on: String = template("demo")
        .lines()
        .map(|line| {
            let body = line.trim_start();
            let indent = &line[..line.len() - body.len()];
            match body.strip_prefix("# ") {
                Some(rest) if is_field(rest) => format!("{indent}{rest}\n"),
                _ => format!("{line}\n"),
            }
        })
        .collect();
    let spec = accept(&switched_on);
    assert!(spec.tls.is_some());
    assert!(spec.components.is_enabled("my-app"));
    assert_eq!(spec.machines.len(), 3);
}

/// `name: …` or further down in one (`  key: …`), but no sentence and no `yaml-language-server:` line.
fn is_field(text: &str) -> bool {
    let (key, rest) = match text.trim_start().split_once(':') {
        Some(split) => split,
        None => return false,
    };
    key != "yaml-language-server"
        && !key.contains(' ')
        && (rest.is_empty() || rest.starts_with(' '))
        && key.chars().next().is_some_and(|c| c.is_ascii_lowercase())
}

#[test]
fn yaml_anchors_and_merge_keys_work() {
    let spec = accept(&text(|t| {
        t.replace(
            "  one: { serverType: cpx32, location: fsn1, role: server }\n",
            "  one: &node { serverType: cpx32, location: fsn1, role: server }\n  two: { <<: *node, role: agent }\n",
        )
    }));
    assert_eq!(spec.machines["two"].server_type, "cpx32");
    assert_eq!(spec.machines["two"].role, Some(Role::Agent));
}

#[test]
fn a_mirror_takes_the_longest_prefix_and_keeps_the_rest() {
    let spec = accept(&text(|t| {
        t + "mirrors:\n  https://helm.cilium.io: http://127.0.0.1:8080/cilium/\n  https://a.example/b: file:///srv/b\n  https://a.example: https://m.example\n"
    }));
    for (url, served) in [
        ("https://helm.cilium.io", "http://127.0.0.1:8080/cilium"),
        (
            "https://helm.cilium.io/index.yaml",
            "http://127.0.0.1:8080/cilium/index.yaml",
        ),
        ("https://helm.cilium.io.evil/", "https://helm.cilium.io.evil/"),
        ("https://a.example/b/c", "file:///srv/b/c"),
        ("https://a.example/x", "https://m.example/x"),
        ("https://other.example", "https://other.example"),
    ] {
        assert_eq!(spec.mirrored(url), served, "{url}");
    }
}
