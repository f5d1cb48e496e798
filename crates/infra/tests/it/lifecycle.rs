//! From nothing to a cluster's servers, through changes, and back to nothing.

use hoist_hcloud::{ListOptions, ServerStatus};
use hoist_model::{Lookup, Risk, Status, Verb};

use crate::rig::{CONVERGE, DESTROY, Hook, MACHINES, READ_ONLY, Rig, foreign, infra};

#[tokio::test]
async fn one_apply_makes_everything_and_a_second_finds_nothing_to_do() {
    let rig = Rig::new().await;
    let spec = rig.spec(MACHINES);
    let process = rig.infra();
    let run = rig.run(&process, &spec, CONVERGE, &Hook::quiet()).await;
    assert!(run.converged, "{run:?}");
    assert_eq!(run.rounds, 2, "one makes, one takes the deploy key away");

    let look = rig.look(&rig.infra(), &spec, CONVERGE).await.unwrap();
    assert!(
        look.draft.steps.is_empty() && look.draft.blocked.is_empty(),
        "{:?}",
        look.draft
    );
    assert!(
        look.status.iter().all(|(_, status)| *status == Status::Ready),
        "{:?}",
        look.status
    );
    assert_eq!(rig.names("servers").await, ["cinnabar", "kube"]);
    assert_eq!(rig.names("networks").await, ["demo"]);
    assert_eq!(rig.names("firewalls").await, ["demo"]);
    assert!(rig.names("ssh_keys").await.is_empty(), "the deploy key is gone");

    let kube = rig.client().server_named("kube").await.unwrap().unwrap();
    assert_eq!(kube.status, ServerStatus::Running);
    assert!(kube.protection.delete, "control planes are protected");
    assert_eq!(kube.private_net[0].ip, "10.0.0.3");
    assert_eq!(kube.public_net.firewalls.len(), 1);
    let labels: Vec<_> = kube.labels.keys().map(String::as_str).collect();
    assert_eq!(
        labels,
        [
            "hoist.dev/cluster",
            "hoist.dev/host-key",
            "hoist.dev/name",
            "hoist.dev/role"
        ]
    );
    let cinnabar = rig.client().server_named("cinnabar").await.unwrap().unwrap();
    assert!(!cinnabar.protection.delete);

    let Lookup::Present(facts) = &look.facts.servers["kube"] else {
        panic!("{:?}", look.facts)
    };
    assert!(facts.running && facts.address.unwrap().is_loopback());
    assert_eq!(facts.private_ipv4.unwrap().to_string(), "10.0.0.3");
    assert_eq!(facts.host_keys.current, kube.labels.get("hoist.dev/host-key").cloned());
    assert_eq!(facts.architecture, "x86");
    assert!(
        !look.facts.servers.contains_key("worker"),
        "a disabled machine is not spoken of"
    );
}

#[tokio::test]
async fn the_pin_in_the_label_is_that_of_the_key_in_the_user_data() {
    let rig = Rig::new().await;
    rig.converge(&rig.spec(MACHINES), CONVERGE, &Hook::quiet()).await;
    let kube = rig.client().server_named("kube").await.unwrap().unwrap();
    let admin = rig.endpoint.replace("/v1", "/_sandbox");
    let data = reqwest::get(format!("{admin}/servers/{}/user-data", kube.id))
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    let public = data
        .lines()
        .find_map(|line| line.trim().strip_prefix("ed25519_public: "))
        .unwrap()
        .trim_matches('"');
    let pin = hoist_ssh::Fingerprint::of_openssh(public).unwrap().to_base32();
    assert_eq!(kube.labels["hoist.dev/host-key"], pin);
    assert!(data.contains("cameron"), "the user may log in");
    assert!(data.len() < 4096);
}

#[tokio::test]
async fn destroy_leaves_the_project_as_it_was() {
    let rig = Rig::new().await;
    foreign(&rig.client()).await;
    let before = rig.emulator.state();
    let spec = rig.spec(&format!("{MACHINES}  plane-b: {{ serverType: cpx32, location: nbg1, role: server }}\n  plane-c: {{ serverType: cpx32, location: hel1, role: server }}\n"));
    rig.converge(&spec, CONVERGE, &Hook::quiet()).await;
    assert_eq!(rig.names("placement_groups").await, ["demo-control-planes"]);

    let look = rig.look(&rig.infra(), &spec, DESTROY).await.unwrap();
    for step in &look.draft.steps {
        assert_eq!(step.verb, Verb::Delete, "{step:?}");
        assert!(matches!(step.risk, Risk::Destructive(_)), "{step:?}");
    }
    rig.converge(&spec, DESTROY, &Hook::quiet()).await;
    pretty_eq(&before, &rig.emulator.state());
}

