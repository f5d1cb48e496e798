//! The sockets: UDP and TCP on one port.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::serve::Listener;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::task::JoinSet;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::super::Cloudflare;
use super::answer::{Transport, answer};

/// How long a TCP connection may be idle.
const IDLE: Duration = Duration::from_secs(10);
/// How often a port that is free for UDP may be taken for TCP before we give up.
const ATTEMPTS: usize = 16;

/// A DNS server that runs until it is stopped or this is dropped.
pub struct DnsServer {
    address: SocketAddr,
    stop: DropGuard,
    task: tokio::task::JoinHandle<()>,
}

impl DnsServer {
    /// Where it listens, for UDP and TCP.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops it; its sockets are closed when this returns.
    pub async fn stop(self) {
        drop(self.stop);
        // The task ends by itself once told to; it can only fail by a panic, which has been reported.
        self.task.await.ok();
    }
}

/// Serves the emulator's zones by DNS at this address; port 0 finds a free one.
pub async fn serve_dns(cloudflare: Arc<Cloudflare>, address: SocketAddr) -> io::Result<DnsServer> {
    let (udp, mut tcp) = bind(address).await?;
    let address = udp.local_addr()?;
    let stop = CancellationToken::new();
    let guard = stop.clone().drop_guard();
    let task = tokio::spawn(async move {
        let mut connections = JoinSet::new();
        let mut buffer = vec![0; usize::from(u16::MAX)];
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                Some(_) = connections.join_next(), if !connections.is_empty() => {}
                received = udp.recv_from(&mut buffer) => match received {
                    Ok((length, peer)) => {
                        let reply = answer(&cloudflare.zones(), &buffer[..length], Transport::Udp);
                        if let Some(reply) = reply {
                            // A peer that has gone does not want its answer any more.
                            udp.send_to(&reply, peer).await.ok();
                        }
                    }
                    Err(error) => tracing::debug!(%error, "a datagram was not received"),
                },
                // axum's accept pauses where descriptors have run out, instead of asking again at once.
                (stream, _) = Listener::accept(&mut tcp) => {
                    connections.spawn(connection(stream, cloudflare.clone()));
                }
            }
        }
        connections.shutdown().await;
    });
    Ok(DnsServer {
        address,
        stop: guard,
        task,
    })
}

async fn bind(address: SocketAddr) -> io::Result<(UdpSocket, TcpListener)> {
    let mut attempt = 1;
    loop {
        let udp = UdpSocket::bind(address).await?;
        match TcpListener::bind(udp.local_addr()?).await {
            Ok(tcp) => return Ok((udp, tcp)),
            Err(error) if address.port() == 0 && error.kind() == io::ErrorKind::AddrInUse && attempt < ATTEMPTS => {
                attempt += 1;
            }
            Err(error) => return Err(error),
        }
    }
}

/// One query after the other, each with its length before it.
async fn connection(mut stream: TcpStream, cloudflare: Arc<Cloudflare>) -> io::Result<()> {
    loop {
        let query = tokio::time::timeout(IDLE, async {
            let length = stream.read_u16().await?;
            let mut query = vec![0; usize::from(length)];
            stream.read_exact(&mut query).await?;
            io::Result::Ok(query)
        })
        .await??;
        let reply = answer(&cloudflare.zones(), &query, Transport::Tcp);
        let Some(reply) = reply else {
            return Ok(());
        };
        let length = u16::try_from(reply.len()).map_err(io::Error::other)?;
        let mut framed = length.to_be_bytes().to_vec();
        framed.extend_from_slice(&reply);
        tokio::time::timeout(IDLE, stream.write_all(&framed)).await??;
    }
}
