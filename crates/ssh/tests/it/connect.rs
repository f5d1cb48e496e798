//! Trust, login and patience.

use std::process::{Command, Stdio};
use std::time::Duration;

use hoist_ssh::{Error, Fingerprint, HostKeyPolicy, Identity, KeyPair, Patience, Session};
use secrecy::ExposeSecret;
use tokio::net::TcpListener;

use crate::sshd::{Sshd, stable, user, write_private};

#[tokio::test]
async fn the_pinned_key_is_trusted_and_any_of_several_pins_will_do() {
    let sshd = Sshd::start().await;
    let mut target = sshd.target();
    target.host_keys = HostKeyPolicy::Pinned(vec![
        KeyPair::generate("next").fingerprint(),
        sshd.host_key.fingerprint(),
    ]);
    let session = Session::connect(
        &target,
        &[Identity::Key(sshd.login.clone())],
        Patience::once(Duration::from_secs(20)),
    )
    .await
    .unwrap();
    assert_eq!(session.host_key(), sshd.host_key.fingerprint());
    session.close().await;
}

#[tokio::test]
async fn a_changed_host_key_stops_everything_and_names_both() {
    let sshd = Sshd::start().await;
    let pinned = KeyPair::generate("before").fingerprint();
    let mut target = sshd.target();
    target.host_keys = HostKeyPolicy::Pinned(vec![pinned]);
    let error = Session::connect(
        &target,
        &[Identity::Key(sshd.login.clone())],
        Patience::until(Duration::from_secs(20)),
    )
    .await
    .unwrap_err();
    assert!(!error.passing());
    let text = stable(
        format!("{error}\n{}", error.hint().unwrap()),
        &[
            (sshd.address.to_string(), "HOST"),
            (pinned.to_string(), "SHA256:PINNED"),
            (sshd.host_key.fingerprint().to_string(), "SHA256:FOUND"),
        ],
    );
    insta::assert_snapshot!(text, @r"
    the host key of HOST is not the expected one: expected SHA256:PINNED, found SHA256:FOUND
    somebody may be answering in its place, so nothing was sent. If you reinstalled the machine or changed its key yourself, compare the found fingerprint with `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` on the machine's console, and pin the found one if they agree; otherwise run `hoist replace MACHINE`
    ");
}

#[tokio::test]
async fn without_a_pin_nobody_is_trusted() {
    let sshd = Sshd::start().await;
    let mut target = sshd.target();
    target.host_keys = HostKeyPolicy::Pinned(Vec::new());
    let error = Session::connect(&target, &[], Patience::once(Duration::from_secs(20)))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::HostKeyChanged { expected, .. } if expected.is_empty()));
}

#[tokio::test]
async fn a_refused_login_lists_what_was_tried() {
    let sshd = Sshd::start().await;
    let stranger = KeyPair::generate("stranger");
    let missing = sshd.folder.path().join("no-such-key");
    let error = sshd
        .connect(&[Identity::Key(stranger), Identity::File(missing.clone())])
        .await
        .unwrap_err();
    let text = stable(
        error,
        &[
            (sshd.address.to_string(), "HOST"),
            (missing.display().to_string(), "FILE"),
            (format!("log in {}", user()), "log in USER"),
        ],
    );
    insta::assert_snapshot!(text, @"HOST refuses to log in USER: tried the key stranger in memory (not accepted), FILE (no such file or directory)");
}

#[tokio::test]
async fn a_host_that_hangs_up_during_the_login_has_judged_nobody() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let host_key = KeyPair::generate("host");
    let pem = host_key.private_pem();
    let config = std::sync::Arc::new(russh::server::Config {
        keys: vec![russh::keys::decode_secret_key(pem.expose_secret(), None).unwrap()],
        ..Default::default()
    });
    let accept = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(session) = russh::server::run_stream(config.clone(), stream, HangsUp).await {
                let _ = session.await;
            }
        }
    });
    let target = hoist_ssh::Target {
        address: address.ip(),
        port: address.port(),
        user: "root".into(),
        host_keys: HostKeyPolicy::Pinned(vec![host_key.fingerprint()]),
    };
    let keys = [
        Identity::Key(KeyPair::generate("a")),
        Identity::Key(KeyPair::generate("b")),
    ];
    let error = Session::connect(&target, &keys, Patience::once(Duration::from_secs(20)))
        .await
        .unwrap_err();
    accept.abort();
    assert!(error.passing());
    insta::assert_snapshot!(stable(error, &[(address.to_string(), "HOST")]), @"the connection to HOST was lost during login: the host hung up");
}

/// Ends the connection when it is shown a key, as a host does that is switched off then.
struct HangsUp;

impl russh::server::Handler for HangsUp {
    type Error = russh::Error;

