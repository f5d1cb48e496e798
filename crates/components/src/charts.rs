//! Charts, fetched by the lock and rendered, each once in a run.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use hoist_chart::{KubeVersion, Options, Settle, ValueFile, ValueSources};
use hoist_chartrepo::{ChartRef, Fetched, LockFile, Store};
use serde_json::{Map, Value};
use tokio::sync::OnceCell;

/// A chart and everything that its rendering depends on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ChartUse {
    pub(crate) from: ChartRef,
    /// The namespace that it is rendered for.
    pub(crate) namespace: String,
    /// The name of the release.
    pub(crate) release: String,
    /// The values, over the chart's own. They are no place for secrets.
    pub(crate) values: Map<String, Value>,
    /// The version of Kubernetes that the chart is told.
    pub(crate) kube_version: String,
    /// API versions that the chart is told the cluster has, beside Kubernetes' own.
    pub(crate) api_versions: Vec<String>,
}

/// What a chart became. `Debug` leaves the objects out: Secrets may be among them.
#[derive(Clone, Default)]
pub struct RenderedChart {
    /// Its objects, in Helm's order.
    pub objects: Vec<Value>,
    /// Where the chart makes up certificates or passwords: what keeps those that are live.
    pub settle: Option<Arc<Settle>>,
}

impl From<Vec<Value>> for RenderedChart {
    fn from(objects: Vec<Value>) -> Self {
        Self { objects, settle: None }
    }
}

impl fmt::Debug for RenderedChart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RenderedChart")
            .field("objects", &self.objects.len())
            .field("random", &self.settle.is_some())
            .finish()
    }
}

/// Why a chart could not be had or rendered, for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ChartProblem {
    pub(crate) message: String,
    pub(crate) hint: String,
}

type Known = Arc<OnceCell<Result<RenderedChart, ChartProblem>>>;

/// Where charts come from, and the lock that pins them.
pub struct Charts {
    store: Store,
    lock: LockFile,
    known: Mutex<HashMap<String, Known>>,
}

impl Charts {
    /// Charts of a store, pinned by a lock file that is written when something new is pinned.
    pub fn new(store: Store, lock: LockFile) -> Self {
        Self {
            store,
            lock,
            known: Mutex::default(),
        }
    }

    /// Fetches charts and pins them; then renders them. The results are in the order of what was asked for.
    pub(crate) async fn render(&self, wanted: &[ChartUse]) -> Vec<Result<RenderedChart, ChartProblem>> {
        let fetched = self.fetch(wanted).await;
        let render = wanted.iter().zip(fetched).map(|(chart, fetched)| async move {
            let fetched = fetched?;
            let key = format!("{} {chart:?}", fetched.entry.digest);
            let cell = {
                let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
                Arc::clone(known.entry(key).or_default())
            };
            let render = || rendered(chart.clone(), fetched.bytes.clone());
            cell.get_or_init(render).await.clone()
        });
        futures::future::join_all(render).await
    }

    async fn fetch(&self, wanted: &[ChartUse]) -> Vec<Result<Fetched, ChartProblem>> {
        let lock = match self.lock.read() {
            Ok(lock) => lock,
            Err(error) => {
                let problem = ChartProblem {
                    message: error.to_string(),
                    hint: error.hint().to_owned(),
                };
                return vec![Err(problem); wanted.len()];
            }
        };
        let refs: Vec<ChartRef> = wanted.iter().map(|chart| chart.from.clone()).collect();
        let got = self.store.charts(&refs, &lock).await;
        let mut new = lock.clone();
        for fetched in got.iter().flatten() {
            new.put_chart(fetched.entry.clone());
        }
        let written = self.lock.write(&new).map(drop).map_err(|error| problem(&error));
        got.into_iter()
            .map(|fetched| {
                written.clone()?;
                fetched.map_err(|error| problem(&error))
            })
            .collect()
    }
}

fn problem(error: &hoist_chartrepo::FetchError) -> ChartProblem {
    ChartProblem {
        message: error.to_string(),
        hint: error.hint(),
    }
}

/// Renders on a thread of its own: Go's values stay on one.
async fn rendered(chart: ChartUse, archive: Bytes) -> Result<RenderedChart, ChartProblem> {
    let title = chart.from.title();
    let task = tokio::task::spawn_blocking(move || render(&chart, &archive));
    let result = task.await.map_err(|error| ChartProblem {
        message: format!("chart {title}: its rendering ended early: {error}"),
        hint: "this is a defect of hoist: please report it".to_owned(),
    })?;
    result.map_err(|error| ChartProblem {
        message: format!("chart {title}: {error}"),
        hint: error.hint().to_owned(),
    })
}

fn render(chart: &ChartUse, archive: &Bytes) -> Result<RenderedChart, hoist_chart::ChartError> {
    let options = Options {
        release: chart.release.clone(),
        namespace: chart.namespace.clone(),
        kube_version: KubeVersion::parse(&chart.kube_version)?,
        api_versions: chart.api_versions.clone(),
        ..Options::default()
    };
    // JSON is YAML.
    let text = Value::Object(chart.values.clone()).to_string().into_bytes();
    let files = vec![ValueFile {
        name: "the component's values".to_owned(),
        text,
    }];
    let sources = ValueSources {
        files,
        ..ValueSources::default()
    };
    let installed = hoist_chart::install(archive, sources, options)?;
    for warning in &installed.warnings {
        tracing::warn!(chart = chart.from.title(), "{warning}");
    }
    Ok(RenderedChart {
        objects: installed.objects,
        settle: installed.settle.map(Arc::new),
    })
}
