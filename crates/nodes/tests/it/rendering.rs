//! The flake: what it says, that Nix can read it, and that the same spec makes the same text.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use hoist_model::{Facts, HostKeyPins, Lookup, ServerFacts};
use hoist_nodes::render::{Sources, Tree, render};
use hoist_spec::Spec;
use proptest::prelude::*;
use serde_json::{Value, json};

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/vanixiets/hoist.yaml")
}

fn spec() -> Spec {
    hoist_spec::load(&example()).unwrap().spec
}

fn server(id: u64) -> Lookup<ServerFacts> {
    Lookup::Present(ServerFacts {
        id,
        address: Some(format!("203.0.113.{id}").parse().unwrap()),
        private_ipv4: Some(format!("10.0.0.{id}").parse().unwrap()),
        private_mac: Some("86:00:00:2a:7d:e6".into()),
        host_keys: HostKeyPins::default(),
        architecture: "x86".into(),
        running: true,
    })
}

fn facts() -> Facts {
    let mut facts = Facts::default();
    facts.servers.insert("kube-control".into(), server(7));
    facts
}

fn settings(tree: &Tree, machine: &str) -> Value {
    serde_json::from_str(tree.get(&format!("machines/{machine}/settings.json")).unwrap()).unwrap()
}

/// Writes the tree and lets Nix parse each of its files.
fn parses(tree: &Tree) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    for (path, text) in tree.files() {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        if path.extension().is_some_and(|extension| extension == "nix") {
            files.push(path);
        }
    }
    let output = Command::new("nix-instantiate")
        .arg("--parse")
        .args(&files)
        .env("NIX_STATE_DIR", folder.path().join("nix-state"))
        .env("NIX_STORE_DIR", folder.path().join("nix-store"))
        .env("NIX_CONFIG", "build-users-group =")
        .env("HOME", folder.path())
        .output()
        .expect("this test needs nix-instantiate (Debian's nix-bin): `cargo xtask tools` installs it");
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

