//! What the person reads when the cloud says no. Each in its own words, none with the token.

use hoist_model::Draft;
use hoist_sandbox::emulator::{Answer, Effect, Fault};
use hoist_sandbox::hcloud::Quota;

use crate::rig::{CONVERGE, Hook, MACHINES, READ_ONLY, Rig, TOKEN, foreign, infra, json_of};

fn blocked<Op>(draft: &Draft<Op>) -> String {
    let mut text = String::new();
    for blocked in &draft.blocked {
        text.push_str(&format!(
            "{}: {}\n  hint: {}\n",
            blocked.key,
            blocked.why,
            blocked.hint.as_deref().unwrap_or("none")
        ));
    }
    text
}

/// Correlation ids and ids differ from run to run.
fn masked(text: &str) -> String {
    assert!(!text.contains(TOKEN) && !text.contains(READ_ONLY));
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("correlation id ") {
        let (before, after) = rest.split_at(at + "correlation id ".len());
        out.push_str(before);
        out.push_str("ID");
        rest = after.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '-');
    }
    out.push_str(rest);
    out
}

#[tokio::test]
async fn the_api_cannot_be_reached() {
    let rig = Rig::new().await;
    let spec = rig.spec(MACHINES);
    let port = std::net::TcpListener::bind("127.77.9.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let options = hoist_hcloud::Options {
        attempts: 2,
        ..hoist_hcloud::Options::loopback()
    };
    let client =
        hoist_hcloud::Client::with_options(&format!("http://127.77.9.1:{port}/v1"), TOKEN.into(), options).unwrap();
    let look = rig.look(&infra(client), &spec, CONVERGE).await.unwrap();
    assert!(look.draft.steps.is_empty());
    assert!(
        look.facts.servers.values().all(|lookup| lookup.unknown().is_some()),
        "unknown is not absent"
    );
    insta::assert_snapshot!(blocked(&look.draft).replace(&port.to_string(), "PORT"), @r"
    hetzner/api: GET /servers: the Hetzner Cloud API at http://127.77.9.1:PORT/v1 cannot be reached after 2 attempts: tcp connect error: Connection refused (os error 111)
      hint: look at the network, a proxy, and HCLOUD_ENDPOINT; nothing was changed by this request
    ");
}

#[tokio::test]
async fn a_token_that_is_not_valid() {
    let rig = Rig::new().await;
    let look = rig
        .look(&infra(rig.client_with("wrong")), &rig.spec(MACHINES), CONVERGE)
        .await
        .unwrap();
    insta::assert_snapshot!(masked(&blocked(&look.draft)), @r"
    hetzner/api: GET /servers: unable to authenticate (unauthorized, HTTP 401, correlation id ID)
      hint: make a token with read and write access in the Hetzner console (Security > API tokens) and give it as HCLOUD_TOKEN
    ");
}

#[tokio::test]
async fn a_token_that_may_only_read() {
    let rig = Rig::new().await;
    let process = infra(rig.client_with(READ_ONLY));
    let run = rig.run(&process, &rig.spec(MACHINES), CONVERGE, &Hook::quiet()).await;
    assert_eq!(run.failed.len(), 3, "{run:?}");
    assert!(
        run.failed
            .iter()
            .all(|(_, error)| error.message.contains("token_readonly"))
    );
    assert_eq!(rig.emulator.counters().mutations, 0);
}

#[tokio::test]
async fn a_quota_is_explained_and_not_retried() {
    let rig = Rig::new().await;
    rig.emulator.set_quota(Quota {
        servers: 1,
        ..Quota::default()
    });
    let run = rig
        .run(&rig.infra(), &rig.spec(MACHINES), CONVERGE, &Hook::quiet())
        .await;
    let text = masked(&run.told()).replace("cinnabar", "NAME").replace("kube", "NAME");
    insta::assert_snapshot!(text, @r"
    server/NAME: creating server NAME: POST /servers: server limit exceeded (resource_limit_exceeded, HTTP 403, correlation id ID)
    hint: this is a quota of the project, not a rate limit, and waiting does not help: raise it in the Hetzner console (Limits), or delete what is not needed
    retry: No
    ");
    let orders = rig
        .emulator
        .requests()
        .iter()
        .filter(|request| request.method == "POST" && request.path == "/servers")
        .count();
    assert_eq!(orders, 2, "each server was ordered once");
}

#[tokio::test]
async fn a_type_that_is_sold_out() {
    let rig = Rig::new().await;
    rig.emulator.set_available("cpx32", "fsn1", false);
    let look = rig.look(&rig.infra(), &rig.spec(MACHINES), CONVERGE).await.unwrap();
    let text = blocked(&look.draft);
    assert!(
        text.starts_with("server/kube: the type cpx32 is sold out at fsn1 for now\n  hint: take cpx32 at "),
        "{text}"
    );
}

#[tokio::test]
async fn a_type_that_was_listed_as_available_and_is_sold_out_after_all() {
    let rig = Rig::new().await;
    let sold_out = Answer {
        status: 412,
        code: "resource_unavailable".into(),
        message: "we are unable to provision servers for this location".into(),
    };
    rig.emulator.fault(Fault {
        times: 99,
        ..Fault::once("POST", "/servers", 1, Effect::Respond(sold_out))
    });
    let machines = "\n  kube: { serverType: cpx32, location: fsn1, role: server }\n";
    let run = rig
        .run(&rig.infra(), &rig.spec(machines), CONVERGE, &Hook::quiet())
        .await;
    insta::assert_snapshot!(masked(&run.told()), @r"
    server/kube: creating server kube: POST /servers: we are unable to provision servers for this location (resource_unavailable, HTTP 412, correlation id ID)
    hint: it is sold out there for now: choose another server type or location
    retry: No
    ");
}

#[tokio::test]
async fn a_type_that_is_retired() {
    let rig = Rig::new().await;
    let run = rig
        .run(
            &rig.infra(),
            &rig.spec(&MACHINES.replace("cpx32", "cpx31")),
            CONVERGE,
            &Hook::quiet(),
        )
        .await;
    let text = run.refused.unwrap();
    assert!(
        text.starts_with("machines.kube.serverType: the type cpx31 is retired at fsn1"),
        "{text}"
    );
    assert!(
        text.ends_with("its successor is cpx32: write `serverType: cpx32`"),
        "{text}"
    );
    assert_eq!(rig.emulator.counters().mutations, 0, "nothing was done");
}

#[tokio::test]
async fn names_that_are_taken_by_others_are_left_alone() {
    let rig = Rig::new().await;
    foreign(&rig.client()).await;
    let before = rig.emulator.state();
    let spec = rig.spec("\n  web: { serverType: cpx32, location: fsn1, role: server }\n");
    let look = rig.look(&rig.infra(), &spec, CONVERGE).await.unwrap();
    let id = rig.client().server_named("web").await.unwrap().unwrap().id;
    insta::assert_snapshot!(blocked(&look.draft).replace(&format!("id {id}"), "id ID"), @r"
    server/web: a server named web (id ID) exists in this Hetzner project and does not belong to this cluster
      hint: it is not touched; rename one of the two, or take it over with `hoist import web`
    ");
    assert!(json_of(&look.draft).iter().all(|step| step["op"]["name"] != "web"));
    let run = rig.run(&rig.infra(), &spec, CONVERGE, &Hook::quiet()).await;
    assert!(!run.converged);
    let foreign_now = rig.client().server(id).await.unwrap().unwrap();
    assert_eq!(foreign_now.labels["hoist.dev/cluster"], "another");
    rig.converge_past(&spec, &before).await;
}

#[tokio::test]
async fn a_name_that_was_taken_between_plan_and_apply() {
    let rig = Rig::new().await;
    let spec = rig.spec("\n  web: { serverType: cpx32, location: fsn1, role: server }\n");
    let process = rig.infra();
    let look = rig.look(&process, &spec, CONVERGE).await.unwrap();
    foreign(&rig.client()).await;
    let failed = crate::rig::carry_out(&process, &look, &Hook::quiet()).await;
    let [(key, error)] = &failed[..] else {
        panic!("{failed:?}")
    };
    assert_eq!(key.to_string(), "server/web");
    assert!(
        error.message.contains("exists and does not belong to this cluster"),
        "{error}"
    );
    assert_eq!(error.retry, hoist_model::Retry::No);
}

#[tokio::test]
async fn an_action_that_fails_names_its_cause() {
    let rig = Rig::new().await;
    let failure = Answer {
        status: 0,
        code: "resource_unavailable".into(),
        message: "no host has room".into(),
    };
    rig.emulator
        .fault(Fault::once("POST", "/servers", 1, Effect::FailAction(failure)));
    let machines = "\n  kube: { serverType: cpx32, location: fsn1, role: server }\n";
    let run = rig
        .run(&rig.infra(), &rig.spec(machines), CONVERGE, &Hook::quiet())
        .await;
    let text = run.told();
    assert!(text.contains("no host has room (resource_unavailable)"), "{text}");
    assert!(text.contains("choose another server type or location"), "{text}");
}
