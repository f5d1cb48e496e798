//! The functions that make certificates, and the value that they answer.

use std::any::Any;
use std::net::IpAddr;
use std::rc::Rc;
use std::time::SystemTime;

use hoist_govalue::{Args, FuncError, FuncResult, Host, Kind, Map, Object, Str, Type, Value};

use super::draw;
use super::keys::PrivateKey;
use super::parent::Parent;
use super::pem;
use super::rng;
use super::x509::{Signer, Template, create};
use crate::dates::utc_after;
use crate::encoding::decode64;
use crate::text::print;

/// Sprig's `certificate`.
pub(super) const CERTIFICATE: Type = Type::Named("sprig.certificate", Kind::Struct);

const DAY: i64 = 24 * 3600 * 1_000_000_000;

#[derive(Clone)]
struct Certificate {
    cert: Str,
    key: Str,
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The key is a secret.
        f.debug_struct("Certificate").finish_non_exhaustive()
    }
}

impl Certificate {
    fn value(self) -> Value {
        Value::Object(Rc::new(self))
    }
}

impl Object for Certificate {
    fn ty(&self) -> Type {
        CERTIFICATE
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        vec![
            ("Cert", Value::Str(self.cert.clone())),
            ("Key", Value::Str(self.key.clone())),
        ]
    }

    fn plain(&self) -> Value {
        let entries = self.fields().into_iter();
        entries
            .map(|(name, value)| (Str::from(name), value))
            .collect::<Map>()
            .into()
    }

    fn any(&self) -> &dyn Any {
        self
    }
}

/// What was drawn in an earlier run: it may have been kept as plain data.
fn recalled(value: Value) -> Option<Value> {
    match &value {
        Value::Object(object) if object.any().is::<Certificate>() => Some(value),
        Value::Map(map) => {
            let text = |name: &str| map.get(name.as_bytes())?.as_str().cloned();
            let (cert, key) = (text("Cert")?, text("Key")?);
            Some(Certificate { cert, key }.value())
        }
        _ => None,
    }
}

fn certificate_at(args: Args<'_>, index: usize) -> Result<Certificate, FuncError> {
    let value = args.any(index);
    let found = match value {
        Value::Object(object) => object.any().downcast_ref::<Certificate>().cloned(),
        _ => None,
    };
    found.ok_or_else(|| {
        FuncError::new(format!(
            "wrong type for value; expected {CERTIFICATE}; got {}",
            value.type_name()
        ))
    })
}

/// What the functions have in common: the arguments before the certificate or the key.
struct Wanted<'a> {
    common_name: &'a Str,
    addresses: Vec<IpAddr>,
    names: Vec<Vec<u8>>,
    days: i64,
    authority: bool,
}

impl<'a> Wanted<'a> {
    fn authority(args: Args<'a>) -> Result<Self, FuncError> {
        Ok(Self {
            common_name: args.str(0)?,
            addresses: Vec::new(),
            names: Vec::new(),
            days: args.int(1)?,
            authority: true,
        })
    }

    fn leaf(args: Args<'a>) -> Result<Self, FuncError> {
        Ok(Self {
            common_name: args.str(0)?,
            addresses: addresses(args.any(1))?,
            names: names(args.any(2))?,
            days: args.int(3)?,
            authority: false,
        })
    }

    fn make(
        self,
        host: &mut dyn Host,
        now: SystemTime,
        key: &PrivateKey,
        signer: Signer<'_>,
    ) -> Result<Value, FuncError> {
        let template = Template {
            common_name: self.common_name,
            addresses: self.addresses,
            names: self.names,
            serial: rng::bytes(host),
            not_before: utc_after(now, 0),
            not_after: utc_after(now, self.days.wrapping_mul(DAY)),
            authority: self.authority,
        };
        let certificate = create(&template, key, signer)
            .map_err(|error| FuncError::new(format!("error creating certificate: {error}")))?;
        Ok(Certificate {
            cert: pem::encode("CERTIFICATE", &certificate).into(),
            key: key.to_pem().into(),
        }
        .value())
    }
}

/// A list's items, or none where it is nil.
fn items(value: &Value) -> Result<&[Value], FuncError> {
    match value {
        Value::Nil => Ok(&[]),
        Value::List(list) => Ok(list),
        other => Err(FuncError::new(format!(
            "wrong type for value; expected []interface {{}}; got {}",
            other.type_name()
        ))),
    }
}

fn addresses(value: &Value) -> Result<Vec<IpAddr>, FuncError> {
    items(value)?
        .iter()
        .map(|item| {
            let text = item.as_str().ok_or_else(|| not_text("error parsing ip", item))?;
            text.as_utf8()
                .and_then(|text| text.parse().ok())
                .ok_or_else(|| FuncError::new(format!("error parsing ip: {text}")))
        })
        .collect()
}

