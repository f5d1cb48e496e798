//! An HTTP server over one router, in which an answer may be "close the connection".

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use axum::serve::Listener;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::{CancellationToken, DropGuard};
use tower::ServiceExt;

/// Marks a response that must not be sent: the connection is closed instead.
#[derive(Clone)]
pub(crate) struct Dropped;

/// A server that runs until it is stopped or this is dropped.
pub struct Served {
    address: SocketAddr,
    stop: DropGuard,
    task: tokio::task::JoinHandle<()>,
}

impl Served {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops it; its connections are closed when this returns.
    pub async fn stop(self) {
        drop(self.stop);
        // The task ends by itself once told to; it can only fail by a panic, which its connections have reported.
        self.task.await.ok();
    }
}

/// Serves the router on the listener.
pub fn serve(mut listener: TcpListener, router: Router) -> io::Result<Served> {
    let address = listener.local_addr()?;
    let stop = CancellationToken::new();
    let guard = stop.clone().drop_guard();
    let task = tokio::spawn(async move {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                Some(_) = connections.join_next(), if !connections.is_empty() => {}
                // axum's accept pauses where descriptors have run out, instead of asking again at once.
                (stream, _) = Listener::accept(&mut listener) => drop(connections.spawn(connection(stream, router.clone()))),
            }
        }
        connections.shutdown().await;
    });
    Ok(Served {
        address,
        stop: guard,
        task,
    })
}

async fn connection(stream: TcpStream, router: Router) {
    stream.set_nodelay(true).ok();
    let service = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let router = router.clone();
        async move {
            let answer: Result<Response, Infallible> = router.oneshot(request.map(Body::new)).await;
            let Ok(response) = answer;
            match response.extensions().get::<Dropped>() {
                Some(Dropped) => Err(io::Error::other("dropped on request")),
                None => Ok(response),
            }
        }
    });
    let served = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "connection ended");
    }
}
