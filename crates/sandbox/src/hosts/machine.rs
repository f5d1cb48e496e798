//! One machine: what it is made of, and the orders that the cloud gives it. A task of its own boots it and lets it run.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::Shared;
use super::boot;
use super::cloud_init;
use super::error::HostsError;
use super::fault::Faults;
use super::files;
use super::layout;
use crate::seams::{MachineSpec, Power};

/// How long a machine may take to go down.
const DOWN: Duration = Duration::from_secs(30);

/// An order, and who waits for it to be carried out.
pub(super) enum Order {
    Power(Power, oneshot::Sender<()>),
    End,
}

/// One machine.
pub(super) struct Machine {
    pub(super) shared: Arc<Shared>,
    pub(super) faults: Faults,
    spec: Mutex<MachineSpec>,
    folder: PathBuf,
    orders: mpsc::UnboundedSender<Order>,
    task: Mutex<Option<JoinHandle<()>>>,
    /// Where the running system's root lies; none while nothing runs.
    root: Mutex<Option<PathBuf>>,
    /// The name of the Node that it once registered.
    node: Mutex<Option<String>>,
    /// Only one at a time starts or stops k3s, in the order in which they came.
    pub(super) k3s: Arc<tokio::sync::Mutex<()>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Machine {
    /// Makes it, with an empty disk that holds the image, and begins its first boot.
    pub(super) fn start(shared: Arc<Shared>, spec: MachineSpec) -> Result<Arc<Self>, HostsError> {
        let folder = shared.folder.join(spec.id.to_string());
        files::remove(&folder).map_err(HostsError::file("remove", &folder))?;
        let hostname = cloud_init::read(spec.user_data.as_deref())
            .hostname(&spec.name)
            .to_owned();
        let disk = folder.join("disk");
        layout::debian(&disk, &hostname).map_err(HostsError::file("write the image to", &disk))?;
        let (orders, receiver) = mpsc::unbounded_channel();
        let machine = Arc::new(Self {
            shared,
            faults: Faults::default(),
            spec: Mutex::new(spec),
            folder,
            orders,
            task: Mutex::default(),
            root: Mutex::default(),
            node: Mutex::default(),
            k3s: Arc::default(),
        });
        *lock(&machine.task) = Some(tokio::spawn(boot::run(machine.clone(), receiver)));
        Ok(machine)
    }

    pub(super) fn spec(&self) -> MachineSpec {
        lock(&self.spec).clone()
    }

    pub(super) fn address(&self) -> Ipv4Addr {
        lock(&self.spec).public_ipv4
    }

    pub(super) fn has_address(&self, address: Ipv4Addr) -> bool {
        let spec = lock(&self.spec);
        spec.public_ipv4 == address || spec.private_ipv4 == Some(address)
    }

    /// The machine of the same sandbox with this address.
    pub(super) fn fellow(&self, address: Ipv4Addr) -> Option<Arc<Self>> {
        self.shared.by_address(address)
    }

    pub(super) fn set_private_ipv4(&self, address: Option<Ipv4Addr>) {
        lock(&self.spec).private_ipv4 = address;
    }

    /// The disk: the root of what is installed.
    pub(super) fn disk(&self) -> PathBuf {
        self.folder.join("disk")
    }

    /// The installer's root, in memory on a real machine.
    pub(super) fn memory(&self) -> PathBuf {
        self.folder.join("memory")
    }

    /// What the stand-ins and this process share; anew with each boot.
    pub(super) fn control(&self) -> PathBuf {
        self.folder.join("control")
    }

    /// What kexec carried over.
    pub(super) fn kept(&self) -> PathBuf {
        self.folder.join("kept")
    }

    /// Says that the disk was made anew in the installer: what is mounted there is the disk from then on.
    pub(super) fn formatted(&self) -> PathBuf {
        self.folder.join("formatted")
    }

    pub(super) fn root(&self) -> Option<PathBuf> {
        lock(&self.root).clone()
    }

    pub(super) fn runs(&self, root: Option<&Path>) {
        *lock(&self.root) = root.map(Path::to_owned);
    }

    pub(super) fn console(&self) -> String {
        std::fs::read_to_string(self.folder.join("console")).unwrap_or_default()
    }

    /// A line on the console.
    pub(super) fn say(&self, line: &str) {
        tracing::debug!(machine = lock(&self.spec).name, line);
        files::append(&self.folder.join("console"), line);
    }

    pub(super) async fn power(&self, power: Power) {
        let (done, waiter) = oneshot::channel();
        if self.orders.send(Order::Power(power, done)).is_ok() {
            let _ = tokio::time::timeout(DOWN, waiter).await;
        }
    }

    /// Switches it off for good, without waiting.
    pub(super) fn begin_end(&self) {
        let _ = self.orders.send(Order::End);
    }

    /// Switches it off for good and removes what it held.
    pub(super) async fn end(&self) {
        self.begin_end();
        let task = lock(&self.task).take();
        if let Some(mut task) = task
            && tokio::time::timeout(DOWN, &mut task).await.is_err()
        {
            // Its processes end with what the task holds.
            task.abort();
            let _ = task.await;
        }
        if let Err(error) = files::remove(&self.folder) {
            tracing::warn!(folder = %self.folder.display(), %error, "a machine's folder could not be removed");
        }
    }

    /// Remembers that it is this Node.
    pub(super) fn is_node(&self, name: &str) {
        *lock(&self.node) = Some(name.to_owned());
    }

    /// The Node that it was is gone for good.
    pub(super) async fn forget_node(&self) {
        let Some(name) = lock(&self.node).take() else { return };
        let (kubernetes, turn) = (self.shared.kubernetes.clone(), self.k3s.clone());
        // Whoever starts it right now is let finish: it would otherwise come back after being forgotten.
        let forgetting = tokio::spawn(async move {
            let _turn = turn.lock().await;
            if let Err(error) = kubernetes.forget(&name).await {
                tracing::warn!(node = name, %error, "a Node could not be forgotten");
            }
        });
        let _ = tokio::time::timeout(DOWN, forgetting).await;
    }
}
