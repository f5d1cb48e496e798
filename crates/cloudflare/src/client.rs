//! The client: one request at a time, tried again where that can help.

use std::fmt;
use std::time::Duration;

use reqwest::{Method, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::VERIFYING;
use crate::model::{Envelope, NewRecord, PageInfo, Record, RecordFilter, TokenStatus, Zone};
use crate::{ApiMessage, Error};

/// How patient a client is. The defaults are for the real API.
#[derive(Clone, Debug)]
pub struct Options {
    /// How long one request may take.
    pub request_timeout: Duration,
    /// How often one request is tried.
    pub attempts: u32,
    /// The wait before the second attempt; it doubles each time.
    pub first_delay: Duration,
    /// The longest wait between two attempts, also where the API asks for a longer one.
    pub longest_delay: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            request_timeout: Duration::from_secs(20),
            attempts: 4,
            first_delay: Duration::from_millis(500),
            longest_delay: Duration::from_secs(30),
        }
    }
}

/// A client for one token.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    token: SecretString,
    options: Options,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}

/// Where the real API is.
const BASE: &str = "https://api.cloudflare.com/client/v4";

impl Client {
    /// A client for the real API, or for the one at `base`.
    pub fn new(base: Option<&str>, token: SecretString, options: Options) -> Result<Self, Error> {
        // Whoever came first has chosen; this crate works with any.
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            rustls::crypto::ring::default_provider().install_default().ok();
        }
        let http = reqwest::Client::builder()
            .timeout(options.request_timeout)
            .user_agent(concat!("hoist/", env!("CARGO_PKG_VERSION")))
            // The token goes to this address and to no other.
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| Error::Unreachable {
                doing: "preparing".into(),
                why: chain(&error),
            })?;
        Ok(Self {
            http,
            base: base.unwrap_or(BASE).trim_end_matches('/').to_owned(),
            token,
            options,
        })
    }

    /// How the token stands.
    pub async fn verify_token(&self) -> Result<TokenStatus, Error> {
        let (status, _) = self
            .call(VERIFYING, Method::GET, "/user/tokens/verify", &[], None)
            .await?;
        Ok(status)
    }

    /// The zones of this name that the token sees: one or none.
    pub async fn zones(&self, name: &str) -> Result<Vec<Zone>, Error> {
        let doing = format!("listing zones named {name}");
        self.pages(
            &doing,
            "/zones",
            vec![("name", name.to_owned()), ("per_page", "50".into())],
        )
        .await
    }

    /// The zone that holds this name: that of the longest part of it that has one, as far as the token sees.
    pub async fn zone_of(&self, name: &str) -> Result<Option<Zone>, Error> {
        let mut part = name;
        // A top-level domain is nobody's zone.
        while part.contains('.') {
            if let Some(zone) = self.zones(part).await?.into_iter().find(|zone| zone.name == part) {
                return Ok(Some(zone));
            }
            part = part.split_once('.').map_or("", |(_, parent)| parent);
        }
        Ok(None)
    }

    /// The records of a zone.
    pub async fn records(&self, zone_id: &str, filter: &RecordFilter) -> Result<Vec<Record>, Error> {
        let mut query = vec![("per_page", "1000".to_owned())];
        let filters = [
            ("name", &filter.name),
            ("type", &filter.kind),
            ("comment", &filter.comment),
        ];
        query.extend(
            filters
                .into_iter()
                .filter_map(|(key, value)| Some((key, value.clone()?))),
        );
        let doing = format!("listing records of zone {zone_id}");
        self.pages(&doing, &format!("/zones/{zone_id}/dns_records"), query)
            .await
    }

    /// Makes a record. It is not tried again when no answer came: the caller looks whether it is there.
    pub async fn create_record(&self, zone_id: &str, record: &NewRecord) -> Result<Record, Error> {
        let doing = format!("creating the {} record {}", record.kind, record.name);
        let body = serde_json::to_value(record).map_err(|error| Error::Answer {
            doing: doing.clone(),
            why: error.to_string(),
        })?;
        let path = format!("/zones/{zone_id}/dns_records");
        let (record, _) = self.call(&doing, Method::POST, &path, &[], Some(&body)).await?;
        Ok(record)
    }

    /// Replaces a record.
    pub async fn update_record(&self, zone_id: &str, id: &str, record: &NewRecord) -> Result<Record, Error> {
        let doing = format!("changing the {} record {}", record.kind, record.name);
        let body = serde_json::to_value(record).map_err(|error| Error::Answer {
            doing: doing.clone(),
            why: error.to_string(),
        })?;
        let path = format!("/zones/{zone_id}/dns_records/{id}");
        let (record, _) = self.call(&doing, Method::PUT, &path, &[], Some(&body)).await?;
        Ok(record)
    }

    /// Removes a record; one that is gone is removed.
    pub async fn delete_record(&self, zone_id: &str, id: &str) -> Result<(), Error> {
        let doing = format!("deleting record {id}");
        let path = format!("/zones/{zone_id}/dns_records/{id}");
        match self.call::<Value>(&doing, Method::DELETE, &path, &[], None).await {
            Ok(_) | Err(Error::NotFound { .. }) => Ok(()),
            // The API's own number for a record that is not there.
            Err(Error::Api { codes, .. }) if codes.contains(&81044) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn pages<T: DeserializeOwned>(
        &self,
        doing: &str,
        path: &str,
        mut query: Vec<(&str, String)>,
    ) -> Result<Vec<T>, Error> {
        let mut all = Vec::new();
        // More pages than any account has records for.
        for page in 1..=1000u32 {
            query.retain(|(key, _)| *key != "page");
            query.push(("page", page.to_string()));
            let (items, info): (Vec<T>, _) = self.call(doing, Method::GET, path, &query, None).await?;
            let last = items.is_empty() || info.is_none_or(|info| info.page.max(page) >= info.total_pages);
            all.extend(items);
            if last {
                return Ok(all);
            }
        }
        Err(Error::Answer {
            doing: doing.to_owned(),
            why: "the list does not end".into(),
        })
    }

    async fn call<T: DeserializeOwned>(
        &self,
        doing: &str,
        method: Method,
        path: &str,
        query: &[(&str, String)],
        body: Option<&Value>,
    ) -> Result<(T, Option<PageInfo>), Error> {
        // A POST that went out may have had its effect: only an answer that says otherwise lets it be sent again.
        let safe = method != Method::POST;
        let mut delay = self.options.first_delay;
        let mut attempt = 1;
        loop {
            let (error, wait) = match self.send(doing, &method, path, query, body).await {
                Ok(answer) => return Ok(answer),
                Err((error, wait)) => (error, wait),
            };
            let again = match &error {
                Error::RateLimited { .. } => true,
                Error::Unreachable { .. } => safe,
                Error::Api { status, .. } => safe && *status >= 500,
                _ => false,
            };
            if !again || attempt >= self.options.attempts {
                return Err(error);
            }
            tokio::time::sleep(wait.unwrap_or(delay).min(self.options.longest_delay)).await;
            delay = (delay * 2).min(self.options.longest_delay);
            attempt += 1;
        }
    }

    /// Sends once. The error comes with the wait that the API asks for.
    async fn send<T: DeserializeOwned>(
        &self,
        doing: &str,
        method: &Method,
        path: &str,
        query: &[(&str, String)],
        body: Option<&Value>,
    ) -> Result<(T, Option<PageInfo>), (Error, Option<Duration>)> {
        let mut request = self
            .http
            .request(method.clone(), format!("{}{path}", self.base))
            .bearer_auth(self.token.expose_secret())
            .query(query);
        if let Some(body) = body {
            request = request.json(body);
        }
        let unreachable = |error: reqwest::Error| {
            let why = chain(&error);
            let doing = doing.to_owned();
            (Error::Unreachable { doing, why }, None)
        };
        let response = request.send().await.map_err(unreachable)?;
        let status = response.status();
        let wait = response
            .headers()
            .get("retry-after")
            .and_then(|value| value.to_str().ok()?.parse().ok())
            .map(Duration::from_secs);
        let bytes = response.bytes().await.map_err(unreachable)?;
        let envelope: Result<Envelope<Value>, _> = serde_json::from_slice(&bytes);
        let answer = |why: String| {
            let doing = doing.to_owned();
            (Error::Answer { doing, why }, None)
        };
        match envelope {
            Ok(Envelope {
                success: true,
                result,
                result_info,
                ..
            }) if status.is_success() => {
                let result = serde_json::from_value(result.unwrap_or_default()).map_err(|e| answer(e.to_string()))?;
                Ok((result, result_info))
            }
            Ok(envelope) => Err(failure(doing, status, &envelope.errors, wait)),
            Err(error) if status.is_success() => Err(answer(error.to_string())),
            // Errors of what stands in front of the API are pages, not envelopes.
            Err(_) => Err(failure(doing, status, &[], wait)),
        }
    }
}

fn failure(
    doing: &str,
    status: StatusCode,
    messages: &[ApiMessage],
    wait: Option<Duration>,
) -> (Error, Option<Duration>) {
    (Error::from_api(doing, status.as_u16(), messages, wait), wait)
}

/// The whole chain of causes: reqwest's own text only says that sending failed. The address may be shown, the token is
/// in a header.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
