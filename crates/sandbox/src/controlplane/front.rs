//! One address for the control plane's own programs, whichever API server runs: a TCP forwarder.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::copy_bidirectional;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::error::Error;
use super::serve;

/// The API servers that run, in the order in which they started.
#[derive(Clone, Debug, Default)]
pub(crate) struct Backends(Arc<Mutex<Vec<SocketAddr>>>);

impl Backends {
    /// Adds an API server.
    pub(crate) fn add(&self, address: SocketAddr) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !all.contains(&address) {
            all.push(address);
        }
    }

    /// Removes one.
    pub(crate) fn remove(&self, address: SocketAddr) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|other| *other != address);
    }

    /// All of them.
    pub(crate) fn all(&self) -> Vec<SocketAddr> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Listens, then forwards until the returned set is dropped.
pub(crate) async fn start(listen: SocketAddr, backends: Backends) -> Result<JoinSet<()>, Error> {
    let listener = serve::bind(listen, "the API servers' front").await?;
    Ok(serve::each(listener, move |client| forward(client, backends.all())))
}

async fn forward(mut client: TcpStream, backends: Vec<SocketAddr>) {
    for backend in backends {
        if let Ok(mut server) = TcpStream::connect(backend).await {
            let _ = copy_bidirectional(&mut client, &mut server).await;
            return;
        }
    }
}
