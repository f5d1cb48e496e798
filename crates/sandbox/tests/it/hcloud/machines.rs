//! What happens when the machine behind a server fails.

use serde_json::json;

use super::Lab;

#[tokio::test]
async fn an_action_fails_with_its_machine_and_the_server_can_be_used_again() {
    let lab = Lab::new().await;
    let id = lab.server("web-1").await;
    *lab.machines.broken.lock().unwrap() = true;
    let ended = lab.act(id, "poweroff", json!({})).await;
    assert_eq!(ended["status"], "error");
    assert_eq!(
        ended["error"],
        json!({ "code": "action_failed", "message": "the machine is on fire" })
    );
    let server = lab.show("server", id).await;
    assert_eq!(
        (&server["status"], &server["locked"]),
        (&json!("running"), &json!(false))
    );
    *lab.machines.broken.lock().unwrap() = false;
    assert_eq!(lab.act(id, "poweroff", json!({})).await["status"], "success");
}

#[tokio::test]
async fn a_server_whose_first_start_fails_stays_off() {
    let lab = Lab::new().await;
    *lab.machines.broken.lock().unwrap() = true;
    let made = lab.post("/servers", lab.body("web-1")).await.fine();
    lab.emulator.idle().await;
    let created = lab.get(&format!("/actions/{}", made["action"]["id"])).await.fine();
    let started = lab
        .get(&format!("/actions/{}", made["next_actions"][0]["id"]))
        .await
        .fine();
    assert_eq!(
        (&created["action"]["status"], &started["action"]["status"]),
        (&json!("success"), &json!("error"))
    );
    let id = made["server"]["id"].as_u64().unwrap();
    assert_eq!(lab.show("server", id).await["status"], "off");
    *lab.machines.broken.lock().unwrap() = false;
    lab.act(id, "poweron", json!({})).await;
    assert_eq!(
        lab.machines.told(),
        ["create web-1", "create web-1"],
        "a machine that was not made is made"
    );
}
