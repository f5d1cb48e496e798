//! A real control plane for tests: etcd, kube-apiserver and kube-controller-manager as child processes on a loopback
//! address of this process's own. They die with the test binary, however it ends.

#![allow(dead_code, reason = "two test binaries share it and each uses a part")]

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use hoist_deploy::{Api, Mark, Object};
use serde_json::{Value, json};

const TOKEN: &str = "test-admin";
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

struct Server {
    kubeconfig: String,
    folder: PathBuf,
}

static SERVER: OnceLock<Server> = OnceLock::new();
static NAMES: AtomicUsize = AtomicUsize::new(0);

/// An API of the shared control plane, and a name that no other test uses: a namespace (not made yet) and discriminator.
pub(crate) async fn connect() -> (Api, String) {
    let api = reach(SERVER.get_or_init(start)).await;
    (api, format!("t{}", NAMES.fetch_add(1, Ordering::Relaxed)))
}

/// A control plane of the test's own, for one that changes what all others would see; and its kubeconfig.
pub(crate) async fn private() -> (Api, String) {
    let server = start();
    let api = reach(&server).await;
    (api, server.kubeconfig)
}

async fn reach(server: &Server) -> Api {
    rustls::crypto::ring::default_provider().install_default().ok();
    let began = Instant::now();
    loop {
        match Api::connect(&server.kubeconfig).await {
            Ok(api) if ready(&api).await => return api,
            Ok(_) | Err(_) if began.elapsed() < PATIENCE => tokio::time::sleep(Duration::from_millis(100)).await,
            Ok(_) => panic!("the control plane is not ready: {}", logs(&server.folder)),
            Err(error) => panic!("no API server: {error}\n{}", logs(&server.folder)),
        }
    }
}

/// The kubeconfig of the shared control plane.
pub(crate) fn kubeconfig() -> String {
    SERVER.get_or_init(start).kubeconfig.clone()
}

/// The control plane is of use once its controllers have made the default service account.
async fn ready(api: &Api) -> bool {
    let account = "ServiceAccount/kube-system/default".parse().unwrap();
    matches!(api.get(&account).await, Ok(Some(_)))
}

/// A client of kube's own, for what the engine does not do: playing controllers and other people.
pub(crate) async fn client() -> kube::Client {
    client_of(&kubeconfig()).await
}

/// The same of any control plane.
pub(crate) async fn client_of(kubeconfig: &str) -> kube::Client {
    let kubeconfig = kube::config::Kubeconfig::from_yaml(kubeconfig).unwrap();
    let config = kube::Config::from_custom_kubeconfig(kubeconfig, &Default::default())
        .await
        .unwrap();
    kube::Client::try_from(config).unwrap()
}

/// One raw request.
pub(crate) async fn raw(client: &kube::Client, method: &str, path: &str, content_type: &str, body: Value) -> Value {
    send(client, method, path, content_type, body).await.unwrap()
}

async fn send(
    client: &kube::Client,
    method: &str,
    path: &str,
    content_type: &str,
    body: Value,
) -> Result<Value, kube::Error> {
    let request = http::Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", content_type);
    client
        .request(request.body(serde_json::to_vec(&body).unwrap()).unwrap())
        .await
}

/// Plays the kubelet once: every pod of a namespace becomes Running and Ready, a Job's done.
pub(crate) async fn pods_become_ready(client: &kube::Client, namespace: &str) -> usize {
    let pods = raw(
        client,
        "GET",
        &format!("/api/v1/namespaces/{namespace}/pods"),
        "application/json",
        json!({}),
    )
    .await;
    let mut done = 0;
    for pod in pods["items"].as_array().unwrap() {
        if ["Running", "Succeeded"]
            .iter()
            .any(|phase| pod["status"]["phase"] == *phase)
        {
            continue;
        }
        let phase = if pod["metadata"]["ownerReferences"][0]["kind"] == "Job" {
            "Succeeded"
        } else {
            "Running"
        };
        let name = pod["metadata"]["name"].as_str().unwrap();
        let status = json!({"status": {"phase": phase, "conditions": [{"type": "Ready", "status": "True"}]}});
        let path = format!("/api/v1/namespaces/{namespace}/pods/{name}/status");
        // One that its owner has deleted meanwhile needs no kubelet.
        if send(client, "PATCH", &path, "application/strategic-merge-patch+json", status)
            .await
            .is_err()
        {
            continue;
        }
        done += 1;
    }
    done
}

/// A marked object of a test.
pub(crate) fn object(discriminator: &str, body: Value) -> Object {
    let mut object = Object::new(body).unwrap();
    let tags = vec!["test".to_owned()];
    Mark {
        discriminator: discriminator.to_owned(),
        component: "test".to_owned(),
        tags,
    }
    .on(&mut object);
    object
}

pub(crate) fn soon() -> Instant {
    Instant::now() + Duration::from_secs(30)
}

fn tool(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools");
    let folders = std::env::var_os("HOIST_TOOLS")
        .map(PathBuf::from)
        .into_iter()
        .chain([root]);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = folders
        .chain(std::env::split_paths(&path))
        .map(|folder| folder.join(name))
        .find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("{name} is not in HOIST_TOOLS, target/tools or PATH: run `cargo xtask tools`"))
}

