//! What the rendered modules come to, by Nix's own evaluator: each row of the design's table as a value.

use std::path::PathBuf;
use std::process::Command;

use hoist_model::{Facts, HostKeyPins, Lookup, ServerFacts};
use hoist_nodes::render::{Sources, render};
use hoist_spec::Spec;
use serde_json::{Value, json};

fn spec() -> Spec {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples/vanixiets/hoist.yaml");
    let mut spec = hoist_spec::load(&path).unwrap().spec;
    spec.machines.get_mut("kube-worker-01").unwrap().enabled = true;
    spec
}

struct Evaluated(Value);

impl Evaluated {
    fn new(spec: &Spec, machine: &str, kernel: &str, nftables: bool) -> Self {
        Self::tried(spec, machine, kernel, nftables).unwrap()
    }

    fn tried(spec: &Spec, machine: &str, kernel: &str, nftables: bool) -> Result<Self, String> {
        let mut facts = Facts::default();
        let server = ServerFacts {
            id: 1,
            address: Some("203.0.113.7".parse().unwrap()),
            private_ipv4: Some("10.0.0.7".parse().unwrap()),
            private_mac: Some("86:00:00:2a:7d:e6".into()),
            host_keys: HostKeyPins::default(),
            architecture: "arm".into(),
            running: true,
        };
        facts.servers.insert(machine.into(), Lookup::Present(server));
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in render(spec, &Sources::default(), &facts).files() {
            crate::host::write(&folder.path().join("flake").join(path), text, 0o644);
        }
        let expression = format!(
            "import {} {{ machine = {}; kernel = \"{kernel}\"; nftables = {nftables}; }}",
            PathBuf::from(env!("CARGO_MANIFEST_DIR"))
                .join("tests/it/eval.nix")
                .display(),
            folder.path().join("flake/machines").join(machine).display(),
        );
        let output = Command::new("nix-instantiate")
            .args(["--eval", "--strict", "--json", "--expr", &expression])
            .env("NIX_STATE_DIR", folder.path().join("nix-state"))
            .env("NIX_STORE_DIR", folder.path().join("nix-store"))
            .env("NIX_CONFIG", "build-users-group =")
            .env("HOME", folder.path())
            .output()
            .expect("this test needs nix-instantiate (Debian's nix-bin): `cargo xtask tools` installs it");
        if output.status.success() {
            Ok(Self(serde_json::from_slice(&output.stdout).unwrap()))
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        }
    }

    fn at(&self, path: &[&str]) -> &Value {
        path.iter().fold(&self.0, |value, name| {
            value
                .get(name)
                .unwrap_or_else(|| panic!("{name} of {path:?} is missing"))
        })
    }
}

