//! Query strings: filters, order and pages of every list.

use serde_json::{Value, json};

use super::error::{ApiError, ApiResult};
use super::labels::{Labels, Selector};

/// A parsed query string; a key may come several times.
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    pub(crate) fn parse(text: &str) -> Self {
        Self(url::form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    pub(crate) fn first(&self, key: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(name, _)| name == key)
            .map(|(_, value)| value.as_str())
    }

    fn number(&self, key: &str, default: usize, max: usize) -> ApiResult<usize> {
        let Some(text) = self.first(key) else {
            return Ok(default);
        };
        match text.parse::<usize>() {
            Ok(number) if (1..=max).contains(&number) => Ok(number),
            _ => Err(ApiError::invalid(key, format!("must be between 1 and {max}"))),
        }
    }

    /// The page of `items` that is asked for, filtered by `filters` (field names) and labels, under `key`, with its `meta`.
    pub(crate) fn list(&self, key: &str, items: impl Iterator<Item = Value>, filters: &[&str]) -> ApiResult<Value> {
        let selector = self.first("label_selector").map(Selector::parse).transpose()?;
        let mut items: Vec<Value> = items
            .filter(|item| filters.iter().all(|field| self.fits(item, field)))
            .filter(|item| {
                selector
                    .as_ref()
                    .is_none_or(|selector| selector.matches(&labels_of(item)))
            })
            .collect();
        self.order(&mut items)?;
        let (page, per_page) = (self.number("page", 1, usize::MAX)?, self.number("per_page", 25, 50)?);
        let total = items.len();
        let last = total.div_ceil(per_page).max(1);
        let items: Vec<Value> = items
            .into_iter()
            .skip((page - 1).saturating_mul(per_page))
            .take(per_page)
            .collect();
        Ok(json!({
            key: items,
            "meta": { "pagination": {
                "page": page,
                "per_page": per_page,
                "previous_page": (page > 1).then(|| page - 1),
                "next_page": (page < last).then_some(page + 1),
                "last_page": last,
                "total_entries": total,
            } },
        }))
    }

    fn fits(&self, item: &Value, field: &str) -> bool {
        let mut wanted = self.all(field).peekable();
        if wanted.peek().is_none() {
            return true;
        }
        let actual = match &item[field] {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        };
        wanted.any(|value| value == actual)
    }

    fn order(&self, items: &mut [Value]) -> ApiResult<()> {
        // The last key sorts first, as a stable sort keeps what a less important key has ordered.
        let keys: Vec<&str> = self.all("sort").collect();
        for key in keys.into_iter().rev() {
            let (field, descending) = match key.split_once(':') {
                None => (key, false),
                Some((field, "asc")) => (field, false),
                Some((field, "desc")) => (field, true),
                Some(_) => return Err(ApiError::invalid("sort", format!("'{key}' is not an order"))),
            };
            if ![
                "id", "name", "created", "command", "status", "progress", "started", "finished",
            ]
            .contains(&field)
            {
                return Err(ApiError::invalid("sort", format!("cannot sort by '{field}'")));
            }
            items.sort_by(|a, b| {
                let order = match (&a[field], &b[field]) {
                    (Value::Number(a), Value::Number(b)) => a.as_u64().cmp(&b.as_u64()),
                    (a, b) => a.as_str().cmp(&b.as_str()),
                };
                if descending { order.reverse() } else { order }
            });
        }
        Ok(())
    }
}

fn labels_of(item: &Value) -> Labels {
    item["labels"].as_object().map_or_else(Labels::new, |labels| {
        labels
            .iter()
            .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(query: &str) -> ApiResult<Value> {
        let items = (1..=60)
            .map(|id| json!({"id": id, "name": format!("n{:02}", 61 - id), "labels": {"odd": (id % 2).to_string()}}));
        Query::parse(query).list("things", items, &["name"])
    }

    #[test]
    fn pages_say_what_follows() {
        let first = page("").unwrap();
        assert_eq!(first["things"].as_array().unwrap().len(), 25);
        assert_eq!(first["meta"]["pagination"]["next_page"], 2);
        assert!(first["meta"]["pagination"]["previous_page"].is_null());
        let last = page("page=2&per_page=50").unwrap();
        assert_eq!(last["things"].as_array().unwrap().len(), 10);
        assert!(last["meta"]["pagination"]["next_page"].is_null());
        assert_eq!(last["meta"]["pagination"]["total_entries"], 60);
        assert!(page("per_page=51").is_err() && page("page=0").is_err() && page("page=x").is_err());
        assert!(page("page=9").unwrap()["things"].as_array().unwrap().is_empty());
    }

    #[test]
    fn lists_are_filtered_and_sorted() {
        assert_eq!(
            page("name=n05&name=n06").unwrap()["meta"]["pagination"]["total_entries"],
            2
        );
        assert_eq!(
            page("label_selector=odd%3D1").unwrap()["meta"]["pagination"]["total_entries"],
            30
        );
        assert_eq!(page("sort=name").unwrap()["things"][0]["name"], "n01");
        assert_eq!(page("sort=id:desc").unwrap()["things"][0]["id"], 60);
        assert!(page("sort=secret").is_err() && page("sort=id:up").is_err());
    }
}
