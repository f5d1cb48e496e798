//! The egress proxy: the API server's way to Services and pods.
//!
//! kube-apiserver asks for it with CONNECT over a Unix socket whenever it dials something inside the cluster: webhooks,
//! aggregated APIs, the kubelet, and the `proxy` subresources. The address is that of a Service, a pod or a node; the
//! proxy finds the pods behind it as kube-proxy would, and the local process that stands for such a pod.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use k8s_openapi::api::core::v1::{Node, Pod, Service};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use kube::api::ListParams;
use kube::{Api, ResourceExt as _};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpStream, UnixListener, UnixStream};
use tokio::task::JoinSet;

use super::config::port;
use super::connect;
use super::error::Error;
use super::front::Backends;
use super::serve;
use super::simulated;
use super::stand_ins::StandIns;

/// How long a process that stands for a running pod may take to listen: kwok says Running sooner than it can be.
const LISTENS: Duration = Duration::from_secs(8);

/// What the proxy knows.
#[derive(Clone)]
pub(crate) struct Egress {
    pub(crate) client: kube::Client,
    pub(crate) backends: Backends,
    pub(crate) stand_ins: StandIns,
    /// Who answers for every kubelet.
    pub(crate) kubelet: SocketAddr,
}

/// What answers.
enum Target {
    /// A process, or a part of this one, that listens there.
    Process(SocketAddr),
    /// A simulated pod of this name.
    Simulated(String),
}

impl Egress {
    /// Listens on the socket, then works until the returned set is dropped.
    pub(crate) fn start(self, socket: &Path) -> Result<JoinSet<()>, Error> {
        // The kernel's limit is 108; a few bytes less leave the error to us.
        if socket.as_os_str().len() > 100 {
            let length = socket.as_os_str().len();
            return Err(Error::Config(format!(
                "the path of the socket {} has {length} bytes, and 100 are possible; give the sandbox a shorter folder",
                socket.display()
            )));
        }
        let _ = std::fs::remove_file(socket);
        let listener = UnixListener::bind(socket).map_err(|source| Error::Listen {
            address: socket.display().to_string(),
            what: "the egress proxy",
            source,
        })?;
        Ok(serve::each(listener, move |stream| self.clone().serve(stream)))
    }

    async fn serve(self, mut stream: UnixStream) {
        let Ok((host, port)) = connect::read_target(&mut stream).await else {
            return;
        };
        let way = match self.resolve(&host, port).await {
            Ok(Target::Process(address)) => self.open(&host, port, address).await.map(Ok),
            Ok(Target::Simulated(name)) => Ok(Err(name)),
            Err(why) => Err(why),
        };
        match way {
            Ok(way) => {
                if connect::accept(&mut stream).await.is_ok() {
                    match way {
                        Ok(mut server) => drop(copy_bidirectional(&mut stream, &mut server).await),
                        Err(name) => simulated::answer(stream, &name).await,
                    }
                }
            }
            Err(why) => {
                tracing::debug!(host, port, why, "the egress proxy refuses");
                let _ = connect::refuse(&mut stream, 502, &why).await;
            }
        }
    }

    /// Connects to what stands for the target.
    async fn open(&self, host: &str, port: u16, address: SocketAddr) -> Result<TcpStream, String> {
        let attempts = async {
            loop {
                match TcpStream::connect(address).await {
                    Ok(stream) => return stream,
                    Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                }
            }
        };
        tokio::time::timeout(LISTENS, attempts)
            .await
            .map_err(|_| format!("what stands for {host}:{port} does not listen on {address}"))
    }

    async fn resolve(&self, host: &str, port: u16) -> Result<Target, String> {
        if port == port::KUBELET && self.is_node(host).await? {
            return Ok(Target::Process(self.kubelet));
        }
        if let Some(service) = self.service(host).await? {
            return self.behind(&service, port).await;
        }
        let pods: Api<Pod> = Api::all(self.client.clone());
        let found = pods
            .list(&ListParams::default().fields(&format!("status.podIP={host}")))
            .await
            .map_err(text)?;
        // Pods that ended keep their address on record, and those of the host's network share the node's.
        let running: Vec<&Pod> = found.items.iter().filter(|pod| is_running(pod)).collect();
        let answers = running.iter().find_map(|pod| self.of_pod(pod, port));
        answers
            .or_else(|| self.api_server(port))
            .ok_or_else(|| match running.first() {
                Some(pod) => silent(pod, port),
                None => format!("no running pod has the address {host}:{port}"),
            })
    }

