//! Firewalls: rules, targets, selectors.

use serde_json::{Value, json};

use super::Lab;

fn ssh() -> Value {
    json!({ "direction": "in", "protocol": "tcp", "port": "22", "source_ips": ["0.0.0.0/0", "::/0"] })
}

#[tokio::test]
async fn rules_are_checked() {
    let lab = Lab::new().await;
    let changed = |changes: &[(&str, Value)]| {
        let mut rule = ssh();
        for (field, value) in changes {
            rule[*field] = value.clone();
        }
        json!({ "name": "f", "rules": [rule] })
    };
    for changes in [
        vec![("direction", json!("sideways"))],
        vec![("protocol", json!("http"))],
        vec![("protocol", json!("icmp"))],
        vec![("port", json!("0"))],
        vec![("port", json!("90-80"))],
        vec![("port", Value::Null)],
        vec![("source_ips", json!([]))],
        vec![("source_ips", json!(["10.0.0.1/8"]))],
        vec![("source_ips", json!(["anyone"]))],
        vec![("direction", json!("out"))],
        vec![("description", json!("x".repeat(256)))],
    ] {
        lab.post("/firewalls", changed(&changes))
            .await
            .refused(422, "invalid_input");
    }
    let many = json!({ "name": "f", "rules": vec![ssh(); 51] });
    lab.post("/firewalls", many).await.refused(422, "invalid_input");
    let icmp = changed(&[("protocol", json!("icmp")), ("port", Value::Null)]);
    lab.post("/firewalls", icmp).await.fine();
    lab.post("/firewalls", json!({ "name": "f" }))
        .await
        .refused(409, "uniqueness_error");
}

#[tokio::test]
async fn a_firewall_follows_servers_and_selectors() {
    let lab = Lab::new().await;
    let (a, b) = (lab.server("a").await, lab.server("b").await);
    let made = lab
        .post(
            "/firewalls",
            json!({ "name": "f", "rules": [ssh()], "apply_to": [{ "type": "server", "server": { "id": a } }] }),
        )
        .await
        .fine();
    let commands: Vec<&Value> = made["actions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|action| &action["command"])
        .collect();
    assert_eq!(commands, [&json!("set_firewall_rules"), &json!("apply_firewall")]);
    lab.emulator.idle().await;
    let id = made["firewall"]["id"].as_u64().unwrap();
    assert_eq!(
        lab.show("server", a).await["public_net"]["firewalls"],
        json!([{ "id": id, "status": "applied" }])
    );
    let selector = json!({ "type": "label_selector", "label_selector": { "selector": "role in (web)" } });
    let apply = format!("/firewalls/{id}/actions/apply_to_resources");
    lab.post(&apply, json!({ "apply_to": [selector] })).await.fine();
    lab.post(&apply, json!({ "apply_to": [selector] }))
        .await
        .refused(409, "firewall_already_applied");
    lab.post(
        &apply,
        json!({ "apply_to": [{ "type": "server", "server": { "id": 1 } }] }),
    )
    .await
    .refused(404, "firewall_resource_not_found");
    lab.emulator.idle().await;
    assert_eq!(lab.show("server", b).await["public_net"]["firewalls"], json!([]));
    lab.put(&format!("/servers/{b}"), json!({ "labels": { "role": "web" } }))
        .await
        .fine();
    assert_eq!(lab.show("server", b).await["public_net"]["firewalls"][0]["id"], id);
    let shown = lab.show("firewall", id).await;
    assert_eq!(
        shown["applied_to"][1]["applied_to_resources"],
        json!([{ "type": "server", "server": { "id": b } }])
    );

    let rules = json!({ "rules": [] });
    let changed = lab
        .post(&format!("/firewalls/{id}/actions/set_rules"), rules)
        .await
        .fine();
    assert_eq!(changed["actions"].as_array().unwrap().len(), 3);
    lab.emulator.idle().await;
    lab.delete(&format!("/firewalls/{id}"))
        .await
        .refused(422, "resource_in_use");
    let remove = format!("/firewalls/{id}/actions/remove_from_resources");
    lab.post(&remove, json!({ "remove_from": [selector] })).await.fine();
    lab.post(&remove, json!({ "remove_from": [selector] }))
        .await
        .refused(422, "firewall_already_removed");
    lab.delete(&format!("/servers/{a}")).await.fine();
    lab.emulator.idle().await;
    assert_eq!(lab.delete(&format!("/firewalls/{id}")).await.status, 204);
}