fn pretty_eq(before: &serde_json::Value, after: &serde_json::Value) {
    let text = |value| serde_json::to_string_pretty(value).unwrap();
    assert_eq!(text(before), text(after));
}

#[tokio::test]
async fn a_plan_takes_one_list_call_a_kind_and_a_token_that_may_only_read() {
    let rig = Rig::new().await;
    let spec = rig.spec(MACHINES);
    rig.converge(&spec, CONVERGE, &Hook::quiet()).await;
    rig.emulator.clear_requests();
    let look = rig
        .look(&infra(rig.client_with(READ_ONLY)), &spec, CONVERGE)
        .await
        .unwrap();
    assert!(look.draft.steps.is_empty(), "{:?}", look.draft);
    let mut paths: Vec<_> = rig
        .emulator
        .requests()
        .into_iter()
        .map(|request| request.path)
        .collect();
    paths.sort();
    let kinds = [
        "firewalls",
        "images",
        "locations",
        "networks",
        "placement_groups",
        "server_types",
        "servers",
        "ssh_keys",
    ];
    let expected: Vec<_> = kinds.iter().map(|kind| format!("/{kind}")).collect();
    assert_eq!(paths, expected);
}

#[tokio::test]
async fn a_type_changes_in_place_with_its_downtime_said() {
    let rig = Rig::new().await;
    rig.converge(&rig.spec(MACHINES), CONVERGE, &Hook::quiet()).await;
    let before = rig.client().server_named("kube").await.unwrap().unwrap();
    let spec = rig.spec(&MACHINES.replace("cpx32", "cpx42"));
    let look = rig.look(&rig.infra(), &spec, CONVERGE).await.unwrap();
    let [step] = &look.draft.steps[..] else {
        panic!("{:?}", look.draft)
    };
    assert_eq!(step.reason.to_string(), "server_type: cpx32 → cpx42");
    assert!(
        matches!(&step.risk, Risk::Downtime(what) if what.contains("kube is shut down")),
        "{step:?}"
    );
    let cost = step.cost.unwrap();
    assert!(
        cost.before_cents > 0 && cost.after_cents > cost.before_cents,
        "{cost:?}"
    );

    rig.converge(&spec, CONVERGE, &Hook::quiet()).await;
    let after = rig.client().server_named("kube").await.unwrap().unwrap();
    assert_eq!(
        (after.id, after.status, after.server_type.name.as_str()),
        (before.id, ServerStatus::Running, "cpx42")
    );
    assert_eq!(after.private_net[0].ip, before.private_net[0].ip);
}

#[tokio::test]
async fn a_disabled_control_plane_goes_although_it_is_protected() {
    let rig = Rig::new().await;
    rig.converge(&rig.spec(MACHINES), CONVERGE, &Hook::quiet()).await;
    let spec = rig.spec(&MACHINES.replace("cinnabar: {", "cinnabar: { enabled: false,"));
    let look = rig.look(&rig.infra(), &spec, CONVERGE).await.unwrap();
    let [step] = &look.draft.steps[..] else {
        panic!("{:?}", look.draft)
    };
    assert_eq!(
        (step.verb, step.reason.to_string().as_str()),
        (Verb::Delete, "disabled in hoist.yaml")
    );
    assert!(step.destructive());
    rig.converge(&spec, CONVERGE, &Hook::quiet()).await;
    assert_eq!(rig.names("servers").await, ["kube"]);
    // And back: it gets the address that is free again, and kube keeps its own.
    rig.converge(&rig.spec(MACHINES), CONVERGE, &Hook::quiet()).await;
    let servers = rig.client().servers(&ListOptions::default()).await.unwrap();
    let mut addresses: Vec<_> = servers
        .iter()
        .map(|server| (server.name.as_str(), server.private_net[0].ip.as_str()))
        .collect();
    addresses.sort();
    assert_eq!(addresses, [("cinnabar", "10.0.0.2"), ("kube", "10.0.0.3")]);
}

