//! The Secrets that the cluster starts with.

use std::path::Path;

use hoist_model::ExposeSecret;
use hoist_secrets::bootstrap;
use hoist_spec::Spec;

use crate::{resolver, variables};

fn example() -> Spec {
    let text = include_str!("../../../../examples/vanixiets/hoist.yaml");
    hoist_spec::parse(Path::new("hoist.yaml"), text).unwrap_or_else(|found| panic!("{found}"))
}

#[tokio::test]
async fn one_token_is_read_once_and_reaches_both_of_its_secrets() {
    let resolver = resolver(
        Path::new("."),
        variables(&[("CLOUDFLARE_API_TOKEN", "cf"), ("SOPS_AGE_KEY", "age")]),
    );
    let secrets = bootstrap(&example(), &resolver)
        .await
        .unwrap_or_else(|found| panic!("{found}"));
    let all: Vec<String> = secrets
        .iter()
        .flat_map(|(name, keys)| {
            keys.iter()
                .map(move |(key, value)| format!("{name} {key}={}", value.expose_secret()))
        })
        .collect();
    assert_eq!(
        all,
        [
            "cert-manager/cloudflare-api-token token=cf",
            "external-dns/cloudflare-api-token CF_API_TOKEN=cf",
            "sops-secrets-operator/sops-age-key-file key=age",
        ]
    );
}

#[tokio::test]
async fn every_source_that_fails_is_told() {
    let resolver = resolver(Path::new("."), variables(&[]));
    insta::assert_snapshot!(bootstrap(&example(), &resolver).await.unwrap_err(), @r"
    environment variable CLOUDFLARE_API_TOKEN: it is not set; it is needed for key token of Secret cert-manager/cloudflare-api-token and key CF_API_TOKEN of Secret external-dns/cloudflare-api-token
      hint: export it before you run hoist
    environment variable SOPS_AGE_KEY: it is not set; it is needed for key key of Secret sops-secrets-operator/sops-age-key-file
      hint: export it before you run hoist
    ");
}
