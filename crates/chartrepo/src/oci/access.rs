//! Who we are to a registry: asked with nothing, and again with what it asks for.

use std::sync::PoisonError;

use reqwest::header;
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

use super::{Context, Place, Registries, not, parse};
use crate::challenge::Challenge;
use crate::docker::Login;
use crate::http::{Answer, Request};
use crate::refs::take_login;
use crate::{FetchError, Options};

const MOST_OF_A_TOKEN: u64 = 1 << 20;

#[derive(Deserialize)]
struct Token {
    token: Option<String>,
    access_token: Option<String>,
}

impl Registries {
    pub(super) fn content(
        &self,
        context: Context<'_>,
        place: &Place,
        answer: Answer,
        url: &Url,
    ) -> Result<Answer, FetchError> {
        answer.content(&context.task.what, url).map_err(|error| match error {
            FetchError::Refused { what, url, status, .. } => FetchError::Refused {
                what,
                url,
                status,
                helper: context
                    .options
                    .docker_config
                    .as_ref()
                    .and_then(|config| config.helper(&place.host))
                    .map(str::to_owned),
            },
            error => error,
        })
    }

    /// Asks with what the registry has given us, or else with what it asks for.
    pub(super) async fn ask(
        &self,
        context: Context<'_>,
        place: &Place,
        mut request: Request,
    ) -> Result<Answer, FetchError> {
        let key = place.url();
        request.authorization = self
            .tokens
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&key)
            .cloned();
        let answer = context.net.ask(context.task, context.options, &request).await?;
        if answer.status.as_u16() != 401 {
            return Ok(answer);
        }
        let challenges = answer.headers.get_all(header::WWW_AUTHENTICATE).iter();
        let challenge = challenges
            .filter_map(|value| value.to_str().ok())
            .find_map(Challenge::parse);
        let authorization = match challenge {
            None => None,
            Some(Challenge::Basic) => match login(context.options, place) {
                Some(Login::Password(login)) => Some(login.basic()),
                _ => None,
            },
            Some(Challenge::Bearer { realm, service, scope }) => {
                let token = Asked { realm, service, scope };
                Some(self.token(context, place, &request.url, token).await?)
            }
        };
        let Some(authorization) = authorization else {
            return Ok(answer);
        };
        request.authorization = Some(authorization.clone());
        let answer = context.net.ask(context.task, context.options, &request).await?;
        if answer.status.as_u16() != 401 {
            self.tokens
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(key, authorization);
        }
        Ok(answer)
    }

    async fn token(
        &self,
        context: Context<'_>,
        place: &Place,
        registry: &Url,
        asked: Asked,
    ) -> Result<SecretString, FetchError> {
        let expected = "a place to get a token from";
        let mut url =
            Url::parse(&asked.realm).map_err(|error| not(context.task, registry, expected, &error.to_string()))?;
        take_login(&mut url);
        // Credentials go there.
        if url.scheme() != "https" && (registry.scheme() == "https" || url.scheme() != "http") {
            return Err(not(context.task, &url, expected, "it is not encrypted"));
        }
        let scope = asked.scope.unwrap_or_else(|| format!("repository:{}:pull", place.path));
        let login = login(context.options, place);
        let mut request = Request::get(url, "application/json", MOST_OF_A_TOKEN);
        if let Some(Login::Refresh(refresh)) = &login {
            let mut form = vec![
                ("grant_type", SecretString::from("refresh_token")),
                ("client_id", SecretString::from("hoist")),
                ("scope", SecretString::from(scope)),
                ("refresh_token", refresh.clone()),
            ];
            form.extend(asked.service.map(|service| ("service", SecretString::from(service))));
            request.form = Some(form);
        } else {
            let mut query = request.url.query_pairs_mut();
            query.append_pair("scope", &scope);
            if let Some(service) = &asked.service {
                query.append_pair("service", service);
            }
            drop(query);
            if let Some(Login::Password(login)) = &login {
                request.authorization = Some(login.basic());
            }
        }
        let answer = context.net.ask(context.task, context.options, &request).await?;
        let answer = self.content(context, place, answer, &request.url)?;
        let token: Token = parse(context.task, &request.url, &answer.body, "a token")?;
        let token = token.token.or(token.access_token);
        let token = token.ok_or_else(|| not(context.task, &request.url, "a token", "there is none in it"))?;
        Ok(SecretString::from(format!("Bearer {token}")))
    }
}

struct Asked {
    realm: String,
    service: Option<String>,
    scope: Option<String>,
}

/// The URL's own, those of the caller, Docker's.
fn login(options: &Options, place: &Place) -> Option<Login> {
    let hook = || options.credentials.as_ref().and_then(|hook| hook(&place.host));
    if let Some(login) = place.login.clone().or_else(hook) {
        return Some(Login::Password(login));
    }
    options.docker_config.as_ref()?.login(&place.host).cloned()
}