#[tokio::test]
async fn a_replacement_that_was_asked_for_happens_once_in_a_run() {
    let mut rig = Rig::new().await;
    let spec = rig.spec(MACHINES);
    rig.converge(&spec, CONVERGE, &Hook::quiet()).await;
    let before = rig.client().server_named("kube").await.unwrap().unwrap();
    rig.replace.insert("kube".into());
    let run = rig.run(&rig.infra(), &spec, CONVERGE, &Hook::quiet()).await;
    assert!(run.converged && run.rounds == 2, "{run:?}");
    let after = rig.client().server_named("kube").await.unwrap().unwrap();
    assert_ne!(before.id, after.id);
    assert_eq!(after.private_net[0].ip, before.private_net[0].ip);
    assert_ne!(
        before.labels["hoist.dev/host-key"], after.labels["hoist.dev/host-key"],
        "a new host has a new key"
    );
}

#[tokio::test]
async fn the_firewall_is_put_right_when_somebody_opened_it() {
    let rig = Rig::new().await;
    let spec = rig.spec(MACHINES);
    rig.converge(&spec, CONVERGE, &Hook::quiet()).await;
    let firewall = rig.client().firewall_named("demo").await.unwrap().unwrap();
    let shown: Vec<_> = firewall
        .rules
        .iter()
        .map(|rule| {
            format!(
                "{} {} {}",
                rule.protocol,
                rule.port.as_deref().unwrap_or("-"),
                rule.source_ips.join(",")
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            "icmp - 0.0.0.0/0,::/0",
            "tcp 2222 203.0.113.7/32",
            "tcp 22 203.0.113.7/32",
            "tcp 6443 203.0.113.7/32"
        ]
    );
    let mut open = firewall.rules.clone();
    open[1].source_ips = vec!["0.0.0.0/0".into()];
    rig.client().set_firewall_rules(firewall.id, &open).await.unwrap();
    let look = rig.look(&rig.infra(), &spec, CONVERGE).await.unwrap();
    let [step] = &look.draft.steps[..] else {
        panic!("{:?}", look.draft)
    };
    assert_eq!(
        step.reason.to_string(),
        "rules: - tcp/2222 from 0.0.0.0/0; rules: + tcp/2222 from 203.0.113.7/32"
    );
    rig.converge(&spec, CONVERGE, &Hook::quiet()).await;
    assert_eq!(
        rig.client().firewall_named("demo").await.unwrap().unwrap().rules,
        firewall.rules
    );
}

#[tokio::test]
async fn an_import_takes_over_a_server_and_changes_nothing_but_labels() {
    let rig = Rig::new().await;
    foreign(&rig.client()).await;
    let web = rig.client().server_named("web").await.unwrap().unwrap();
    // It belongs to another cluster by its label; once that is off, it can be had.
    let spec = rig.spec(
        "\n  site: { serverType: cx23, location: hel1 }\n  kube: { serverType: cpx32, location: fsn1, role: server }\n",
    );
    let import = || {
        rig.infra()
            .importing(vec![hoist_infra::Import::parse("site=web").unwrap()])
    };
    let look = rig.look(&import(), &spec, CONVERGE).await.unwrap();
    assert!(look.draft.steps.is_empty() && look.draft.blocked[0].why.contains("belongs to the cluster another"));
    rig.client()
        .label_server(web.id, &[("team".to_owned(), "web".to_owned())].into())
        .await
        .unwrap();
    let run = rig.run(&import(), &spec, CONVERGE, &Hook::quiet()).await;
    assert!(run.converged, "{run:?}");
    let after = rig.client().server(web.id).await.unwrap().unwrap();
    assert_eq!(after.labels["team"], "web");
    assert_eq!(after.labels["hoist.dev/name"], "site");
    assert_eq!(after.name, "web");
    assert!(rig.names("networks").await == ["office"], "an import makes nothing");
    // From now on it is ours: the next plan brings it into the network and does not make another.
    let look = rig.look(&rig.infra(), &spec, CONVERGE).await.unwrap();
    let verbs: Vec<_> = look
        .draft
        .steps
        .iter()
        .map(|step| format!("{} {}", step.verb, step.key))
        .collect();
    assert!(verbs.contains(&"update server/site".to_owned()), "{verbs:?}");
}

#[tokio::test]
async fn a_small_rate_limit_makes_it_slow_and_not_wrong() {
    let rig = Rig::new().await;
    rig.emulator.set_rate_limit(hoist_sandbox::hcloud::RateLimit {
        limit: 20,
        refill_per_second: 100.0,
    });
    rig.converge(&rig.spec(MACHINES), CONVERGE, &Hook::quiet()).await;
    assert_eq!(rig.names("servers").await, ["cinnabar", "kube"]);
}
