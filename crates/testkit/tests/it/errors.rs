//! What a person reads when something is wrong, through the program itself: what happened, where, why, and what to do
//! next. All on one sandbox, one after the other, as some of them are about what is there already.

use std::path::PathBuf;

use hoist_testkit::{Ran, Scenario};
use serde_json::{Value, json};

use crate::scenario;

/// One way to run the program: with a spec and an environment of its own, on the sandbox of all.
struct Case<'a> {
    scenario: &'a Scenario,
    folder: PathBuf,
    vars: Vec<(&'static str, String)>,
}

impl<'a> Case<'a> {
    /// A folder of its own with the scenario's spec in it, changed.
    fn new(scenario: &'a Scenario, name: &str, edits: &[(&str, &str)]) -> Self {
        let mut text = std::fs::read_to_string(scenario.spec()).unwrap();
        for (from, to) in edits {
            assert!(text.contains(from), "the spec has no `{from}`");
            text = text.replacen(from, to, 1);
        }
        let folder = scenario.folder().join("cases").join(name);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("hoist.yaml"), text).unwrap();
        Self {
            scenario,
            folder,
            vars: Vec::new(),
        }
    }

    fn var(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.vars.push((name, value.into()));
        self
    }

    fn run(&self, args: &[&str]) -> Ran {
        let mut command = self.scenario.command(args);
        command.current_dir(&self.folder);
        for (name, value) in &self.vars {
            command.env(name, value);
        }
        command.output().unwrap().into()
    }

    /// Standard error of a run that fails, without what differs from run to run.
    #[track_caller]
    fn fails(&self, args: &[&str]) -> String {
        let ran = self.run(args).expect(1);
        for canary in self.scenario.canaries() {
            assert!(!ran.stderr.contains(&canary.value), "{} is shown", canary.name);
        }
        // A plan is printed with what stands in its way, which is the part that counts here.
        let blocked = ran.stdout.find("blocked ").map_or("", |at| &ran.stdout[at..]);
        masked(&format!("{blocked}{}", ran.stderr).replace(&self.folder.display().to_string(), "FOLDER"))
    }
}

