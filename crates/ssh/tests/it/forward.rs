//! Tunnels through the host.

use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::sshd::Sshd;

async fn echo() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut reader, mut writer) = stream.split();
                let _ = tokio::io::copy(&mut reader, &mut writer).await;
            });
        }
    });
    port
}

#[tokio::test]
async fn a_tunnel_reaches_what_the_host_reaches() {
    let sshd = Sshd::start().await;
    let session = sshd.session().await;
    let mut tunnel = session.tunnel("127.0.0.1", echo().await).await.unwrap();
    tunnel.write_all(b"hello").await.unwrap();
    let mut answer = [0; 5];
    tunnel.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"hello");
}

#[tokio::test]
async fn a_forwarded_port_serves_several_connections_until_it_is_dropped() {
    let sshd = Sshd::start().await;
    let session = Arc::new(sshd.session().await);
    let forward = session.forward("127.0.0.1", echo().await).await.unwrap();
    let local = forward.local();
    for text in ["one", "two"] {
        let mut stream = TcpStream::connect(local).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut answer = vec![0; text.len()];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(answer, text.as_bytes());
    }
    drop(forward);
    // The port closes as soon as the task has been told.
    tokio::time::timeout(std::time::Duration::from_secs(10), async {
        while TcpStream::connect(local).await.is_ok() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn what_the_host_cannot_reach_is_refused_by_name() {
    let sshd = Sshd::start().await;
    let session = sshd.session().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let error = session
        .tunnel("127.0.0.1", port)
        .await
        .map(drop)
        .unwrap_err()
        .to_string();
    assert!(error.contains(&format!("a connection to 127.0.0.1:{port}")), "{error}");
}
