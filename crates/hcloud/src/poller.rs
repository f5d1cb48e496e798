//! Waiting for actions: one poller for all that wait, one request a round, at an interval that adapts.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use reqwest::Method;
use serde::Deserialize;
use tokio::sync::{Notify, watch};

use crate::client::{Client, Inner};
use crate::error::Error;
use crate::model::{Action, ActionStatus};
use crate::send::Request;

/// How many ids go into one request: a page's worth.
const BATCH: usize = 50;
/// After so many answers that do not mention an action, it is gone.
const MISSES: u8 = 3;

type Update = Result<Action, Error>;

struct Watched {
    tell: watch::Sender<Update>,
    misses: u8,
}

#[derive(Default)]
struct State {
    running: bool,
    watched: BTreeMap<u64, Watched>,
}

#[derive(Default)]
pub(crate) struct Poller {
    state: Mutex<State>,
    newcomer: Notify,
}

#[derive(Deserialize)]
struct ActionsPage {
    #[serde(default)]
    actions: Vec<Action>,
}

impl Client {
    /// Waits until all of the actions have succeeded. `what` says for whom, for messages; `progress` hears how the
    /// current one stands. Whoever waits at the same time shares one request a round.
    pub async fn wait(
        &self,
        actions: &[Action],
        what: &str,
        deadline: Instant,
        progress: &(dyn Fn(&str) + Send + Sync),
    ) -> Result<(), Error> {
        let begin = Instant::now();
        let subscriptions: Vec<_> = actions.iter().map(|action| self.subscribe(action)).collect();
        for mut updates in subscriptions {
            loop {
                let action = updates.borrow_and_update().clone()?;
                match action.status {
                    ActionStatus::Success => break,
                    ActionStatus::Error => return Err(Error::from_action(what, &action)),
                    _ => {}
                }
                let standing = format!("{what}: {} ({} %)", action.command, action.progress);
                progress(&standing);
                match tokio::time::timeout_at(deadline.into(), updates.changed()).await {
                    Ok(Ok(())) => {}
                    Ok(Err(_)) => {
                        // The poller ended with its runtime: nobody is left to tell.
                        return Err(Error::Deadline {
                            waiting_for: format!("{standing}: nobody asks for it any more"),
                            after: begin.elapsed(),
                        });
                    }
                    Err(_) => {
                        return Err(Error::Deadline {
                            waiting_for: format!("waiting for {standing}, action {}", action.id),
                            after: begin.elapsed(),
                        });
                    }
                }
            }
        }
        Ok(())
    }

    fn subscribe(&self, action: &Action) -> watch::Receiver<Update> {
        if action.finished() {
            return watch::channel(Ok(action.clone())).1;
        }
        let mut state = self.inner.poller.lock();
        let watched = state.watched.entry(action.id).or_insert_with(|| Watched {
            tell: watch::channel(Ok(action.clone())).0,
            misses: 0,
        });
        let updates = watched.tell.subscribe();
        if !state.running {
            state.running = true;
            tokio::spawn(run(Stopped {
                inner: self.inner.clone(),
                armed: true,
            }));
        }
        drop(state);
        self.inner.poller.newcomer.notify_one();
        updates
    }
}

impl Poller {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// When the task is cut off (a panic, its runtime goes), whoever waits is told and the next waiter starts another.
struct Stopped {
    inner: Arc<Inner>,
    armed: bool,
}

impl Drop for Stopped {
    fn drop(&mut self) {
        if self.armed {
            let mut state = self.inner.poller.lock();
            state.running = false;
            // Dropping the senders wakes them.
            state.watched.clear();
        }
    }
}

async fn run(mut stopped: Stopped) {
    let inner = Arc::clone(&stopped.inner);
    let inner = inner.as_ref();
    let (shortest, longest) = (inner.options.poll_shortest, inner.options.poll_longest);
    let mut interval = shortest;
    loop {
        let newcomer = tokio::time::timeout(interval, inner.poller.newcomer.notified())
            .await
            .is_ok();
        if newcomer {
            interval = shortest;
            // Others that start at the same time go into the same request.
            tokio::time::sleep(shortest).await;
        }
        let ids: Vec<u64> = {
            let mut state = inner.poller.lock();
            state.watched.retain(|_, watched| watched.tell.receiver_count() > 0);
            if state.watched.is_empty() {
                // Under the same lock as subscribing, so that nobody is left behind without a poller.
                state.running = false;
                stopped.armed = false;
                return;
            }
            state.watched.keys().copied().collect()
        };
        let mut moved = false;
        for batch in ids.chunks(BATCH) {
            moved |= poll(inner, batch).await;
        }
        let rate = inner.bucket.now();
        interval = if rate.remaining < rate.limit / 10.0 {
            longest
        } else if moved {
            shortest
        } else {
            Duration::min(interval.mul_f64(1.5), longest)
        };
    }
}

/// Asks for one batch and tells whoever waits. Says whether anything moved.
async fn poll(inner: &Inner, ids: &[u64]) -> bool {
    let mut request = Request::new(Method::GET, "/actions").query("per_page", BATCH.to_string());
    for id in ids {
        request = request.query("id", id.to_string());
    }
    let answer = inner.send::<ActionsPage>(&request).await;
    let mut state = inner.poller.lock();
    let mut moved = false;
    match answer {
        Ok(page) => {
            for id in ids {
                let Some(watched) = state.watched.get_mut(id) else {
                    continue;
                };
                match page.actions.iter().find(|action| action.id == *id) {
                    Some(action) => {
                        watched.misses = 0;
                        moved |= watched.tell.send_if_modified(|last| {
                            let changed = last.as_ref() != Ok(action);
                            if changed {
                                *last = Ok(action.clone());
                            }
                            changed
                        });
                        if action.finished() {
                            state.watched.remove(id);
                        }
                    }
                    None => {
                        watched.misses += 1;
                        if watched.misses >= MISSES {
                            let why = format!("action {id} is not in the answer any more");
                            let gone = Err(Error::Body {
                                request: "GET /actions".into(),
                                why,
                                correlation_id: None,
                            });
                            drop(watched.tell.send_replace(gone));
                            state.watched.remove(id);
                        }
                    }
                }
            }
        }
        // Retried already: whoever waits hears it, and looks at the resource itself next time.
        Err(error) => {
            for id in ids {
                if let Some(watched) = state.watched.remove(id) {
                    drop(watched.tell.send_replace(Err(error.clone())));
                }
            }
        }
    }
    moved
}