fn names(value: &Value) -> Result<Vec<Vec<u8>>, FuncError> {
    items(value)?
        .iter()
        .map(|item| {
            item.as_str()
                .map(|text| text.to_vec())
                .ok_or_else(|| not_text("error processing alternate dns name", item))
        })
        .collect()
}

fn not_text(doing: &str, item: &Value) -> FuncError {
    match print(item) {
        Ok(text) => FuncError::new(format!("{doing}: {text} is not a string")),
        Err(error) => error,
    }
}

fn given_key(args: Args<'_>, index: usize) -> Result<PrivateKey, FuncError> {
    PrivateKey::from_pem(args.str(index)?).map_err(|error| FuncError::new(format!("parsing private key: {error}")))
}

fn own_key(host: &mut dyn Host) -> Result<PrivateKey, FuncError> {
    PrivateKey::for_certificate(host).map_err(FuncError::new)
}

/// The certificate and key that are to sign.
fn signer(args: Args<'_>, index: usize) -> Result<(Parent, PrivateKey), FuncError> {
    let authority = certificate_at(args, index)?;
    let block = pem::decode(&authority.cert).ok_or_else(|| FuncError::new("unable to decode certificate"))?;
    let parent = Parent::parse(&block.bytes)
        .map_err(|error| FuncError::new(format!("error parsing certificate: decodedSignerCert.Bytes: {error}")))?;
    let key = PrivateKey::from_pem(&authority.key)
        .map_err(|error| FuncError::new(format!("error parsing private key: {error}")))?;
    Ok((parent, key))
}

pub(super) fn gen_ca(host: &mut dyn Host, args: Args<'_>) -> FuncResult {
    draw::once(host, "genCA", args, recalled, |host| {
        let wanted = Wanted::authority(args)?;
        let now = host.now();
        let key = own_key(host)?;
        wanted.make(host, now, &key, Signer::Own)
    })
}

pub(super) fn gen_ca_with_key(host: &mut dyn Host, args: Args<'_>) -> FuncResult {
    draw::once(host, "genCAWithKey", args, recalled, |host| {
        let key = given_key(args, 2)?;
        let now = host.now();
        Wanted::authority(args)?.make(host, now, &key, Signer::Own)
    })
}

pub(super) fn gen_self_signed(host: &mut dyn Host, args: Args<'_>) -> FuncResult {
    draw::once(host, "genSelfSignedCert", args, recalled, |host| {
        let wanted = Wanted::leaf(args)?;
        let now = host.now();
        let key = own_key(host)?;
        wanted.make(host, now, &key, Signer::Own)
    })
}

pub(super) fn gen_self_signed_with_key(host: &mut dyn Host, args: Args<'_>) -> FuncResult {
    draw::once(host, "genSelfSignedCertWithKey", args, recalled, |host| {
        let key = given_key(args, 4)?;
        let now = host.now();
        Wanted::leaf(args)?.make(host, now, &key, Signer::Own)
    })
}

pub(super) fn gen_signed(host: &mut dyn Host, args: Args<'_>) -> FuncResult {
    draw::once(host, "genSignedCert", args, recalled, |host| {
        // Whatever may be wrong is, before a key is made, which takes its time.
        let (parent, signing_key) = signer(args, 4)?;
        let wanted = Wanted::leaf(args)?;
        let now = host.now();
        let key = own_key(host)?;
        wanted.make(host, now, &key, Signer::Other(&parent, &signing_key))
    })
}

pub(super) fn gen_signed_with_key(host: &mut dyn Host, args: Args<'_>) -> FuncResult {
    draw::once(host, "genSignedCertWithKey", args, recalled, |host| {
        let key = given_key(args, 5)?;
        let (parent, signing_key) = signer(args, 4)?;
        let now = host.now();
        Wanted::leaf(args)?.make(host, now, &key, Signer::Other(&parent, &signing_key))
    })
}

pub(super) fn build_custom(args: Args<'_>) -> FuncResult {
    let decoded = |index: usize, what: &str| {
        decode64(args.str(index)?).map_err(|_| FuncError::new(format!("unable to decode base64 {what}")))
    };
    let cert = decoded(0, "certificate")?;
    let key = decoded(1, "private key")?;
    let block = pem::decode(&cert).ok_or_else(|| FuncError::new("unable to decode certificate"))?;
    Parent::parse(&block.bytes)
        .map_err(|error| FuncError::new(format!("error parsing certificate: decodedCert.Bytes: {error}")))?;
    PrivateKey::from_pem(&key).map_err(|error| FuncError::new(format!("error parsing private key: {error}")))?;
    Ok(Certificate {
        cert: cert.into(),
        key: key.into(),
    }
    .value())
}
