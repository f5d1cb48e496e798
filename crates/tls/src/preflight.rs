//! Whether the token can do what the issuers will ask of it, told in seconds instead of after an hour of ACME.

use hoist_cloudflare::{Client, Error, NewRecord, RecordFilter, Zone};

/// What the preflight found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preflight {
    /// The zone that holds the domain.
    pub zone: Zone,
    /// The name of the TXT record that was written and removed.
    pub probe: String,
}

/// The preflight failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PreflightError {
    /// The token is disabled or has ended.
    #[error("Cloudflare's token is {status}")]
    Token {
        /// How it stands.
        status: String,
    },
    /// The token sees no zone that holds the domain.
    #[error("Cloudflare's token sees no zone for {domain} (looked for {looked})")]
    NoZone {
        /// The domain.
        domain: String,
        /// The names that were looked for.
        looked: String,
    },
    /// The zone does not answer on the internet yet.
    #[error("Cloudflare's zone {zone} is {status}: nobody on the internet asks it yet")]
    Inactive {
        /// The zone.
        zone: String,
        /// How it stands.
        status: String,
        /// The name servers that it must be delegated to.
        name_servers: Vec<String>,
    },
    /// The zone can be read, and a record cannot be written.
    #[error("the TXT record {name} cannot be {doing}: {error}")]
    Write {
        /// The record.
        name: String,
        /// What was tried.
        doing: &'static str,
        /// Why not.
        error: Error,
    },
    /// The API failed.
    #[error(transparent)]
    Api(#[from] Error),
}

impl PreflightError {
    /// What to do.
    pub fn hint(&self) -> String {
        match self {
            Self::Token { .. } => "make a new token: My Profile, API Tokens, template Edit zone DNS".into(),
            Self::NoZone { .. } => {
                "add the domain to the account, or let the token cover its zone (Zone:Read and DNS:Edit)".into()
            }
            Self::Inactive { name_servers, .. } => {
                format!("delegate the domain at its registrar to {}", name_servers.join(" and "))
            }
            Self::Write { error, .. } | Self::Api(error) => error.hint().into(),
        }
    }
}

/// The record by which a run's own probe is known; one that a crash left behind is removed by the next.
const COMMENT: &str = "hoist preflight";

/// Checks the token, finds the zone of `domain`, and writes and removes a TXT record in it.
pub async fn preflight(client: &Client, domain: &str) -> Result<Preflight, PreflightError> {
    let token = client.verify_token().await?;
    if token.status != "active" {
        return Err(PreflightError::Token { status: token.status });
    }
    let zone = find_zone(client, domain).await?;
    if zone.status != "active" {
        return Err(PreflightError::Inactive {
            zone: zone.name,
            status: zone.status,
            name_servers: zone.name_servers,
        });
    }
    let probe = format!("_hoist-preflight.{domain}");
    write_and_remove(client, &zone, &probe).await?;
    Ok(Preflight { zone, probe })
}

/// The zone of the longest part of the domain that has one.
async fn find_zone(client: &Client, domain: &str) -> Result<Zone, PreflightError> {
    if let Some(zone) = client.zone_of(domain).await? {
        return Ok(zone);
    }
    let parents = std::iter::successors(Some(domain), |name| name.split_once('.').map(|(_, parent)| parent));
    let looked: Vec<&str> = parents.filter(|name| name.contains('.')).collect();
    Err(PreflightError::NoZone {
        domain: domain.to_owned(),
        looked: looked.join(", "),
    })
}

async fn write_and_remove(client: &Client, zone: &Zone, name: &str) -> Result<(), PreflightError> {
    let failed = |doing| {
        move |error| PreflightError::Write {
            name: name.to_owned(),
            doing,
            error,
        }
    };
    let record = NewRecord {
        name: name.to_owned(),
        kind: "TXT".into(),
        content: "\"hoist preflight\"".into(),
        ttl: 60,
        comment: Some(COMMENT.into()),
        proxied: false,
    };
    let created = client.create_record(&zone.id, &record).await;
    let refused = match &created {
        Ok(_) | Err(Error::Exists { .. }) => None,
        // No answer is not a refusal: looking for the record tells.
        Err(Error::Unreachable { .. }) => created.as_ref().err(),
        Err(Error::Api { status, .. }) if *status >= 500 => created.as_ref().err(),
        Err(error) => return Err(failed("written")(error.clone())),
    };
    // Also finds what a run left behind that was killed between writing and removing. cert-manager reads records, too.
    let ours = RecordFilter {
        name: Some(name.to_owned()),
        kind: Some("TXT".into()),
        comment: None,
    };
    let found = match client.records(&zone.id, &ours).await {
        Ok(found) => found,
        Err(error) => {
            if let Ok(record) = &created {
                client
                    .delete_record(&zone.id, &record.id)
                    .await
                    .map_err(failed("removed"))?;
            }
            return Err(failed("read back")(error));
        }
    };
    if let (true, Some(error)) = (found.is_empty(), refused) {
        return Err(failed("written")(error.clone()));
    }
    for record in found {
        client
            .delete_record(&zone.id, &record.id)
            .await
            .map_err(failed("removed"))?;
    }
    Ok(())
}