fn logs(folder: &Path) -> String {
    let tail = |name: &str| {
        let text = fs::read_to_string(folder.join(format!("{name}.log"))).unwrap_or_default();
        let lines: Vec<&str> = text.lines().rev().take(5).collect();
        format!("{name}:\n{}", lines.into_iter().rev().collect::<Vec<_>>().join("\n"))
    };
    ["etcd", "kube-apiserver", "kube-controller-manager"]
        .map(tail)
        .join("\n")
}

/// A loopback address on which the ports are free; ours by the process's id.
fn own_address() -> Ipv4Addr {
    static TRIES: AtomicU32 = AtomicU32::new(0);
    let id = std::process::id();
    for _ in 0..200 {
        // No try is made twice: a server that was given an address a moment ago has not bound its ports yet.
        let try_no = TRIES.fetch_add(1, Ordering::Relaxed);
        let mixed = id.wrapping_mul(2_654_435_761).wrapping_add(try_no.wrapping_mul(7919));
        let [_, a, b, c] = mixed.to_be_bytes();
        let address = Ipv4Addr::new(127, 128 | (a & 63), b, c.clamp(2, 250));
        if [6443, 2379, 2380]
            .into_iter()
            .all(|port| TcpListener::bind((address, port)).is_ok())
        {
            return address;
        }
    }
    panic!("no free loopback address");
}

fn start() -> Server {
    let folder = tempfile::Builder::new()
        .prefix("hoist-test-api-")
        .tempdir()
        .unwrap()
        .keep();
    let address = own_address();
    let key = rcgen::KeyPair::generate().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let private = file("sa.key", &key.serialize_pem());
    let public = file("sa.pub", &key.public_key_pem());
    let tokens = file("tokens.csv", &format!("{TOKEN},admin,admin,system:masters\n"));
    let kubeconfig = format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: t\n\
         clusters: [{{name: t, cluster: {{server: 'https://{address}:6443', insecure-skip-tls-verify: true}}}}]\n\
         users: [{{name: t, user: {{token: {TOKEN}}}}}]\n\
         contexts: [{{name: t, context: {{cluster: t, user: t}}}}]\n"
    );
    let kubeconfig_path = file("kubeconfig", &kubeconfig);
    let dir = |name: &str| folder.join(name).display().to_string();
    let etcd = vec![
        "--data-dir".into(),
        dir("etcd"),
        format!("--listen-client-urls=http://{address}:2379"),
        format!("--advertise-client-urls=http://{address}:2379"),
        format!("--listen-peer-urls=http://{address}:2380"),
        format!("--initial-advertise-peer-urls=http://{address}:2380"),
        format!("--initial-cluster=default=http://{address}:2380"),
        "--unsafe-no-fsync".into(),
        "--log-level=warn".into(),
    ];
    let api = vec![
        format!("--etcd-servers=http://{address}:2379"),
        format!("--bind-address={address}"),
        format!("--advertise-address={address}"),
        "--secure-port=6443".into(),
        "--endpoint-reconciler-type=none".into(),
        "--service-cluster-ip-range=10.43.0.0/16".into(),
        "--authorization-mode=AlwaysAllow".into(),
        "--allow-privileged=true".into(),
        "--disable-admission-plugins=ServiceAccount".into(),
        format!("--token-auth-file={tokens}"),
        format!("--service-account-key-file={public}"),
        format!("--service-account-signing-key-file={private}"),
        "--service-account-issuer=https://kubernetes.default.svc".into(),
        format!("--cert-dir={}", dir("certs")),
    ];
    let controllers = vec![
        format!("--kubeconfig={kubeconfig_path}"),
        format!("--service-account-private-key-file={private}"),
        "--leader-elect=false".into(),
        "--secure-port=0".into(),
        "--concurrent-gc-syncs=2".into(),
    ];
    // A child dies with the thread that made it (PR_SET_PDEATHSIG), so that thread lives as long as the process.
    let (tell, told) = std::sync::mpsc::channel();
    let log_folder = folder.clone();
    std::thread::spawn(move || {
        let children: Vec<_> = [
            ("etcd", etcd),
            ("kube-apiserver", api),
            ("kube-controller-manager", controllers),
        ]
        .into_iter()
        .map(|(name, args)| spawn(name, &args, &log_folder))
        .collect();
        // Its input ends with this process; then the folder goes.
        let sweeper = Command::new("sh")
            .args(["-c", "cat; sleep 1; rm -rf \"$0\""])
            .arg(&log_folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn();
        tell.send(()).unwrap();
        for mut child in children {
            child.wait().ok();
        }
        drop(sweeper);
        std::thread::park();
    });
    told.recv().unwrap();
    Server { kubeconfig, folder }
}

fn spawn(name: &str, args: &[String], folder: &Path) -> std::process::Child {
    let log = File::create(folder.join(format!("{name}.log"))).unwrap();
    Command::new("setpriv")
        .args(["--pdeathsig", "KILL", "--"])
        .arg(tool(name))
        .args(args)
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap_or_else(|error| panic!("cannot start {name}: {error}"))
}
