//! What is refused because of how fields stand to each other, or to files: what no single field can tell.

use crate::{of, text};

#[test]
fn overlapping_networks() {
    insta::assert_snapshot!(of(|t| t.replace("domain: example.com", "domain: example.com, podCidr: 10.43.128.0/17")), @r"
    error[spec/overlapping-networks]: cluster.podCidr (10.43.128.0/17) and cluster.serviceCidr (10.43.0.0/16) overlap
     --> hoist.yaml:1:54
      |
    1 | cluster: { name: demo, domain: example.com, podCidr: 10.43.128.0/17 }
      |                                                      ^^^^^^^^^^^^^^
      = hint: choose a network that shares no address with cluster.serviceCidr; packets could not be told apart
    ");
}

#[test]
fn overlap_with_the_private_network() {
    insta::assert_snapshot!(of(|t| t + "hetzner: { network: { cidr: 10.40.0.0/13 } }\n"), @r"
    error[spec/overlapping-networks]: hetzner.network.cidr (10.40.0.0/13) and cluster.podCidr (10.42.0.0/16) overlap
      --> hoist.yaml:10:29
       |
    10 | hetzner: { network: { cidr: 10.40.0.0/13 } }
       |                             ^^^^^^^^^^^^
       = hint: choose a network that shares no address with cluster.podCidr; packets could not be told apart

    error[spec/overlapping-networks]: hetzner.network.cidr (10.40.0.0/13) and cluster.serviceCidr (10.43.0.0/16) overlap
      --> hoist.yaml:10:29
       |
    10 | hetzner: { network: { cidr: 10.40.0.0/13 } }
       |                             ^^^^^^^^^^^^
       = hint: choose a network that shares no address with cluster.serviceCidr; packets could not be told apart
    ");
}

#[test]
fn service_network_too_small() {
    insta::assert_snapshot!(of(|t| t.replace("domain: example.com", "domain: example.com, serviceCidr: 10.43.0.0/29")), @r"
    error[spec/invalid-network]: cluster.serviceCidr: 10.43.0.0/29 has no 10th address, which the cluster's DNS takes
     --> hoist.yaml:1:58
      |
    1 | cluster: { name: demo, domain: example.com, serviceCidr: 10.43.0.0/29 }
      |                                                          ^^^^^^^^^^^^
      = hint: choose a /16, as is usual
    ");
}

#[test]
fn nobody_may_log_in() {
    insta::assert_snapshot!(of(|t| { let end = t.find("machines:").unwrap(); let start = t.find("access:").unwrap(); format!("{}access: {{ users: {{}} }}\n{}", &t[..start], &t[end..]) }), @r"
    error[spec/locked-out]: access.users is empty: once the deploy key is gone, nobody could log in
     --> hoist.yaml:2:11
      |
    2 | access: { users: {} }
      |           ^^^^^
      = hint: name yourself with the line of your .pub file: users: { NAME: { keys: [ssh-ed25519 AAAA…] } }
    ");
}

#[test]
fn nobody_has_a_key() {
    insta::assert_snapshot!(of(|t| { let end = t.find("machines:").unwrap(); let start = t.find("access:").unwrap(); format!("{}access: {{ users: {{ ada: {{ keys: [] }} }} }}\n{}", &t[..start], &t[end..]) }), @r"
    error[spec/locked-out]: no user under access.users has a key: once the deploy key is gone, nobody could log in
     --> hoist.yaml:2:11
      |
    2 | access: { users: { ada: { keys: [] } } }
      |           ^^^^^
      = hint: give one of them `keys` with the line of a .pub file; there are no passwords
    ");
}

#[test]
fn nobody_has_sudo() {
    insta::assert_snapshot!(of(|t| t.replace("machines:", "      sudo: none\nmachines:")), @r"
    error[spec/locked-out]: nobody under access.users has both a key and sudo: neither you nor hoist could change a machine again
     --> hoist.yaml:3:3
      |
    3 |   users:
      |   ^^^^^
      = hint: give one user with a key `sudo: nopasswd`
    ");
}

#[test]
fn addresses_where_networks_belong() {
    insta::assert_snapshot!(of(|t| t + "hetzner: { adminCidrs: [203.0.113.7, \"2001:db8::1\", sefl, office] }\n"), @r#"
    error[spec/invalid-value]: hetzner.adminCidrs[0]: `203.0.113.7` is not a network in CIDR notation
      --> hoist.yaml:10:25
       |
    10 | hetzner: { adminCidrs: [203.0.113.7, "2001:db8::1", sefl, office] }
       |                         ^^^^^^^^^^^
       = hint: write 203.0.113.7/32, which is this one address

    error[spec/invalid-value]: hetzner.adminCidrs[1]: `2001:db8::1` is not a network in CIDR notation
      --> hoist.yaml:10:38
       |
    10 | hetzner: { adminCidrs: [203.0.113.7, "2001:db8::1", sefl, office] }
       |                                      ^^^^^^^^^^^^^
       = hint: write 2001:db8::1/128, which is this one address

    error[spec/invalid-value]: hetzner.adminCidrs[2]: `sefl` is neither a network nor `self`
      --> hoist.yaml:10:53
       |
    10 | hetzner: { adminCidrs: [203.0.113.7, "2001:db8::1", sefl, office] }
       |                                                     ^^^^
       = hint: did you mean `self`, the address that hoist is run from?

    error[spec/invalid-value]: hetzner.adminCidrs[3]: `office` is neither a network nor `self`
      --> hoist.yaml:10:59
       |
    10 | hetzner: { adminCidrs: [203.0.113.7, "2001:db8::1", sefl, office] }
       |                                                           ^^^^^^
       = hint: write address/length, such as 203.0.113.7/32, or `self`: the address that hoist is run from
    "#);
}

#[test]
fn private_key_in_the_file() {
    insta::assert_snapshot!(of(|t| t.replace("ssh-ed25519 AAAA", "-----BEGIN OPENSSH PRIVATE KEY----- AAAA")), @r"
    error[spec/secret-in-file]: access.users.ada.keys[0]: this is a private key
     --> hoist.yaml:5:14
      = hint: take it out of the file at once and treat it as known to others; the .pub file holds the public key
    ");
}

#[test]
fn no_server() {
    insta::assert_snapshot!(of(|t| t.replace("role: server", "role: agent")), @r"
    error[spec/no-server]: no enabled machine has `role: server`: the cluster would have no control plane
     --> hoist.yaml:6:1
      |
    6 | machines:
      | ^^^^^^^^
      = hint: give one machine `role: server`; three make a control plane that survives the loss of one
    ");
}

#[test]
fn disabled_server() {
    insta::assert_snapshot!(of(|t| t.replace("role: server", "role: server, enabled: false")), @r"
    error[spec/no-server]: no enabled machine has `role: server`: the cluster would have no control plane
     --> hoist.yaml:6:1
      |
    6 | machines:
      | ^^^^^^^^
      = hint: give one machine `role: server`; three make a control plane that survives the loss of one
    ");
}

#[test]
fn even_servers() {
    insta::assert_snapshot!(of(|t| t.replace("secrets:\n", "  two: { serverType: cpx32, location: nbg1, role: server }\nsecrets:\n")), @r"
    error[spec/even-servers]: 2 machines have `role: server` (one, two): an even number loses its majority with the first half
     --> hoist.yaml:8:45
      |
    8 |   two: { serverType: cpx32, location: nbg1, role: server }
      |                                             ^^^^
      = hint: make it 1 or 3; another `role: agent` adds capacity as well
    ");
}

#[test]
fn role_without_system() {
    insta::assert_snapshot!(of(|t| t.replace("secrets:\n", "  two: { serverType: cpx32, location: nbg1, role: agent, os: none }\n  three: { serverType: cpx32, location: nbg1, os: hoist }\nsecrets:\n")), @r"
    error[spec/role-without-system]: machine two has `role: agent` and `os: none`: nothing would install k3s on it
     --> hoist.yaml:8:62
      |
    8 |   two: { serverType: cpx32, location: nbg1, role: agent, os: none }
      |                                                              ^^^^
      = hint: take `os` out to get NixOS with k3s, or take `role` out to get only the server

    error[spec/system-without-role]: machine three has `os: hoist` and no role: our NixOS is made for the cluster's nodes
     --> hoist.yaml:9:51
      |
    9 |   three: { serverType: cpx32, location: nbg1, os: hoist }
      |                                                   ^^^^^
      = hint: give it `role: server` or `role: agent`, or take `os` out
    ");
}

#[test]
fn flake_of_a_later_version() {
    insta::assert_snapshot!(of(|t| t.replace("role: server", "role: server, os: { flake: .#x }")), @r"
    error[spec/wrong-type]: machines.one.os: a flake of your own comes with a later version; nixos.modules adds your modules to ours
     --> hoist.yaml:7:59
      |
    7 |   one: { serverType: cpx32, location: fsn1, role: server, os: { flake: .#x } }
      |                                                           ^^
      = hint: write hoist or none
    ");
}

#[test]
fn location_outside_the_zone() {
    insta::assert_snapshot!(of(|t| t.replace("fsn1", "ash")), @r"
    error[spec/location-outside-zone]: machine one is in ash, which is in us-east, and the network is in eu-central
     --> hoist.yaml:7:39
      |
    7 |   one: { serverType: cpx32, location: ash, role: server }
      |                                       ^^^
      = hint: choose one of fsn1, nbg1, hel1, or set hetzner.network.zone: us-east
    ");
}

#[test]
fn no_recipients() {
    insta::assert_snapshot!(of(|t| t[..t.find("secrets:").unwrap()].to_owned()), @r"
    error[spec/no-recipients]: secrets.recipients is empty: the k3s tokens are kept encrypted beside this file, and nobody could read them
     --> hoist.yaml:1:1
      |
    1 | cluster: { name: demo, domain: example.com }
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      = hint: `age-keygen -o key.txt` makes a key pair and prints its public half: recipients: [age1…]
    ");
}

#[test]
fn misspelt_component() {
    insta::assert_snapshot!(of(|t| t + "components: { cillium: {} }\n"), @r"
    error[spec/unknown-component]: component cillium is not in the catalog and names no source
      --> hoist.yaml:10:15
       |
    10 | components: { cillium: {} }
       |               ^^^^^^^
       = hint: did you mean `cilium`?
    ");
}

#[test]
fn component_of_a_later_version() {
    insta::assert_snapshot!(of(|t| t + "components: { hcloud-ccm: {}, sealed-secrets: {} }\n"), @r"
    error[spec/unknown-component]: component hcloud-ccm is not in the catalog and names no source
      --> hoist.yaml:10:15
       |
    10 | components: { hcloud-ccm: {}, sealed-secrets: {} }
       |               ^^^^^^^^^^
       = hint: this version's catalog does not have it yet: give it a source of your own, `chart` or `dir`

    error[spec/unknown-component]: component sealed-secrets is not in the catalog and names no source
      --> hoist.yaml:10:31
       |
    10 | components: { hcloud-ccm: {}, sealed-secrets: {} }
       |                               ^^^^^^^^^^^^^^
       = hint: this version's catalog does not have it yet: give it a source of your own, `chart` or `dir`
    ");
}

#[test]
fn component_with_two_sources() {
    insta::assert_snapshot!(of(|t| t + "components: { app: { dir: k8s, chart: { repo: \"https://charts.example.com\", name: a, version: 1.0.0 } } }\n"), @r#"
    error[spec/exclusive-fields]: component app has both `chart` and `dir`
      --> hoist.yaml:10:22
       |
    10 | components: { app: { dir: k8s, chart: { repo: "https://charts.example.com", name: a, version: 1.0.0 } } }
       |                      ^^^
       = hint: keep one; a second component may hold the other
    "#);
}

#[test]
fn component_with_a_name_of_ours() {
    insta::assert_snapshot!(of(|t| t + "components: { tls-canary: { dir: k8s } }\n"), @r"
    error[spec/reserved-name]: component tls-canary has the name of one that hoist makes of `tls`
      --> hoist.yaml:10:15
       |
    10 | components: { tls-canary: { dir: k8s } }
       |               ^^^^^^^^^^
       = hint: choose another name
    ");
}

#[test]
fn values_without_a_chart() {
    insta::assert_snapshot!(of(|t| t + "components: { app: { dir: k8s, values: { a: 1 } } }\n"), @r"
    error[spec/exclusive-fields]: component app has `values`, which only a chart takes, and a `dir`
      --> hoist.yaml:10:32
       |
    10 | components: { app: { dir: k8s, values: { a: 1 } } }
       |                                ^^^^^^
       = hint: take `values` out, or write the manifests as a chart
    ");
}

#[test]
fn need_that_is_off() {
    insta::assert_snapshot!(of(|t| t + "components: { app: { dir: k8s, needs: [cert-manager, colium] } }\n"), @r"
    error[spec/unmet-need]: component app needs cert-manager, which is off
      --> hoist.yaml:10:40
       |
    10 | components: { app: { dir: k8s, needs: [cert-manager, colium] } }
       |                                        ^^^^^^^^^^^^
       = hint: turn it on: components: { cert-manager: { enabled: true } }, or take the need out

    error[spec/unknown-component]: component app needs colium, which there is not
      --> hoist.yaml:10:54
       |
    10 | components: { app: { dir: k8s, needs: [cert-manager, colium] } }
       |                                                      ^^^^^^
       = hint: did you mean `cilium`?
    ");
}

#[test]
fn needs_in_a_circle() {
    insta::assert_snapshot!(of(|t| t + "components: { a: { dir: a, needs: [b] }, b: { dir: b, needs: [c] }, c: { dir: c, needs: [a] } }\n"), @r"
    error[spec/needs-cycle]: components need each other in a circle: a → b → c → a
      --> hoist.yaml:10:28
       |
    10 | components: { a: { dir: a, needs: [b] }, b: { dir: b, needs: [c] }, c: { dir: c, needs: [a] } }
       |                            ^^^^^
       = hint: take one of these needs out: none of them could ever be first
    ");
}

#[test]
fn secret_in_no_namespace() {
    insta::assert_snapshot!(of(|t| t.replace("secrets:\n", "secrets:\n  bootstrap: { cert-manger/token: { \"a b\": { env: A } } }\n") + "components: { cert-manager: {} }\n"), @r#"
    error[spec/unknown-namespace]: Secret cert-manger/token: no component that is on lives in namespace cert-manger
     --> hoist.yaml:9:16
      |
    9 |   bootstrap: { cert-manger/token: { "a b": { env: A } } }
      |                ^^^^^^^^^^^^^^^^^
      = hint: did you mean `cert-manager`?

    error[spec/invalid-name]: Secret cert-manger/token: `a b` is not a key that Kubernetes takes
     --> hoist.yaml:9:37
      |
    9 |   bootstrap: { cert-manger/token: { "a b": { env: A } } }
      |                                     ^^^^^
      = hint: use letters, digits, hyphens, underscores and dots
    "#);
}

#[test]
fn secret_that_nothing_makes() {
    insta::assert_snapshot!(of(|t| t + "components: { external-dns: {}, sops-secrets-operator: {} }\n"), @r"
    error[spec/missing-secret]: component external-dns reads the key CF_API_TOKEN of the Secret external-dns/cloudflare-api-token, which nothing makes
      --> hoist.yaml:10:15
       |
    10 | components: { external-dns: {}, sops-secrets-operator: {} }
       |               ^^^^^^^^^^^^
       = hint: add it: secrets: { bootstrap: { external-dns/cloudflare-api-token: { CF_API_TOKEN: { env: NAME } } } }

    error[spec/missing-secret]: component sops-secrets-operator reads the key key of the Secret sops-secrets-operator/sops-age-key-file, which nothing makes
      --> hoist.yaml:10:33
       |
    10 | components: { external-dns: {}, sops-secrets-operator: {} }
       |                                 ^^^^^^^^^^^^^^^^^^^^^
       = hint: add it: secrets: { bootstrap: { sops-secrets-operator/sops-age-key-file: { key: { env: NAME } } } }
    ");
}

#[test]
fn tls_without_cert_manager() {
    insta::assert_snapshot!(of(|t| t + "tls: { email: a@example.com, canary: { dnsNames: [example.com] } }\n"), @r"
    error[spec/unmet-need]: tls needs the component cert-manager, which is off
      --> hoist.yaml:10:1
       |
    10 | tls: { email: a@example.com, canary: { dnsNames: [example.com] } }
       | ^^^
       = hint: turn it on: components: { cert-manager: {} }, or take `tls` out
    ");
}

#[test]
fn tls_without_a_token() {
    insta::assert_snapshot!(of(|t| t + "components: { cert-manager: {} }\ntls: { email: a@example.com }\n"), @r"
    error[spec/missing-secret]: the issuers of tls read the key token of the Secret cert-manager/cloudflare-api-token, which nothing makes
      --> hoist.yaml:11:1
       |
    11 | tls: { email: a@example.com }
       | ^^^
       = hint: add it: secrets: { bootstrap: { cert-manager/cloudflare-api-token: { token: { env: CLOUDFLARE_API_TOKEN } } } }
    ");
}

#[test]
fn dns_of_a_later_version() {
    insta::assert_snapshot!(of(|t| t + "tls: { email: a@example.com, dns01: hetzner }\n"), @r"
    error[spec/invalid-value]: tls.dns01: `hetzner` is not a value that it takes
      --> hoist.yaml:10:37
       |
    10 | tls: { email: a@example.com, dns01: hetzner }
       |                                     ^^^^^^^
       = hint: Hetzner's DNS comes with a later version; write cloudflare
    ");
}

#[test]
fn null_for_a_section() {
    insta::assert_snapshot!(of(|t| t + "tls:\n"), @r"
    error[spec/wrong-type]: tls: expected a map, found nothing
      --> hoist.yaml:10:1
       |
    10 | tls:
       | ^^^
       = hint: its fields are email, dns01 and canary
    ");
}

#[test]
fn an_empty_file() {
    insta::assert_snapshot!(of(|_| String::new()), @r"
    error[spec/wrong-type]: the file: expected a map, found nothing
     --> hoist.yaml:1:1
      |
    1 |
      | ^
      = hint: its fields are cluster, k3s, access, hetzner, machines, nixos, components, secrets, tls and mirrors
    ");
}

#[test]
fn files_that_are_not_there() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("hoist.yaml");
    let found = hoist_spec::load(&file).unwrap_err();
    assert_eq!(found.0[0].code, "spec/no-file");

    let more =
        "nixos: { modules: [./extra.nix] }\ncomponents: { app: { dir: k8s }, off: { dir: no, enabled: false } }\n";
    std::fs::write(&file, text(|t| t + more)).unwrap();
    let found = hoist_spec::load(&file).unwrap_err().0;
    let told: Vec<_> = found
        .iter()
        .map(|d| (d.code.as_str(), d.span.as_ref().unwrap().text.as_str()))
        .collect();
    assert_eq!(told, [("spec/no-file", "./extra.nix"), ("spec/no-file", "k8s")]);

    std::fs::write(dir.path().join("extra.nix"), "{ }").unwrap();
    std::fs::create_dir(dir.path().join("k8s")).unwrap();
    assert!(hoist_spec::load(&file).is_ok());
}
