//! The SSH server of a stand-in host.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;

use russh::keys::{PrivateKey, PublicKey};
use russh::server::{Auth, ChannelOpenHandle, Config, Handler, Msg, Session, VerifiedPublicKey};
use russh::{Channel, ChannelId, ChannelMsg};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::sync::Notify;

pub(super) async fn serve(listener: TcpListener, folder: PathBuf, cut: Arc<Notify>) {
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        // The key that sshd read when it was last started.
        let key = PrivateKey::read_openssh_file(folder.join("control/host_key")).unwrap();
        let config = Config {
            keys: vec![key],
            auth_rejection_time: std::time::Duration::ZERO,
            auth_rejection_time_initial: Some(std::time::Duration::ZERO),
            ..Config::default()
        };
        let client = Client {
            folder: folder.clone(),
            channels: HashMap::new(),
        };
        let cut = cut.clone();
        connections.spawn(async move {
            let Ok(session) = russh::server::run_stream(Arc::new(config), stream, client).await else {
                return;
            };
            let handle = session.handle();
            tokio::select! {
                _ = session => {}
                () = cut.notified() => {
                    let _ = handle.disconnect(russh::Disconnect::ByApplication, "cut".into(), "".into()).await;
                }
            }
        });
    }
}

struct Client {
    folder: PathBuf,
    channels: HashMap<ChannelId, Channel<Msg>>,
}

impl Client {
    fn knows(&self, key: &PublicKey) -> bool {
        let keys = std::fs::read_to_string(self.folder.join("root/root/.ssh/authorized_keys")).unwrap_or_default();
        keys.lines()
            .filter_map(|line| PublicKey::from_openssh(line).ok())
            .any(|known| known.key_data() == key.key_data())
    }
}

impl Handler for Client {
    type Error = russh::Error;

    async fn auth_publickey(&mut self, user: &str, key: VerifiedPublicKey<'_>) -> Result<Auth, Self::Error> {
        Ok(if user == "root" && self.knows(key.public_key) {
            Auth::Accept
        } else {
            Auth::reject()
        })
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        self.channels.insert(channel.id(), channel);
        reply.accept().await;
        Ok(())
    }

    async fn exec_request(&mut self, id: ChannelId, command: &[u8], session: &mut Session) -> Result<(), Self::Error> {
        let channel = self.channels.remove(&id).unwrap();
        session.channel_success(id)?;
        let command = String::from_utf8(command.to_vec()).unwrap();
        tokio::spawn(run(channel, self.folder.clone(), command));
        Ok(())
    }
}

async fn run(channel: Channel<Msg>, folder: PathBuf, command: String) {
    let mut child = Command::new("unshare")
        .args(["-Urm", "sh"])
        .arg(folder.join("enter.sh"))
        .arg(folder.join("root"))
        .arg(folder.join("control"))
        .arg(command)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take();
    let (mut stdout, mut stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let (mut reader, writer) = channel.split();
    let feed = async {
        while let Some(message) = reader.wait().await {
            match message {
                ChannelMsg::Data { data } => {
                    if let Some(stdin) = &mut stdin
                        && stdin.write_all(&data).await.is_err()
                    {
                        break;
                    }
                }
                ChannelMsg::Eof => stdin = None,
                ChannelMsg::Close => break,
                _ => {}
            }
        }
        std::future::pending::<()>().await
    };
    let answer = async {
        let out = async {
            let mut buffer = vec![0; 8192];
            while let Ok(n @ 1..) = stdout.read(&mut buffer).await {
                let _ = writer.data_bytes(buffer[..n].to_vec()).await;
            }
        };
        let mut text = Vec::new();
        let err = stderr.read_to_end(&mut text);
        // What a command leaves running keeps its output open: the end of the command counts.
        let status = async {
            let status = child.wait().await.unwrap();
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            status
        };
        tokio::pin!(out, err, status);
        let (mut out_done, mut err_done) = (false, false);
        let status = loop {
            tokio::select! {
                () = &mut out, if !out_done => out_done = true,
                _ = &mut err, if !err_done => err_done = true,
                status = &mut status => break status,
            }
        };
        let _ = writer.extended_data_bytes(1, text).await;
        let _ = writer.exit_status(status.code().unwrap_or(255) as u32).await;
        let _ = writer.eof().await;
        let _ = writer.close().await;
    };
    tokio::select! {
        () = feed => {}
        () = answer => {}
    }
}