#[test]
fn the_example_parses_and_lists_its_files() {
    let tree = render(&spec(), &Sources::default(), &facts());
    parses(&tree).unwrap();
    let files: Vec<_> = tree.files().map(|(path, _)| path).collect();
    insta::assert_snapshot!(files.join("\n"), @r"
    flake.nix
    machines/kube-control/default.nix
    machines/kube-control/settings.json
    modules/access.nix
    modules/base.nix
    modules/disk.nix
    modules/firewall.nix
    modules/hardware.nix
    modules/k3s.nix
    modules/kernel.nix
    modules/metadata.nix
    modules/network.nix
    modules/node.nix
    modules/settings.nix
    ");
}

#[test]
fn the_flake_and_the_machines_file_say_what_the_spec_says() {
    let tree = render(&spec(), &Sources::default(), &facts());
    insta::assert_snapshot!(tree.get("flake.nix").unwrap(), @r#"
    # Rendered by hoist from hoist.yaml: change it there.
    {
      description = "The cluster vanixiets, rendered by hoist";

      inputs = {
        nixpkgs.url = "github:NixOS/nixpkgs/nixos-26.05";
        disko = {
          url = "github:nix-community/disko";
          inputs.nixpkgs.follows = "nixpkgs";
        };
        srvos = {
          url = "github:nix-community/srvos";
          inputs.nixpkgs.follows = "nixpkgs";
        };
      };

      outputs =
        inputs@{ nixpkgs, ... }:
        {
          # One configuration a folder of machines.
          nixosConfigurations = builtins.mapAttrs (
            name: _:
            nixpkgs.lib.nixosSystem {
              specialArgs = { inherit inputs; };
              modules = [ (./machines + "/${name}") ];
            }
          ) (builtins.readDir ./machines);

          # k3s as hoist sets it up, for other flakes.
          nixosModules.k3s-server = ./modules/k3s.nix;
        };
    }
    "#);
    insta::assert_snapshot!(tree.get("machines/kube-control/default.nix").unwrap(), @r"
    # kube-control: a control plane of the cluster vanixiets. Rendered by hoist from hoist.yaml: change it there.
    { lib, ... }:
    {
      imports = [
        ../../modules/access.nix
        ../../modules/base.nix
        ../../modules/disk.nix
        ../../modules/hardware.nix
        ../../modules/network.nix
        ../../modules/node.nix
        ../../modules/settings.nix
      ];

      hoist.settings = builtins.fromJSON (builtins.readFile ./settings.json);

      # The hardware report is made on the machine and stays there.
      hardware.facter.reportPath = lib.mkIf (builtins.pathExists ./facter.json) ./facter.json;
    }
    ");
}

#[test]
fn the_settings_of_a_control_plane() {
    let tree = render(&spec(), &Sources::default(), &facts());
    insta::assert_snapshot!(tree.get("machines/kube-control/settings.json").unwrap(), @r#"
    {
      "hostName": "kube-control",
      "domain": "example.com",
      "system": "x86_64-linux",
      "stateVersion": "26.05",
      "allowUnfree": false,
      "sshPort": 2222,
      "rootKeys": [
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIL6DFwi/DbSlZB0JjWeT/XE6HyVb6Md+vH0NrIaj3YPW cameron@example.com"
      ],
      "users": [
        {
          "name": "cameron",
          "keys": [
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIL6DFwi/DbSlZB0JjWeT/XE6HyVb6Md+vH0NrIaj3YPW cameron@example.com"
          ],
          "sudo": "nopasswd"
        }
      ],
      "privateMac": "86:00:00:2a:7d:e6",
      "k3s": {
        "role": "server",
        "version": "v1.36.3+k3s1",
        "clusterCidr": "10.42.0.0/16",
        "serviceCidr": "10.43.0.0/16",
        "clusterDns": "10.43.0.10",
        "tlsSans": [
          "kube.example.com",
          "kube-control",
          "kube-control.example.com",
          "203.0.113.7",
          "10.0.0.7"
        ],
        "disable": [
          "coredns",
          "local-storage",
          "metrics-server",
          "servicelb",
          "traefik"
        ],
        "flags": [
          "--flannel-backend=none",
          "--disable-network-policy",
          "--disable-kube-proxy",
          "--disable-cloud-controller",
          "--secrets-encryption",
          "--write-kubeconfig-mode=0600",
          "--node-ip=10.0.0.7",
          "--node-external-ip=203.0.113.7"
        ],
        "tokenFile": "/var/lib/hoist/k3s-token",
        "agentTokenFile": "/var/lib/hoist/k3s-agent-token",
        "environmentFile": "/var/lib/hoist/k3s.env"
      },
      "firewall": {
        "tcp": [
          2222,
          4240,
          4244,
          6443
        ],
        "udp": [
          4789,
          6081,
          8472
        ],
        "betweenNodes": {
          "tcp": [
            2379,
            2380,
            10250
          ],
          "from": [
            "10.0.0.0/16"
          ]
        }
      }
    }
    "#);
}

#[test]
fn the_settings_of_a_worker() {
    let mut spec = spec();
    spec.machines.get_mut("kube-worker-01").unwrap().enabled = true;
    let mut facts = facts();
    facts.servers.insert("kube-worker-01".into(), server(8));
    let settings = settings(&render(&spec, &Sources::default(), &facts), "kube-worker-01");
    insta::assert_snapshot!(serde_json::to_string_pretty(&settings["k3s"]).unwrap(), @r#"
    {
      "role": "agent",
      "version": "v1.36.3+k3s1",
      "clusterCidr": "10.42.0.0/16",
      "serviceCidr": "10.43.0.0/16",
      "clusterDns": "10.43.0.10",
      "tlsSans": [],
      "disable": [],
      "flags": [
        "--node-ip=10.0.0.8",
        "--node-external-ip=203.0.113.8"
      ],
      "tokenFile": "/var/lib/hoist/k3s-agent-token",
      "environmentFile": "/var/lib/hoist/k3s.env"
    }
    "#);
    insta::assert_snapshot!(serde_json::to_string(&settings["firewall"]).unwrap(), @r#"{"tcp":[2222,4240,4244],"udp":[4789,6081,8472],"betweenNodes":{"tcp":[10250],"from":["10.0.0.0/16"]}}"#);
}

/// Each row of the design's table, at the place where it takes effect.
#[test]
fn every_row_of_the_table_is_there() {
    let tree = render(&spec(), &Sources::default(), &facts());
    for (file, lines) in [
        (
            "modules/base.nix",
            &[
                "networking.hostName",
                "networking.domain",
                "nixpkgs.hostPlatform",
                "allowUnfree",
                "pkgs.cilium-cli",
                "pkgs.k9s",
                "pkgs.kubectl",
                "services.k3s.package",
            ][..],
        ),
        (
            "modules/access.nix",
            &[
                "wheelNeedsPassword",
                "prohibit-password",
                "PasswordAuthentication = false",
            ],
        ),
        (
            "modules/kernel.nix",
            &[
                "\"br_netfilter\"",
                "\"nf_conntrack\"",
                "\"overlay\"",
                "\"ip_tables\"",
                "\"ip6_tables\"",
                "\"ip6table_mangle\"",
                "\"ip6table_raw\"",
                "\"ip6table_filter\"",
                "\"6.17\"",
                "\"net.ipv4.ip_forward\"",
                "\"net.ipv6.conf.all.forwarding\"",
                "\"net.ipv6.conf.default.forwarding\"",
                "\"net.bridge.bridge-nf-call-iptables\" = 1",
                "\"net.bridge.bridge-nf-call-ip6tables\" = 1",
                "\"net.ipv4.conf.lxc*.rp_filter\" = 0",
                "\"vm.overcommit_memory\"",
                "\"kernel.panic\" = 10",
                "\"kernel.panic_on_oops\" = 1",
            ],
        ),
        (
            "modules/firewall.nix",
            &[
                "\"cilium\"",
                "\"cni\"",
                "\"lxc\"",
                "\"+\"",
                "checkReversePath = \"loose\"",
            ],
        ),
        ("modules/metadata.nix", &["169.254.169.254", "blackhole"]),
        (
            "modules/k3s.nix",
            &[
                "shutdownGracePeriod = \"30s\"",
                "shutdownGracePeriodCriticalPods = \"10s\"",
                "tokenFile",
            ],
        ),
        (
            "modules/network.nix",
            &[
                "\"10-uplink\"",
                "\"en*\"",
                "IPv6AcceptRA",
                "UseDNS = true",
                "MACAddress",
            ],
        ),
        (
            "modules/disk.nix",
            &["\"EF02\"", "\"EF00\"", "efiInstallAsRemovable = true"],
        ),
        (
            "modules/hardware.nix",
            &[
                "disko",
                "srvos",
                "hardware-hetzner-cloud",
                "cloud-init.enable = lib.mkForce false",
            ],
        ),
        ("flake.nix", &["nixosModules.k3s-server"]),
    ] {
        let text = tree.get(file).unwrap_or_else(|| panic!("{file} is missing"));
        for line in lines {
            assert!(text.contains(line), "{file} lacks {line}");
        }
    }
}

#[test]
fn the_tunnels_port_follows_the_cnis_settings() {
    let udp = |values: Value| {
        let mut spec = spec();
        spec.components.cilium.as_mut().unwrap().values = values.as_object().unwrap().clone();
        settings(&render(&spec, &Sources::default(), &facts()), "kube-control")["firewall"]["udp"].clone()
    };
    assert_eq!(udp(json!({})), json!([4789, 6081, 8472]));
    assert_eq!(udp(json!({ "tunnelProtocol": "geneve" })), json!([4789, 6081, 8472]));
    assert_eq!(udp(json!({ "tunnelProtocol": "vxlan" })), json!([4789, 8472]));
    assert_eq!(
        udp(json!({ "tunnelProtocol": "geneve", "tunnelPort": 7000 })),
        json!([4789, 7000, 8472])
    );
    assert_eq!(udp(json!({ "routingMode": "native" })), json!([4789, 8472]));
}

#[test]
fn k3s_keeps_its_own_network_and_dns_without_ours() {
    let mut spec = spec();
    spec.components.cilium = None;
    spec.components.coredns = None;
    let k3s = settings(&render(&spec, &Sources::default(), &facts()), "kube-control")["k3s"].clone();
    let flags = k3s["flags"].to_string();
    assert!(!flags.contains("flannel") && !flags.contains("kube-proxy"), "{flags}");
    assert!(!k3s["disable"].to_string().contains("coredns"), "{k3s}");
}

#[test]
fn the_persons_modules_come_along() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("nixos/extra.nix", "{ }\n");
    write("nixos/my module/default.nix", "{ imports = [ ./part.nix ]; }\n");
    write("nixos/my module/part.nix", "{ }\n");
    write("nixos/my module/.hidden", "no");
    write("hoist.flake.lock", "{\"version\": 7}\n");
    let text = std::fs::read_to_string(example()).unwrap();
    let text = text.replace(
        "  stateVersion: \"26.05\"",
        "  stateVersion: \"26.05\"\n  modules: [./nixos/extra.nix, \"./nixos/my module\"]",
    );
    write("hoist.yaml", &text);
    let spec = hoist_spec::load(&folder.path().join("hoist.yaml")).unwrap().spec;
    let tree = render(&spec, &Sources::read(&spec).unwrap(), &facts());
    parses(&tree).unwrap();
    assert_eq!(tree.get("person/nixos/my module/part.nix"), Some("{ }\n"));
    assert_eq!(tree.get("person/nixos/my module/.hidden"), None);
    assert_eq!(tree.get("flake.lock"), Some("{\"version\": 7}\n"));
    let module = tree.get("machines/kube-control/default.nix").unwrap();
    assert!(module.contains("    ../../person/nixos/extra.nix\n"), "{module}");
    assert!(
        module.contains("    (../../person + \"/nixos/my module\")\n"),
        "{module}"
    );
    assert_ne!(tree.hash(), render(&spec, &Sources::default(), &facts()).hash());
}

#[test]
fn a_missing_module_and_a_local_flake_are_told_together() {
    let mut spec = spec();
    spec.nixos.modules = vec!["./missing.nix".into()];
    spec.nixos.flake = Some(".".into());
    insta::assert_snapshot!(Sources::read(&spec).unwrap_err(), @r"
    nixos.flake `.` is a folder of this machine
      hint: hosts build their configuration themselves: name a flake that they can fetch, such as github:me/infra
    the NixOS module ./missing.nix cannot be read: No such file or directory (os error 2)
      hint: paths of modules are relative to hoist.yaml
    ");
}

#[test]
fn another_machine_does_not_change_this_ones_hash() {
    let mut spec = spec();
    let before = render(&spec, &Sources::default(), &facts())
        .of_machine("kube-control")
        .hash();
    spec.machines.get_mut("kube-worker-01").unwrap().enabled = true;
    let tree = render(&spec, &Sources::default(), &facts());
    assert_eq!(tree.of_machine("kube-control").hash(), before);
    assert_ne!(tree.of_machine("kube-worker-01").hash(), before);
    spec.k3s.version = "v1.36.4+k3s1".parse().unwrap();
    let after = render(&spec, &Sources::default(), &facts())
        .of_machine("kube-control")
        .hash();
    assert_ne!(after, before);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever a valid spec says, Nix can read the flake, and the settings say the same.
    #[test]
    fn any_valid_spec_parses(
        names in proptest::collection::btree_map("[a-z0-9]([a-z0-9-]{0,12}[a-z0-9])?", 0..3usize, 1..4),
        nixpkgs in "[ -~]{1,30}",
        module in "[ -~]{1,20}",
        port in 1u16..,
    ) {
        let mut spec = spec();
        let template = spec.machines["kube-control"].clone();
        spec.machines.clear();
        for (name, role) in &names {
            let mut machine = template.clone();
            machine.role = [Some(hoist_spec::Role::Server), Some(hoist_spec::Role::Agent), None][*role];
            machine.os = Some(hoist_spec::Os::Hoist);
            machine.modules = vec![PathBuf::from(&module)];
            spec.machines.insert(name.parse().unwrap(), machine);
        }
        spec.nixos.nixpkgs = nixpkgs;
        spec.access.port = port;
        let tree = render(&spec, &Sources::default(), &Facts::default());
        prop_assert_eq!(&tree, &render(&spec, &Sources::default(), &Facts::default()));
        if let Err(why) = parses(&tree) {
            let texts: BTreeMap<_, _> = tree.files().filter(|(path, _)| !path.starts_with("modules/")).collect();
            return Err(TestCaseError::fail(format!("{why}\n{texts:#?}")));
        }
        for name in names.keys() {
            prop_assert_eq!(&settings(&tree, name)["hostName"], name);
        }
    }
}
