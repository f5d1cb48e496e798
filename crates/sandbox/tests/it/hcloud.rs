//! The Hetzner Cloud emulator, asked over HTTP: by plain requests, and by the official clients.

mod clients;
mod creating;
mod faults;
mod firewalls;
mod gate;
mod lists;
mod machines;
mod networks;
mod servers;

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use hoist_sandbox::emulator::{Served, serve};
use hoist_sandbox::hcloud::{AddressPool, Config, Emulator};
use hoist_sandbox::seams::{MachineSpec, Machines, Power, SeamError};
use reqwest::Method;
use serde_json::{Value, json};

const TOKEN: &str = "a-token-of-the-test";
const READ_ONLY: &str = "a-token-that-reads";
const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBl0sDDo8T4QYmWNYJkcwxWxDUmjMZnCnYXNbNlYqv0G test@here";

/// Machines that write down what they are told, and fail on request.
#[derive(Default)]
struct Recorder {
    told: Mutex<Vec<String>>,
    specs: Mutex<Vec<MachineSpec>>,
    broken: Mutex<bool>,
}

impl Recorder {
    fn tell(&self, text: String) -> Result<(), SeamError> {
        self.told.lock().unwrap().push(text);
        if *self.broken.lock().unwrap() {
            return Err(SeamError("the machine is on fire".into()));
        }
        Ok(())
    }

    fn told(&self) -> Vec<String> {
        std::mem::take(&mut self.told.lock().unwrap())
    }
}

#[async_trait]
impl Machines for Recorder {
    async fn create(&self, spec: MachineSpec) -> Result<(), SeamError> {
        let text = format!("create {}", spec.name);
        self.specs.lock().unwrap().push(spec);
        self.tell(text)
    }

    async fn power(&self, _: u64, power: Power) -> Result<(), SeamError> {
        self.tell(format!("{power:?}"))
    }

    async fn set_private_ipv4(&self, _: u64, address: Option<Ipv4Addr>) -> Result<(), SeamError> {
        self.tell(format!("private {address:?}"))
    }

    async fn delete(&self, _: u64) -> Result<(), SeamError> {
        self.tell("delete".into())
    }
}

/// An emulator that is being served, and a client of it.
struct Lab {
    emulator: Emulator,
    machines: Arc<Recorder>,
    served: Served,
    http: reqwest::Client,
}

/// What was answered.
#[derive(Debug)]
struct Reply {
    status: u16,
    headers: reqwest::header::HeaderMap,
    body: Value,
}

impl Reply {
    fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }

    /// The body, which must be that of a success.
    #[track_caller]
    fn fine(self) -> Value {
        assert!((200..300).contains(&self.status), "{self:?}");
        self.body
    }

    /// The code of the error, which it must be.
    #[track_caller]
    fn refused(&self, status: u16, code: &str) {
        assert_eq!((self.status, self.code()), (status, code), "{self:?}");
    }
}

impl Lab {
    async fn new() -> Self {
        Self::with(|config| config.scale(0.0)).await
    }

    async fn with(adapt: impl FnOnce(Config) -> Config) -> Self {
        rustls::crypto::ring::default_provider().install_default().ok();
        let pool = AddressPool::new(Ipv4Addr::new(127, 88, 3, 10), 40);
        let machines = Arc::new(Recorder::default());
        let config = adapt(Config::new(TOKEN, pool).read_only(READ_ONLY));
        let emulator = Emulator::new(config, machines.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let served = serve(listener, emulator.router()).unwrap();
        // Each request has a connection of its own: a client would silently repeat one whose reused connection broke.
        let http = reqwest::Client::builder().pool_max_idle_per_host(0).build().unwrap();
        Self {
            emulator,
            machines,
            served,
            http,
        }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.served.address())
    }

    async fn try_call(&self, method: Method, url: String, token: &str, body: Option<Value>) -> reqwest::Result<Reply> {
        let mut request = self.http.request(method, url).bearer_auth(token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await?;
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Ok(Reply { status, headers, body })
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Reply {
        self.try_call(method, self.url(&format!("/v1{path}")), TOKEN, body)
            .await
            .unwrap()
    }

    async fn get(&self, path: &str) -> Reply {
        self.call(Method::GET, path, None).await
    }

    async fn post(&self, path: &str, body: Value) -> Reply {
        self.call(Method::POST, path, Some(body)).await
    }

    async fn put(&self, path: &str, body: Value) -> Reply {
        self.call(Method::PUT, path, Some(body)).await
    }

    async fn delete(&self, path: &str) -> Reply {
        self.call(Method::DELETE, path, None).await
    }

    async fn admin(&self, method: Method, path: &str, body: Option<Value>) -> Reply {
        self.try_call(method, self.url(&format!("/_sandbox{path}")), "", body)
            .await
            .unwrap()
    }

    /// A server with everything at its default, running. Returns its id.
    async fn server(&self, name: &str) -> u64 {
        let made = self.post("/servers", self.body(name)).await.fine();
        self.emulator.idle().await;
        made["server"]["id"].as_u64().unwrap()
    }

    fn body(&self, name: &str) -> Value {
        json!({ "name": name, "server_type": "cpx22", "image": "debian-12", "location": "fsn1" })
    }

    async fn show(&self, kind: &str, id: u64) -> Value {
        let body = self.get(&format!("/{kind}s/{id}")).await.fine();
        body[kind].clone()
    }

    /// Carries out an action of a server and waits for it. Returns the action as it ended.
    async fn act(&self, id: u64, action: &str, body: Value) -> Value {
        let begun = self.post(&format!("/servers/{id}/actions/{action}"), body).await.fine();
        self.emulator.idle().await;
        let ended = self.get(&format!("/actions/{}", begun["action"]["id"])).await.fine();
        ended["action"].clone()
    }
}

/// A tool's path: `HOIST_TOOLS`, `target/tools`, `PATH`.
fn tool(name: &str) -> std::path::PathBuf {
    let given = std::env::var_os("HOIST_TOOLS").unwrap_or_default();
    let built = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools");
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&given)
        .chain([built])
        .chain(std::env::split_paths(&path))
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
        .unwrap_or_else(|| panic!("{name} is not there: `cargo xtask tools` prepares it"))
}
