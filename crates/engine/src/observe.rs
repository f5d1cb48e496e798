//! Turns what a running step says into events, and remembers its last word for the text of a missed deadline.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use hoist_model::{Key, StepError, StepObserver};

use crate::{Event, Tee};

/// Faults on request, for the fault matrix: called around each effect. The product uses [`NoFaults`].
pub trait FaultHook: Send + Sync {
    /// An error keeps the effect from happening.
    fn before(&self, key: &Key, effect: &str) -> Result<(), StepError>;
    /// An error makes a step fail although the effect happened.
    fn after(&self, key: &Key, effect: &str) -> Result<(), StepError>;
}

/// No faults.
pub struct NoFaults;

impl FaultHook for NoFaults {
    fn before(&self, _key: &Key, _effect: &str) -> Result<(), StepError> {
        Ok(())
    }

    fn after(&self, _key: &Key, _effect: &str) -> Result<(), StepError> {
        Ok(())
    }
}

pub(crate) struct Observer {
    pub(crate) events: Tee,
    pub(crate) faults: Arc<dyn FaultHook>,
    last: Mutex<HashMap<Key, String>>,
}

impl Observer {
    pub(crate) fn new(events: Tee, faults: Arc<dyn FaultHook>) -> Self {
        Self {
            events,
            faults,
            last: Mutex::default(),
        }
    }

    pub(crate) fn last_word(&self, key: &Key) -> Option<String> {
        self.last
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .get(key)
            .cloned()
    }
}

impl StepObserver for Observer {
    fn progress(&self, key: &Key, what: &str) {
        let changed = {
            let mut last = self.last.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            last.insert(key.clone(), what.to_owned()).as_deref() != Some(what)
        };
        if changed {
            self.events.send(Event::StepProgress {
                key: key.clone(),
                what: what.to_owned(),
            });
        }
    }

    fn before(&self, key: &Key, effect: &str) -> Result<(), StepError> {
        self.faults.before(key, effect)
    }

    fn after(&self, key: &Key, effect: &str) -> Result<(), StepError> {
        self.faults.after(key, effect)
    }
}
