//! The query string of a list: filters, order and page.

use serde_json::{Value, json};

use super::error::{ApiError, ApiResult};

/// The decoded pairs of a query string.
pub(super) struct Query(Vec<(String, String)>);

/// Which part of a list is wanted.
pub(super) struct Page {
    number: usize,
    size: usize,
}

impl Query {
    pub(super) fn parse(text: &str) -> Self {
        Self(url::form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value.as_str())
    }

    pub(super) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// `page` and `per_page`, the latter between its limits and with its default.
    pub(super) fn page(&self, default: usize, least: usize, most: usize) -> ApiResult<Page> {
        let number = |key: &str, default: usize, least: usize, most: usize| match self.get(key) {
            None => Ok(default),
            // cloudflare-go writes whole numbers as floating-point ones.
            Some(text) => text
                .parse::<f64>()
                .ok()
                .filter(|value| value.fract() == 0.0 && *value >= least as f64 && *value <= most as f64)
                .map(|value| value as usize)
                .ok_or_else(|| {
                    ApiError::invalid(
                        9207,
                        format!("Invalid value for {key}: must be between {least} and {most}"),
                    )
                }),
        };
        Ok(Page {
            number: number("page", 1, 1, 1_000_000_000)?,
            size: number("per_page", default, least, most)?,
        })
    }
}

impl Page {
    /// This page of all items, in the envelope.
    pub(super) fn envelope(&self, all: Vec<Value>) -> Value {
        let total = all.len();
        let items: Vec<Value> = all
            .into_iter()
            .skip((self.number - 1).saturating_mul(self.size))
            .take(self.size)
            .collect();
        json!({
            "result_info": {
                "page": self.number,
                "per_page": self.size,
                "count": items.len(),
                "total_count": total,
                "total_pages": total.div_ceil(self.size),
            },
            "result": items,
            "success": true,
            "errors": [],
            "messages": [],
        })
    }
}
