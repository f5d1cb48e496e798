//! What a chart makes up at random stays what it is in the cluster, and a changed wish makes it anew.

use std::collections::BTreeMap;

use data_encoding::BASE64;
use flate2::write::GzEncoder;
use hoist_chart::{Installed, Options, Settle, ValueSources, install};
use serde_json::{Value, json};

const CHART: &str = "{ apiVersion: v2, name: demo, version: 0.1.0 }";

const SECRETS: &str = r#"
{{- $ca := genCA "demo-ca" 365 }}
{{- $cert := genSignedCert .Values.host nil (list .Values.host) 365 $ca }}
apiVersion: v1
kind: Secret
metadata: { name: tls }
data:
  ca.crt: {{ $ca.Cert | b64enc }}
  tls.crt: {{ $cert.Cert | b64enc }}
  tls.key: {{ $cert.Key | b64enc }}
---
apiVersion: v1
kind: Secret
metadata: { name: login }
stringData:
  password: {{ randAlphaNum (int .Values.length) | quote }}
  url: {{ printf "https://admin:%s@%s" (randAlphaNum 20) .Values.host }}
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  template:
    metadata:
      annotations:
        checksum/tls: {{ $cert.Cert | sha256sum }}
        rendered: {{ now | date "2006-01-02" | quote }}
        setting: {{ .Values.setting | quote }}
    spec: { containers: [{ name: web, image: web }] }
"#;

/// The archive of a chart of one template.
fn archive(template: &str) -> Vec<u8> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    for (path, text) in [
        ("demo/Chart.yaml", CHART),
        ("demo/values.yaml", "{ host: a.example.com, length: 16, setting: one }"),
        ("demo/templates/all.yaml", template),
    ] {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        tar.append_data(&mut header, path, text.as_bytes()).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}

fn installed(template: &str, sets: &[&str]) -> Installed {
    let sources = ValueSources {
        set: sets.iter().map(ToString::to_string).collect(),
        ..ValueSources::default()
    };
    install(&archive(template), sources, Options::default()).unwrap()
}

fn name(object: &Value) -> String {
    format!("{}/{}", object["kind"], object["metadata"]["name"])
}

/// A cluster: what was applied, with Secrets as an API server has them.
#[derive(Clone, Default)]
struct Cluster(BTreeMap<String, Value>);

impl Cluster {
    fn apply(objects: &[Value]) -> Self {
        Self(
            objects
                .iter()
                .map(|object| (name(object), stored(object.clone())))
                .collect(),
        )
    }

    fn settle(&self, settle: &Settle) -> Vec<Value> {
        settle.settle(&|object| self.0.get(&name(object)).cloned()).unwrap()
    }

    fn at(&self, object: &str, pointer: &str) -> String {
        let object = self.0.iter().find(|(name, _)| name.contains(object)).unwrap().1;
        object.pointer(pointer).and_then(Value::as_str).unwrap().to_owned()
    }
}

fn stored(mut object: Value) -> Value {
    if let Some(Value::Object(strings)) = object.as_object_mut().and_then(|object| object.remove("stringData")) {
        for (key, text) in strings {
            object["data"][key] = json!(BASE64.encode(text.as_str().unwrap().as_bytes()));
        }
    }
    object
}

#[test]
fn a_second_rendering_is_the_first_as_far_as_the_cluster_has_it() {
    let first = installed(SECRETS, &[]);
    let cluster = Cluster::apply(&first.objects);
    // Another run, another day: everything random would be new.
    let second = installed(SECRETS, &[]);
    assert_ne!(second.objects, first.objects);
    let settle = second.settle.expect("it is random");
    assert_eq!(Cluster::apply(&cluster.settle(&settle)).0, cluster.0);
    // The same question has the same answer.
    assert_eq!(cluster.settle(&settle), cluster.settle(&settle));
}

#[test]
fn what_is_not_random_changes_all_the_same() {
    let cluster = Cluster::apply(&installed(SECRETS, &[]).objects);
    let settle = installed(SECRETS, &["setting=two"]).settle.unwrap();
    let after = Cluster::apply(&cluster.settle(&settle));
    let setting = "/spec/template/metadata/annotations/setting";
    assert_eq!(after.at("web", setting), "two");
    for (object, pointer) in [
        ("tls", "/data/tls.key"),
        ("login", "/data/password"),
        ("web", "/spec/template/metadata/annotations/checksum~1tls"),
    ] {
        assert_eq!(
            after.at(object, pointer),
            cluster.at(object, pointer),
            "{object} {pointer}"
        );
    }
}