#[test]
fn a_control_plane_is_what_the_design_says() {
    let system = Evaluated::new(&spec(), "kube-control", "6.12.5", false);
    let at = |path: &str| system.at(&path.split('/').collect::<Vec<_>>()).clone();
    // machine
    assert_eq!(at("networking/hostName"), "kube-control");
    assert_eq!(at("networking/domain"), "example.com");
    assert_eq!(at("nixpkgs/hostPlatform"), "aarch64-linux");
    assert_eq!(at("security/sudo/wheelNeedsPassword"), false);
    let packages = at("environment/systemPackages").to_string();
    for package in ["k3s", "kubectl", "k9s", "cilium-cli"] {
        assert!(packages.contains(package), "{packages}");
    }
    // kernel modules and sysctls
    insta::assert_snapshot!(at("boot/kernelModules"), @r#"["br_netfilter","nf_conntrack","overlay","ip_tables","ip6_tables","ip6table_mangle","ip6table_raw","ip6table_filter"]"#);
    insta::assert_snapshot!(serde_json::to_string_pretty(&at("boot/kernel/sysctl")).unwrap(), @r#"
    {
      "kernel.panic": 10,
      "kernel.panic_on_oops": 1,
      "net.bridge.bridge-nf-call-ip6tables": 1,
      "net.bridge.bridge-nf-call-iptables": 1,
      "net.ipv4.conf.lxc*.rp_filter": 0,
      "net.ipv4.ip_forward": 1,
      "net.ipv6.conf.all.forwarding": 1,
      "net.ipv6.conf.default.forwarding": 1,
      "vm.overcommit_memory": 1
    }
    "#);
    // ports
    assert_eq!(
        at("networking/firewall/allowedTCPPorts"),
        json!([2222, 4240, 4244, 6443])
    );
    assert_eq!(at("networking/firewall/allowedUDPPorts"), json!([4789, 6081, 8472]));
    assert_eq!(
        at("networking/firewall/trustedInterfaces"),
        json!(["cilium+", "cni+", "lxc+"])
    );
    assert_eq!(at("networking/firewall/checkReversePath"), "loose");
    insta::assert_snapshot!(at("networking/firewall/extraCommands").as_str().unwrap(), @r"
    iptables -A nixos-fw -p tcp -s 10.0.0.0/16 --dport 2379 -j nixos-fw-accept
    iptables -A nixos-fw -p tcp -s 10.0.0.0/16 --dport 2380 -j nixos-fw-accept
    iptables -A nixos-fw -p tcp -s 10.0.0.0/16 --dport 10250 -j nixos-fw-accept
    iptables -w -t raw -D PREROUTING -d 169.254.169.254 -j DROP 2>/dev/null || true
    iptables -w -t raw -I PREROUTING -d 169.254.169.254 -j DROP
    ");
    // k3s
    insta::assert_snapshot!(serde_json::to_string_pretty(&at("services/k3s")).unwrap(), @r#"
    {
      "configPath": null,
      "enable": true,
      "environmentFile": "/var/lib/hoist/k3s.env",
      "extraFlags": [
        "--cluster-cidr=10.42.0.0/16",
        "--service-cidr=10.43.0.0/16",
        "--cluster-dns=10.43.0.10",
        "--disable=coredns",
        "--disable=local-storage",
        "--disable=metrics-server",
        "--disable=servicelb",
        "--disable=traefik",
        "--tls-san=kube.example.com",
        "--tls-san=kube-control",
        "--tls-san=kube-control.example.com",
        "--tls-san=203.0.113.7",
        "--tls-san=10.0.0.7",
        "--agent-token-file=/var/lib/hoist/k3s-agent-token",
        "--flannel-backend=none",
        "--disable-network-policy",
        "--disable-kube-proxy",
        "--disable-cloud-controller",
        "--secrets-encryption",
        "--write-kubeconfig-mode=0600",
        "--node-ip=10.0.0.7",
        "--node-external-ip=203.0.113.7"
      ],
      "gracefulNodeShutdown": {
        "enable": true,
        "shutdownGracePeriod": "30s",
        "shutdownGracePeriodCriticalPods": "10s"
      },
      "package": "/nix/store/k3s",
      "role": "server",
      "tokenFile": "/var/lib/hoist/k3s-token"
    }
    "#);
    assert_eq!(at("warnings"), json!([]));
    // uplink
    insta::assert_snapshot!(serde_json::to_string_pretty(&at("systemd/network/networks")).unwrap(), @r#"
    {
      "05-private": {
        "dhcpV4Config": {
          "UseDNS": false,
          "UseGateway": false
        },
        "linkConfig": {
          "RequiredForOnline": "no"
        },
        "matchConfig": {
          "MACAddress": "86:00:00:2a:7d:e6"
        },
        "networkConfig": {
          "DHCP": "ipv4"
        }
      },
      "10-uplink": {
        "dhcpV4Config": {
          "UseDNS": true
        },
        "dhcpV6Config": {
          "UseDNS": true
        },
        "ipv6AcceptRAConfig": {
          "UseDNS": true
        },
        "linkConfig": {
          "RequiredForOnline": "routable"
        },
        "matchConfig": {
          "Name": "en*"
        },
        "networkConfig": {
          "DHCP": "yes",
          "IPv6AcceptRA": true
        },
        "routingPolicyRules": [
          {
            "IncomingInterface": "lo",
            "Priority": 90,
            "Table": 254,
            "To": "169.254.169.254/32"
          },
          {
            "Priority": 100,
            "To": "169.254.169.254/32",
            "Type": "blackhole"
          }
        ]
      }
    }
    "#);
    // disk
    assert_eq!(at("boot/loader/grub/devices"), json!(["/dev/sda"]));
    assert_eq!(at("boot/loader/grub/efiInstallAsRemovable"), true);
    let partitions = at("disko/devices/disk/main/content/partitions");
    assert_eq!(
        (&partitions["boot"]["type"], &partitions["esp"]["type"]),
        (&json!("EF02"), &json!("EF00"))
    );
    // access
    insta::assert_snapshot!(serde_json::to_string_pretty(&at("users/users")).unwrap(), @r#"
    {
      "cameron": {
        "extraGroups": [
          "wheel"
        ],
        "isNormalUser": true,
        "openssh": {
          "authorizedKeys": {
            "keys": [
              "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIL6DFwi/DbSlZB0JjWeT/XE6HyVb6Md+vH0NrIaj3YPW cameron@example.com"
            ]
          }
        }
      },
      "root": {
        "openssh": {
          "authorizedKeys": {
            "keys": [
              "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIL6DFwi/DbSlZB0JjWeT/XE6HyVb6Md+vH0NrIaj3YPW cameron@example.com"
            ]
          }
        }
      }
    }
    "#);
    assert_eq!(at("services/openssh/ports"), json!([2222]));
    assert_eq!(at("services/openssh/settings/PermitRootLogin"), "prohibit-password");
}

#[test]
fn a_worker_runs_the_agent_and_opens_less() {
    let system = Evaluated::new(&spec(), "kube-worker-01", "6.12.5", false);
    let k3s = system.at(&["services", "k3s"]);
    assert_eq!(k3s["role"], "agent");
    assert_eq!(
        k3s["extraFlags"],
        json!(["--node-ip=10.0.0.7", "--node-external-ip=203.0.113.7"])
    );
    assert_eq!(k3s["tokenFile"], "/var/lib/hoist/k3s-agent-token");
    assert_eq!(
        *system.at(&["networking", "firewall", "allowedTCPPorts"]),
        json!([2222, 4240, 4244])
    );
    let rules = system.at(&["networking", "firewall", "extraCommands"]).to_string();
    assert!(rules.contains("10250") && !rules.contains("2379"), "{rules}");
}

#[test]
fn new_kernels_have_no_legacy_tables_and_nftables_spells_its_own_way() {
    let system = Evaluated::new(&spec(), "kube-control", "6.18", true);
    assert_eq!(
        *system.at(&["boot", "kernelModules"]),
        json!(["br_netfilter", "nf_conntrack", "overlay"])
    );
    let firewall = system.at(&["networking", "firewall"]);
    assert_eq!(firewall["trustedInterfaces"], json!(["cilium*", "cni*", "lxc*"]));
    assert_eq!(firewall["extraCommands"], Value::Null);
    insta::assert_snapshot!(firewall["extraInputRules"].as_str().unwrap(), @"ip saddr { 10.0.0.0/16 } tcp dport { 2379, 2380, 10250 } accept");
    let table = system.at(&["networking", "nftables", "tables", "hoist-metadata"]);
    assert!(
        table["content"].as_str().unwrap().contains("169.254.169.254 drop"),
        "{table}"
    );
}

#[test]
fn sudo_with_a_password_for_some_is_no_sudo_without_one_for_all() {
    let mut spec = spec();
    let mut other = spec.access.users["cameron"].clone();
    other.sudo = hoist_spec::Sudo::Password;
    spec.access.users.insert("dana".parse().unwrap(), other.clone());
    other.sudo = hoist_spec::Sudo::None;
    spec.access.users.insert("evan".parse().unwrap(), other);
    let system = Evaluated::new(&spec, "kube-control", "6.12.5", false);
    let sudo = system.at(&["security", "sudo"]);
    assert_eq!(sudo["wheelNeedsPassword"], true);
    assert_eq!(sudo["execWheelOnly"], false);
    assert_eq!(sudo["extraRules"][0]["users"], json!(["cameron"]));
    let users = system.at(&["users", "users"]);
    assert_eq!(users["dana"]["extraGroups"], json!(["wheel"]));
    assert_eq!(users["evan"]["extraGroups"], json!([]));
}

#[test]
fn another_k3s_than_the_one_asked_for_is_a_warning_and_an_unknown_one_an_error() {
    let mut spec = spec();
    spec.k3s.version = "v1.36.9+k3s1".parse().unwrap();
    let system = Evaluated::new(&spec, "kube-control", "6.12.5", false);
    insta::assert_snapshot!(system.at(&["warnings"])[0].as_str().unwrap(), @"hoist.yaml asks for k3s v1.36.9+k3s1; this nixpkgs has 1.36.3+k3s1.");
    spec.k3s.version = "v1.99.0+k3s1".parse().unwrap();
    let error = Evaluated::tried(&spec, "kube-control", "6.12.5", false).err().unwrap();
    assert!(
        error.contains("nixpkgs has no k3s_1_99 for k3s v1.99.0+k3s1"),
        "{error}"
    );
}
