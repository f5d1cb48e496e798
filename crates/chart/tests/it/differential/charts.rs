//! One test a chart, with its sets of values and those that are for all charts.

use hoist_helmpeer::{chart, tool};

use super::compare_all;
use super::sets::sets;

fn compare(repo: &str, archive: &str, folders: &[&str]) {
    compare_with(repo, archive, folders, &[]);
}

fn compare_with(repo: &str, archive: &str, folders: &[&str], flags: &[&str]) {
    compare_all(&chart(repo, archive), &sets(folders, flags));
}

fn compare_extra(repo: &str, archive: &str, folder: &str, flags: &[&str]) {
    let path = tool("charts-extra").join(repo).join(format!("{archive}.tgz"));
    compare_all(&path, &sets(&[folder, "common"], flags));
}

#[test]
fn cilium_1_20() {
    compare("cilium", "cilium-1.20.0", &["cilium"]);
}

#[test]
fn cilium_1_18() {
    compare("cilium", "cilium-1.18.4", &["cilium"]);
}

#[test]
fn cert_manager_1_21() {
    compare("jetstack", "cert-manager-v1.21.1", &["cert-manager", "common"]);
}

#[test]
fn cert_manager_1_11() {
    compare("jetstack", "cert-manager-v1.11.5", &["cert-manager", "common"]);
}

#[test]
fn external_dns_1_21() {
    compare("external-dns", "external-dns-1.21.1", &["external-dns"]);
    // It renders nothing without a policy.
    let policy = ["--set", "policy=sync"];
    compare_with("external-dns", "external-dns-1.21.1", &["common"], &policy);
}

#[test]
fn external_dns_1_19() {
    compare("external-dns", "external-dns-1.19.0", &["external-dns", "common"]);
}

#[test]
fn metrics_server_3_13() {
    compare("metrics-server", "metrics-server-3.13.1", &["metrics-server", "common"]);
}

#[test]
fn metrics_server_3_12() {
    compare("metrics-server", "metrics-server-3.12.1", &["metrics-server", "common"]);
}

#[test]
fn sealed_secrets() {
    compare("sealed-secrets", "sealed-secrets-2.17.1", &["sealed-secrets", "common"]);
}

#[test]
fn kwok() {
    for archive in ["kwok-0.2.0", "stage-fast-0.2.0", "metrics-usage-0.2.0"] {
        compare("kwok", archive, &["kwok", "common"]);
    }
}

#[test]
fn skipper() {
    compare("skipper", "skipper-simple-aws-0.1.0", &["skipper", "common"]);
}

#[test]
fn metallb() {
    compare("metallb", "metallb-0.15.2", &["metallb", "common"]);
}

#[test]
fn node_feature_discovery() {
    compare("nfd", "node-feature-discovery-0.17.3", &["nfd", "common"]);
}

#[test]
fn kueue() {
    compare("kueue", "kueue-0.12.3", &["kueue", "common"]);
}

#[test]
fn rook() {
    compare("rook", "rook-ceph-v1.14.0", &["rook-ceph", "common"]);
    compare("rook", "rook-ceph-cluster-v1.14.0", &["rook-ceph-cluster", "common"]);
}

#[test]
fn dapr() {
    compare("dapr", "dapr-1.14.4", &["dapr", "common"]);
}

#[test]
#[ignore = "more charts: for the long run, after `cargo xtask tools charts-extra`"]
fn istio() {
    let charts = [
        "ambient",
        "base",
        "cni",
        "istio-egress",
        "istio-ingress",
        "istiod",
        "ztunnel",
    ];
    for name in charts {
        compare_extra("istio", &format!("{name}-1.0.0"), "istio", &[]);
    }
    compare_extra("istio", "gateway-1.0.0", "istio", &["--skip-schema-validation"]);
}

#[test]
#[ignore = "more charts: for the long run, after `cargo xtask tools charts-extra`"]
fn kyverno() {
    compare_extra("kyverno", "kyverno-3.3.6", "kyverno", &[]);
    compare_extra("kyverno", "kyverno-policies-3.3.4", "kyverno-policies", &[]);
}

#[test]
#[ignore = "more charts: for the long run, after `cargo xtask tools charts-extra`"]
fn chaos_mesh() {
    compare_extra("chaos-mesh", "chaos-mesh-0.5.4", "chaos-mesh", &[]);
}

#[test]
#[ignore = "more charts: for the long run, after `cargo xtask tools charts-extra`"]
fn fluent_operator() {
    compare_extra("fluent", "fluent-operator-2.9.0", "fluent", &[]);
}

#[test]
#[ignore = "more charts: for the long run, after `cargo xtask tools charts-extra`"]
fn crossplane() {
    compare_extra("crossplane", "crossplane-1.20.0", "crossplane", &[]);
}

#[test]
#[ignore = "more charts: for the long run, after `cargo xtask tools charts-extra`"]
fn gatekeeper() {
    compare_extra("gatekeeper", "gatekeeper-3.19.1", "gatekeeper", &[]);
}

#[test]
#[ignore = "more charts: for the long run, after `cargo xtask tools charts-extra`"]
fn flagger() {
    for name in ["flagger", "loadtester", "grafana", "podinfo"] {
        compare_extra("flagger", &format!("{name}-1.41.0"), "flagger", &[]);
    }
}

#[test]
#[ignore = "more charts: for the long run, after `cargo xtask tools charts-extra`"]
fn external_secrets() {
    compare_extra("external-secrets", "external-secrets-0.10.7", "external-secrets", &[]);
}
