//! The environment, as the command line hands it in: this library reads none itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use hoist_model::Secret;

/// Where environment variables are read.
pub trait Environment: Send + Sync {
    /// The value of a variable, if it is set.
    fn var(&self, name: &str) -> Option<Secret>;
}

/// Fixed variables.
impl Environment for BTreeMap<String, String> {
    fn var(&self, name: &str) -> Option<Secret> {
        self.get(name).map(|value| Secret::from(value.clone()))
    }
}

impl<T: Environment + ?Sized> Environment for Arc<T> {
    fn var(&self, name: &str) -> Option<Secret> {
        (**self).var(name)
    }
}
