//! The cluster's certificate authorities and keys, as k3s lays them out: made once and kept in the state folder.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use chrono::{Datelike as _, Days, Utc};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    SanType,
};

use super::error::Error;
use super::files;

/// k3s's client and server certificates last a year.
const LEAF_DAYS: u64 = 365;
/// k3s's authorities last ten years.
const AUTHORITY_DAYS: u64 = 3650;

/// A certificate and its key, both in files.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    /// The certificate's file.
    pub(crate) cert: PathBuf,
    /// The key's file.
    pub(crate) key: PathBuf,
}

impl Pair {
    fn at(folder: &Path, name: &str) -> Self {
        Self {
            cert: folder.join(format!("{name}.crt")),
            key: folder.join(format!("{name}.key")),
        }
    }
}

/// What a certificate is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Usage {
    /// A TLS server.
    Server,
    /// A TLS client: the common name is the user, the organization the group.
    Client,
    /// Both: etcd's own.
    Both,
}

/// What to put into a certificate.
#[derive(Clone, Debug)]
pub(crate) struct Leaf<'a> {
    pub(crate) common_name: &'a str,
    pub(crate) organization: Option<&'a str>,
    /// Names and addresses.
    pub(crate) names: &'a [String],
    pub(crate) usage: Usage,
}

impl<'a> Leaf<'a> {
    /// Of a TLS server with these names and addresses.
    pub(crate) fn server(common_name: &'a str, names: &'a [String]) -> Self {
        Self {
            common_name,
            organization: None,
            names,
            usage: Usage::Server,
        }
    }

    /// Of a user and their group.
    pub(crate) fn client(common_name: &'a str, organization: Option<&'a str>) -> Self {
        Self {
            common_name,
            organization,
            names: &[],
            usage: Usage::Client,
        }
    }
}

/// A certificate authority.
#[derive(Debug)]
pub(crate) struct Authority {
    name: &'static str,
    pair: Pair,
    cert: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// Reads the authority of this name, or makes it.
    pub(crate) fn open(folder: &Path, name: &'static str) -> Result<Self, Error> {
        let failed = |source| Error::Certificate {
            name: name.to_owned(),
            source,
        };
        let pair = Pair::at(folder, name);
        if !pair.cert.exists() {
            let key = KeyPair::generate().map_err(failed)?;
            let mut params = CertificateParams::new(Vec::new()).map_err(failed)?;
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params.key_usages = vec![
                KeyUsagePurpose::DigitalSignature,
                KeyUsagePurpose::KeyEncipherment,
                KeyUsagePurpose::KeyCertSign,
            ];
            // As k3s does, so that no two authorities share a name.
            params
                .distinguished_name
                .push(DnType::CommonName, format!("k3s-{name}@{}", Utc::now().timestamp()));
            last(&mut params, AUTHORITY_DAYS);
            let cert = params.self_signed(&key).map_err(failed)?;
            files::write(&pair.key, key.serialize_pem())?;
            files::write(&pair.cert, cert.pem())?;
        }
        let cert = read(&pair.cert)?;
        let key = KeyPair::from_pem(&read(&pair.key)?).map_err(failed)?;
        let issuer = Issuer::from_ca_cert_pem(&cert, key).map_err(failed)?;
        Ok(Self {
            name,
            pair,
            cert,
            issuer,
        })
    }

    /// The authority's certificate, in PEM.
    pub(crate) fn pem(&self) -> &str {
        &self.cert
    }

    /// The file of the authority's certificate.
    pub(crate) fn cert_file(&self) -> &Path {
        &self.pair.cert
    }

    /// The authority's own files, for who signs in its name.
    pub(crate) fn pair(&self) -> &Pair {
        &self.pair
    }

