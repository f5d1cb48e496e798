//! Faults on request, as a client sees them.

use hoist_sandbox::emulator::{Answer, Effect, Fault};
use reqwest::Method;
use serde_json::json;

use super::{KEY, Lab, TOKEN};

#[tokio::test]
async fn an_answer_can_be_lost_before_or_after_the_deed() {
    let lab = Lab::new().await;
    let body = json!({ "name": "me", "public_key": KEY });
    let write = || lab.try_call(Method::POST, lab.url("/v1/ssh_keys"), TOKEN, Some(body.clone()));
    lab.emulator
        .fault(Fault::once("POST", "/ssh_keys", 1, Effect::DropBefore));
    assert!(write().await.is_err());
    assert_eq!(lab.emulator.counters().mutations, 0);
    lab.emulator.clear_faults();
    lab.emulator.fault(Fault::once("write", "**", 1, Effect::DropAfter));
    assert!(write().await.is_err());
    assert_eq!(lab.emulator.counters().mutations, 1);
    write().await.unwrap().refused(409, "uniqueness_error");
    let log = lab.emulator.requests();
    let seen: Vec<(Option<u16>, bool)> = log.iter().map(|request| (request.status, request.fault)).collect();
    assert_eq!(seen, [(None, true), (None, true), (Some(409), false)]);
}

#[tokio::test]
async fn an_error_can_be_answered_without_or_with_the_deed() {
    let lab = Lab::new().await;
    let respond = json!({ "method": "POST", "path": "/ssh_keys", "nth": 1, "effect": { "respond": { "status": 503, "code": "unavailable", "message": "later" } } });
    let after = json!({ "method": "POST", "path": "/ssh_keys", "nth": 2, "effect": { "respondAfter": { "status": 504, "code": "timeout" } } });
    assert_eq!(lab.admin(Method::POST, "/faults", Some(respond)).await.fine()["id"], 1);
    lab.admin(Method::POST, "/faults", Some(after)).await.fine();
    let body = json!({ "name": "me", "public_key": KEY });
    let first = lab.post("/ssh_keys", body.clone()).await;
    first.refused(503, "unavailable");
    assert_eq!(first.body["error"]["message"], "later");
    assert!(lab.emulator.state()["ssh_keys"].as_array().unwrap().is_empty());
    lab.post("/ssh_keys", body).await.refused(504, "timeout");
    assert_eq!(lab.emulator.state()["ssh_keys"].as_array().unwrap().len(), 1);
    let armed = lab.admin(Method::GET, "/faults", None).await.fine();
    assert_eq!(
        (&armed[0]["fired"], &armed[1]["fired"], &armed[1]["matched"]),
        (&json!(1), &json!(1), &json!(2))
    );
    let counters = lab.admin(Method::GET, "/counters", None).await.fine();
    assert_eq!(counters["byRoute"]["POST /ssh_keys"], 1);
    assert_eq!(lab.admin(Method::DELETE, "/faults", None).await.status, 204);
    assert_eq!(
        lab.admin(Method::POST, "/faults", Some(json!({ "path": "/x" })))
            .await
            .status,
        422
    );
}

#[tokio::test]
async fn an_action_can_fail_after_its_request_succeeded() {
    let lab = Lab::new().await;
    let failure = Answer {
        status: 0,
        code: "server_error".into(),
        message: "no host".into(),
    };
    lab.emulator
        .fault(Fault::once("POST", "/servers", 1, Effect::FailAction(failure)));
    let made = lab.post("/servers", lab.body("web-1")).await.fine();
    lab.emulator.idle().await;
    for action in [&made["action"], &made["next_actions"][0]] {
        let ended = lab.get(&format!("/actions/{}", action["id"])).await.fine();
        assert_eq!(
            ended["action"]["error"],
            json!({ "code": "server_error", "message": "no host" })
        );
    }
    lab.get(&format!("/servers/{}", made["server"]["id"]))
        .await
        .refused(404, "not_found");
    assert!(lab.machines.told().is_empty());
    assert!(lab.emulator.state()["primary_ips"].as_array().unwrap().is_empty());
    lab.server("web-1").await;
}

#[tokio::test]
async fn a_delay_delays() {
    let lab = Lab::new().await;
    lab.emulator
        .fault(Fault::once("GET", "/servers", 1, Effect::DelayMs(60_000)));
    let slow = lab
        .http
        .get(lab.url("/v1/servers"))
        .bearer_auth(TOKEN)
        .timeout(std::time::Duration::from_millis(100));
    assert!(slow.send().await.unwrap_err().is_timeout());
    lab.get("/servers").await.fine();
}

#[tokio::test]
async fn an_answer_can_never_come_although_the_deed_is_done() {
    let lab = Lab::new().await;
    lab.emulator
        .fault(Fault::once("POST", "/ssh_keys", 1, Effect::HangAfter));
    let slow = lab
        .http
        .post(lab.url("/v1/ssh_keys"))
        .bearer_auth(TOKEN)
        .json(&json!({ "name": "me", "public_key": KEY }))
        .timeout(std::time::Duration::from_millis(200));
    assert!(slow.send().await.unwrap_err().is_timeout());
    assert_eq!(lab.emulator.counters().mutations, 1);
    assert_eq!(lab.emulator.state()["ssh_keys"].as_array().unwrap().len(), 1);
}
