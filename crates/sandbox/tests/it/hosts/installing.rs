//! From Debian through the installer to NixOS with k3s, and updates.

use hoist_sandbox::hosts::kexec_tarball;
use hoist_sandbox::seams::Machines;
use secrecy::ExposeSecret;

use super::harness::{Host, PORT, World, output, text, world};

const NIX: &str = "nix --extra-experimental-features nix-command --extra-experimental-features flakes";

pub(crate) fn settings(world: &World, name: &str, port: u16, k3s: &str) -> String {
    let login = world.read("login.pub");
    let second = world.read("second.pub");
    format!(
        r#"{{ "hostName": "{name}", "domain": "example.com", "system": "x86_64-linux", "sshPort": {port},
  "rootKeys": ["{}"], "users": [{{ "name": "cameron", "keys": ["{}"], "sudo": "nopasswd" }}, {{ "name": "guest", "keys": ["{}"], "sudo": "none" }}]{k3s} }}"#,
        login.trim(),
        second.trim(),
        second.trim()
    )
}

pub(crate) fn k3s(role: &str, version: &str) -> String {
    format!(
        r#", "k3s": {{ "role": "{role}", "version": "{version}", "clusterCidr": "10.42.0.0/16", "serviceCidr": "10.43.0.0/16",
  "clusterDns": "10.43.0.10", "tlsSans": ["kube.example.com"], "disable": ["traefik"],
  "flags": ["--node-ip=10.0.0.2", "--node-label=pool=a", "--node-taint=gpu=yes:NoSchedule", "--write-kubeconfig-mode=0640"],
  "tokenFile": "/var/lib/hoist/k3s-token", "agentTokenFile": "/var/lib/hoist/k3s-agent-token", "environmentFile": "/var/lib/hoist/k3s.env" }}"#
    )
}

async fn upload_flake(host: &Host, folder: &str, settings: &str, default: &str) {
    host.run(&format!(
        "mkdir -p {folder}/machines/kube\ncd {folder}\necho '{{ }}' > flake.nix\necho '{default}' > machines/kube/default.nix\n\
         cat > machines/kube/settings.json <<'E'\n{settings}\nE\n"
    ))
    .await;
}

/// Puts the installer there over SSH and boots it.
async fn kexec(host: &Host) {
    let before = host.boot_id().await;
    let mut command = host.ssh();
    command.arg("rm -rf $HOME/kexec; mkdir $HOME/kexec; tar -xzf - -C $HOME/kexec");
    let said = output(command, &kexec_tarball("x86_64")).await;
    assert!(said.status.success(), "{said:?}");
    let said = host
        .run("TMPDIR=$HOME/kexec setsid --wait $HOME/kexec/kexec/run --kexec-extra-flags ''")
        .await;
    assert!(said.contains("machine will boot into nixos in 6s"), "{said}");
    host.rebooted(&before).await;
}