#[test]
fn another_name_makes_a_new_certificate_of_a_new_authority_and_leaves_the_password() {
    let cluster = Cluster::apply(&installed(SECRETS, &[]).objects);
    let settle = installed(SECRETS, &["host=b.example.com"]).settle.unwrap();
    let after = Cluster::apply(&cluster.settle(&settle));
    // The authority's key is nowhere: it cannot sign a second time.
    for pointer in ["/data/ca.crt", "/data/tls.crt", "/data/tls.key"] {
        assert_ne!(after.at("tls", pointer), cluster.at("tls", pointer), "{pointer}");
    }
    assert_eq!(
        after.at("login", "/data/password"),
        cluster.at("login", "/data/password")
    );
    let url = |cluster: &Cluster| {
        String::from_utf8(BASE64.decode(cluster.at("login", "/data/url").as_bytes()).unwrap()).unwrap()
    };
    assert_eq!(url(&after), url(&cluster).replace("a.example.com", "b.example.com"));
    let checksum = "/spec/template/metadata/annotations/checksum~1tls";
    assert_ne!(after.at("web", checksum), cluster.at("web", checksum));
    // What was made anew stays from then on.
    assert_eq!(Cluster::apply(&after.settle(&settle)).0, after.0);
}

#[test]
fn another_length_makes_a_new_password_and_leaves_the_certificate() {
    let cluster = Cluster::apply(&installed(SECRETS, &[]).objects);
    let settle = installed(SECRETS, &["length=24"]).settle.unwrap();
    let after = Cluster::apply(&cluster.settle(&settle));
    assert_ne!(
        after.at("login", "/data/password"),
        cluster.at("login", "/data/password")
    );
    assert_eq!(after.at("tls", "/data/tls.crt"), cluster.at("tls", "/data/tls.crt"));
}

#[test]
fn a_secret_that_was_deleted_is_made_anew_alone() {
    let mut cluster = Cluster::apply(&installed(SECRETS, &[]).objects);
    cluster.0.retain(|name, _| !name.contains("login"));
    let settle = installed(SECRETS, &[]).settle.unwrap();
    let after = Cluster::apply(&cluster.settle(&settle));
    assert!(!after.at("login", "/data/password").is_empty());
    assert_eq!(after.at("tls", "/data/tls.key"), cluster.at("tls", "/data/tls.key"));
}

#[test]
fn an_expired_certificate_is_made_anew() {
    let expired = SECRETS.replace("(list .Values.host) 365 $ca", "(list .Values.host) 0 $ca");
    let cluster = Cluster::apply(&installed(&expired, &[]).objects);
    let settle = installed(&expired, &[]).settle.unwrap();
    let after = Cluster::apply(&cluster.settle(&settle));
    assert_ne!(after.at("tls", "/data/tls.crt"), cluster.at("tls", "/data/tls.crt"));
}

#[test]
fn a_hash_stays_while_its_password_does() {
    let template = r#"
apiVersion: v1
kind: Secret
metadata: { name: users }
stringData:
  auth: {{ htpasswd "admin" .Values.host }}
"#;
    let cluster = Cluster::apply(&installed(template, &[]).objects);
    let same = installed(template, &[]).settle.unwrap();
    assert_eq!(Cluster::apply(&cluster.settle(&same)).0, cluster.0);
    let other = installed(template, &["host=changed"]).settle.unwrap();
    assert_ne!(Cluster::apply(&cluster.settle(&other)).0, cluster.0);
}

#[test]
fn an_empty_cluster_gets_what_was_rendered() {
    let first = installed(SECRETS, &[]);
    let settle = first.settle.unwrap();
    assert_eq!(Cluster::default().settle(&settle), first.objects);
}

#[test]
fn a_chart_without_anything_random_needs_none_of_this() {
    let plain =
        "{ apiVersion: v1, kind: ConfigMap, metadata: { name: a }, data: { host: {{ .Values.host | quote }} } }";
    assert!(installed(plain, &[]).settle.is_none());
}
