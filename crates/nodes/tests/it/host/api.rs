//! A Kubernetes API that knows one thing: which Nodes the stand-in hosts have registered.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// Dropping it closes its ports.
pub(crate) struct Api {
    authority: CertifiedIssuer<'static, KeyPair>,
    accept: Mutex<Vec<JoinHandle<()>>>,
    /// Folders with a file for each Node.
    folders: Arc<Mutex<Vec<PathBuf>>>,
}

impl Drop for Api {
    fn drop(&mut self) {
        for task in self.accept.get_mut().unwrap().iter() {
            task.abort();
        }
    }
}

impl Api {
    pub(crate) fn new() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self {
            authority: CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap(),
            accept: Mutex::default(),
            folders: Arc::default(),
        }
    }

    /// The kubeconfig as k3s writes it.
    pub(crate) fn kubeconfig(&self) -> String {
        let authority = data_encoding::BASE64.encode(self.authority.pem().as_bytes());
        format!(
            "apiVersion: v1\nkind: Config\nclusters:\n- name: default\n  cluster:\n    server: https://127.0.0.1:6443\n    \
             certificate-authority-data: {authority}\nusers:\n- name: default\n  user:\n    token: t\ncontexts:\n- name: \
             default\n  context:\n    cluster: default\n    user: default\ncurrent-context: default\n"
        )
    }

    /// Answers on a host's address.
    pub(crate) async fn listen(&self, address: Ipv4Addr, nodes: PathBuf) {
        self.folders.lock().unwrap().push(nodes);
        self.listen_as(address, &address.to_string()).await;
    }

    /// Answers on an address with a certificate for a name.
    pub(crate) async fn listen_as(&self, address: Ipv4Addr, name: &str) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.authority).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind((address, 6443)).await.unwrap();
        let folders = self.folders.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                if let Ok(mut stream) = acceptor.accept(stream).await {
                    let mut request = Vec::new();
                    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
                        match stream.read_buf(&mut request).await {
                            Ok(1..) => {}
                            _ => break,
                        }
                    }
                    let body = nodes_of(&folders.lock().unwrap());
                    let _ = stream.write_all(answer(&body).as_bytes()).await;
                    let _ = stream.shutdown().await;
                }
            }
        });
        self.accept.lock().unwrap().push(task);
    }
}

fn answer(body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn nodes_of(folders: &[PathBuf]) -> String {
    let names = folders.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap());
    let items: Vec<_> = names
        .map(|entry| serde_json::json!({ "metadata": { "name": entry.unwrap().file_name().into_string().unwrap() } }))
        .collect();
    serde_json::json!({
        "kind": "PartialObjectMetadataList",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {},
        "items": items,
    })
    .to_string()
}
