//! Tunnels: reaching, through a host, what only the host can reach.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use russh::ChannelStream;
use russh::client::Msg;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::{Error, Session};

/// One connection through a host.
pub struct Tunnel(ChannelStream<Msg>);

impl AsyncRead for Tunnel {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Tunnel {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

/// A local port that leads through a host. Dropping it closes the port and its connections.
#[derive(Debug)]
pub struct Forward {
    local: SocketAddr,
    task: JoinHandle<()>,
}

impl Forward {
    /// The local address to connect to.
    pub fn local(&self) -> SocketAddr {
        self.local
    }
}

impl Drop for Forward {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Session {
    /// Connects to `host:port` as the host sees it.
    pub async fn tunnel(&self, host: &str, port: u16) -> Result<Tunnel, Error> {
        self.handle
            .channel_open_direct_tcpip(host, port.into(), "127.0.0.1", 0)
            .await
            .map(|channel| Tunnel(channel.into_stream()))
            .map_err(|error| Error::Refused {
                host: self.host.clone(),
                what: format!("a connection to {host}:{port}"),
                why: error.to_string(),
            })
    }

    /// Opens a port of this machine's loopback interface that leads to `host:port` as the host sees it.
    pub async fn forward(self: &Arc<Self>, host: &str, port: u16) -> std::io::Result<Forward> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let local = listener.local_addr()?;
        let session = self.clone();
        let host = host.to_owned();
        let task = tokio::spawn(async move {
            // The connections belong to the set: they end with it when the forward is dropped.
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((mut near, _)) = listener.accept().await {
                while connections.try_join_next().is_some() {}
                let session = session.clone();
                let host = host.clone();
                connections.spawn(async move {
                    match session.tunnel(&host, port).await {
                        Ok(mut far) => {
                            let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
                        }
                        Err(error) => tracing::warn!(%error, "tunnel"),
                    }
                });
            }
        });
        Ok(Forward { local, task })
    }
}
