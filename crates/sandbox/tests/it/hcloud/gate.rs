//! The way in: tokens, the request budget, correlation ids, retired endpoints.

use hoist_sandbox::hcloud::RateLimit;
use reqwest::Method;
use serde_json::{Value, json};

use super::{KEY, Lab, READ_ONLY};

#[tokio::test]
async fn only_known_tokens_get_in_and_some_only_read() {
    let lab = Lab::new().await;
    for token in ["", "wrong"] {
        let answer = lab
            .try_call(Method::GET, lab.url("/v1/servers"), token, None)
            .await
            .unwrap();
        answer.refused(401, "unauthorized");
    }
    let read = lab
        .try_call(Method::GET, lab.url("/v1/servers"), READ_ONLY, None)
        .await
        .unwrap();
    assert_eq!(read.status, 200);
    let body = Some(json!({ "name": "k", "public_key": KEY }));
    let write = lab
        .try_call(Method::POST, lab.url("/v1/ssh_keys"), READ_ONLY, body)
        .await
        .unwrap();
    write.refused(403, "token_readonly");
    assert_eq!(lab.emulator.counters().mutations, 0);
}

#[tokio::test]
async fn the_budget_is_told_and_kept() {
    let lab = Lab::with(|mut config| {
        config.rate_limit = RateLimit {
            limit: 2,
            refill_per_second: 0.0,
        };
        config
    })
    .await;
    let first = lab.get("/servers").await;
    assert_eq!(
        (&first.headers["ratelimit-limit"], &first.headers["ratelimit-remaining"]),
        (&"2".parse().unwrap(), &"1".parse().unwrap())
    );
    lab.get("/servers").await.fine();
    lab.get("/servers").await.refused(429, "rate_limit_exceeded");
    let more = Some(json!({ "limit": 5, "refillPerSecond": 1.0 }));
    assert_eq!(lab.admin(Method::PUT, "/rate-limit", more).await.status, 204);
    let again = lab.get("/servers").await;
    assert_eq!(again.headers["ratelimit-remaining"], "4");
    let reset: u64 = again.headers["ratelimit-reset"].to_str().unwrap().parse().unwrap();
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    assert!((now..=now + 3).contains(&reset));
}

#[tokio::test]
async fn each_answer_has_a_correlation_id_which_the_log_repeats() {
    let lab = Lab::new().await;
    let answer = lab.get("/servers?page=1").await;
    let id = answer.headers["x-correlation-id"].to_str().unwrap();
    let log = lab.admin(Method::GET, "/requests", None).await.fine();
    assert_eq!(log[0]["correlationId"], id);
    assert_eq!(
        (&log[0]["path"], &log[0]["query"], &log[0]["status"]),
        (&json!("/servers"), &json!("page=1"), &json!(200))
    );
    assert!(!log.to_string().contains("a-token-of-the-test"));
    lab.admin(Method::DELETE, "/requests", None).await;
    assert!(lab.emulator.requests().is_empty());
}

#[tokio::test]
async fn what_was_retired_says_so_and_what_is_unknown_too() {
    let lab = Lab::new().await;
    for path in ["/datacenters", "/datacenters/4", "/actions"] {
        lab.get(path).await.refused(410, "deprecated_api_endpoint");
    }
    for path in [
        "/nonsense",
        "/servers/7",
        "/servers/x",
        "/networks/7/actions/8",
        "/zones",
    ] {
        lab.get(path).await.refused(404, "not_found");
    }
    let text = lab
        .http
        .post(lab.url("/v1/servers"))
        .bearer_auth(super::TOKEN)
        .body("{")
        .send()
        .await
        .unwrap();
    assert_eq!(text.status(), 400);
    let body: Value = serde_json::from_str(&text.text().await.unwrap()).unwrap();
    assert_eq!(body["error"]["code"], "json_error");
}

#[tokio::test]
async fn ssh_keys_are_unique_by_name_and_by_fingerprint() {
    let lab = Lab::new().await;
    let made = lab
        .post("/ssh_keys", json!({ "name": "me", "public_key": KEY }))
        .await
        .fine();
    let fingerprint = made["ssh_key"]["fingerprint"].as_str().unwrap();
    lab.post("/ssh_keys", json!({ "name": "me", "public_key": KEY }))
        .await
        .refused(409, "uniqueness_error");
    let comment = KEY.replace("test@here", "another@there");
    lab.post("/ssh_keys", json!({ "name": "you", "public_key": comment }))
        .await
        .refused(409, "uniqueness_error");
    lab.post(
        "/ssh_keys",
        json!({ "name": "you", "public_key": "ssh-ed25519 nonsense" }),
    )
    .await
    .refused(422, "invalid_input");
    let found = lab.get(&format!("/ssh_keys?fingerprint={fingerprint}")).await.fine();
    assert_eq!(found["ssh_keys"][0]["name"], "me");
    // Independent: OpenSSH computes the same one.
    let mut child = std::process::Command::new("ssh-keygen")
        .args(["-E", "md5", "-lf", "-"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("ssh-keygen is there: apt-get install openssh-client");
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), KEY.as_bytes()).unwrap();
    let said = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    assert!(said.contains(fingerprint), "{said} / {fingerprint}");
}
