//! Indexes of repositories: read once, and anew only when they have changed.

use std::sync::Arc;

use reqwest::header;
use url::Url;

use super::repository::resolve;
use super::{Errand, Remote, authorization};
use crate::FetchError;
use crate::http::{Request, Task, Validators};
use crate::index::{self, Index};
use crate::refs::{Credentials, shown};

impl Remote {
    /// The index of a repository: asked for once, and read anew only when it has changed.
    pub(super) async fn index(
        &self,
        errand: Errand<'_>,
        repo: &Url,
        login: Option<&Credentials>,
    ) -> Result<Arc<Index>, FetchError> {
        let key = repo.to_string();
        self.indexes.once(key, || self.read_index(errand, repo, login)).await
    }

    async fn read_index(
        &self,
        errand: Errand<'_>,
        repo: &Url,
        login: Option<&Credentials>,
    ) -> Result<Arc<Index>, FetchError> {
        let task = errand.task.named(format!("the index of {}", shown(repo.as_str())));
        let url = resolve(repo, "index.yaml").unwrap_or_else(|| repo.clone());
        let limit = errand.options.max_index;
        let mut request = Request::get(url, "application/yaml, application/x-yaml, text/yaml, */*", limit);
        request.packed = true;
        request.authorization = authorization(errand.options, &request.url, repo, login);
        let cached = errand.cache.index(repo.as_str());
        if let Some((_, validators)) = &cached {
            request.validators = validators.clone();
        }
        let answer = self.net.ask(&task, errand.options, &request).await?;
        let too_big = || FetchError::TooBig {
            what: task.what.clone(),
            url: shown(request.url.as_str()),
            limit,
        };
        let (bytes, new) = match cached {
            Some((bytes, _)) if answer.status.as_u16() == 304 => (bytes, None),
            _ => {
                let answer = answer.content(&task.what, &request.url)?;
                let validators = Validators {
                    etag: answer.header(header::ETAG).map(str::to_owned),
                    last_modified: answer.header(header::LAST_MODIFIED).map(str::to_owned),
                };
                let packed = answer
                    .header(header::CONTENT_ENCODING)
                    .is_some_and(|how| how.eq_ignore_ascii_case("gzip"));
                let bytes = if packed {
                    index::unpack(&answer.body, limit).map_err(|why| match why {
                        None => too_big(),
                        Some(why) => no_index(&task, &request.url, &why),
                    })?
                } else {
                    answer.body.to_vec()
                };
                (bytes, Some(validators))
            }
        };
        // Megabytes: not between other people's requests.
        let parsed = tokio::task::spawn_blocking(move || (Index::parse(&bytes), bytes)).await;
        let (index, bytes) = parsed.map_err(|error| no_index(&task, &request.url, &error.to_string()))?;
        let index = index.map_err(|why| no_index(&task, &request.url, &why))?;
        if let Some(validators) = new {
            errand.cache.put_index(repo.as_str(), &bytes, validators)?;
        }
        Ok(Arc::new(index))
    }
}

fn no_index(task: &Task, url: &Url, why: &str) -> FetchError {
    FetchError::Answer {
        what: task.what.clone(),
        url: shown(url.as_str()),
        expected: "the index of a chart repository",
        why: why.to_owned(),
    }
}