pub(crate) async fn install(host: &Host, settings: &str) -> String {
    kexec(host).await;
    upload_flake(host, "/root/hoist/flake", settings, "{ }").await;
    host.run(&format!(
        "set -e\nnixos-facter > /root/hoist/flake/machines/kube/facter.json\n\
         s=$({NIX} build --print-out-paths --no-link /root/hoist/flake#nixosConfigurations.kube.config.system.build.diskoScript)\n\"$s\"\n\
         p=$({NIX} build --store 'local?root=/mnt' --print-out-paths --no-link '/root/hoist/flake#nixosConfigurations.\"kube\".config.system.build.toplevel')\n\
         install -d -m 0755 /mnt/etc/ssh\ninstall -d -m 0700 /mnt/var/lib/hoist\ninstall -m 0600 /etc/ssh/ssh_host_ed25519_key /mnt/etc/ssh/\n\
         cp -R /root/hoist/flake /mnt/var/lib/hoist/flake\n\
         umask 077; echo server-token > /mnt/var/lib/hoist/k3s-token; echo agent-token > /mnt/var/lib/hoist/k3s-agent-token\n\
         echo K3S_CLUSTER_INIT=true > /mnt/var/lib/hoist/k3s.env\n\
         nixos-install --no-root-passwd --no-channel-copy --root /mnt --system $p\necho $p > /mnt/var/lib/hoist/built\n"
    ))
    .await;
    host.reboot().await;
    host.run("cat /var/lib/hoist/built").await.trim().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_debian_becomes_a_nixos_with_k3s() {
    let world = world();
    let host = world.debian("kube").await;
    host.run("echo lost > /root/debian").await;
    let system = install(&host, &settings(&world, "kube", PORT, &k3s("server", "v1.36.3+k3s1"))).await;
    host.until("[ \"$(systemctl is-active k3s)\" = active ]").await;
    let said = host
        .run(". /etc/os-release; echo $ID ${VARIANT_ID:-none} $VERSION_ID; readlink -f /run/current-system /nix/var/nix/profiles/system; hostname; cat /etc/rancher/k3s/k3s.yaml; stat -c %a /etc/rancher/k3s/k3s.yaml; k3s --version; ls /root/debian 2>/dev/null || echo gone")
        .await;
    assert_eq!(
        said,
        format!(
            "nixos none 26.05\n{system}\n{system}\nkube\na kubeconfig\n640\nk3s version v1.36.3+k3s1 (sandbox)\ngone\n"
        )
    );
    assert_eq!(host.run("nixos-version").await.split('.').next(), Some("26"));

    let node = world.kubernetes.started.lock().unwrap()[0].clone();
    assert_eq!((node.name.as_str(), node.server, node.join), ("kube", true, None));
    assert_eq!(node.address, std::net::IpAddr::V4(host.address));
    assert_eq!(node.internal_address, Some("10.0.0.2".parse().unwrap()));
    assert_eq!(
        (node.token.expose_secret(), node.agent_token.unwrap().expose_secret()),
        ("server-token", "agent-token")
    );
    assert_eq!(
        node.labels.into_iter().collect::<Vec<_>>(),
        [("pool".to_owned(), "a".to_owned())]
    );
    assert_eq!(
        (node.taints, node.tls_sans),
        (
            vec!["gpu=yes:NoSchedule".to_owned()],
            vec!["kube.example.com".to_owned()]
        )
    );

    // Users, and who of them may become root.
    let second = world.folder.path().join("second");
    let cameron = host.user("cameron").with(&second);
    assert_eq!(
        cameron.run("echo $HOME; sudo -n sh -c 'echo $USER'").await,
        "/home/cameron\nroot\n"
    );
    let guest = host.user("guest").with(&second).script("sudo -n true").await;
    assert!(text(&guest.stderr).contains("a password is required"), "{guest:?}");
    assert!(!host.with(&second).script("true").await.status.success());

    // Another boot is the same system.
    host.reboot().await;
    host.until("[ \"$(systemctl is-active k3s)\" = active ]").await;
    assert_eq!(host.run("readlink -f /run/current-system").await.trim(), system);
    assert_eq!(
        *world.kubernetes.calls.lock().unwrap(),
        ["start kube", "stop kube", "start kube"]
    );
    world.hosts.delete(host.id).await.unwrap();
    assert_eq!(
        world.kubernetes.calls.lock().unwrap()[3..],
        ["stop kube", "forget kube"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_switches_what_changed_and_nothing_else() {
    let world = world();
    let host = world.debian("kube").await;
    let server = k3s("server", "v1.36.3+k3s1");
    let first = install(&host, &settings(&world, "kube", PORT, &server)).await;
    host.until("[ \"$(systemctl is-active k3s)\" = active ]").await;
    let boot = host.boot_id().await;
    let update = format!(
        "set -e\np=$({NIX} build --print-out-paths --no-link /var/lib/hoist/flake#nixosConfigurations.kube.config.system.build.toplevel)\n\
         nix-env -p /nix/var/nix/profiles/system --set $p\n$p/bin/switch-to-configuration boot\n$p/bin/switch-to-configuration switch >&2\necho $p"
    );
    // The same flake is the same system, and k3s is left alone.
    assert_eq!(host.run(&update).await.trim(), first);
    // Another module: another system, k3s still left alone.
    upload_flake(
        &host,
        "/var/lib/hoist/flake",
        &settings(&world, "kube", PORT, &server),
        "{ a = 1; }",
    )
    .await;
    let second = host.run(&update).await.trim().to_owned();
    assert_ne!(second, first);
    assert_eq!(host.run("readlink -f /run/current-system").await.trim(), second);
    assert_eq!(world.kubernetes.calls.lock().unwrap().len(), 1);
    // Another port and another k3s.
    let other = settings(&world, "kube", 2299, &k3s("server", "v1.36.4+k3s1"));
    upload_flake(&host, "/var/lib/hoist/flake", &other, "{ a = 1; }").await;
    host.run(&update).await;
    host.trust(&world.read("first.pub"), 2299);
    let host = host.at(2299);
    host.until("[ \"$(systemctl is-active k3s)\" = active ]").await;
    assert_eq!(
        *world.kubernetes.calls.lock().unwrap(),
        ["start kube", "stop kube", "start kube"]
    );
    assert_eq!(world.kubernetes.started.lock().unwrap()[1].version, "v1.36.4+k3s1");
    assert_eq!(
        host.run("nix-env -p /nix/var/nix/profiles/system --list-generations | wc -l")
            .await
            .trim(),
        "3"
    );
    assert_eq!(host.boot_id().await, boot);
    // Back by hand, and it boots what was switched to last.
    host.run("nix-env -p /nix/var/nix/profiles/system --rollback; /nix/var/nix/profiles/system/bin/switch-to-configuration boot; systemctl restart k3s").await;
    host.script("reboot").await;
    host.trust(&world.read("first.pub"), PORT);
    let host = host.at(PORT);
    host.rebooted(&boot).await;
    assert_eq!(host.run("readlink -f /run/current-system").await.trim(), second);
    world.hosts.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_installer_keeps_keys_and_refuses_what_is_out_of_order() {
    let world = world();
    let host = world.debian("kube").await;
    let disko = "/root/hoist/flake#nixosConfigurations.kube.config.system.build.diskoScript";
    assert_eq!(host.script("command -v nixos-install").await.status.code(), Some(127));
    kexec(&host).await;
    assert_eq!(
        host.run(". /etc/os-release; echo $ID $VARIANT_ID; hostname").await,
        "nixos installer\nnixos-installer\n"
    );
    let report = host.run("nixos-facter").await;
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["system"], "x86_64-linux");

    let nothing = host.script(&format!("{NIX} build --no-link {disko}")).await;
    assert!(
        text(&nothing.stderr).contains("flake.nix' does not exist"),
        "{nothing:?}"
    );
    upload_flake(&host, "/root/hoist/flake", &settings(&world, "kube", PORT, ""), "{ }").await;
    let early = host
        .script(&format!(
            "p=$({NIX} build --print-out-paths --no-link {}) && nixos-install --system $p",
            disko.replace("diskoScript", "toplevel")
        ))
        .await;
    assert!(text(&early.stderr).contains("run disko first"), "{early:?}");
    upload_flake(&host, "/root/hoist/flake", "{}", "{ }").await;
    let wrong = host.script(&format!("{NIX} build --no-link {disko}")).await;
    assert!(text(&wrong.stderr).contains("missing field `hostName`"), "{wrong:?}");

    // Without disko the disk is still Debian's.
    host.reboot().await;
    assert_eq!(host.run(". /etc/os-release; echo $ID").await, "debian\n");

    // With it and nothing installed, nothing boots.
    kexec(&host).await;
    upload_flake(&host, "/root/hoist/flake", &settings(&world, "kube", PORT, ""), "{ }").await;
    host.run(&format!("$({NIX} build --print-out-paths --no-link {disko})"))
        .await;
    host.script("reboot").await;
    let begun = std::time::Instant::now();
    while !world
        .hosts
        .console(host.id)
        .unwrap()
        .contains("boot failed: no bootable system on the disk")
    {
        assert!(begun.elapsed().as_secs() < 30);
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert!(!host.script("true").await.status.success());
    world.hosts.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kexec_needs_memory() {
    let world = world();
    let host = world.debian_with("small", 1024, "").await;
    let mut command = host.ssh();
    command.arg("mkdir kexec; tar -xzf - -C kexec; kexec/kexec/run --kexec-extra-flags ''");
    let said = output(command, &kexec_tarball("x86_64")).await;
    assert!(
        text(&said.stderr).contains("the installer needs 1.5 GB, this machine has 983 MiB"),
        "{said:?}"
    );
    let mut command = host.ssh();
    command.arg("tar -xzf - -C kexec; kexec/kexec/run");
    let said = output(command, &kexec_tarball("aarch64")).await;
    assert!(text(&said.stderr).contains("this installer is for aarch64"), "{said:?}");
    world.hosts.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn k3s_that_is_refused_fails_with_its_journal() {
    let world = world();
    let host = world.debian("kube").await;
    *world.kubernetes.refuses.lock().unwrap() = Some("the token is not the cluster's".into());
    install(&host, &settings(&world, "kube", PORT, &k3s("server", "v1.36.3+k3s1"))).await;
    host.until("[ \"$(systemctl is-active k3s)\" = failed ]").await;
    let journal = host.run("journalctl -u k3s -n 1 -o cat --no-pager").await;
    assert_eq!(journal, "level=fatal msg=\"the token is not the cluster's\"\n");
    *world.kubernetes.refuses.lock().unwrap() = None;
    host.run("systemctl restart k3s").await;
    host.until("[ \"$(systemctl is-active k3s)\" = active ]").await;
    // An agent without a server to join.
    host.run("echo > /var/lib/hoist/k3s.env; systemctl restart k3s").await;
    host.until("[ \"$(systemctl is-active k3s)\" = failed ]").await;
    let journal = host.run("journalctl -u k3s -n 1 -o cat").await;
    assert!(
        journal.contains("says neither K3S_CLUSTER_INIT nor K3S_URL"),
        "{journal}"
    );
    world.hosts.stop().await;
}
