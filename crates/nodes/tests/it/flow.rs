//! From fresh Debian hosts to running nodes, over real SSH, with faults at each effect.

use std::time::Duration;

use hoist_model::{HostKeyPins, Lookup};
use hoist_ssh::KeyPair;

use crate::world::{AGENT_TOKEN, SERVER_TOKEN, World};

#[tokio::test]
async fn a_fresh_debian_becomes_a_node_and_then_nothing_is_left_to_do() {
    let world = World::new(&[("a", "server")]).await;
    let throw_away = world.pins.get("a").current;
    let nodes = world.first_run();
    insta::assert_snapshot!(world.steps(&nodes).await.join("\n"), @r"
    update host-key/a: the server was made with a throw-away host key
    create node/a: does not exist
    ");
    world.converge(&nodes).await.unwrap();
    insta::assert_snapshot!(world.observer.effects.lock().unwrap().join("\n"), @r"
    pin-next host-key/a
    host-key host-key/a
    sshd host-key/a
    pin host-key/a
    kexec node/a
    disko node/a
    build node/a
    secrets node/a
    nixos-install node/a
    reboot node/a
    ");
    let log: Vec<_> = world.host("a").log();
    let hash = |line: &str| line.split('-').next_back().unwrap_or_default().len() == 12;
    let log: Vec<_> = log
        .iter()
        .map(|line| match line.rsplit_once('-') {
            Some((name, _)) if hash(line) => format!("{name}-HASH"),
            _ => line.clone(),
        })
        .collect();
    insta::assert_snapshot!(log.join("\n"), @r"
    restart
    unit hoist-kexec
    boot installer
    unit hoist-disko
    disko
    unit hoist-build-HASH
    unit hoist-install-HASH
    nixos-install
    reboot
    boot disk
    ");

    // The lasting key is pinned alone, and was carried through both reboots.
    let pins = world.pins.get("a");
    assert_ne!(pins.current, throw_away);
    assert_eq!(pins.next, None);

    // Everything is where k3s and the modules look for it, and for root only.
    let host = world.host("a");
    assert_eq!(host.read("var/lib/hoist/k3s.env"), "K3S_CLUSTER_INIT=true\n");
    assert_eq!(host.read("var/lib/hoist/k3s-token"), format!("{SERVER_TOKEN}\n"));
    assert_eq!(host.read("var/lib/hoist/k3s-agent-token"), format!("{AGENT_TOKEN}\n"));
    assert!(host.read("var/lib/hoist/facter.json").contains("virtualisation"));
    for file in ["", "/k3s-token", "/k3s-agent-token", "/k3s.env"] {
        use std::os::unix::fs::PermissionsExt;
        let path = host.root().join(format!("var/lib/hoist{file}"));
        let mode = path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode & 0o077, 0, "{file} has mode {mode:o}");
    }

    // A later run on another computer has another deploy key and only the person's own identity.
    let later = world.nodes(&KeyPair::generate("another run"));
    assert_eq!(world.steps(&later).await, Vec::<String>::new());
    let (_, _, _, facts) = world.survey(&later).await;
    let Lookup::Present(access) = &facts.cluster else {
        panic!("the cluster is reached: {:?}", facts.cluster);
    };
    assert_eq!(access.server, format!("https://{}:6443", host.address));
    assert!(facts.installed.contains("a"));
}

#[tokio::test]
async fn tokens_are_nowhere_but_in_their_files() {
    let world = World::new(&[("a", "server")]).await;
    world.converge(&world.first_run()).await.unwrap();
    let host = world.host("a");
    assert_eq!(World::holding(&host.root(), SERVER_TOKEN), ["var/lib/hoist/k3s-token"]);
    assert_eq!(
        World::holding(&host.root(), AGENT_TOKEN),
        ["var/lib/hoist/k3s-agent-token"]
    );
    assert_eq!(World::holding(&host.control(), "canary"), Vec::<String>::new());
    assert_eq!(World::holding(world.folder.path(), "canary"), Vec::<String>::new());
    let said = world.observer.progress.lock().unwrap().join("\n");
    assert!(!said.contains("canary"), "{said}");
}

#[tokio::test]
async fn a_worker_joins_with_the_agents_token_only() {
    let world = World::new(&[("a", "server"), ("w", "agent"), ("x", "none")]).await;
    let nodes = world.first_run();
    world.converge(&nodes).await.unwrap();
    let worker = world.host("w");
    let server = world.host("a").address;
    assert_eq!(
        worker.read("var/lib/hoist/k3s.env"),
        format!("K3S_URL=https://{server}:6443\n")
    );
    assert_eq!(World::holding(&worker.root(), SERVER_TOKEN), Vec::<String>::new());
    assert_eq!(
        World::holding(&worker.root(), AGENT_TOKEN),
        ["var/lib/hoist/k3s-agent-token"]
    );
    // A machine without a role gets NixOS and no secret.
    let plain = world.host("x");
    assert!(plain.read("etc/os-release").contains("ID=nixos"));
    assert_eq!(World::holding(&plain.root(), "canary"), Vec::<String>::new());
    assert_eq!(world.steps(&nodes).await, Vec::<String>::new());
}

/// The effects of an installation, each failing before and after it happened; a new process then takes it up.
#[tokio::test]
async fn a_failure_at_any_effect_converges_all_the_same() {
    const EFFECTS: usize = 10;
    let cases = (0..EFFECTS).flat_map(|nth| [(nth, false), (nth, true)]);
    let runs = cases.map(|(nth, after)| async move {
        let world = World::new(&[("a", "server")]).await;
        world.observer.fail(nth, after);
        let first = world.first_run();
        let failed = world.converge(&first).await;
        assert!(failed.is_err(), "effect {nth} does not exist");
        // A new process has another deploy key, so that the person's own key must do.
        let second = world.nodes(&KeyPair::generate("second run"));
        world
            .converge(&second)
            .await
            .unwrap_or_else(|error| panic!("after a failure {nth} {after}: {error}"));
        assert_eq!(world.steps(&second).await, Vec::<String>::new(), "{nth} {after}");
        let pins = world.pins.get("a");
        assert_eq!(pins.next, None, "{nth} {after}");
        let disks = world.host("a").log().iter().filter(|line| *line == "disko").count();
        assert_eq!(disks, 1, "the disk is partitioned once: {nth} {after}");
    });
    use futures::StreamExt;
    futures::stream::iter(runs)
        .buffer_unordered(4)
        .collect::<Vec<()>>()
        .await;
}

#[tokio::test]
async fn a_changed_configuration_is_an_update_that_keeps_what_was_locked() {
    let mut world = World::new(&[("a", "server")]).await;
    let nodes = world.first_run();
    world.converge(&nodes).await.unwrap();
    let lock = world.host("a").read("var/lib/hoist/flake/flake.lock");
    let system = std::fs::read_link(world.host("a").root().join("run/current-system")).unwrap();
    world.spec.k3s.version = "v1.36.4+k3s1".parse().unwrap();
    assert_eq!(
        world.steps(&nodes).await,
        ["update node/a: k3s.version: v1.36.3+k3s1 → v1.36.4+k3s1"]
    );
    world.converge(&nodes).await.unwrap();
    assert_eq!(world.host("a").read("var/lib/hoist/flake/flake.lock"), lock);
    assert_ne!(
        std::fs::read_link(world.host("a").root().join("run/current-system")).unwrap(),
        system
    );
    let log = world.host("a").log();
    assert_eq!(
        log[log.len() - 2..],
        ["switch-to-configuration boot", "switch-to-configuration switch"]
    );
    assert_eq!(log.iter().filter(|line| line.starts_with("boot ")).count(), 2);
}

#[tokio::test]
async fn a_rollback_on_the_host_is_seen_as_drift() {
    let world = World::new(&[("a", "none")]).await;
    let nodes = world.first_run();
    world.converge(&nodes).await.unwrap();
    let link = world.host("a").root().join("run/current-system");
    std::fs::remove_file(&link).unwrap();
    std::os::unix::fs::symlink("/nix/store/older", &link).unwrap();
    let steps = world.steps(&nodes).await;
    assert!(
        steps[0].starts_with("update node/a: configuration: /nix/store/older"),
        "{steps:?}"
    );
    world.converge(&nodes).await.unwrap();
}

#[tokio::test]
async fn a_failed_build_shows_its_log_and_is_tried_again_when_asked() {
    let world = World::new(&[("a", "none")]).await;
    let nodes = world.first_run();
    let fault = world.host("a").control().join("fail-build");
    std::fs::write(&fault, "").unwrap();
    let error = world.converge(&nodes).await.unwrap_err();
    let text = format!("{error}\n{}", error.hint.clone().unwrap_or_default());
    insta::assert_snapshot!(text, @r"
    a: partitioning the disk failed: exit status 1
      building diskoScript
      error: attribute 'nonsense' missing
    the whole log is /run/hoist/hoist-disko.log on the machine: `hoist ssh a`
    ");
    std::fs::remove_file(&fault).unwrap();
    world.converge(&nodes).await.unwrap();
}

#[tokio::test]
async fn a_k3s_that_fails_shows_its_journal() {
    let world = World::new(&[("a", "server")]).await;
    std::fs::write(world.host("a").control().join("fail-k3s"), "").unwrap();
    let error = world.converge(&world.first_run()).await.unwrap_err();
    insta::assert_snapshot!(error, @r#"
    a: k3s failed
      level=fatal msg="starting kubernetes: preparing server: token does not match"
    "#);
}

#[tokio::test]
async fn a_changed_host_key_blocks_and_nothing_is_sent() {
    let world = World::new(&[("a", "server")]).await;
    let nodes = world.first_run();
    world.converge(&nodes).await.unwrap();
    let found: hoist_ssh::Fingerprint = world.pins.get("a").current.unwrap().parse().unwrap();
    let pinned = KeyPair::generate("pinned").fingerprint();
    world.pins.set(
        "a",
        HostKeyPins {
            current: Some(pinned.to_base32()),
            next: None,
        },
    );
    let text = world
        .steps(&nodes)
        .await
        .join("\n")
        .replace(&format!("{}:{}", world.host("a").address, world.host("a").port), "HOST")
        .replace(&found.to_string(), "SHA256:FOUND")
        .replace(&pinned.to_string(), "SHA256:PINNED");
    insta::assert_snapshot!(text, @"blocked node/a: the host key of HOST is not the expected one: expected SHA256:PINNED, found SHA256:FOUND");
}

#[tokio::test]
async fn a_lost_connection_loses_no_work() {
    let world = World::new(&[("a", "none")]).await;
    let host = world.host("a");
    let hold = host.control().join("hold-toplevel");
    std::fs::write(&hold, "").unwrap();
    let nodes = world.first_run();
    let disturb = async {
        while !host.log().iter().any(|line| line.starts_with("unit hoist-build")) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        host.cut();
        let told = || {
            world
                .observer
                .progress
                .lock()
                .unwrap()
                .iter()
                .any(|line| line.contains("connection lost"))
        };
        while !told() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        std::fs::remove_file(&hold).unwrap();
    };
    let converge = async {
        world.converge(&nodes).await.unwrap();
    };
    let both = async { tokio::join!(converge, disturb) };
    tokio::time::timeout(Duration::from_secs(120), both).await.unwrap();
    let builds = host
        .log()
        .iter()
        .filter(|line| line.starts_with("unit hoist-build"))
        .count();
    assert_eq!(builds, 1, "the work was joined, not begun again");
}

#[tokio::test]
async fn work_that_a_dead_process_began_is_joined_by_the_next() {
    let world = World::new(&[("a", "none")]).await;
    let host = world.host("a");
    let hold = host.control().join("hold-toplevel");
    std::fs::write(&hold, "").unwrap();
    let first = world.first_run();
    let begun = async {
        while !host.log().iter().any(|line| line.starts_with("unit hoist-build")) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        converged = world.converge(&first) => panic!("it does not end by itself: {converged:?}"),
        // The process dies here.
        () = begun => {}
    }
    let second = world.nodes(&KeyPair::generate("second run"));
    let release = async {
        let joined = || {
            world
                .observer
                .progress
                .lock()
                .unwrap()
                .iter()
                .any(|line| line.starts_with("building the system: "))
        };
        world.observer.progress.lock().unwrap().clear();
        while !joined() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        std::fs::remove_file(&hold).unwrap();
    };
    let converge = async {
        world.converge(&second).await.unwrap();
    };
    let both = async { tokio::join!(converge, release) };
    tokio::time::timeout(Duration::from_secs(120), both).await.unwrap();
    let log = host.log();
    assert_eq!(
        log.iter().filter(|line| line.starts_with("unit hoist-build")).count(),
        1,
        "{log:?}"
    );
    assert_eq!(log.iter().filter(|line| *line == "disko").count(), 1, "{log:?}");
}

#[tokio::test]
async fn work_that_takes_too_long_goes_on_and_says_how_to_watch_it() {
    let mut world = World::new(&[("a", "none")]).await;
    world.deadlines.build = Duration::from_secs(1);
    let hold = world.host("a").control().join("hold-toplevel");
    std::fs::write(&hold, "").unwrap();
    let error = world.converge(&world.first_run()).await.unwrap_err();
    let text = format!("{error}\n{}", error.hint.clone().unwrap_or_default());
    let unit = world
        .host("a")
        .log()
        .into_iter()
        .find(|line| line.starts_with("unit hoist-build"))
        .unwrap();
    let text = text.replace(unit.trim_start_matches("unit "), "hoist-build-HASH");
    insta::assert_snapshot!(text, @r"
    a: timed out after 1 s waiting for building the system (last seen: building toplevel)
    it goes on as hoist-build-HASH.service, and the next `hoist apply` joins it; `hoist ssh a -- tail /run/hoist/hoist-build-HASH.log` shows what it does
    ");
    std::fs::remove_file(&hold).unwrap();
    world.deadlines.build = Duration::from_secs(60);
    world.converge(&world.first_run()).await.unwrap();
}

#[tokio::test]
async fn a_host_that_does_not_answer_is_waited_for_until_the_deadline() {
    let mut world = World::new(&[("a", "server")]).await;
    world.deadlines.boot = Duration::from_secs(1);
    world.host("a").vanish();
    let nodes = world.first_run();
    let host = format!("{}:{}", world.host("a").address, world.host("a").port);
    let stable = |text: String| text.replace(&host, "HOST");
    insta::assert_snapshot!(stable(world.steps(&nodes).await.join("\n")), @"await host/a: not ready: SSH (could not reach HOST: connection refused)");
    let error = world.converge(&nodes).await.unwrap_err();
    insta::assert_snapshot!(stable(format!("{error}\n{}", error.hint.clone().unwrap_or_default())), @r"
    a: timed out after 1 s waiting for SSH on HOST (last attempt: connection refused)
    check that the machine is running, that its firewall lets this address in (hetzner.adminCidrs), and that access.port is the port on which its sshd listens
    ");
}

#[tokio::test]
async fn a_login_that_is_refused_blocks_and_says_what_was_tried() {
    let world = World::new(&[("a", "server")]).await;
    std::fs::write(world.host("a").root().join("root/.ssh/authorized_keys"), "").unwrap();
    let host = format!("{}:{}", world.host("a").address, world.host("a").port);
    let text = world.steps(&world.first_run()).await.join("\n");
    let text = text
        .replace(&host, "HOST")
        .replace(&world.folder.path().display().to_string(), "DIR");
    insta::assert_snapshot!(text, @"blocked node/a: HOST refuses to log in root: tried the key hoist-test-deploy in memory (not accepted), DIR/id (not accepted)");
}

#[tokio::test]
async fn a_rotation_cut_off_between_its_two_files_is_begun_again() {
    let world = World::new(&[("a", "none")]).await;
    // The public half is in place, the private one died with the process.
    let lost = KeyPair::generate("hoist-lasting");
    let current = world.pins.get("a").current;
    let next = Some(lost.fingerprint().to_base32());
    world.pins.set("a", HostKeyPins { current, next });
    let path = world.host("a").root().join("etc/ssh/ssh_host_ed25519_key.pub");
    std::fs::write(path, lost.public()).unwrap();
    let nodes = world.first_run();
    world.converge(&nodes).await.unwrap();
    let pins = world.pins.get("a");
    assert_eq!(pins.next, None);
    assert_ne!(pins.current, Some(lost.fingerprint().to_base32()));
    assert_eq!(world.steps(&nodes).await, Vec::<String>::new());
}

#[tokio::test]
async fn an_installed_host_keeps_its_key_when_a_rotation_never_reached_it() {
    let world = World::new(&[("a", "none")]).await;
    let nodes = world.first_run();
    world.converge(&nodes).await.unwrap();
    let current = world.pins.get("a").current;
    let next = Some(KeyPair::generate("never").fingerprint().to_base32());
    let begun = HostKeyPins {
        current: current.clone(),
        next,
    };
    world.pins.set("a", begun);
    assert_eq!(
        world.steps(&nodes).await,
        ["update host-key/a: its rotation was begun and not finished"]
    );
    world.converge(&nodes).await.unwrap();
    assert_eq!(world.pins.get("a"), HostKeyPins { current, next: None });
}

#[tokio::test]
async fn a_certificate_that_does_not_name_the_server_is_told_with_the_names_it_has() {
    let world = World::new(&[("a", "server")]).await;
    let nodes = world.first_run();
    world.converge(&nodes).await.unwrap();
    // The same cluster at an address that its certificate does not hold.
    let elsewhere = crate::host::loopback();
    world.api().listen_as(elsewhere, "other.example.com").await;
    let kubeconfig = world.kubeconfig(&format!("https://{elsewhere}:6443"));
    let why = hoist_nodes::kubeconfig::reach(&kubeconfig).await.unwrap_err();
    let why = why.replace(&elsewhere.to_string(), "ADDRESS");
    insta::assert_snapshot!(why, @r#"client error (Connect): invalid peer certificate: certificate not valid for name "ADDRESS"; certificate is only valid for DnsName("other.example.com")"#);
}
