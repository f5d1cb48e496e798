//! Forwarded connections (`ssh -L`): what an address means on the machine, as the sandbox's network has it.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use russh::server::{ChannelOpenHandle, Msg};
use russh::{Channel, ChannelOpenFailure};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use super::machine::Machine;
use super::sshd::is_itself;

/// Where a connection from the machine to this host and port leads on this computer; none when nowhere. A machine reaches
/// itself, its fellows by their public and private addresses, and what else listens on loopback.
pub(super) fn target(machine: &Machine, host: &str, port: u32) -> Option<SocketAddrV4> {
    let port = u16::try_from(port).ok()?;
    let address = match host {
        "localhost" | "::1" | "" => Ipv4Addr::LOCALHOST,
        host => host.parse().ok()?,
    };
    let address = if is_itself(address) {
        machine.address()
    } else if let Some(fellow) = machine.fellow(address) {
        fellow.address()
    } else if address.is_loopback() {
        address
    } else {
        return None;
    };
    Some(SocketAddrV4::new(address, port))
}

/// Connects and carries both directions until both ends are done, or the machine goes down.
pub(super) async fn serve(
    channel: Channel<Msg>,
    target: Option<SocketAddrV4>,
    reply: ChannelOpenHandle,
    down: CancellationToken,
) {
    let Some(target) = target else {
        reply.reject(ChannelOpenFailure::AdministrativelyProhibited).await;
        return;
    };
    let connected = tokio::time::timeout(Duration::from_secs(10), TcpStream::connect(target)).await;
    let Ok(Ok(mut stream)) = connected else {
        reply.reject(ChannelOpenFailure::ConnectFailed).await;
        return;
    };
    reply.accept().await;
    let mut channel = channel.into_stream();
    tokio::select! {
        _ = tokio::io::copy_bidirectional(&mut channel, &mut stream) => {}
        () = down.cancelled() => {}
    }
}
