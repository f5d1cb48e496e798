//! What can be ordered. These lists change rarely, so callers may keep them for a run.

use reqwest::Method;
use serde::Deserialize;

use super::ListOptions;
use crate::client::Client;
use crate::error::Error;
use crate::model::{Image, Location, Pricing, ServerType};
use crate::send::Request;

#[derive(Deserialize)]
struct PricingBody {
    pricing: Pricing,
}

impl Client {
    /// All server types, the retired ones included.
    pub async fn server_types(&self) -> Result<Vec<ServerType>, Error> {
        self.list_all("server_types", &ListOptions::default()).await
    }

    /// All locations.
    pub async fn locations(&self) -> Result<Vec<Location>, Error> {
        self.list_all("locations", &ListOptions::default()).await
    }

    /// Images.
    pub async fn images(&self, options: &ListOptions) -> Result<Vec<Image>, Error> {
        self.list_all("images", options).await
    }

    /// The price list.
    pub async fn pricing(&self) -> Result<Pricing, Error> {
        let body: PricingBody = self.inner.send(&Request::new(Method::GET, "/pricing")).await?;
        Ok(body.pricing)
    }
}