    /// Makes a certificate and a key: both in PEM.
    pub(crate) fn issue(&self, leaf: &Leaf<'_>) -> Result<(String, String), Error> {
        let name = leaf.common_name;
        let failed = |source| Error::Certificate {
            name: format!("{name} of {}", self.name),
            source,
        };
        let key = KeyPair::generate().map_err(failed)?;
        let mut params = CertificateParams::new(Vec::new()).map_err(failed)?;
        params.distinguished_name.push(DnType::CommonName, name);
        if let Some(organization) = leaf.organization {
            params.distinguished_name.push(DnType::OrganizationName, organization);
        }
        for name in leaf.names {
            params.subject_alt_names.push(match name.parse::<IpAddr>() {
                Ok(address) => SanType::IpAddress(address),
                Err(_) => SanType::DnsName(name.as_str().try_into().map_err(failed)?),
            });
        }
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
        params.extended_key_usages = match leaf.usage {
            Usage::Server => vec![ExtendedKeyUsagePurpose::ServerAuth],
            Usage::Client => vec![ExtendedKeyUsagePurpose::ClientAuth],
            Usage::Both => vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth],
        };
        params.use_authority_key_identifier_extension = true;
        last(&mut params, LEAF_DAYS);
        let cert = params.signed_by(&key, &self.issuer).map_err(failed)?;
        Ok((cert.pem(), key.serialize_pem()))
    }

    /// Makes a certificate and a key in files beside the authority's.
    pub(crate) fn issue_files(&self, name: &str, leaf: &Leaf<'_>) -> Result<Pair, Error> {
        let pair = Pair::at(self.pair.cert.parent().unwrap_or(Path::new("")), name);
        let (cert, key) = self.issue(leaf)?;
        files::write(&pair.key, key)?;
        files::write(&pair.cert, cert)?;
        Ok(pair)
    }
}

/// All that a cluster has of its own: losing it is losing the cluster.
#[derive(Debug)]
pub(crate) struct Pki {
    /// Signs what the API server serves with.
    pub(crate) server: Authority,
    /// Signs what its users prove themselves with.
    pub(crate) client: Authority,
    /// Signs what the aggregator proves itself with to extension API servers.
    pub(crate) front_proxy: Authority,
    /// Signs etcd's own.
    pub(crate) etcd: Authority,
    /// Signs service account tokens: the private and the public key.
    pub(crate) service_account: (PathBuf, PathBuf),
    /// The API server's configuration of encryption at rest.
    pub(crate) encryption: PathBuf,
}

impl Pki {
    /// Reads what the folder has, and makes what it lacks.
    pub(crate) fn open(folder: &Path) -> Result<Self, Error> {
        let private = folder.join("service.key");
        let public = folder.join("service.pub");
        if !public.exists() {
            let failed = |source| Error::Certificate {
                name: "service account key".to_owned(),
                source,
            };
            let key = KeyPair::generate().map_err(failed)?;
            files::write(&private, key.serialize_pem())?;
            files::write(&public, key.public_key_pem())?;
        }
        let encryption = folder.join("encryption-config.json");
        if !encryption.exists() {
            files::write(&encryption, encryption_config().to_string())?;
        }
        Ok(Self {
            server: Authority::open(folder, "server-ca")?,
            client: Authority::open(folder, "client-ca")?,
            front_proxy: Authority::open(folder, "request-header-ca")?,
            etcd: Authority::open(folder, "etcd-ca")?,
            service_account: (private, public),
            encryption,
        })
    }
}

/// Secrets are encrypted in etcd as with k3s's `--secrets-encryption`.
fn encryption_config() -> serde_json::Value {
    let secret = data_encoding::BASE64.encode(&rand::random::<[u8; 32]>());
    serde_json::json!({
        "kind": "EncryptionConfiguration",
        "apiVersion": "apiserver.config.k8s.io/v1",
        "resources": [{
            "resources": ["secrets"],
            "providers": [{ "aescbc": { "keys": [{ "name": "aescbckey", "secret": secret }] } }, { "identity": {} }],
        }],
    })
}

fn last(params: &mut CertificateParams, days: u64) {
    // A day of grace backwards: clocks differ.
    let date = |day: chrono::DateTime<Utc>| {
        let part = |value: u32| u8::try_from(value).unwrap_or(1);
        rcgen::date_time_ymd(day.year(), part(day.month()), part(day.day()))
    };
    let now = Utc::now();
    params.not_before = date(now - Days::new(1));
    params.not_after = date(now + Days::new(days));
}

fn read(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(Error::file("reading", path))
}
