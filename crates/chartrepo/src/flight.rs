//! Who asks for what is being fetched already waits for that, and gets the same.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use crate::FetchError;

type Cell<V> = Arc<OnceCell<Result<V, FetchError>>>;

/// What was fetched, or is being fetched. A failure is told to all who wait, and forgotten then.
#[derive(Debug)]
pub(crate) struct Flights<K, V>(Mutex<HashMap<K, Cell<V>>>);

impl<K, V> Default for Flights<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Clone + Eq + Hash, V: Clone> Flights<K, V> {
    /// The value of a key, from `fetch` or from whoever was first.
    pub(crate) async fn once<F: Future<Output = Result<V, FetchError>>>(
        &self,
        key: K,
        fetch: impl FnOnce() -> F,
    ) -> Result<V, FetchError> {
        let cell = Arc::clone(self.flights().entry(key.clone()).or_default());
        let outcome = cell.get_or_init(fetch).await.clone();
        if outcome.is_err() {
            let mut flights = self.flights();
            if flights.get(&key).is_some_and(|known| Arc::ptr_eq(known, &cell)) {
                flights.remove(&key);
            }
        }
        outcome
    }

    fn flights(&self) -> std::sync::MutexGuard<'_, HashMap<K, Cell<V>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn many_who_ask_at_once_cost_one_and_a_failure_is_not_kept() {
        let flights = Flights::<u8, usize>::default();
        let count = AtomicUsize::new(0);
        let fetch = |good: bool| {
            let count = &count;
            move || async move {
                tokio::task::yield_now().await;
                let count = count.fetch_add(1, Ordering::SeqCst);
                let error = FetchError::DiskFull { path: "x".into() };
                if good { Ok(count) } else { Err(error) }
            }
        };
        let (a, b) = tokio::join!(flights.once(1, fetch(false)), flights.once(1, fetch(false)));
        assert!(a.is_err() && b.is_err());
        assert_eq!(count.load(Ordering::SeqCst), 1);
        let (a, b) = tokio::join!(flights.once(1, fetch(true)), flights.once(1, fetch(true)));
        assert_eq!((a, b), (Ok(1), Ok(1)));
        assert_eq!(flights.once(1, fetch(true)).await, Ok(1));
    }
}
