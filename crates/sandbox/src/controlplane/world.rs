//! The world beyond the cluster, as far as there is one: Let's Encrypt and Cloudflare, and nothing else.
//!
//! Programs keep the real names (`https://acme-v02.api.letsencrypt.org`, `https://api.cloudflare.com`) and reach them
//! through `HTTPS_PROXY`. The proxy ends their TLS with certificates of an authority of the sandbox, which they trust by
//! `SSL_CERT_FILE`, and forwards to pebble or to the Cloudflare emulator. It refuses every other host.

use std::net::SocketAddr;

use serde_json::json;
use tokio::task::JoinSet;
use url::Url;

use super::config::{Config, port};
use super::error::Error;
use super::files;
use super::pki::{Authority, Leaf};
use super::process::{Launch, Process};
use super::proxy::{Proxy, Route};
use super::serve;

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
        let proxy = Proxy::new(&authority, routes)?;
        let listener = serve::bind(listen, "the proxy to the sandbox's world").await?;
        let tasks = proxy.start(listener);
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
    let leaf = Leaf::server(name, &names);
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
