//! From inside: starts every part, says so, and ends them all when told to.

use std::path::Path;
use std::sync::Arc;

use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::claim::{self, Net};
use super::mirror;
use super::settings::{Options, SandboxError, Variables, check_name, file};
use crate::cloudflare::{self, Cloudflare};
use crate::controlplane::{self, ControlPlane, Tools};
use crate::emulator::serve as serve_http;
use crate::hcloud::{self, AddressPool, Emulator};
use crate::hosts::{self, Hosts};

/// The zone that the Cloudflare emulator begins with.
const ZONE: &str = "example.com";

/// Runs a sandbox in the foreground until SIGTERM or SIGINT. What it has is gone when this returns.
pub async fn serve(options: &Options) -> Result<(), SandboxError> {
    check_name(&options.name)?;
    let _lock = claim::take(&options.base, &options.name)?;
    let folder = options.folder();
    std::fs::create_dir_all(&folder).map_err(file("cannot make", &folder))?;
    write(&folder.join("pid"), &std::process::id().to_string())?;
    let mut terminate = signal(SignalKind::terminate()).map_err(part("the signal handler"))?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(part("the signal handler"))?;
    // A closed terminal is no reason to end.
    let _hangup = signal(SignalKind::hangup()).map_err(part("the signal handler"))?;

    let (net, claimed) = claim::network(&options.name).await?;
    let parts = tokio::select! {
        parts = Parts::start(options, net, claimed) => parts?,
        _ = terminate.recv() => return Ok(()),
        _ = interrupt.recv() => return Ok(()),
    };
    let variables = serde_json::to_string_pretty(&parts.variables).map_err(part("the list of variables"))?;
    write(&options.variables_file(), &variables)?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    // Nobody is to find it ready while it ends.
    std::fs::remove_file(options.variables_file()).ok();
    parts.stop().await;
    Ok(())
}

struct Parts {
    variables: Variables,
    hetzner: crate::emulator::Served,
    cloudflare: crate::emulator::Served,
    mirror: crate::emulator::Served,
    dns: cloudflare::DnsServer,
    hosts: Arc<Hosts>,
    control_plane: Arc<ControlPlane>,
}

impl Parts {
    async fn start(options: &Options, net: Net, claimed: TcpListener) -> Result<Self, SandboxError> {
        let state = options.folder();
        let listen = async |port: u16| TcpListener::bind((net.host(1), port)).await;

        let cloudflare_token = random("cf");
        let config = cloudflare::Config {
            token: SecretString::from(cloudflare_token.clone()),
            zones: vec![ZONE.to_owned()],
            foreign: options.with_foreign,
        };
        let cloudflare = Cloudflare::new(config);
        let dns = cloudflare::serve_dns(cloudflare.clone(), (net.host(1), 5353).into())
            .await
            .map_err(part("the DNS server"))?;
        let listener = listen(8081).await.map_err(part("the Cloudflare emulator"))?;
        let cloudflare_http =
            serve_http(listener, cloudflare::router(cloudflare)).map_err(part("the Cloudflare emulator"))?;

        let tools = Tools::new(options.tools.clone());
        let mut config = controlplane::Config::new(state.join("k"), net.host(2), tools);
        config.cloudflare = format!("http://{}", cloudflare_http.address()).parse().ok();
        config.dns = Some((net.host(1), 5353).into());
        config.delay_scale = options.scale;
        let control_plane = Arc::new(ControlPlane::new(config));

        let hosts = Hosts::new(
            hosts::Config::new(state.join("h"), options.scale),
            control_plane.clone(),
        )
        .map_err(part("the SSH hosts"))?;
        let hosts = Arc::new(hosts);

        let hcloud_token = random("hc");
        let config =
            hcloud::Config::new(hcloud_token.clone(), AddressPool::new(net.host(10), 200)).scale(options.scale);
        let emulator = Emulator::new(config, hosts.clone());
        if options.with_foreign {
            emulator.seed_foreign().await;
        }
        let hetzner = serve_http(claimed, emulator.router()).map_err(part("the Hetzner emulator"))?;

        let charts = options
            .tools
            .iter()
            .map(|folder| folder.join("charts"))
            .find(|folder| folder.is_dir());
        let listener = listen(8082).await.map_err(part("the mirror"))?;
        let mirror_http =
            serve_http(listener, mirror::router(charts.clone(), hosts::kexec_tarball)).map_err(part("the mirror"))?;

        let mirror_base = format!("http://{}", mirror_http.address());
        let mut variables = Variables::from([
            ("HCLOUD_ENDPOINT".into(), format!("http://{}/v1", hetzner.address())),
            ("HCLOUD_TOKEN".into(), hcloud_token),
            (
                "CLOUDFLARE_API_BASE".into(),
                format!("http://{}/client/v4", cloudflare_http.address()),
            ),
            ("CLOUDFLARE_API_TOKEN".into(), cloudflare_token),
            ("HOIST_DNS".into(), format!("{}:5353", net.host(1))),
            ("HOIST_KEXEC_INSTALLER".into(), format!("{mirror_base}/kexec")),
        ]);
        if let Some(mirrors) = charts
            .as_deref()
            .and_then(|charts| mirror::mirrors(charts, &mirror_base))
        {
            variables.insert("HOIST_MIRRORS".into(), mirrors);
        }
        Ok(Self {
            variables,
            hetzner,
            cloudflare: cloudflare_http,
            mirror: mirror_http,
            dns,
            hosts,
            control_plane,
        })
    }

    async fn stop(self) {
        self.hetzner.stop().await;
        self.hosts.stop().await;
        self.control_plane.shutdown().await;
        self.cloudflare.stop().await;
        self.mirror.stop().await;
        drop(self.dns);
    }
}

/// A token that nobody has seen before.
fn random(prefix: &str) -> String {
    format!(
        "{prefix}-{}{}",
        uuid::Uuid::new_v4().simple(),
        uuid::Uuid::new_v4().simple()
    )
}

fn part<E: std::fmt::Display>(part: &'static str) -> impl FnOnce(E) -> SandboxError {
    move |error| SandboxError::Part {
        part,
        why: error.to_string(),
    }
}

/// Writes a small file whole or not at all, for its owner's eyes only: it may hold tokens.
fn write(path: &Path, text: &str) -> Result<(), SandboxError> {
    use std::io::Write;
    let folder = path.parent().unwrap_or(Path::new("."));
    let write = || -> std::io::Result<()> {
        let mut temporary = tempfile::NamedTempFile::new_in(folder)?;
        temporary.write_all(text.as_bytes())?;
        temporary.persist(path)?;
        Ok(())
    };
    write().map_err(file("cannot write", path))
}