/// Leaves out what differs from run to run: lines of progress, how long phases took, correlation ids, addresses, and
/// fingerprints of keys that are made for each run.
fn masked(text: &str) -> String {
    let progress = |line: &str| line.get(2..3) == Some(":") && line.get(5..6) == Some(":");
    let time = |line: &str| line.contains(" steps ") && !line.contains(": ");
    // How much else there is to do is the catalog's business.
    let sums = |line: &str| line.starts_with("Cluster vanixiets");
    let mut out = String::new();
    for line in text
        .lines()
        .filter(|line| !progress(line) && !time(line) && !sums(line))
    {
        let line = after(line, "correlation id ", "ID", |c| c.is_ascii_alphanumeric());
        let line = after(&line, "found SHA256:", "FOUND", |c| {
            c.is_ascii_alphanumeric() || "+/".contains(c)
        });
        let line = after(&line, "it is now sha256:", "DIGEST", |c| c.is_ascii_hexdigit());
        let line = after(&line, "host-key to ", "FOUND-IN-BASE32", |c| c.is_ascii_alphanumeric());
        let line = after(&line, "127.", "A.B.C", |c| c.is_ascii_digit() || c == '.');
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// Puts `name` in the place of the run of such characters after each `mark`.
fn after(line: &str, mark: &str, name: &str, such: fn(char) -> bool) -> String {
    let mut pieces = line.split(mark);
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        out.push_str(mark);
        out.push_str(name);
        out.push_str(piece.trim_start_matches(such));
    }
    out
}

#[test]
fn what_went_wrong_is_said_with_where_why_and_what_to_do_next() {
    let scenario = scenario("errors", &[]);
    the_spec(&scenario);
    secret_sources(&scenario);
    the_cloud_does_not_answer_or_let_in(&scenario);
    what_cannot_be_ordered(&scenario);
    what_others_have(&scenario);
    the_charts(&scenario);
    the_hosts(&scenario);
}

fn the_spec(scenario: &Scenario) {
    let case = Case::new(scenario, "unknown-field", &[("serverType: cx43", "serverTyp: cx43")]);
    insta::assert_snapshot!(case.fails(&["plan"]), @r"
    error: the spec has 1 problem
      error[spec/unknown-field]: machines.cinnabar has no field `serverTyp`
        --> hoist.yaml:34:30
         |
      34 |   cinnabar: { enabled: true, serverTyp: cx43, location: fsn1, image: debian-12, comment: zerotier coordinator }
         |                              ^^^^^^^^^
         = hint: did you mean `serverType`?
    ");
    let case = Case::new(
        scenario,
        "wrong-type",
        &[("secretsEncryption: true", "secretsEncryption: \"yes\"")],
    );
    insta::assert_snapshot!(case.fails(&["plan"]), @r#"
    error: the spec has 1 problem
      error[spec/wrong-type]: k3s.secretsEncryption: expected true or false, found text
        --> hoist.yaml:13:22
         |
      13 |   secretsEncryption: "yes"
         |                      ^^^^^
         = hint: write true or false, without quotes
    "#);
    let case = Case::new(
        scenario,
        "overlap",
        &[("podCidr: 10.42.0.0/16", "podCidr: 10.43.128.0/17")],
    );
    insta::assert_snapshot!(case.fails(&["plan"]), @r"
    error: the spec has 1 problem
      error[spec/overlapping-networks]: cluster.podCidr (10.43.128.0/17) and cluster.serviceCidr (10.43.0.0/16) overlap
       --> hoist.yaml:9:16
        |
      9 |   serviceCidr: 10.43.0.0/16
        |                ^^^^^^^^^^^^
        = hint: choose a network that shares no address with cluster.podCidr; packets could not be told apart
    ");
    let case = Case::new(scenario, "locked-out", &[("sudo: nopasswd", "sudo: none")]);
    insta::assert_snapshot!(case.fails(&["plan"]), @r"
    error: the spec has 1 problem
      error[spec/locked-out]: nobody under access.users has both a key and sudo: neither you nor hoist could change a machine again
        --> hoist.yaml:16:3
         |
      16 |   users:
         |   ^^^^^
         = hint: give one user with a key `sudo: nopasswd`
    ");
}

fn secret_sources(scenario: &Scenario) {
    let case = Case::new(scenario, "no-token", &[]).var("HCLOUD_TOKEN", "");
    insta::assert_snapshot!(case.fails(&["plan"]), @r"
    error: the Hetzner Cloud token cannot be read: environment variable HCLOUD_TOKEN: it is not set
    hint: `hetzner.token` in hoist.yaml says where it comes from
    ");
    let edit = (
        "{ token: { env: CLOUDFLARE_API_TOKEN } }",
        "{ token: { command: [sh, -c, \"echo the vault is sealed >&2; exit 3\"] } }",
    );
    let case = Case::new(scenario, "failing-command", &[edit]);
    insta::assert_snapshot!(case.fails(&["plan"]), @r"
    error: command sh: it failed (exit status: 3): the vault is sealed; it is needed for key token of Secret cert-manager/cloudflare-api-token and key CF_API_TOKEN of Secret external-dns/cloudflare-api-token
        hint: run it by hand in the folder of hoist.yaml
    ");
}

fn the_cloud_does_not_answer_or_let_in(scenario: &Scenario) {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = nobody.local_addr().unwrap().port();
    drop(nobody);
    let case = Case::new(scenario, "unreachable", &[]).var("HCLOUD_ENDPOINT", format!("http://127.0.0.1:{port}/v1"));
    insta::assert_snapshot!(case.fails(&["plan"]).replace(&port.to_string(), "PORT"), @r"
    blocked hetzner/api: GET /servers: the Hetzner Cloud API at http://127.A.B.C:PORT/v1 cannot be reached after 6 attempts: tcp connect error: Connection refused (os error 111)
      hint: look at the network, a proxy, and HCLOUD_ENDPOINT; nothing was changed by this request
      it also stands in the way of node/kube-control, cluster/vanixiets

    error: part of the plan is blocked: see above
    ");
    let case = Case::new(scenario, "wrong-token", &[]).var("HCLOUD_TOKEN", "x".repeat(64));
    insta::assert_snapshot!(case.fails(&["plan"]), @r"
    blocked hetzner/api: GET /servers: unable to authenticate (unauthorized, HTTP 401, correlation id ID)
      hint: make a token with read and write access in the Hetzner console (Security > API tokens) and give it as HCLOUD_TOKEN
      it also stands in the way of node/kube-control, cluster/vanixiets

    error: part of the plan is blocked: see above
    ");
    insta::assert_snapshot!(case.fails(&["apply", "-y"]), @r"
    error: the lock of cluster vanixiets cannot be had: POST /ssh_keys: unable to authenticate (unauthorized, HTTP 401, correlation id ID)
    hint: make a token with read and write access in the Hetzner console (Security > API tokens) and give it as HCLOUD_TOKEN
    ");
}

fn what_cannot_be_ordered(scenario: &Scenario) {
    let case = Case::new(scenario, "retired", &[("serverType: cpx32", "serverType: cpx31")]);
    insta::assert_snapshot!(case.fails(&["plan"]), @r"
    error: machines.kube-control.serverType: the type cpx31 is retired at fsn1 since 2026-01-01 and cannot be ordered any more
        hint: its successor is cpx32: write `serverType: cpx32`
    ");

    let available = |available: bool| {
        let body = json!({ "serverType": "cpx32", "location": "fsn1", "available": available });
        scenario.cloud("PUT", "/_sandbox/availability", &body);
    };
    available(false);
    let case = Case::new(scenario, "sold-out", &[]);
    let sold_out = case.fails(&["plan"]);
    available(true);
    insta::assert_snapshot!(sold_out, @r"
    blocked server/kube-control: the type cpx32 is sold out at fsn1 for now
      hint: take cpx32 at nbg1 or hel1, or cx33 at fsn1, or wait until it is back

    error: part of the plan is blocked: see above
    ");

    scenario.cloud("PUT", "/_sandbox/quota", &json!({ "servers": 0 }));
    let edit = ("cinnabar: { enabled: true", "cinnabar: { enabled: false");
    let case = Case::new(scenario, "quota", &[edit]);
    let quota = case.fails(&["apply", "-y", "--phase", "infra"]);
    scenario.cloud("PUT", "/_sandbox/quota", &json!({}));
    insta::assert_snapshot!(quota, @r"
    error: it did not get there:
      server/kube-control: creating server kube-control: POST /servers: server limit exceeded (resource_limit_exceeded, HTTP 403, correlation id ID)
    hint: this is a quota of the project, not a rate limit, and waiting does not help: raise it in the Hetzner console (Limits), or delete what is not needed
    ");
}

fn what_others_have(scenario: &Scenario) {
    let taken = json!({ "name": "kube-control-2", "server_type": "cx23", "image": "debian-12", "location": "fsn1" });
    let made = scenario.cloud("POST", "/v1/servers", &taken);
    let case = Case::new(scenario, "taken", &[("  kube-control:", "  kube-control-2:")]);
    let stderr = case.fails(&["plan"]);
    let id = made["server"]["id"].to_string();
    scenario.cloud("DELETE", &format!("/v1/servers/{id}"), &Value::Null);
    insta::assert_snapshot!(stderr.replace(&id, "ID"), @r"
    blocked server/kube-control-2: a server named kube-control-2 (id ID) exists in this Hetzner project and does not belong to this cluster
      hint: it is not touched; rename one of the two, or take it over with `hoist import kube-control-2`

    error: part of the plan is blocked: see above
    ");

    let key = std::fs::read_to_string(scenario.folder().join("id_ed25519.pub")).unwrap();
    let labels = json!({
        "hoist.dev/lock": "vanixiets",
        "hoist.dev/lock-holder": "robin.laptop.4711.apply",
        "hoist.dev/lock-since": "1795515300",
        "hoist.dev/lock-expires": "4107542399",
        "hoist.dev/lock-id": "theirs",
    });
    let lock = json!({ "name": "hoist-lock-vanixiets", "public_key": key.trim(), "labels": labels });
    let made = scenario.cloud("POST", "/v1/ssh_keys", &lock);
    let case = Case::new(scenario, "locked", &[]);
    let stderr = case.fails(&["apply", "-y"]);
    scenario.cloud(
        "DELETE",
        &format!("/v1/ssh_keys/{}", made["ssh_key"]["id"]),
        &Value::Null,
    );
    insta::assert_snapshot!(stderr, @r"
    error: cluster vanixiets is locked by robin.laptop.4711.apply since 2026-11-24 10:15:00 UTC; the lock ends by itself at 2100-02-28 23:59:59 UTC
    hint: wait until robin.laptop.4711.apply is done, or talk to them; a lock whose holder is gone ends by itself
    ");
}

fn the_charts(scenario: &Scenario) {
    let empty = scenario.folder().join("no-tools");
    std::fs::create_dir_all(&empty).unwrap();
    let case = Case::new(scenario, "no-programs", &[])
        .var("HOIST_TOOLS", empty.display().to_string())
        .var("PATH", empty.display().to_string());
    // No program is needed to render a chart, helm least of all.
    case.run(&["plan"]).expect(2);
    let lock = case.folder.join("hoist.lock");
    let pinned = std::fs::read_to_string(&lock).unwrap();
    let start = pinned.find("sha256:").expect("a digest is pinned") + "sha256:".len();
    let other = format!("{}{}{}", &pinned[..start], "0".repeat(64), &pinned[start + 64..]);
    std::fs::write(&lock, other).unwrap();
    insta::assert_snapshot!(case.fails(&["plan"]), @r"
    error: component cert-manager: chart cert-manager v1.11.5 from http://127.A.B.C:8082/charts/jetstack/cert-manager-v1.11.5.tgz has changed: hoist.lock says sha256:0000000000000000000000000000000000000000000000000000000000000000, it is now sha256:DIGEST
        hint: find out why it changed under the same version; if it is right, accept it with `hoist vendor --update cert-manager`
    ");
}

fn the_hosts(scenario: &Scenario) {
    Case::new(scenario, "infra", &[])
        .run(&["apply", "-y", "--phase", "infra"])
        .expect(0);
    // Nobody listens on that port: the plan waits for it, and `apply` does so for five minutes. How it ends is in the
    // tests of `hoist-ssh` (a deadline that passes) and of `hoist-nodes` (what the step then says).
    let case = Case::new(scenario, "silent", &[("port: 2222", "port: 2223")]);
    let plan = case.run(&["plan"]).expect(1);
    let nodes = plan.stdout.find("nodes ").map_or("", |at| &plan.stdout[at..]);
    insta::assert_snapshot!(masked(&format!("{nodes}{}", plan.stderr)), @r"
    nodes · kube-control
      … host/kube-control  not ready: SSH (could not reach 127.A.B.C:2223: connection refused)

    blocked cluster/vanixiets: kube-control: could not reach 127.A.B.C:2223: connection refused
      hint: see on a server that k3s runs: hoist ssh MACHINE -- systemctl status k3s

    error: part of the plan is blocked: see above
    ");

    let servers = scenario.cloud("GET", "/v1/servers?name=kube-control", &Value::Null);
    let server = &servers["servers"][0];
    let mut labels = server["labels"].clone();
    labels["hoist.dev/host-key"] = json!("A".repeat(52));
    scenario.cloud(
        "PUT",
        &format!("/v1/servers/{}", server["id"]),
        &json!({ "labels": labels }),
    );
    let case = Case::new(scenario, "changed-key", &[]);
    insta::assert_snapshot!(case.fails(&["plan"]), @r"
    blocked node/kube-control: the host key of 127.A.B.C:2222 is not the expected one: expected SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA, found SHA256:FOUND
      hint: somebody may be answering in its place, so nothing was sent. If you reinstalled kube-control or changed its key yourself, compare the found fingerprint with `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` on its console; if they agree, set the server's label hoist.dev/host-key to FOUND-IN-BASE32. Otherwise `hoist replace kube-control` makes it anew
      it also stands in the way of cluster/vanixiets

    error: part of the plan is blocked: see above
    ");
    // What the hint says to write is what lets hoist in again.
    let plan = case.run(&["plan"]).expect(1).stdout;
    let found = plan.split("hoist.dev/host-key to ").nth(1).unwrap();
    labels["hoist.dev/host-key"] = json!(found.split('.').next());
    scenario.cloud(
        "PUT",
        &format!("/v1/servers/{}", server["id"]),
        &json!({ "labels": labels }),
    );
    case.run(&["plan"]).expect(2);
}
