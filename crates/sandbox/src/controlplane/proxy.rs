//! The proxy between programs and the sandbox's world: CONNECT, TLS of its own, and a table of the names that there are.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderName, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use url::Url;

use super::connect;
use super::error::Error;
use super::pki::{Authority, Leaf};
use super::serve;

/// Where a name leads.
pub(crate) struct Route {
    pub(crate) host: &'static str,
    pub(crate) to: Url,
    /// An ACME server: Let's Encrypt calls its directory `/directory`, pebble `/dir`.
    pub(crate) acme: bool,
}

/// Ends the clients' TLS and forwards what they ask.
pub(crate) struct Proxy {
    routes: Vec<Route>,
    acceptor: TlsAcceptor,
    client: reqwest::Client,
}

impl Proxy {
    /// With a certificate for all names.
    pub(crate) fn new(authority: &Authority, routes: Vec<Route>) -> Result<Self, Error> {
        let bad = |what: &str, error: &dyn std::fmt::Display| Error::Config(format!("the proxy's {what}: {error}"));
        let names: Vec<String> = routes.iter().map(|route| route.host.to_owned()).collect();
        let acceptor = serve::tls(authority, &Leaf::server("the world", &names))?;
        let root = CertificateDer::from_pem_slice(authority.pem().as_bytes()).map_err(|error| bad("root", &error))?;
        let mut roots = rustls::RootCertStore::empty();
        roots.add(root).map_err(|error| bad("root", &error))?;
        let tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| bad("TLS", &error))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .http1_only()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(std::time::Duration::from_secs(60))
            .build()
            .map_err(|error| bad("client", &error))?;
        Ok(Self {
            routes,
            acceptor,
            client,
        })
    }

    /// Serves until the returned set is dropped.
    pub(crate) fn start(self, listener: TcpListener) -> JoinSet<()> {
        let proxy = Arc::new(self);
        serve::each(listener, move |stream| Arc::clone(&proxy).serve(stream))
    }

    async fn serve(self: Arc<Self>, mut stream: TcpStream) {
        let Ok((host, port)) = connect::read_target(&mut stream).await else {
            return;
        };
        let Some(route) = self.routes.iter().position(|route| route.host == host && port == 443) else {
            tracing::debug!(host, port, "nothing leaves the sandbox");
            let why = format!("nothing leaves the sandbox, and it has no {host}:{port}");
            let _ = connect::refuse(&mut stream, 403, &why).await;
            return;
        };
        if connect::accept(&mut stream).await.is_err() {
            return;
        }
        let Ok(stream) = self.acceptor.accept(stream).await else {
            return;
        };
        let service = hyper::service::service_fn(|request| {
            let proxy = Arc::clone(&self);
            async move { Ok::<_, std::convert::Infallible>(proxy.forward(route, request).await) }
        });
        let _ = hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(stream), service)
            .await;
    }

    async fn forward(&self, route: usize, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let route = &self.routes[route];
        self.exchange(route, request).await.unwrap_or_else(|why| {
            tracing::debug!(host = route.host, why, "the way to the sandbox's world");
            let mut response = Response::new(Full::from(format!("{}: {why}\n", route.host)));
            *response.status_mut() = StatusCode::BAD_GATEWAY;
            response
        })
    }

    async fn exchange(&self, route: &Route, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, String> {
        let (head, body) = request.into_parts();
        let mut url = route.to.clone();
        let path = head.uri.path();
        url.set_path(if route.acme && path == "/directory" {
            "/dir"
        } else {
            path
        });
        url.set_query(head.uri.query());
        let body = body.collect().await.map_err(|error| error.to_string())?.to_bytes();
        let mut onward = self.client.request(head.method, url).body(body);
        for (name, value) in &head.headers {
            // The host stays what the client called: pebble makes its URLs of it.
            let own = !route.acme && name == header::HOST;
            if !is_of_one_hop(name) && !own {
                onward = onward.header(name, value);
            }
        }
        let answer = onward.send().await.map_err(|error| chain(&error))?;
        let mut response = Response::builder().status(answer.status());
        for (name, value) in answer.headers() {
            if !is_of_one_hop(name) {
                response = response.header(name, value);
            }
        }
        let body = answer.bytes().await.map_err(|error| chain(&error))?;
        response.body(Full::from(body)).map_err(|error| error.to_string())
    }
}

fn is_of_one_hop(name: &HeaderName) -> bool {
    [
        header::CONNECTION,
        header::TRANSFER_ENCODING,
        header::CONTENT_LENGTH,
        header::TE,
        header::UPGRADE,
    ]
    .contains(name)
}

/// reqwest's own message leaves the cause out.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::extract::Request as Asked;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use std::net::SocketAddr;

    use super::super::config::{Config, port};
    use super::super::tools::Tools;
    use super::super::world::World;
    use super::*;

    /// A world with a Cloudflare that says what it was asked, on an address of its own.
    async fn world(folder: &std::path::Path, last: u8) -> (World, SocketAddr) {
        let echo = Router::new().fallback(|asked: Asked| async move {
            let host = asked
                .headers()
                .get("host")
                .and_then(|host| host.to_str().ok())
                .unwrap_or_default()
                .to_owned();
            format!("{} {} {host}", asked.method(), asked.uri())
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let cloudflare = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, echo).await });
        let pid = std::process::id();
        let part = |shift: u32| u8::try_from((pid >> shift) & 0x7f).unwrap_or_default();
        let address = std::net::Ipv4Addr::new(127, 240 + part(7) / 16, part(0), last);
        let mut config = Config::new(folder, address, Tools::new([]));
        config.cloudflare = Some(format!("http://{cloudflare}").parse().unwrap());
        (World::start(&config).await.unwrap(), (address, port::WORLD).into())
    }

    #[tokio::test]
    async fn a_known_name_leads_to_its_stand_in() {
        let folder = tempfile::tempdir().unwrap();
        let (_world, proxy) = world(folder.path(), 2).await;
        let root = std::fs::read(folder.path().join("world/sandbox-ca.crt")).unwrap();
        let mut roots = rustls::RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(&root).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .proxy(reqwest::Proxy::https(format!("http://{proxy}")).unwrap())
            .build()
            .unwrap();
        let answer = client
            .get("https://api.cloudflare.com/client/v4/zones?name=example.com")
            .send()
            .await
            .unwrap();
        let text = answer.text().await.unwrap();
        assert!(
            text.starts_with("GET /client/v4/zones?name=example.com 127.0.0.1:"),
            "{text}"
        );
    }

    #[tokio::test]
    async fn nothing_else_is_reached() {
        let folder = tempfile::tempdir().unwrap();
        let (_world, proxy) = world(folder.path(), 3).await;
        for target in [
            "example.org:443",
            "api.cloudflare.com:80",
            "acme-v02.api.letsencrypt.org:443",
            "127.0.0.1:443",
        ] {
            let mut stream = TcpStream::connect(proxy).await.unwrap();
            stream
                .write_all(format!("CONNECT {target} HTTP/1.1\r\n\r\n").as_bytes())
                .await
                .unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            assert!(
                answer.starts_with("HTTP/1.1 403 nothing leaves the sandbox") && answer.contains(target),
                "{answer}"
            );
        }
    }
}
