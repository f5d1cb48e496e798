//! Texts that are valid by construction: names, versions, keys. One macro makes them, one table checks them.

mod rules;

use std::fmt;

use rules::{
    domain, email, env_name, k3s_version, label, location, nixos_release, public_key, recipient, secret_name,
    server_type, url, user,
};

/// Why a text is refused, and what would be accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// What is wrong with it.
    pub why: String,
    /// What to write instead.
    pub hint: String,
    /// It may be a secret that was pasted by mistake: it must not be shown.
    pub hidden: bool,
}

impl Refused {
    fn new(why: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            hint: hint.into(),
            hidden: false,
        }
    }

    fn hidden(self) -> Self {
        Self { hidden: true, ..self }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.why, self.hint)
    }
}

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident, $format:literal, $check:expr;)+) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
            #[serde(try_from = "String", into = "String")]
            pub struct $name(String);

            impl $name {
                /// The text.
                pub fn as_str(&self) -> &str {
                    &self.0
                }
            }

            impl TryFrom<String> for $name {
                type Error = Refused;

                fn try_from(text: String) -> Result<Self, Refused> {
                    let check: fn(&str) -> Result<(), Refused> = $check;
                    check(&text).map(|()| Self(text))
                }
            }

            impl std::str::FromStr for $name {
                type Err = Refused;

                fn from_str(text: &str) -> Result<Self, Refused> {
                    Self::try_from(text.to_owned())
                }
            }

            impl From<$name> for String {
                fn from(value: $name) -> Self {
                    value.0
                }
            }

            impl fmt::Display for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str(&self.0)
                }
            }

            impl AsRef<str> for $name {
                fn as_ref(&self) -> &str {
                    &self.0
                }
            }

            impl std::borrow::Borrow<str> for $name {
                fn borrow(&self) -> &str {
                    &self.0
                }
            }

            impl PartialEq<str> for $name {
                fn eq(&self, other: &str) -> bool {
                    self.0 == other
                }
            }

            impl PartialEq<&str> for $name {
                fn eq(&self, other: &&str) -> bool {
                    self.0 == *other
                }
            }

            impl schemars::JsonSchema for $name {
                fn schema_name() -> std::borrow::Cow<'static, str> {
                    stringify!($name).into()
                }

                fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                    schemars::json_schema!({ "type": "string", "format": $format })
                }
            }
        )+

        /// Checks a text by the `format` that the schema gives it; formats of others hold always.
        pub(crate) fn check_format(format: &str, text: &str) -> Result<(), Refused> {
            match format {
                $($format => {
                    let check: fn(&str) -> Result<(), Refused> = $check;
                    check(text)
                })+
                crate::admin_cidr::FORMAT => text.parse::<crate::AdminCidr>().map(drop),
                crate::cidr::FORMAT => text.parse::<crate::Cidr>().map(drop),
                _ => Ok(()),
            }
        }
    };
}

texts! {
    /// A name of up to 63 characters: lower-case letters, digits and hyphens, as RFC 1123 has it.
    Name, "dns-label", label;
    /// A DNS name, such as `kube.example.com`.
    DomainName, "dns-name", domain;
    /// A DNS name that may begin with `*.`.
    CertificateName, "dns-name-or-wildcard", |text| domain(text.strip_prefix("*.").unwrap_or(text));
    /// A login name on the machines.
    UserName, "user-name", user;
    /// A public key, one line as OpenSSH writes it.
    PublicKey, "openssh-public-key", public_key;
    /// A server type of Hetzner Cloud, such as `cx43`, `cpx32` or `cax21`.
    ServerType, "server-type", server_type;
    /// A location of Hetzner Cloud, such as `fsn1`.
    Location, "location", location;
    /// A version of k3s with its tag's full text, such as `v1.36.3+k3s1`.
    K3sVersion, "k3s-version", k3s_version;
    /// A release of NixOS, such as `"26.05"`.
    NixosRelease, "nixos-release", nixos_release;
    /// A Secret of Kubernetes: `namespace/name`.
    SecretName, "namespace/name", secret_name;
    /// A recipient of age: `age1…`.
    Recipient, "age-recipient", recipient;
    /// An address of mail.
    Email, "mail-address", email;
    /// A URL.
    Url, "url", url;
    /// The name of an environment variable.
    EnvName, "environment-variable", env_name;
}