    /// What answers for a pod's port.
    fn of_pod(&self, pod: &Pod, port: u16) -> Option<Target> {
        match self.stand_ins.address(pod, port) {
            Some(address) => Some(Target::Process(address)),
            None => simulated::has_port(pod, port).then(|| Target::Simulated(simulated::name(pod, port))),
        }
    }

    /// The endpoint of the Service `kubernetes`: its port tells it, as its address stands for a host's.
    fn api_server(&self, port: u16) -> Option<Target> {
        let first = self.backends.all().first().copied()?;
        (port == super::apiserver::PORT).then_some(Target::Process(first))
    }

    async fn is_node(&self, host: &str) -> Result<bool, String> {
        let nodes: Api<Node> = Api::all(self.client.clone());
        let nodes = nodes.list(&ListParams::default()).await.map_err(text)?;
        Ok(nodes.iter().any(|node| {
            let addresses = node.status.as_ref().and_then(|status| status.addresses.as_ref());
            addresses.is_some_and(|all| all.iter().any(|address| address.address == host))
        }))
    }

    /// The Service with this ClusterIP or name.
    async fn service(&self, host: &str) -> Result<Option<Service>, String> {
        if let Some((name, rest)) = host.split_once('.')
            && host.parse::<std::net::IpAddr>().is_err()
        {
            let namespace = rest.split('.').next().unwrap_or_default();
            let services: Api<Service> = Api::namespaced(self.client.clone(), namespace);
            return services.get_opt(name).await.map_err(text);
        }
        let services: Api<Service> = Api::all(self.client.clone());
        let params = ListParams::default().fields(&format!("spec.clusterIP={host}"));
        Ok(services.list(&params).await.map_err(text)?.items.pop())
    }

    /// A process that stands for a running pod behind a Service's port.
    async fn behind(&self, service: &Service, port: u16) -> Result<Target, String> {
        let namespace = service.namespace().unwrap_or_default();
        let name = format!("the Service {namespace}/{}", service.name_any());
        if namespace == "default" && service.name_any() == "kubernetes" {
            return self
                .api_server(super::apiserver::PORT)
                .ok_or_else(|| format!("no API server is behind {name}"));
        }
        let spec = service.spec.as_ref().ok_or_else(|| format!("{name} has no spec"))?;
        let wanted = spec.ports.iter().flatten().find(|p| u16::try_from(p.port) == Ok(port));
        let wanted = wanted.ok_or_else(|| format!("{name} has no port {port}"))?;
        let target = wanted.target_port.clone().unwrap_or(IntOrString::Int(wanted.port));
        let selector = spec
            .selector
            .iter()
            .flatten()
            .map(|(key, value)| format!("{key}={value}"));
        let selector = selector.collect::<Vec<_>>().join(",");
        if selector.is_empty() {
            return Err(format!("{name} selects no pods"));
        }
        let pods: Api<Pod> = Api::namespaced(self.client.clone(), &namespace);
        let pods = pods
            .list(&ListParams::default().labels(&selector))
            .await
            .map_err(text)?;
        let mut why = format!("no running pod is behind {name}");
        for pod in pods.items.iter().filter(|pod| is_running(pod)) {
            let Some(port) = container_port(pod, &target) else {
                why = format!("the pod {} behind {name} has no port {target:?}", pod.name_any());
                continue;
            };
            match self.of_pod(pod, port) {
                Some(target) => return Ok(target),
                None => why = silent(pod, port),
            }
        }
        Err(why)
    }
}

fn silent(pod: &Pod, port: u16) -> String {
    let namespace = pod.namespace().unwrap_or_default();
    format!(
        "nothing listens in the simulated pod {namespace}/{} on port {port}",
        pod.name_any()
    )
}

/// True for a pod that runs and is not about to go.
pub(crate) fn is_running(pod: &Pod) -> bool {
    let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
    phase == Some("Running") && pod.metadata.deletion_timestamp.is_none()
}

/// A Service's target port in a pod, by number or by name.
fn container_port(pod: &Pod, target: &IntOrString) -> Option<u16> {
    match target {
        IntOrString::Int(number) => u16::try_from(*number).ok(),
        IntOrString::String(name) => pod
            .spec
            .iter()
            .flat_map(|spec| &spec.containers)
            .flat_map(|container| container.ports.iter().flatten())
            .find(|port| port.name.as_ref() == Some(name))
            .and_then(|port| u16::try_from(port.container_port).ok()),
    }
}

fn text(error: kube::Error) -> String {
    format!("the egress proxy asked the API server: {error}")
}
