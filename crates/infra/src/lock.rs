//! One at a time: the lock of a cluster in its project. Names of ssh keys are unique, so whoever manages to make the
//! key `hoist-lock-CLUSTER` has the lock; its labels say who that is, and until when.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hoist_hcloud::{Class, Client, Error, Labels, SshKey, SshKeyCreate};
use hoist_ssh::KeyPair;
use tokio_util::sync::CancellationToken;

const LOCK: &str = "hoist.dev/lock";
const HOLDER: &str = "hoist.dev/lock-holder";
const SINCE: &str = "hoist.dev/lock-since";
const EXPIRES: &str = "hoist.dev/lock-expires";
const ID: &str = "hoist.dev/lock-id";

/// What a label takes.
const LABEL_LIMIT: usize = 63;
/// How often a lock that was just freed is tried for.
const TRIES: u32 = 4;

/// Why there is no lock.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Somebody else has it.
    #[error("cluster {cluster} is locked by {holder} since {since}; the lock ends by itself at {expires}")]
    Held {
        /// The cluster.
        cluster: String,
        /// Who has it.
        holder: String,
        /// Since when, UTC.
        since: String,
        /// Until when, if it is not renewed, UTC.
        expires: String,
    },
    /// It was taken over by somebody else, because it was not renewed in time.
    #[error("the lock of cluster {0} was lost: it was not renewed in time, and somebody else has taken it")]
    Lost(String),
    /// A key that is no lock has its name.
    #[error("an ssh key named {0} exists in this Hetzner project and is no lock of hoist")]
    Foreign(String),
    /// The cloud said no.
    #[error("the lock of cluster {cluster} cannot be had: {source}")]
    Cloud {
        /// The cluster.
        cluster: String,
        /// Why.
        source: Error,
    },
}

impl LockError {
    /// What a person can do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Held { holder, .. } => {
                format!("wait until {holder} is done, or talk to them; a lock whose holder is gone ends by itself")
            }
            Self::Lost(_) => "look who else is at work on this cluster, then run the same command again".into(),
            Self::Foreign(name) => format!("rename or delete the ssh key {name}"),
            Self::Cloud { source, .. } => return source.hint(),
        })
    }
}

/// The lock of one cluster.
#[derive(Clone, Debug)]
pub struct ProjectLock {
    client: Client,
    cluster: String,
    holder: String,
    ttl: Duration,
    gone: fn(&str) -> bool,
}

/// The lock, held. Release it when done: a dropped one ends by itself at its expiry.
#[derive(Clone)]
pub struct Held {
    lock: ProjectLock,
    key: u64,
    id: String,
    since: u64,
}

impl std::fmt::Debug for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Held")
            .field("cluster", &self.lock.cluster)
            .field("holder", &self.lock.holder)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

impl ProjectLock {
    /// The lock of a cluster. `holder` names the person and machine; `ttl` is how long it lasts without renewal.
    pub fn new(client: Client, cluster: &str, holder: &str, ttl: Duration) -> Self {
        Self {
            client,
            cluster: cluster.to_owned(),
            holder: label_text(holder),
            ttl,
            gone: |_| false,
        }
    }

    /// Takes over at once from a holder of whom it is certain that they are gone: a process on this machine that was
    /// killed. `gone` is asked with the holder's name as [`ProjectLock::new`] was given it.
    #[must_use]
    pub fn unless_gone(mut self, gone: fn(&str) -> bool) -> Self {
        self.gone = gone;
        self
    }

    fn name(&self) -> String {
        format!("hoist-lock-{}", self.cluster)
    }

    fn cloud(&self, source: Error) -> LockError {
        LockError::Cloud {
            cluster: self.cluster.clone(),
            source,
        }
    }

    fn labels(&self, id: &str, since: u64) -> Labels {
        Labels::from([
            (LOCK.into(), self.cluster.clone()),
            (HOLDER.into(), self.holder.clone()),
            (SINCE.into(), since.to_string()),
            (EXPIRES.into(), now().saturating_add(self.ttl.as_secs()).to_string()),
            (ID.into(), id.to_owned()),
        ])
    }

