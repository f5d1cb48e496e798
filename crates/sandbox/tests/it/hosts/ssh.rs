//! What SSH itself must do: status, streams, files, forwarding, keys.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::process::Command;

use super::harness::{PORT, output, text, world};

#[tokio::test(flavor = "multi_thread")]
async fn commands_have_their_status_streams_and_input() {
    let world = world();
    let host = world.debian("a").await;
    let mut command = host.ssh();
    command.arg("cat; echo bad >&2; exit 42");
    let said = output(command, b"in\n").await;
    assert_eq!(
        (said.status.code(), text(&said.stdout), text(&said.stderr)),
        (Some(42), "in\n".into(), "bad\n".into())
    );

    // Much in both directions at once.
    let much = vec![b'x'; 8 << 20];
    let mut command = host.ssh();
    command.arg("cat");
    assert!(output(command, &much).await.stdout == much);

    let mut command = host.ssh();
    command.arg("kill -9 $$");
    let killed = output(command, b"").await;
    assert_eq!(killed.status.code(), Some(255), "{killed:?}");

    let mut command = host.ssh();
    command
        .env("LC_HOIST", "1")
        .args(["-o", "SendEnv=LC_HOIST", "echo ${LC_HOIST-none}"]);
    assert_eq!(text(&output(command, b"").await.stdout), "none\n");

    // A terminal.
    let mut command = host.ssh();
    command.args(["-tt", "test -t 0 && test -t 1 && stty size; exit 3"]);
    let said = output(command, b"").await;
    assert_eq!((said.status.code(), text(&said.stdout)), (Some(3), "0 0\r\n".into()));
    let mut command = host.ssh();
    command.arg("-tt");
    let said = output(command, b"echo $((20 + 3)); exit 4\n").await;
    assert_eq!(said.status.code(), Some(4));
    assert!(text(&said.stdout).ends_with("23\r\n"), "{said:?}");
    world.hosts.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_go_by_scp_sftp_and_tar() {
    let world = world();
    let host = world.debian("a").await;
    let content: Vec<u8> = (0..1_000_000_u32).map(|n| (n % 251) as u8).collect();
    let local = world.folder.path().join("local");
    std::fs::write(&local, &content).unwrap();
    let there = format!("{}:/var/lib/there", host.destination());
    let port = PORT.to_string();
    let mut scp = Command::new("scp");
    scp.args(host.options()).args(["-P", &port]).arg(&local).arg(&there);
    let said = output(scp, b"").await;
    assert!(said.status.success(), "{said:?}");
    assert!(std::fs::read(host.folder.join("disk/var/lib/there")).unwrap() == content);

    let mut sftp = Command::new("sftp");
    sftp.args(host.options())
        .args(["-P", &port, "-b", "-"])
        .arg(host.destination());
    let back = world.folder.path().join("back");
    let batch = format!(
        "get /var/lib/there {}\nmkdir /root/made\nchmod 700 /root/made\nls -l /root\n",
        back.display()
    );
    let said = output(sftp, batch.as_bytes()).await;
    assert!(
        said.status.success() && text(&said.stdout).contains("drwx------"),
        "{said:?}"
    );
    assert!(std::fs::read(&back).unwrap() == content);

    let mut tar = tokio::process::Command::new("tar");
    tar.args(["-cf", "-", "-C"]).arg(world.folder.path()).arg("local");
    let archive = output(tar, b"").await.stdout;
    let mut command = host.ssh();
    command.arg("umask 077; mkdir -p /mnt/x && tar -xf - -C /mnt/x --no-same-owner && sha256sum < /mnt/x/local");
    let sum = text(&output(command, &archive).await.stdout);
    let ours = text(&output(Command::new("sha256sum"), &content).await.stdout);
    assert_eq!(sum, ours);
    world.hosts.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_machines_own_loopback_is_reached_through_it() {
    let world = world();
    let host = world.debian("a").await;
    let listener = TcpListener::bind((host.address, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut question = [0; 4];
                stream.read_exact(&mut question).await.unwrap();
                stream.write_all(b"pong").await.unwrap();
            });
        }
    });
    for name in ["127.0.0.1", "localhost", "10.0.0.2", &host.address.to_string()] {
        let mut command = host.ssh();
        command.args(["-W", &format!("{name}:{port}")]);
        // -W takes the place of a command.
        let said = output(command, b"ping").await;
        assert_eq!(text(&said.stdout), "pong", "{name}: {said:?}");
    }
    for nowhere in ["192.0.2.1:80", "127.0.0.1:1"] {
        let mut command = host.ssh();
        command.args(["-W", nowhere]);
        let said = output(command, b"").await;
        assert!(
            !said.status.success() && text(&said.stderr).contains("stdio forwarding failed"),
            "{nowhere}: {said:?}"
        );
    }
    world.hosts.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_decide_who_comes_in_and_who_is_trusted() {
    let world = world();
    let host = world.debian("a").await;
    let stranger = host.with(&world.folder.path().join("second")).script("true").await;
    assert!(
        text(&stranger.stderr).contains("Permission denied (publickey)"),
        "{stranger:?}"
    );
    assert!(!host.user("nobody").script("true").await.status.success());

    // Rotation: the file alone changes nothing, a restart does, and connections that stand stay.
    let (private, public) = (world.read("second"), world.read("second.pub"));
    let mut standing = host.ssh();
    standing
        .arg("cat")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .kill_on_drop(true);
    let mut standing = standing.spawn().unwrap();
    let mut to = standing.stdin.take().unwrap();
    let mut from = standing.stdout.take().unwrap();
    let mut echo = [0; 1];
    to.write_all(b"1").await.unwrap();
    from.read_exact(&mut echo).await.unwrap();
    host.run(&format!("cat > /etc/ssh/ssh_host_ed25519_key <<'E'\n{private}E\ncat > /etc/ssh/ssh_host_ed25519_key.pub <<'E'\n{public}E\n")).await;
    host.run("systemctl restart ssh 2>/dev/null || systemctl restart sshd")
        .await;
    let changed = host.script("true").await;
    assert!(
        text(&changed.stderr).contains("REMOTE HOST IDENTIFICATION HAS CHANGED"),
        "{changed:?}"
    );
    host.trust(&public, PORT);
    assert_eq!(host.run("echo in").await, "in\n");
    to.write_all(b"2").await.unwrap();
    from.read_exact(&mut echo).await.unwrap();
    assert_eq!(&echo, b"2");

    // A port that the files name anew.
    host.run("echo Port 2223 > /etc/ssh/sshd_config.d/10-hoist.conf; systemctl restart ssh")
        .await;
    assert!(!host.script("true").await.status.success());
    host.trust(&public, 2223);
    assert_eq!(host.at(2223).run("echo in").await, "in\n");

    // A broken host key: sshd says so and keeps what it has.
    let broken = host
        .at(2223)
        .script("echo broken > /etc/ssh/ssh_host_ed25519_key; systemctl restart ssh")
        .await;
    assert!(text(&broken.stderr).contains("Unable to load host key"), "{broken:?}");
    assert_eq!(
        host.at(2223)
            .run("systemctl is-active ssh || true; journalctl -u ssh -o cat | tail -n 1")
            .await,
        "failed\nsshd: no hostkeys available -- exiting.\n"
    );
    world.hosts.stop().await;
}
