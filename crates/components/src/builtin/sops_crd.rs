//! SopsSecret, the kind of sops-secrets-operator: Rust types, and the CRD that is made from them.
//!
//! The operator drops fields that its CRD lacks, and a `sops` section that lost one cannot be decrypted: the list of
//! fields here is the operator's whole list.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A Secret, encrypted with sops.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct SopsSecretSpec {
    /// The Secrets to make, in the SopsSecret's namespace.
    secret_templates: Vec<SecretTemplate>,
    /// Leaves the Secrets as they are.
    suspend: Option<bool>,
    /// Takes over Secrets that exist and are owned by nobody.
    enforce_ownership: Option<bool>,
}

/// One Secret to make.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct SecretTemplate {
    /// The Secret's name.
    name: String,
    /// The Secret's labels.
    labels: Option<BTreeMap<String, String>>,
    /// The Secret's annotations.
    annotations: Option<BTreeMap<String, String>>,
    /// The Secret's type; Opaque without one.
    #[serde(rename = "type")]
    kind: Option<String>,
    /// Values in plain text (before encryption).
    string_data: Option<BTreeMap<String, String>>,
    /// Values in base64 (before encryption).
    data: Option<BTreeMap<String, String>>,
}

/// How it went.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct SopsSecretStatus {
    /// `Healthy`, or what went wrong.
    message: Option<String>,
}

/// What sops writes into the file.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Sops {
    /// Keys of AWS KMS.
    kms: Option<Vec<Kms>>,
    /// Keys of PGP.
    pgp: Option<Vec<Pgp>>,
    /// Keys of Azure.
    azure_kv: Option<Vec<AzureKv>>,
    /// Keys of HashiCorp Vault.
    hc_vault: Option<Vec<HcVault>>,
    /// Keys of Google Cloud.
    gcp_kms: Option<Vec<GcpKms>>,
    /// Recipients of age.
    age: Option<Vec<Age>>,
    /// The file's authentication code, encrypted.
    mac: Option<String>,
    /// When it was encrypted.
    lastmodified: Option<String>,
    /// The version of sops.
    version: Option<String>,
    /// Keys with this ending are encrypted.
    encrypted_suffix: Option<String>,
    /// Keys that match this are encrypted.
    encrypted_regex: Option<String>,
    /// Whether the code covers encrypted values only.
    mac_only_encrypted: Option<bool>,
}

/// A recipient of age.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Age {
    /// The recipient.
    recipient: Option<String>,
    /// The data key, encrypted to it.
    enc: Option<String>,
}

/// A key of AWS KMS.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Kms {
    /// The key.
    arn: Option<String>,
    /// The role to take on.
    role: Option<String>,
    /// The encryption context.
    context: Option<BTreeMap<String, String>>,
    /// The profile.
    aws_profile: Option<String>,
    /// When it was made.
    created_at: Option<String>,
    /// The data key, encrypted.
    enc: Option<String>,
}

/// A key of PGP.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Pgp {
    /// The fingerprint.
    fp: Option<String>,
    /// When it was made.
    created_at: Option<String>,
    /// The data key, encrypted.
    enc: Option<String>,
}

/// A key of Azure.
#[derive(Serialize, Deserialize, JsonSchema)]
struct AzureKv {
    /// The vault.
    vault_url: Option<String>,
    /// The key's name.
    name: Option<String>,
    /// The key's version.
    version: Option<String>,
    /// When it was made.
    created_at: Option<String>,
    /// The data key, encrypted.
    enc: Option<String>,
}

/// A key of HashiCorp Vault.
#[derive(Serialize, Deserialize, JsonSchema)]
struct HcVault {
    /// The server.
    vault_address: Option<String>,
    /// The engine's path.
    engine_path: Option<String>,
    /// The key's name.
    key_name: Option<String>,
    /// When it was made.
    created_at: Option<String>,
    /// The data key, encrypted.
    enc: Option<String>,
}

/// A key of Google Cloud.
#[derive(Serialize, Deserialize, JsonSchema)]
struct GcpKms {
    /// The key.
    resource_id: Option<String>,
    /// When it was made.
    created_at: Option<String>,
    /// The data key, encrypted.
    enc: Option<String>,
}

/// The CRD of SopsSecret.
pub(crate) fn crd() -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": { "name": "sopssecrets.isindir.github.com" },
        "spec": {
            "group": "isindir.github.com",
            "scope": "Namespaced",
            "names": {
                "kind": "SopsSecret",
                "listKind": "SopsSecretList",
                "plural": "sopssecrets",
                "singular": "sopssecret",
                "shortNames": ["sops"]
            },
            "versions": [{
                "name": "v1alpha3",
                "served": true,
                "storage": true,
                "subresources": { "status": {} },
                "additionalPrinterColumns": [{ "name": "Status", "type": "string", "jsonPath": ".status.message" }],
                "schema": { "openAPIV3Schema": {
                    "type": "object",
                    "description": "Secrets, encrypted with sops.",
                    "properties": {
                        "apiVersion": { "type": "string" },
                        "kind": { "type": "string" },
                        "metadata": { "type": "object" },
                        "spec": structural::<SopsSecretSpec>(),
                        "sops": structural::<Sops>(),
                        "status": structural::<SopsSecretStatus>()
                    }
                } }
            }]
        }
    })
}

/// A type's schema as Kubernetes takes it: no references, no null, no alternatives.
fn structural<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.meta_schema = None;
        settings.inline_subschemas = true;
    });
    let mut schema = settings.into_generator().into_root_schema_for::<T>().to_value();
    simplify(&mut schema);
    schema
}

fn simplify(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            map.shift_remove("title");
            if let Some(Value::Array(kinds)) = map.get_mut("type") {
                kinds.retain(|kind| kind != "null");
                if let [only] = kinds.as_slice() {
                    let only = only.clone();
                    map.insert("type".into(), only);
                }
            }
            map.values_mut().for_each(simplify);
        }
        Value::Array(items) => items.iter_mut().for_each(simplify),
        _ => {}
    }
}
