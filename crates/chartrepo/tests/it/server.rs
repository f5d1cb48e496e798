//! A web server that answers as it is told, and remembers what it was asked.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use hoist_chartrepo::{FetchEvent, Listener, Options, Store};

/// What it was asked.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
}

/// One answer.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    delay: Duration,
    cut: bool,
    auth: Option<String>,
    etag: Option<String>,
}

pub(crate) fn ok(body: impl Into<Vec<u8>>) -> Reply {
    Reply {
        status: 200,
        headers: Vec::new(),
        body: body.into(),
        delay: Duration::ZERO,
        cut: false,
        auth: None,
        etag: None,
    }
}

pub(crate) fn status(status: u16) -> Reply {
    Reply { status, ..ok("") }
}

pub(crate) fn redirect(to: &str) -> Reply {
    status(302).header("location", to)
}

impl Reply {
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub(crate) fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Announces all of the body and sends half of it.
    pub(crate) fn cut(mut self) -> Self {
        self.cut = true;
        self
    }

    /// 401 to who does not come with this `Authorization`.
    pub(crate) fn for_whom(mut self, authorization: &str) -> Self {
        self.auth = Some(authorization.into());
        self
    }

    /// 304 to who has it.
    pub(crate) fn etag(mut self, etag: &str) -> Self {
        self.etag = Some(etag.into());
        self
    }

    fn answer(self, headers: &HeaderMap) -> Response {
        let given = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let mut answer = Response::builder();
        if self.auth.is_some() && given("authorization") != self.auth.as_deref() {
            return answer.status(401).body(Body::empty()).unwrap();
        }
        if let Some(etag) = &self.etag {
            answer = answer.header("etag", etag);
            if given("if-none-match") == Some(etag) {
                return answer.status(StatusCode::NOT_MODIFIED).body(Body::empty()).unwrap();
            }
        }
        answer = answer.status(self.status);
        for (name, value) in self.headers {
            answer = answer.header(name, value);
        }
        if !self.cut {
            return answer.body(Body::from(self.body)).unwrap();
        }
        let half = Bytes::copy_from_slice(&self.body[..self.body.len() / 2]);
        let stream = futures::stream::unfold(Some(half), |half| async {
            match half {
                Some(half) => Some((Ok(half), None)),
                None => {
                    // So that the first half is on its way.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    Some((Err(std::io::Error::other("cut")), None))
                }
            }
        });
        answer
            .header("content-length", self.body.len())
            .body(Body::from_stream(stream))
            .unwrap()
    }
}

#[derive(Default)]
struct Inner {
    pages: Mutex<HashMap<String, VecDeque<Reply>>>,
    seen: Mutex<Vec<Seen>>,
}

/// The server. It ends with the test.
pub(crate) struct Server {
    pub(crate) host: String,
    inner: Arc<Inner>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    pub(crate) async fn start() -> Self {
        let inner = Arc::<Inner>::default();
        let app = axum::Router::new().fallback(serve).with_state(Arc::clone(&inner));
        let (host, task) = listen(app).await;
        Self { host, inner, task }
    }

    /// The same with TLS; also the certificate that vouches for it.
    pub(crate) async fn start_encrypted() -> (Self, String) {
        let inner = Arc::<Inner>::default();
        let app = axum::Router::new().fallback(serve).with_state(Arc::clone(&inner));
        let (host, task, certificate) = listen_encrypted(app).await;
        (Self { host, inner, task }, certificate)
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.host)
    }

    /// Answers with these in turn, and with the last one from then on.
    pub(crate) fn page(&self, path: &str, replies: impl IntoIterator<Item = Reply>) {
        let replies: VecDeque<Reply> = replies.into_iter().collect();
        self.inner.pages.lock().unwrap().insert(path.into(), replies);
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.inner.seen.lock().unwrap().clone()
    }

    /// The paths that were asked for since the last time.
    pub(crate) fn asked(&self) -> Vec<String> {
        let seen = std::mem::take(&mut *self.inner.seen.lock().unwrap());
        seen.into_iter().map(|seen| seen.path).collect()
    }
}

async fn serve(State(inner): State<Arc<Inner>>, request: Request) -> Response {
    let path = request
        .uri()
        .path_and_query()
        .map(ToString::to_string)
        .unwrap_or_default();
    let headers = request.headers().clone();
    inner.seen.lock().unwrap().push(Seen {
        path: path.clone(),
        headers: headers.clone(),
    });
    let reply = {
        let mut pages = inner.pages.lock().unwrap();
        pages.get_mut(&path).map(|replies| {
            if replies.len() > 1 {
                replies.pop_front().unwrap()
            } else {
                replies[0].clone()
            }
        })
    };
    let reply = reply.unwrap_or_else(|| status(404));
    tokio::time::sleep(reply.delay).await;
    reply.answer(&headers)
}

/// Serves on a free port of this machine.
pub(crate) async fn listen(app: axum::Router) -> (String, tokio::task::JoinHandle<()>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    (host, task)
}

/// Options for servers on this machine.
pub(crate) fn quick() -> Options {
    Options {
        first_delay: Duration::from_millis(5),
        longest_delay: Duration::from_millis(1500),
        ..Options::default()
    }
}

/// Accepts with a certificate for this machine.
struct Encrypted {
    inner: tokio::net::TcpListener,
    acceptor: tokio_rustls::TlsAcceptor,
}

impl axum::serve::Listener for Encrypted {
    type Io = tokio_rustls::server::TlsStream<tokio::net::TcpStream>;
    type Addr = std::net::SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (stream, address) = self.inner.accept().await.unwrap();
            // A client that does not trust us goes away.
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.inner.local_addr()
    }
}

/// Serves with TLS on a free port; also the certificate that vouches for it.
async fn listen_encrypted(app: axum::Router) -> (String, tokio::task::JoinHandle<()>, String) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let own = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(own.signing_key.serialize_der());
    let config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![own.cert.der().clone()], key.into())
        .unwrap();
    let listener = Encrypted {
        inner: tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap(),
        acceptor: tokio_rustls::TlsAcceptor::from(Arc::new(config)),
    };
    let host = listener.inner.local_addr().unwrap().to_string();
    let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    (host, task, own.cert.pem())
}

/// What a store told.
#[derive(Clone, Default)]
pub(crate) struct Told(Arc<Mutex<Vec<FetchEvent>>>);

impl Told {
    pub(crate) fn listener(&self) -> Option<Listener> {
        let events = Arc::clone(&self.0);
        Some(Arc::new(move |event: &FetchEvent| {
            events.lock().unwrap().push(event.clone())
        }))
    }

    pub(crate) fn events(&self) -> Vec<FetchEvent> {
        self.0.lock().unwrap().clone()
    }
}

/// A store with a cache of its own.
pub(crate) fn store(cache: &tempfile::TempDir) -> Store {
    Store::new(cache.path(), quick())
}
