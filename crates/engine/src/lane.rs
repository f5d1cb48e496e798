//! Lanes: how many steps of a kind may be under way at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Where a step runs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Lane {
    /// Calls to the Hetzner Cloud API: 8 in flight.
    Hetzner,
    /// Changes on one host: one at a time.
    Host(String),
    /// Calls to the Kubernetes API: 32 in flight.
    Kubernetes,
    /// Mere waiting, which costs nothing.
    Waiting,
}

impl Lane {
    fn width(&self) -> usize {
        match self {
            Self::Hetzner => 8,
            Self::Host(_) => 1,
            Self::Kubernetes => 32,
            Self::Waiting => Semaphore::MAX_PERMITS,
        }
    }
}

#[derive(Clone, Default)]
pub(crate) struct Lanes(Arc<Mutex<HashMap<Lane, Arc<Semaphore>>>>);

impl Lanes {
    pub(crate) async fn enter(&self, lane: Lane) -> OwnedSemaphorePermit {
        let semaphore = {
            let mut lanes = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            lanes
                .entry(lane.clone())
                .or_insert_with(|| Arc::new(Semaphore::new(lane.width())))
                .clone()
        };
        semaphore.acquire_owned().await.expect("lanes are never closed")
    }
}