    /// Takes the lock. One that has expired is taken over; one that is held is an error that names its holder.
    pub async fn acquire(&self) -> Result<Held, LockError> {
        let id = uuid::Uuid::new_v4().simple().to_string();
        let mut tries = 0;
        loop {
            tries += 1;
            let since = now();
            let create = SshKeyCreate {
                name: self.name(),
                public_key: KeyPair::generate(&self.name()).public(),
                labels: self.labels(&id, since),
            };
            match self.client.create_ssh_key(&create).await {
                Ok(made) => {
                    return Ok(Held {
                        lock: self.clone(),
                        key: made.resource.id,
                        id,
                        since,
                    });
                }
                Err(error) if error.class() == Class::AdoptIfOurs => {}
                Err(error) => return Err(self.cloud(error)),
            }
            let holder = self
                .client
                .ssh_key_named(&self.name())
                .await
                .map_err(|error| self.cloud(error))?;
            // Released between the two calls: try again, a few times.
            let Some(holder) = holder else {
                if tries < TRIES {
                    continue;
                }
                return Err(LockError::Lost(self.cluster.clone()));
            };
            if holder.labels.get(LOCK) != Some(&self.cluster) {
                return Err(LockError::Foreign(self.name()));
            }
            let gone = holder.labels.get(HOLDER).is_some_and(|name| (self.gone)(name));
            if (expiry(&holder) > now() && !gone) || tries >= TRIES {
                return Err(self.held_by(&holder));
            }
            // By its id: if another has taken it over first, its new lock has another.
            self.client
                .delete_ssh_key(holder.id)
                .await
                .map_err(|error| self.cloud(error))?;
        }
    }

    fn held_by(&self, key: &SshKey) -> LockError {
        LockError::Held {
            cluster: self.cluster.clone(),
            holder: key.labels.get(HOLDER).cloned().unwrap_or_else(|| "somebody".into()),
            since: utc(number(key, SINCE)),
            expires: utc(expiry(key)),
        }
    }
}

impl Held {
    /// Lets it last for another while.
    pub async fn renew(&self) -> Result<(), LockError> {
        self.check().await?;
        let labels = self.lock.labels(&self.id, self.since);
        match self.lock.client.label_ssh_key(self.key, &labels).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_not_found() => Err(LockError::Lost(self.lock.cluster.clone())),
            Err(error) => Err(self.lock.cloud(error)),
        }
    }

    /// Renews it, three times a lifetime, until told to stop. Returns early only when it cannot be kept: then no
    /// further change is safe.
    pub async fn keep(&self, stop: CancellationToken) -> Result<(), LockError> {
        let rest = (self.lock.ttl / 3).max(Duration::from_millis(10));
        let mut ends = tokio::time::Instant::now() + self.lock.ttl;
        loop {
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                () = tokio::time::sleep(rest) => {}
            }
            match self.renew().await {
                Ok(()) => ends = tokio::time::Instant::now() + self.lock.ttl,
                // An outage is survived as long as the lock itself does.
                Err(LockError::Cloud { .. }) if tokio::time::Instant::now() + rest < ends => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Gives it back. One that was lost meanwhile is not touched.
    pub async fn release(self) -> Result<(), LockError> {
        match self.check().await {
            Ok(()) => {}
            Err(LockError::Lost(_)) => return Ok(()),
            Err(error) => return Err(error),
        }
        self.lock
            .client
            .delete_ssh_key(self.key)
            .await
            .map_err(|error| self.lock.cloud(error))
    }

    /// Whether it is still ours.
    async fn check(&self) -> Result<(), LockError> {
        let key = self
            .lock
            .client
            .ssh_key_named(&self.lock.name())
            .await
            .map_err(|error| self.lock.cloud(error))?;
        if key.is_some_and(|key| key.id == self.key && key.labels.get(ID) == Some(&self.id)) {
            Ok(())
        } else {
            Err(LockError::Lost(self.lock.cluster.clone()))
        }
    }
}

fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

fn number(key: &SshKey, label: &str) -> u64 {
    key.labels.get(label).and_then(|text| text.parse().ok()).unwrap_or(0)
}

fn expiry(key: &SshKey) -> u64 {
    number(key, EXPIRES)
}

/// A text as a label takes it: letters, digits, dots, dashes, underscores; begins and ends with a letter or digit.
fn label_text(text: &str) -> String {
    let kept: String = text
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') {
                c
            } else {
                '_'
            }
        })
        .take(LABEL_LIMIT)
        .collect();
    let kept = kept.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    if kept.is_empty() {
        "somebody".into()
    } else {
        kept.to_owned()
    }
}

/// Seconds since 1970 as UTC, `2026-11-24 10:15:00 UTC`.
fn utc(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // Civil from days, in years that begin in March, so that the leap day comes last.
    let z = days + 719_468;
    let era = z / 146_097;
    let day_of_era = z % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!(
        "{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02} UTC",
        rest / 3600,
        rest / 60 % 60,
        rest % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_shown_as_dates() {
        assert_eq!(utc(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(utc(951_782_400), "2000-02-29 00:00:00 UTC");
        assert_eq!(utc(1_795_515_300), "2026-11-24 10:15:00 UTC");
        assert_eq!(utc(4_107_542_399), "2100-02-28 23:59:59 UTC");
    }

    #[test]
    fn holders_fit_into_labels() {
        assert_eq!(label_text("cameron@desk.example"), "cameron_desk.example");
        assert_eq!(label_text("@@"), "somebody");
        assert!(label_text(&"x".repeat(80)).len() == 63);
    }
}
