//! The world beyond the cluster, as far as there is one: Let's Encrypt and Cloudflare, and nothing else.
//!
//! Programs keep the real names (`https://acme-v02.api.letsencrypt.org`, `https://api.cloudflare.com`) and reach them
//! through `HTTPS_PROXY`. The proxy ends their TLS with certificates of an authority of the sandbox, which they trust by
//! `SSL_CERT_FILE`, and forwards to pebble or to the Cloudflare emulator. It refuses every other host.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderName, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use url::Url;

use super::config::{Config, port};
use super::connect;
use super::error::Error;
use super::files;
use super::pki::{Authority, Leaf, Usage};
use super::process::{Launch, Process};

const STAGING: &str = "acme-staging-v02.api.letsencrypt.org";
const PRODUCTION: &str = "acme-v02.api.letsencrypt.org";
const CLOUDFLARE: &str = "api.cloudflare.com";

/// The ACME servers behind the names, in the order of their ports.
const ACME: [(&str, &str); 2] = [(STAGING, "acme-staging"), (PRODUCTION, "acme-production")];

/// A running world.
pub(crate) struct World {
    /// What leads programs to it.
    pub(crate) environment: Vec<(String, String)>,
    _acme: Vec<Process>,
    _tasks: JoinSet<()>,
}

impl World {
    /// Starts the proxy, and the ACME servers when there is a DNS server to ask.
    pub(crate) async fn start(config: &Config) -> Result<Self, Error> {
        let folder = config.state.join("world");
        let authority = Authority::open(&folder, "sandbox-ca")?;
        let mut acme = Vec::new();
        let mut routes = Vec::new();
        if let Some(dns) = config.dns {
            for (index, (host, name)) in ACME.into_iter().enumerate() {
                let (process, url) = start_acme(config, &authority, name, index, dns).await?;
                acme.push(process);
                routes.push(Route {
                    host,
                    to: url,
                    acme: true,
                });
            }
        }
        if let Some(to) = config.cloudflare.clone() {
            routes.push(Route {
                host: CLOUDFLARE,
                to,
                acme: false,
            });
        }
        let listen = SocketAddr::from((config.address, port::WORLD));
        let proxy = Arc::new(Proxy::new(&authority, routes)?);
        let listener = TcpListener::bind(listen).await.map_err(|source| Error::Listen {
            address: listen.to_string(),
            what: "the proxy to the sandbox's world",
            source,
        })?;
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                tokio::select! {
                    accepted = listener.accept() => match accepted {
                        Ok((stream, _)) => drop(connections.spawn(Arc::clone(&proxy).serve(stream))),
                        Err(_) => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
                    },
                    Some(_) = connections.join_next() => {}
                }
            }
        });
        let environment = vec![
            ("HTTPS_PROXY".to_owned(), format!("http://{listen}")),
            ("HTTP_PROXY".to_owned(), format!("http://{listen}")),
            ("SSL_CERT_FILE".to_owned(), authority.cert_file().display().to_string()),
            // An empty folder: no other authority counts.
            ("SSL_CERT_DIR".to_owned(), folder.join("none").display().to_string()),
        ];
        Ok(Self {
            environment,
            _acme: acme,
            _tasks: tasks,
        })
    }
}

/// Starts a pebble: an ACME server with an authority of its own.
async fn start_acme(
    config: &Config,
    authority: &Authority,
    name: &str,
    index: usize,
    dns: SocketAddr,
) -> Result<(Process, Url), Error> {
    let address = config.address.to_string();
    let names = [address.clone(), STAGING.to_owned(), PRODUCTION.to_owned()];
    let leaf = Leaf {
        common_name: name,
        organization: None,
        names: &names,
        usage: Usage::Server,
    };
    let pair = authority.issue_files(name, &leaf)?;
    let port = port::ACME + 2 * u16::try_from(index).unwrap_or_default();
    let settings = json!({ "pebble": {
        "listenAddress": format!("{address}:{port}"),
        "managementListenAddress": format!("{address}:{}", port + 1),
        "certificate": pair.cert,
        "privateKey": pair.key,
        "httpPort": 80,
        "tlsPort": 443,
        "ocspResponderURL": "",
        "externalAccountBindingRequired": false,
        "retryAfter": { "authz": 1, "order": 1 },
        "profiles": { "default": { "description": "ninety days", "validityPeriod": 90 * 24 * 3600 } },
    } });
    let file = config.state.join("world").join(format!("{name}.json"));
    files::write(&file, settings.to_string())?;
    let launch = Launch {
        name: name.to_owned(),
        tool: "pebble",
        args: vec![format!("-config={}", file.display()), format!("-dnsserver={dns}")],
        env: vec![
            ("PEBBLE_VA_NOSLEEP".to_owned(), "1".to_owned()),
            ("PEBBLE_WFE_NONCEREJECT".to_owned(), "0".to_owned()),
        ],
        folder: config.logs(),
    };
    let url = format!("https://{address}:{port}/");
    let url = url
        .parse()
        .map_err(|error| Error::Config(format!("the URL {url}: {error}")))?;
    Ok((Process::start(&config.tools, launch).await?, url))
}

/// Where a name leads.
struct Route {
    host: &'static str,
    to: Url,
    /// An ACME server: Let's Encrypt calls its directory `/directory`, pebble `/dir`.
    acme: bool,
}

struct Proxy {
    routes: Vec<Route>,
    acceptor: TlsAcceptor,
    client: reqwest::Client,
}

impl Proxy {
    fn new(authority: &Authority, routes: Vec<Route>) -> Result<Self, Error> {
        let bad = |what: &str, error: &dyn std::fmt::Display| Error::Config(format!("the proxy's {what}: {error}"));
        let names = [STAGING, PRODUCTION, CLOUDFLARE].map(str::to_owned);
        let leaf = Leaf {
            common_name: "the world",
            organization: None,
            names: &names,
            usage: Usage::Server,
        };
        let (cert, key) = authority.issue(&leaf)?;
        let cert = CertificateDer::from_pem_slice(cert.as_bytes()).map_err(|error| bad("certificate", &error))?;
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|error| bad("key", &error))?;
        let root = CertificateDer::from_pem_slice(authority.pem().as_bytes()).map_err(|error| bad("root", &error))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let server = rustls::ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(vec![cert], key))
            .map_err(|error| bad("TLS", &error))?;
        let mut roots = rustls::RootCertStore::empty();
        roots.add(root).map_err(|error| bad("root", &error))?;
        let tls = rustls::ClientConfig::builder_with_provider(provider)
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
            acceptor: TlsAcceptor::from(Arc::new(server)),
            client,
        })
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

    use super::super::tools::Tools;
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
        let address = std::net::Ipv4Addr::new(127, 64 + part(7) / 4, part(0), last);
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
