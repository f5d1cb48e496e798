//! Brings control planes up for the tests: the tools, a state folder, an address, and clients.

use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use hoist_sandbox::controlplane::{Config, ControlPlane, Tools};
use hoist_sandbox::seams::{K3sNode, Kubernetes as _};
use kube::config::{KubeConfigOptions, Kubeconfig};
use tokio::runtime::Runtime;
use tokio::sync::OnceCell;

/// Every control plane's tasks live here: a test's own runtime would end with the first test.
pub(crate) static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    rustls::crypto::ring::default_provider().install_default().ok();
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime")
});

/// Longer than anything here takes on a slow, busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A control plane with its first server up, and the admin's client.
pub(crate) struct Up {
    pub(crate) plane: ControlPlane,
    pub(crate) node: K3sNode,
    pub(crate) kubeconfig: String,
    pub(crate) client: kube::Client,
    pub(crate) state: PathBuf,
}

/// The control plane that tests share when they only use it.
pub(crate) async fn shared() -> &'static Up {
    static SHARED: OnceCell<Up> = OnceCell::const_new();
    SHARED.get_or_init(|| up("shared", |_| ())).await
}

/// A control plane of one's own with one server.
pub(crate) async fn up(name: &str, adapt: impl FnOnce(&mut Config)) -> Up {
    let net = net();
    let state = state(name);
    let mut config = Config::new(state.join("k"), host(net, 2), tools());
    adapt(&mut config);
    let plane = ControlPlane::new(config);
    let node = server("control", host(net, 10), &state);
    let inside = plane
        .start(node.clone())
        .await
        .expect("the first server starts")
        .expect("a server's kubeconfig");
    let client = client(&inside, node.address).await;
    Up {
        plane,
        node,
        kubeconfig: inside,
        client,
        state,
    }
}

/// A client for a host's kubeconfig, dialled from outside of the host.
pub(crate) async fn client(kubeconfig: &str, address: IpAddr) -> kube::Client {
    let text = kubeconfig.replace("https://127.0.0.1:6443", &format!("https://{address}:6443"));
    let config = Kubeconfig::from_yaml(&text).expect("the kubeconfig is well-formed");
    let mut config = kube::Config::from_custom_kubeconfig(config, &KubeConfigOptions::default())
        .await
        .expect("its content");
    // A 503 is an answer that tests want to see at once.
    config.default_retry = false;
    kube::Client::try_from(config).expect("a client")
}

/// A server as hoist's demo configures it.
pub(crate) fn server(name: &str, address: Ipv4Addr, state: &Path) -> K3sNode {
    K3sNode {
        name: name.to_owned(),
        address: IpAddr::V4(address),
        internal_address: Some(IpAddr::V4(Ipv4Addr::new(10, 0, 1, address.octets()[3]))),
        root: state.join("hosts").join(name),
        server: true,
        version: "v1.36.3+k3s1".to_owned(),
        cluster_cidr: "10.42.0.0/16".to_owned(),
        service_cidr: "10.43.0.0/16".to_owned(),
        tls_sans: vec!["kube.example.com".to_owned()],
        architecture: "amd64".to_owned(),
        token: "the-servers-token".into(),
        agent_token: Some("the-agents-token".into()),
        labels: [("example.com/pool".to_owned(), "control".to_owned())].into(),
        taints: Vec::new(),
        join: None,
    }
}

/// An agent that joins with the agents' token.
pub(crate) fn agent(name: &str, last: u8, of: &Up) -> K3sNode {
    let IpAddr::V4(address) = of.node.address else {
        unreachable!("the harness uses IPv4")
    };
    K3sNode {
        server: false,
        token: "the-agents-token".into(),
        agent_token: None,
        join: Some("https://kube.example.com:6443".to_owned()),
        ..server(name, host(address, last), &of.state)
    }
}

pub(crate) fn tools() -> Tools {
    let mut folders: Vec<PathBuf> = std::env::var_os("HOIST_TOOLS").map(PathBuf::from).into_iter().collect();
    folders.push(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools"));
    folders.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    Tools::new(folders)
}

/// Waits until a closure gives something; it is asked again whenever that may have changed.
pub(crate) async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, mut ask: impl FnMut() -> F) -> T {
    let asking = async {
        loop {
            if let Some(found) = ask().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, asking)
        .await
        .unwrap_or_else(|_| panic!("waited {PATIENCE:?} for {what} in vain"))
}

/// Another address of the same network.
pub(crate) fn host(net: Ipv4Addr, last: u8) -> Ipv4Addr {
    let [a, b, c, _] = net.octets();
    Ipv4Addr::new(a, b, c, last)
}

/// A loopback network that nobody uses: each process looks from a place of its own, beyond those of whole sandboxes.
fn net() -> Ipv4Addr {
    static NEXT: AtomicU8 = AtomicU8::new(0);
    let pid = std::process::id();
    let mut free = (0..=u8::MAX).map(|_| {
        let third = NEXT
            .fetch_add(1, Ordering::Relaxed)
            .wrapping_add(u8::try_from(pid >> 6 & 0xff).unwrap_or(0));
        Ipv4Addr::new(127, 192 + u8::try_from(pid % 48).unwrap_or(0), third, 0)
    });
    free.find(|net| {
        [(2, 6443), (2, 2379), (10, 6443)]
            .iter()
            .all(|&(last, port)| TcpListener::bind((host(*net, last), port)).is_ok())
    })
    .expect("a free loopback network")
}

/// An empty state folder. Those of earlier processes, which could not remove them, go.
fn state(name: &str) -> PathBuf {
    let base = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cp");
    std::fs::create_dir_all(&base).expect("the folder for state");
    for entry in std::fs::read_dir(&base).expect("the folder for state").flatten() {
        let owner = entry
            .file_name()
            .to_string_lossy()
            .split('-')
            .next()
            .unwrap_or_default()
            .to_owned();
        if !Path::new("/proc").join(owner).exists() {
            std::fs::remove_dir_all(entry.path()).ok();
        }
    }
    let folder = base.join(format!("{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("the state folder");
    folder
}
