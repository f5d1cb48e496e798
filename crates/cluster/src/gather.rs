//! The components of hoist.yaml: its catalog with charts rendered and secret values read, and what is tried first.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use hoist_components::{Charts, Gather, ResolvedComponent, catalog, gather};
use hoist_model::{At, Check, Diagnostics, Facts, Goal, Secret, StepError};
use hoist_secrets::Resolver;
use hoist_spec::Spec;

use crate::component::{Catalog, Component, Preflight};
use crate::phase::ClusterPhase;

/// The phase as the command line uses it.
pub type Cluster = ClusterPhase<SpecCatalog>;

/// What reading the spec's components takes.
pub struct Options {
    /// Reads secret values.
    pub resolver: Arc<Resolver>,
    /// Fetches and renders charts.
    pub charts: Charts,
    /// Where Cloudflare's API is, if not at its own address.
    pub cloudflare_base: Option<String>,
}

/// The components of hoist.yaml.
pub struct SpecCatalog(Options);

impl Cluster {
    /// The phase on the components of hoist.yaml.
    pub fn new(options: Options) -> Self {
        Self::over(SpecCatalog(options))
    }

    /// Checks the cluster: its nodes, its workloads, and what else was deployed.
    pub async fn verify(&self, spec: &Spec, facts: &Facts) -> Result<Vec<Check>, Diagnostics> {
        let replace = BTreeSet::new();
        let at = At {
            spec,
            goal: Goal::Converge,
            replace: &replace,
            facts,
        };
        let nodes: Vec<String> = spec
            .servers()
            .chain(spec.agents())
            .map(|(name, _)| name.to_owned())
            .collect();
        self.checks(&at, &nodes).await
    }
}

/// The components, by name, that any of these tags means; a component's own name is one of its tags. With them comes
/// what hoist keeps for itself, or else it would not know what it applied.
pub fn tagged(spec: &Spec, tags: &[String]) -> BTreeSet<String> {
    // The catalog without contents: names and tags do not depend on them.
    let objects = spec
        .components
        .enabled()
        .map(|name| (name.to_owned(), Default::default()))
        .collect();
    let secrets = spec
        .bootstrap_secrets()
        .into_keys()
        .map(|name| (name, BTreeMap::new()))
        .collect();
    let components = catalog(spec, &hoist_components::Inputs { secrets, objects }).unwrap_or_default();
    let mut found: BTreeSet<String> = components
        .into_iter()
        .filter(|component| component.tags.iter().any(|tag| tags.contains(tag)))
        .map(|component| component.name)
        .collect();
    if !found.is_empty() {
        found.insert(crate::desired::OWN.to_owned());
    }
    found
}

impl Catalog for SpecCatalog {
    type Spec = Spec;

    fn discriminator(&self, spec: &Spec) -> String {
        spec.cluster.name.to_string()
    }

    async fn gather(&self, at: &At<'_, Spec>) -> Result<Vec<Component>, Diagnostics> {
        let first = at
            .spec
            .servers()
            .next()
            .and_then(|(name, _)| at.facts.server(name)?.address);
        let address = first.map(|address| address.to_string());
        let from = Gather {
            resolver: &self.0.resolver,
            charts: &self.0.charts,
            api_host: address.as_deref(),
        };
        let inputs = gather(at.spec, &from).await?;
        let components = catalog(at.spec, &inputs)?;
        let preflight = self.preflight(at.spec).await;
        Ok(components
            .into_iter()
            .map(|resolved| component(resolved, preflight.as_ref()))
            .collect())
    }
}

/// The first component that makes ACME ask for DNS records.
const ISSUERS: &str = "tls-issuers";

fn component(resolved: ResolvedComponent, preflight: Option<&Arc<dyn Preflight>>) -> Component {
    Component {
        preflight: preflight.filter(|_| resolved.name == ISSUERS).cloned(),
        name: resolved.name,
        namespace: resolved.namespace,
        tags: resolved.tags,
        needs: resolved.needs,
        objects: resolved.objects,
        settle: resolved.settle,
    }
}

impl SpecCatalog {
    async fn preflight(&self, spec: &Spec) -> Option<Arc<dyn Preflight>> {
        let tls = spec.tls.as_ref()?;
        // Its value was read a moment ago, as one of the bootstrap Secrets; failures were told there.
        let token = self.0.resolver.resolve(spec.cloudflare_token()?).await.ok()?;
        let names = tls.canary.iter().flat_map(|canary| &canary.dns_names);
        let mut domains: BTreeSet<String> = names
            .map(|name| name.to_string().trim_start_matches("*.").to_owned())
            .collect();
        if domains.is_empty() {
            domains.insert(spec.cluster.domain.to_string());
        }
        Some(Arc::new(Zone {
            base: self.0.cloudflare_base.clone(),
            token,
            domains,
        }))
    }
}

/// Whether Cloudflare's token can do what ACME will ask of it.
struct Zone {
    base: Option<String>,
    token: Secret,
    domains: BTreeSet<String>,
}

impl Preflight for Zone {
    fn what(&self) -> &str {
        "Cloudflare's token can edit the zone"
    }

    fn check(&self) -> Pin<Box<dyn Future<Output = Result<String, StepError>> + Send + '_>> {
        Box::pin(async move {
            let options = hoist_cloudflare::Options::default();
            let client = hoist_cloudflare::Client::new(self.base.as_deref(), self.token.clone(), options)
                .map_err(|error| StepError::remote(error.to_string()).hint(error.hint()))?;
            let mut zones = BTreeSet::new();
            for domain in &self.domains {
                let found = hoist_tls::preflight(&client, domain).await;
                let found = found.map_err(|error| StepError::remote(error.to_string()).hint(error.hint()))?;
                zones.insert(found.zone.name);
            }
            Ok(format!("zone {}", zones.into_iter().collect::<Vec<_>>().join(", ")))
        })
    }
}