    async fn auth_publickey(
        &mut self,
        _: &str,
        _: russh::server::VerifiedPublicKey<'_>,
    ) -> Result<russh::server::Auth, Self::Error> {
        Err(russh::Error::Disconnect)
    }
}

#[tokio::test]
async fn a_host_that_says_goodbye_after_too_many_keys_has_judged() {
    let sshd = Sshd::start_with("MaxAuthTries 2").await;
    let strangers: Vec<_> = ["a", "b", "c", "d"]
        .map(|name| Identity::Key(KeyPair::generate(name)))
        .into();
    let error = sshd.connect(&strangers).await.unwrap_err();
    assert!(matches!(error, Error::AuthFailed { .. }), "{error}");
    assert!(!error.passing());
}

#[tokio::test]
async fn a_key_file_logs_in_and_one_with_a_passphrase_says_what_to_do() {
    let sshd = Sshd::start().await;
    let path = sshd.folder.path().join("id");
    write_private(&path, sshd.login.private_pem().expose_secret());
    sshd.connect(&[Identity::File(path.clone())]).await.unwrap();
    let status = Command::new("ssh-keygen")
        .args(["-q", "-p", "-N", "secret words", "-f"])
        .arg(&path)
        .status()
        .unwrap();
    assert!(status.success());
    let error = sshd.connect(&[Identity::File(path)]).await.unwrap_err().to_string();
    assert!(
        error.contains("protected by a passphrase: load it with ssh-add"),
        "{error}"
    );
}

#[tokio::test]
async fn the_agent_logs_in_with_the_key_it_holds() {
    let sshd = Sshd::start().await;
    let path = sshd.folder.path().join("id");
    write_private(&path, sshd.login.private_pem().expose_secret());
    let socket = sshd.folder.path().join("agent");
    let mut agent = Command::new("ssh-agent")
        .arg("-D")
        .arg("-a")
        .arg(&socket)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut added = false;
    for _ in 0..100 {
        let status = Command::new("ssh-add")
            .arg("-q")
            .arg(&path)
            .env("SSH_AUTH_SOCK", &socket)
            .stderr(Stdio::null())
            .status()
            .unwrap();
        if status.success() {
            added = true;
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let connected = sshd.connect(&[Identity::Agent(socket.clone())]).await;
    agent.kill().unwrap();
    agent.wait().unwrap();
    assert!(added);
    connected.unwrap();
    let error = sshd.connect(&[Identity::Agent(socket)]).await.unwrap_err().to_string();
    assert!(error.contains("does not answer"), "{error}");
}

#[tokio::test]
async fn fingerprints_are_those_of_ssh_keygen() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key.pub");
    let pair = KeyPair::generate("x");
    std::fs::write(&path, pair.public()).unwrap();
    let output = Command::new("ssh-keygen")
        .args(["-l", "-f"])
        .arg(&path)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let printed: Fingerprint = text.split(' ').nth(1).unwrap().parse().unwrap();
    assert_eq!(printed, pair.fingerprint());
}

#[tokio::test]
async fn a_silent_host_runs_into_the_deadline() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let target = hoist_ssh::Target {
        address: address.ip(),
        port: address.port(),
        user: "root".into(),
        host_keys: HostKeyPolicy::Pinned(Vec::new()),
    };
    let patience = Patience {
        attempt: Duration::from_millis(200),
        total: Duration::from_millis(500),
    };
    let error = Session::connect(&target, &[], patience).await.unwrap_err();
    insta::assert_snapshot!(stable(error, &[(address.to_string(), "HOST")]), @"timed out after 0.5 s waiting for SSH on HOST (last attempt: no answer)");
}

#[tokio::test]
async fn nobody_listening_is_said_in_the_systems_words() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let target = hoist_ssh::Target {
        address: address.ip(),
        port: address.port(),
        user: "root".into(),
        host_keys: HostKeyPolicy::Pinned(Vec::new()),
    };
    let error = Session::connect(&target, &[], Patience::once(Duration::from_secs(5)))
        .await
        .unwrap_err();
    insta::assert_snapshot!(stable(error, &[(address.to_string(), "HOST")]), @"could not reach HOST: connection refused");
}

#[tokio::test]
async fn a_host_that_is_still_booting_is_waited_for() {
    let sshd = Sshd::start().await;
    // A port that first hangs up on callers, as a host does while its sshd starts, then leads to the real server.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let real = sshd.address;
    let relay = tokio::spawn(async move {
        for _ in 0..2 {
            drop(listener.accept().await.unwrap());
        }
        let (mut near, _) = listener.accept().await.unwrap();
        let mut far = tokio::net::TcpStream::connect(real).await.unwrap();
        let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
    });
    let mut target = sshd.target();
    target.port = address.port();
    let session = Session::connect(
        &target,
        &[Identity::Key(sshd.login.clone())],
        Patience::until(Duration::from_secs(30)),
    )
    .await
    .unwrap();
    drop(session);
    relay.abort();
}
