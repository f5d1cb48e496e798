//! Debian's first boot, its confinement, and power.

use hoist_sandbox::seams::{Machines, Power};

use super::harness::{text, world, world_with_scale};

#[tokio::test(flavor = "multi_thread")]
async fn debian_does_what_cloud_init_says_and_tells_what_it_is() {
    let world = world();
    let more = "  - { path: /etc/b, encoding: b64, permissions: \"0600\", content: aGk= }\nruncmd:\n  - echo $(id -u) > /ran\n  - [touch, /two words]\n  - nonsense\n";
    let host = world.debian_with("kube", 4096, more).await;
    host.until("[ -e /var/lib/cloud/instance/boot-finished ]").await;
    let said = host
        .run(". /etc/os-release; echo $ID $VERSION_ID; uname -m; hostname; id -u; cat /etc/b /ran; ls '/two words'; systemctl is-active ssh; stat -c %a /etc/b")
        .await;
    let console = world.hosts.console(host.id).unwrap();
    let log = host.run("cat /var/log/cloud-init-output.log").await;
    assert_eq!(
        said, "debian 12\nx86_64\nkube\n0\nhi0\n/two words\nactive\n600\n",
        "{console}\n{log}"
    );
    assert!(log.contains("nonsense: not found"), "{log}");
    let memory: u64 = host
        .run("sed -n 's/^MemTotal: *\\([0-9]*\\) kB$/\\1/p' /proc/meminfo")
        .await
        .trim()
        .parse()
        .unwrap();
    assert!((3_900_000..4_100_000).contains(&memory), "{memory}");
    assert!(console.contains("booting Debian"), "{console}");
    world.hosts.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_machine_writes_lands_in_its_root_and_nowhere_else() {
    let world = world();
    let host = world.debian("a").await;
    let mark = format!("hoist-sandbox-test-{}", std::process::id());
    host.run(&format!("mkdir -p /opt /usr/local 2>/dev/null; for d in /etc /var/lib /tmp /opt /root /mnt /; do echo x > $d/{mark}; done")).await;
    for folder in ["etc", "var/lib", "tmp", "opt", "root", "mnt", ""] {
        assert!(host.folder.join("disk").join(folder).join(&mark).exists(), "{folder}");
        assert!(!std::path::Path::new("/").join(folder).join(&mark).exists(), "{folder}");
    }
    let refused = host.script(&format!("echo x > /usr/{mark} || exit 7")).await;
    assert_eq!(refused.status.code(), Some(7), "{refused:?}");
    // Nothing of this process's own is there: variables, home, folders.
    let environment = host.run("env").await;
    assert!(!environment.contains("CARGO"), "{environment}");
    assert!(environment.contains("HOME=/root\n"), "{environment}");
    let seen = host.run("ls /").await;
    assert!(!seen.contains("work") && !seen.contains("lost+found"), "{seen}");
    world.hosts.stop().await;
    assert!(!host.folder.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn power_ends_processes_and_makes_another_boot() {
    let world = world();
    let host = world.debian("a").await;
    let before = host.boot_id().await;
    let sleeping = format!("9{:08}", std::process::id());
    host.run(&format!(
        "echo kept > /root/f; echo lost > /run/f; setsid sleep {sleeping} </dev/null >/dev/null 2>&1 &"
    ))
    .await;
    let running = || {
        let processes = std::fs::read_dir("/proc").unwrap().flatten();
        let lines = processes.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
        lines
            .filter(|line| *line == format!("sleep\0{sleeping}\0").into_bytes())
            .count()
    };
    let begun = std::time::Instant::now();
    while running() != 1 {
        assert!(begun.elapsed().as_secs() < 30);
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    world.hosts.power(host.id, Power::Off).await.unwrap();
    assert_eq!(running(), 0);
    assert!(!host.script("true").await.status.success());
    world.hosts.power(host.id, Power::Off).await.unwrap();
    world.hosts.power(host.id, Power::On).await.unwrap();
    host.rebooted(&before).await;
    assert_eq!(host.run("cat /root/f; ls /run/f 2>/dev/null || true").await, "kept\n");

    host.reboot().await;
    let before = host.boot_id().await;
    world.hosts.power(host.id, Power::On).await.unwrap();
    assert_eq!(host.boot_id().await, before);
    world.hosts.power(host.id, Power::Reset).await.unwrap();
    host.rebooted(&before).await;
    world.hosts.delete(host.id).await.unwrap();
    assert!(!host.folder.exists());
    world.hosts.delete(host.id).await.unwrap();
    assert!(world.hosts.power(host.id, Power::On).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_boot_takes_its_time_and_refuses_connections_meanwhile() {
    // A whole first boot takes 12 scaled seconds; powering off in between ends it at once.
    let world = world_with_scale(0.05);
    let begun = std::time::Instant::now();
    let host = world.debian("a").await;
    assert!(begun.elapsed().as_secs_f64() > 0.6);
    world.hosts.power(host.id, Power::Reset).await.unwrap();
    let refused = host.script("true").await;
    assert!(text(&refused.stderr).contains("Connection refused"), "{refused:?}");
    world.hosts.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn machines_side_by_side_see_nothing_of_each_other() {
    let world = world();
    let (a, b) = tokio::join!(world.debian("a"), world.debian("b"));
    let pid = a
        .run("echo a > /root/x; setsid sleep 7654321 </dev/null >/dev/null 2>&1 & echo $!")
        .await;
    // Everything that it may end, it ends: that is nothing of the other's.
    let killed = b.script("kill -9 -1").await;
    assert!(!killed.status.success() || killed.stdout.is_empty(), "{killed:?}");
    a.run(&format!("kill -0 {pid}")).await;
    assert_eq!(b.run("ls /root; hostname").await, "b\n");
    assert_eq!(a.run("cat /root/x; hostname").await, "a\na\n");
    world.hosts.delete(a.id).await.unwrap();
    assert_eq!(b.run("hostname").await, "b\n");
    world.hosts.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn making_a_machine_again_rebuilds_it() {
    let world = world();
    let host = world.debian("a").await;
    let before = host.run("echo x > /root/x; cat /proc/sys/kernel/random/boot_id").await;
    world.hosts.create(world.spec(&host, "b")).await.unwrap();
    host.rebooted(&before).await;
    assert_eq!(host.run("hostname; ls /root").await, "b\n");
    // The port that another program has.
    let taken = tokio::net::TcpListener::bind((host.address, 2230)).await.unwrap();
    let refused = host
        .script("echo Port 2230 > /etc/ssh/sshd_config.d/20.conf; systemctl restart ssh")
        .await;
    assert!(
        text(&refused.stderr).contains("another program listens there"),
        "{refused:?}"
    );
    assert!(
        world
            .hosts
            .console(host.id)
            .unwrap()
            .contains("another program listens there")
    );
    drop(taken);
    host.run("systemctl restart ssh; systemctl is-active ssh").await;
    world.hosts.set_private_ipv4(host.id, None).await.unwrap();
    assert!(world.hosts.set_private_ipv4(99_999, None).await.is_err());
    world.hosts.stop().await;
}
