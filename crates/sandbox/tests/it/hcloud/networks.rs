//! Networks: ranges, subnets, routes, addresses.

use serde_json::{Value, json};

use super::Lab;

async fn network(lab: &Lab) -> u64 {
    let body = json!({ "name": "n", "ip_range": "10.0.0.0/16",
        "subnets": [{ "type": "cloud", "ip_range": "10.0.0.0/24", "network_zone": "eu-central" }] });
    lab.post("/networks", body).await.fine()["network"]["id"]
        .as_u64()
        .unwrap()
}

#[tokio::test]
async fn servers_take_the_lowest_free_address_or_the_one_they_ask_for() {
    let lab = Lab::new().await;
    let network = network(&lab).await;
    let mut addresses = Vec::new();
    for name in ["a", "b"] {
        let mut body = lab.body(name);
        body["networks"] = json!([network]);
        let made = lab.post("/servers", body).await.fine();
        assert_eq!(made["next_actions"][0]["command"], "attach_to_network");
        lab.emulator.idle().await;
        let server = lab.show("server", made["server"]["id"].as_u64().unwrap()).await;
        addresses.push(server["private_net"][0]["ip"].clone());
    }
    assert_eq!(
        addresses,
        [json!("10.0.0.2"), json!("10.0.0.3")],
        "the first is the gateway"
    );
    let c = lab.server("c").await;
    let path = format!("/servers/{c}/actions/attach_to_network");
    for taken in ["10.0.0.1", "10.0.0.2", "10.0.0.255", "10.0.7.7", "192.168.0.5"] {
        lab.post(&path, json!({ "network": network, "ip": taken }))
            .await
            .refused(409, "ip_not_available");
    }
    lab.act(c, "attach_to_network", json!({ "network": network, "ip": "10.0.0.77" }))
        .await;
    lab.post(&path, json!({ "network": network }))
        .await
        .refused(409, "server_already_attached");
    assert!(lab.machines.told().ends_with(&["private Some(10.0.0.77)".to_owned()]));
    lab.delete(&format!("/networks/{network}"))
        .await
        .refused(422, "service_error");
    let subnet = json!({ "ip_range": "10.0.0.0/24" });
    lab.post(&format!("/networks/{network}/actions/delete_subnet"), subnet)
        .await
        .refused(422, "service_error");
    lab.act(c, "detach_from_network", json!({ "network": network })).await;
    assert!(lab.machines.told().ends_with(&["private None".to_owned()]));
    assert_eq!(
        lab.show("network", network).await["servers"].as_array().unwrap().len(),
        2
    );
}

#[tokio::test]
async fn a_network_of_another_zone_or_without_a_subnet_takes_nobody() {
    let lab = Lab::new().await;
    let empty = lab
        .post("/networks", json!({ "name": "e", "ip_range": "10.0.0.0/16" }))
        .await
        .fine()["network"]["id"]
        .clone();
    let mut body = lab.body("a");
    body["networks"] = json!([empty]);
    lab.post("/servers", body).await.refused(423, "no_subnet_available");
    let network = network(&lab).await;
    let mut body = lab.body("a");
    body["location"] = json!("ash");
    body["networks"] = json!([network]);
    lab.post("/servers", body).await.refused(423, "no_subnet_available");
}

#[tokio::test]
async fn ranges_subnets_and_routes_are_checked() {
    let lab = Lab::new().await;
    for range in ["8.8.8.0/24", "10.0.0.1/16", "10.0.0.0", "fd00::/64"] {
        lab.post("/networks", json!({ "name": "x", "ip_range": range }))
            .await
            .refused(422, "invalid_input");
    }
    let id = network(&lab).await;
    lab.post("/networks", json!({ "name": "n", "ip_range": "10.0.0.0/16" }))
        .await
        .refused(409, "uniqueness_error");
    let act = |action: &str| format!("/networks/{id}/actions/{action}");
    let subnet = |range: &str, zone: &str| json!({ "type": "cloud", "ip_range": range, "network_zone": zone });
    for (range, zone) in [
        ("10.0.0.128/25", "eu-central"),
        ("10.1.0.0/24", "eu-central"),
        ("10.0.1.0/30", "eu-central"),
        ("10.0.1.0/24", "us-east"),
        ("10.0.1.0/24", "nowhere"),
    ] {
        lab.post(&act("add_subnet"), subnet(range, zone))
            .await
            .refused(422, "invalid_input");
    }
    let begun = lab
        .post(
            &act("add_subnet"),
            json!({ "type": "cloud", "network_zone": "eu-central" }),
        )
        .await
        .fine();
    assert_eq!(begun["action"]["resources"], json!([{ "id": id, "type": "network" }]));
    lab.emulator.idle().await;
    let shown = lab.show("network", id).await;
    assert_eq!(
        (&shown["subnets"][1]["ip_range"], &shown["subnets"][1]["gateway"]),
        (&json!("10.0.1.0/24"), &json!("10.0.0.1"))
    );
    let route = |destination: &str, gateway: &str| json!({ "destination": destination, "gateway": gateway });
    lab.post(&act("add_route"), route("10.9.0.0/16", "10.0.0.1"))
        .await
        .refused(422, "invalid_input");
    lab.post(&act("add_route"), route("10.9.0.0/16", "10.9.0.1"))
        .await
        .refused(422, "invalid_input");
    lab.post(&act("add_route"), route("10.9.0.0/16", "10.0.0.9"))
        .await
        .fine();
    lab.emulator.idle().await;
    lab.post(&act("add_route"), route("10.9.0.0/16", "10.0.0.8"))
        .await
        .refused(422, "invalid_input");
    lab.post(&act("delete_route"), route("10.9.0.0/16", "10.0.0.8"))
        .await
        .refused(422, "invalid_input");
    lab.post(&act("delete_route"), route("10.9.0.0/16", "10.0.0.9"))
        .await
        .fine();
    lab.emulator.idle().await;
    lab.post(&act("change_ip_range"), json!({ "ip_range": "10.0.0.0/17" }))
        .await
        .refused(422, "invalid_input");
    lab.post(&act("change_ip_range"), json!({ "ip_range": "10.0.0.0/8" }))
        .await
        .fine();
    lab.emulator.idle().await;
    let shown: Value = lab.show("network", id).await;
    assert_eq!(
        (&shown["ip_range"], &shown["routes"]),
        (&json!("10.0.0.0/8"), &json!([]))
    );
}
