//! A server's life: power, locks, types, rebuilding, protection, snapshots, the end.

use std::time::Duration;

use serde_json::json;

use super::Lab;

async fn goes_off(lab: &Lab, id: u64) {
    let off = async {
        while lab.show("server", id).await["status"] != "off" {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(30), off).await;
    waited.unwrap_or_else(|_| panic!("server {id} did not go off"));
}

#[tokio::test]
async fn power_actions_reach_the_machine_once() {
    let lab = Lab::new().await;
    let id = lab.server("web-1").await;
    lab.machines.told();
    for (action, status, told) in [
        ("poweron", "running", vec![]),
        ("reboot", "running", vec!["Reset"]),
        ("reset", "running", vec!["Reset"]),
        ("shutdown", "off", vec!["Off"]),
        ("poweroff", "off", vec![]),
        ("reset", "off", vec![]),
        ("poweron", "running", vec!["On"]),
        ("poweroff", "off", vec!["Off"]),
    ] {
        let ended = lab.act(id, action, json!({})).await;
        assert_eq!(ended["status"], "success", "{action}");
        // The system goes off some time after it was asked to shut down.
        if action == "shutdown" {
            goes_off(&lab, id).await;
        }
        assert_eq!(lab.show("server", id).await["status"], status, "{action}");
        assert_eq!(lab.machines.told(), told, "{action}");
    }
}

#[tokio::test]
async fn a_server_is_locked_while_an_action_works_on_it() {
    let lab = Lab::with(|config| config.scale(60.0)).await;
    let made = lab.post("/servers", lab.body("slow")).await.fine();
    let id = made["server"]["id"].as_u64().unwrap();
    lab.post(&format!("/servers/{id}/actions/poweroff"), json!({}))
        .await
        .refused(423, "locked");
    lab.delete(&format!("/servers/{id}")).await.refused(423, "locked");
    let action = lab.get(&format!("/actions/{}", made["action"]["id"])).await.fine();
    assert_eq!(action["action"]["status"], "running");
    assert!(action["action"]["progress"].as_u64().unwrap() < 100);
    assert!(action["action"]["finished"].is_null());
    // Labels can be written meanwhile, as at Hetzner.
    let server = lab
        .put(&format!("/servers/{id}"), json!({ "labels": { "a": "b" } }))
        .await
        .fine();
    assert_eq!(server["server"]["labels"]["a"], "b");
}

#[tokio::test]
async fn the_type_changes_only_while_off_and_only_to_what_fits() {
    let lab = Lab::new().await;
    let id = lab.server("web-1").await;
    let path = format!("/servers/{id}/actions/change_type");
    let to = |kind: &str| json!({ "server_type": kind, "upgrade_disk": false });
    lab.post(&path, to("cpx32")).await.refused(422, "server_not_stopped");
    lab.act(id, "poweroff", json!({})).await;
    lab.post(&path, to("cax21")).await.refused(422, "invalid_server_type");
    lab.post(&path, to("cx23")).await.refused(422, "invalid_server_type");
    lab.post(&path, to("cpx22")).await.refused(422, "invalid_server_type");
    lab.post(&path, to("cpx41")).await.refused(422, "invalid_input");
    lab.post(&path, to("nonsense")).await.refused(422, "invalid_input");
    lab.emulator.set_available("cpx42", "fsn1", false);
    lab.post(&path, to("cpx42")).await.refused(412, "resource_unavailable");
    let ended = lab
        .act(
            id,
            "change_type",
            json!({ "server_type": "cpx32", "upgrade_disk": true }),
        )
        .await;
    assert_eq!(ended["command"], "change_server_type");
    let server = lab.show("server", id).await;
    assert_eq!(
        (&server["server_type"]["name"], &server["primary_disk_size"]),
        (&json!("cpx32"), &json!(160))
    );
    lab.post(&path, to("cpx22")).await.refused(422, "invalid_server_type");
}

#[tokio::test]
async fn rebuilding_makes_the_machine_anew_from_the_image() {
    let lab = Lab::new().await;
    let id = lab.server("web-1").await;
    lab.act(
        id,
        "rebuild",
        json!({ "image": "debian-13", "user_data": "#cloud-config\n" }),
    )
    .await;
    assert_eq!(lab.machines.told(), ["create web-1", "create web-1"]);
    let specs = lab.machines.specs.lock().unwrap().clone();
    assert_eq!(
        (specs[1].image.as_str(), specs[1].user_data.as_deref()),
        ("debian-13", Some("#cloud-config\n"))
    );
    assert_eq!(specs[0].public_ipv4, specs[1].public_ipv4);
    let shown = lab
        .admin(reqwest::Method::GET, &format!("/servers/{id}/user-data"), None)
        .await;
    assert_eq!(shown.body, json!("#cloud-config\n"));
}

#[tokio::test]
async fn protection_holds_until_it_is_taken_off() {
    let lab = Lab::new().await;
    let id = lab.server("web-1").await;
    let half = json!({ "delete": true, "rebuild": false });
    lab.post(&format!("/servers/{id}/actions/change_protection"), half)
        .await
        .refused(422, "invalid_input");
    lab.act(id, "change_protection", json!({ "delete": true, "rebuild": true }))
        .await;
    lab.delete(&format!("/servers/{id}")).await.refused(423, "protected");
    lab.post(
        &format!("/servers/{id}/actions/rebuild"),
        json!({ "image": "debian-12" }),
    )
    .await
    .refused(423, "protected");
    lab.act(id, "change_protection", json!({ "delete": false, "rebuild": false }))
        .await;
    let gone = lab.delete(&format!("/servers/{id}")).await.fine();
    assert_eq!(gone["action"]["command"], "delete_server");
    lab.emulator.idle().await;
    lab.get(&format!("/servers/{id}")).await.refused(404, "not_found");
    assert!(lab.machines.told().ends_with(&["delete".to_owned()]));
    // Its actions can still be asked for.
    let action = lab.get(&format!("/actions/{}", gone["action"]["id"])).await.fine();
    assert_eq!(action["action"]["status"], "success");
}

#[tokio::test]
async fn a_snapshot_can_be_booted_from() {
    let lab = Lab::new().await;
    let id = lab.server("golden").await;
    let made = lab
        .post(
            &format!("/servers/{id}/actions/create_image"),
            json!({ "type": "snapshot", "description": "d", "labels": { "a": "b" } }),
        )
        .await
        .fine();
    assert_eq!(made["image"]["status"], "creating");
    lab.emulator.idle().await;
    let image = made["image"]["id"].as_u64().unwrap();
    let found = lab
        .get("/images?type=snapshot&label_selector=a%3Db&architecture=x86")
        .await
        .fine();
    assert_eq!(found["images"][0]["id"], image);
    assert_eq!(found["images"][0]["created_from"]["name"], "golden");
    let mut body = lab.body("copy");
    body["image"] = json!(image);
    lab.post("/servers", body.clone()).await.fine();
    lab.emulator.idle().await;
    assert_eq!(lab.machines.specs.lock().unwrap()[1].image, image.to_string());
    body["name"] = json!("arm");
    body["server_type"] = json!("cax11");
    lab.post("/servers", body).await.refused(422, "invalid_input");
    lab.delete("/images/114690387").await.refused(403, "forbidden");
    assert_eq!(lab.delete(&format!("/images/{image}")).await.status, 204);
}

#[tokio::test]
async fn what_goes_with_a_server_goes_and_what_stays_stays() {
    let lab = Lab::new().await;
    let before = lab.emulator.state();
    let id = lab.server("web-1").await;
    let volume = lab
        .post("/volumes", json!({ "name": "v", "size": 10, "server": id }))
        .await
        .fine();
    let volume = volume["volume"]["id"].as_u64().unwrap();
    lab.emulator.idle().await;
    assert_eq!(lab.show("server", id).await["volumes"], json!([volume]));
    lab.delete(&format!("/volumes/{volume}"))
        .await
        .refused(422, "service_error");
    let balancer = json!({ "name": "lb", "load_balancer_type": "lb11", "location": "fsn1",
        "targets": [{ "type": "server", "server": { "id": id } }] });
    let balancer = lab.post("/load_balancers", balancer).await.fine()["load_balancer"]["id"].clone();
    lab.emulator.idle().await;
    let again = json!({ "type": "server", "server": { "id": id } });
    lab.post(&format!("/load_balancers/{balancer}/actions/add_target"), again)
        .await
        .refused(409, "target_already_defined");
    lab.delete(&format!("/servers/{id}")).await.fine();
    lab.emulator.idle().await;
    assert!(lab.show("volume", volume).await["server"].is_null());
    assert_eq!(lab.delete(&format!("/volumes/{volume}")).await.status, 204);
    assert_eq!(lab.delete(&format!("/load_balancers/{balancer}")).await.status, 204);
    assert_eq!(lab.emulator.state(), before);
}

#[tokio::test]
async fn a_server_that_was_switched_on_again_does_not_go_off() {
    // At this scale a system takes 0.2 s to go off by itself.
    let lab = Lab::with(|config| config.scale(0.05)).await;
    let (id, other) = (lab.server("web-1").await, lab.server("web-2").await);
    lab.machines.told();
    lab.act(id, "shutdown", json!({})).await;
    assert_eq!(
        lab.show("server", id).await["status"],
        "running",
        "it is asked, and has not gone off yet"
    );
    lab.act(id, "reset", json!({})).await;
    // One that was asked later and that nothing disturbs goes off after the first would have.
    lab.act(other, "shutdown", json!({})).await;
    goes_off(&lab, other).await;
    assert_eq!(lab.machines.told(), ["Reset", "Off"]);
    assert_eq!(lab.show("server", id).await["status"], "running");
}
