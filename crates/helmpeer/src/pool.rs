//! Two peers a test binary, since tests run side by side and a machine of two cores would not be faster with more.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use serde_json::Value;

use crate::process::Process;

static POOL: [Mutex<Option<Process>>; 2] = [const { Mutex::new(None) }; 2];

/// Asks a free peer. A question at which it crashes or hangs is answered by an `Err`, and another peer takes the rest.
pub(crate) fn ask(questions: Vec<Value>) -> Vec<Result<Value, String>> {
    let mut place = free();
    let mut answers = Vec::with_capacity(questions.len());
    while answers.len() < questions.len() {
        let mut peer = place.take().unwrap_or_else(Process::start);
        let (got, failure) = peer.ask(&questions[answers.len()..]);
        answers.extend(got.into_iter().map(Ok));
        match failure {
            Some(failure) => answers.push(Err(failure)),
            None => *place = Some(peer),
        }
    }
    answers
}

fn free() -> MutexGuard<'static, Option<Process>> {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let turn = NEXT.fetch_add(1, Ordering::Relaxed);
    for offset in 0..POOL.len() {
        match POOL[(turn + offset) % POOL.len()].try_lock() {
            Ok(place) => return place,
            // A test that failed in the midst has taken its peer with it, so the place is empty and good.
            Err(TryLockError::Poisoned(poisoned)) => return poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => {}
        }
    }
    POOL[turn % POOL.len()].lock().unwrap_or_else(PoisonError::into_inner)
}
