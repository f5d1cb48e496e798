//! What every listener here does: a task for each connection, and TLS with a certificate of one of our authorities.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::serve::Listener;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::error::Error;
use super::pki::{Authority, Leaf};

/// Listens on an address of ours.
pub(crate) async fn bind(address: SocketAddr, what: &'static str) -> Result<TcpListener, Error> {
    TcpListener::bind(address).await.map_err(|source| Error::Listen {
        address: address.to_string(),
        what,
        source,
    })
}

/// Handles each connection in a task of its own. All end when the returned set is dropped.
pub(crate) fn each<L, F>(mut listener: L, handle: impl Fn(L::Io) -> F + Send + 'static) -> JoinSet<()>
where
    L: Listener,
    F: Future<Output = ()> + Send + 'static,
{
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                (stream, _) = listener.accept() => drop(connections.spawn(handle(stream))),
                Some(_) = connections.join_next() => {}
            }
        }
    });
    tasks
}

/// Answers TLS with a new certificate of an authority.
pub(crate) fn tls(authority: &Authority, leaf: &Leaf<'_>) -> Result<TlsAcceptor, Error> {
    let name = leaf.common_name;
    let bad = |what: &str, error: &dyn std::fmt::Display| Error::Config(format!("TLS of {name}: its {what}: {error}"));
    let (cert, key) = authority.issue(leaf)?;
    let cert = CertificateDer::from_pem_slice(cert.as_bytes()).map_err(|error| bad("certificate", &error))?;
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|error| bad("key", &error))?;
    let server = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(vec![cert], key))
        .map_err(|error| bad("configuration", &error))?;
    Ok(TlsAcceptor::from(Arc::new(server)))
}
