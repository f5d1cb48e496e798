//! `POST /servers`: what it makes, and each thing that it refuses.

use serde_json::{Value, json};

use super::{KEY, Lab};

#[tokio::test]
async fn a_server_is_created_then_started_and_its_machine_made() {
    let lab = Lab::new().await;
    let key = lab
        .post("/ssh_keys", json!({ "name": "me", "public_key": KEY }))
        .await
        .fine();
    let mut body = lab.body("web-1");
    body["ssh_keys"] = json!([key["ssh_key"]["id"]]);
    body["user_data"] = json!("#cloud-config\nhostname: web-1\n");
    body["labels"] = json!({ "hoist.dev/cluster": "c1" });
    let made = lab.post("/servers", body).await;
    assert_eq!(made.status, 201);
    let made = made.fine();
    assert_eq!(made["server"]["status"], "initializing");
    assert_eq!(made["server"]["locked"], true);
    assert_eq!(made["action"]["command"], "create_server");
    assert_eq!(made["next_actions"][0]["command"], "start_server");
    assert!(made["root_password"].is_null());
    lab.emulator.idle().await;

    let id = made["server"]["id"].as_u64().unwrap();
    let server = lab.show("server", id).await;
    assert_eq!(
        (&server["status"], &server["locked"]),
        (&json!("running"), &json!(false))
    );
    assert_eq!(server["public_net"]["ipv4"]["ip"], "127.88.3.10");
    assert_eq!(server["location"]["name"], "fsn1");
    assert!(server.get("datacenter").is_none());
    assert_eq!(lab.machines.told(), ["create web-1"]);
    let specs = lab.machines.specs.lock().unwrap();
    let spec = &specs[0];
    assert_eq!(
        (
            spec.id,
            spec.memory_mib,
            spec.architecture.as_str(),
            spec.image.as_str()
        ),
        (id, 4096, "x86", "debian-12")
    );
    assert_eq!(spec.public_ipv4.to_string(), "127.88.3.10");
    assert_eq!(spec.ssh_keys, [KEY]);
    assert_eq!(spec.user_data.as_deref(), Some("#cloud-config\nhostname: web-1\n"));
}

#[tokio::test]
async fn what_is_wrong_is_refused_and_nothing_is_made() {
    let lab = Lab::new().await;
    let cases: Vec<(&str, Value, u16, &str)> = vec![
        ("name", json!("under_score"), 422, "invalid_input"),
        ("name", json!("-dash"), 422, "invalid_input"),
        ("server_type", json!("cx1"), 422, "invalid_input"),
        ("server_type", json!("cax11"), 422, "invalid_input"), // the image is named for x86 by id
        ("server_type", json!("cpx31"), 422, "invalid_input"), // retired
        ("image", json!("debian-9"), 422, "invalid_input"),
        ("location", json!("mars"), 422, "invalid_input"),
        ("datacenter", json!("fsn1-dc14"), 422, "invalid_input"),
        ("ssh_keys", json!(["nobody"]), 422, "invalid_input"),
        ("networks", json!([1]), 404, "not_found"),
        ("firewalls", json!([{ "firewall": 1 }]), 422, "invalid_input"),
        ("placement_group", json!(1), 422, "invalid_input"),
        ("user_data", json!("x".repeat(32 * 1024 + 1)), 422, "invalid_input"),
        ("labels", json!({ "a": "x".repeat(64) }), 422, "invalid_input"),
        ("labels", json!({ "hetzner.cloud/a": "x" }), 422, "invalid_input"),
        (
            "public_net",
            json!({ "enable_ipv4": false, "enable_ipv6": false }),
            422,
            "invalid_input",
        ),
        ("start_after_create", json!("soon"), 422, "invalid_input"),
    ];
    for (field, value, status, code) in cases {
        let mut body = lab.body("web-1");
        body["image"] = json!(114_690_387);
        body[field] = value;
        lab.post("/servers", body).await.refused(status, code);
    }
    let retired = json!({ "name": "a", "server_type": "cpx31", "image": "debian-12", "location": "fsn1" });
    let answer = lab.post("/servers", retired).await;
    assert_eq!(answer.body["error"]["message"], "unsupported location for server type");
    assert!(
        lab.get("/servers").await.fine()["servers"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    assert!(
        lab.get("/primary_ips").await.fine()["primary_ips"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    let answer = lab.post("/servers", json!({ "name": "a" })).await;
    assert_eq!(answer.body["error"]["details"]["fields"][0]["name"], "server_type");
}

#[tokio::test]
async fn names_are_unique_until_they_are_free_again() {
    let lab = Lab::new().await;
    let id = lab.server("web-1").await;
    lab.post("/servers", lab.body("web-1"))
        .await
        .refused(409, "uniqueness_error");
    let other = lab.server("web-2").await;
    lab.put(&format!("/servers/{other}"), json!({ "name": "web-1" }))
        .await
        .refused(409, "uniqueness_error");
    lab.delete(&format!("/servers/{id}")).await.fine();
    lab.emulator.idle().await;
    lab.put(&format!("/servers/{other}"), json!({ "name": "web-1" }))
        .await
        .fine();
}

#[tokio::test]
async fn a_type_can_be_sold_out_and_a_project_full() {
    let lab = Lab::new().await;
    let sell = json!({ "serverType": "cpx22", "location": "fsn1", "available": false });
    assert_eq!(
        lab.admin(reqwest::Method::PUT, "/availability", Some(sell))
            .await
            .status,
        204
    );
    lab.post("/servers", lab.body("web-1"))
        .await
        .refused(412, "resource_unavailable");
    let mut elsewhere = lab.body("web-1");
    elsewhere["location"] = json!("nbg1");
    lab.post("/servers", elsewhere).await.fine();
    let quota = json!({ "servers": 1 });
    assert_eq!(lab.admin(reqwest::Method::PUT, "/quota", Some(quota)).await.status, 204);
    let mut another = lab.body("web-2");
    another["location"] = json!("nbg1");
    lab.post("/servers", another)
        .await
        .refused(403, "resource_limit_exceeded");
    let unknown = json!({ "serverType": "cpx99", "location": "fsn1", "available": false });
    assert_eq!(
        lab.admin(reqwest::Method::PUT, "/availability", Some(unknown))
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn a_spread_group_takes_ten() {
    let lab = Lab::new().await;
    let group = lab
        .post("/placement_groups", json!({ "name": "g", "type": "spread" }))
        .await
        .fine();
    let group = group["placement_group"]["id"].as_u64().unwrap();
    for number in 0..10 {
        let mut body = lab.body(&format!("web-{number}"));
        body["placement_group"] = json!(group);
        body["start_after_create"] = json!(false);
        lab.post("/servers", body).await.fine();
    }
    let mut body = lab.body("web-10");
    body["placement_group"] = json!(group);
    lab.post("/servers", body).await.refused(403, "resource_limit_exceeded");
    lab.delete(&format!("/placement_groups/{group}"))
        .await
        .refused(422, "resource_in_use");
}

#[tokio::test]
async fn without_public_addresses_it_is_created_stopped_attached_and_started() {
    let lab = Lab::new().await;
    let mut body = lab.body("inner");
    body["public_net"] = json!({ "enable_ipv4": false, "enable_ipv6": false });
    body["start_after_create"] = json!(false);
    let made = lab.post("/servers", body).await.fine();
    let id = made["server"]["id"].as_u64().unwrap();
    assert!(made["next_actions"].as_array().unwrap().is_empty());
    lab.emulator.idle().await;
    assert_eq!(lab.show("server", id).await["status"], "off");
    assert!(lab.machines.told().is_empty(), "a machine is made at its first start");
    let network = json!({ "name": "n", "ip_range": "10.0.0.0/16",
        "subnets": [{ "type": "cloud", "ip_range": "10.0.1.0/24", "network_zone": "eu-central" }] });
    let network = lab.post("/networks", network).await.fine()["network"]["id"].clone();
    lab.act(id, "attach_to_network", json!({ "network": network, "ip": "10.0.1.5" }))
        .await;
    lab.act(id, "poweron", json!({})).await;
    assert_eq!(lab.machines.told(), ["create inner"]);
    let server = lab.show("server", id).await;
    assert_eq!(server["private_net"][0]["ip"], "10.0.1.5");
    assert!(server["public_net"]["ipv4"].is_null());
    assert_eq!(
        lab.machines.specs.lock().unwrap()[0].private_ipv4.unwrap().to_string(),
        "10.0.1.5"
    );
}

#[tokio::test]
async fn a_kept_primary_ip_outlives_its_servers() {
    let lab = Lab::new().await;
    let kept = lab
        .post(
            "/primary_ips",
            json!({ "name": "kept", "type": "ipv4", "location": "fsn1" }),
        )
        .await
        .fine();
    let (ip, address) = (kept["primary_ip"]["id"].clone(), kept["primary_ip"]["ip"].clone());
    assert_eq!(kept["primary_ip"]["assignee_type"], "unassigned");
    for name in ["first", "second"] {
        let mut body = lab.body(name);
        body["public_net"] = json!({ "enable_ipv4": true, "enable_ipv6": true, "ipv4": ip });
        let made = lab.post("/servers", body).await.fine();
        assert_eq!(made["server"]["public_net"]["ipv4"]["ip"], address);
        lab.emulator.idle().await;
        lab.delete(&format!("/primary_ips/{ip}"))
            .await
            .refused(422, "must_be_unassigned");
        lab.delete(&format!("/servers/{}", made["server"]["id"])).await.fine();
        lab.emulator.idle().await;
    }
    let left = lab.get("/primary_ips").await.fine();
    assert_eq!(
        left["primary_ips"].as_array().unwrap().len(),
        1,
        "those of the servers went with them"
    );
    assert_eq!(lab.delete(&format!("/primary_ips/{ip}")).await.status, 204);
}

#[tokio::test]
async fn of_many_at_once_one_gets_the_name_and_each_server_its_own_addresses() {
    let lab = Lab::new().await;
    let same = futures::future::join_all((0..20).map(|_| lab.post("/servers", lab.body("web")))).await;
    assert_eq!(same.iter().filter(|reply| reply.status == 201).count(), 1);
    assert!(
        same.iter()
            .all(|reply| reply.status == 201 || reply.code() == "uniqueness_error")
    );
    let network = json!({ "name": "n", "ip_range": "10.0.0.0/16",
        "subnets": [{ "type": "cloud", "ip_range": "10.0.0.0/24", "network_zone": "eu-central" }] });
    let network = lab.post("/networks", network).await.fine()["network"]["id"].clone();
    let bodies = (0..20).map(|number| {
        let mut body = lab.body(&format!("web-{number}"));
        body["networks"] = json!([network]);
        body
    });
    futures::future::join_all(bodies.map(|body| lab.post("/servers", body))).await;
    lab.emulator.idle().await;
    let state = lab.emulator.state();
    let servers = state["servers"].as_array().unwrap();
    let distinct = |pick: fn(&Value) -> &Value| {
        let found: std::collections::BTreeSet<&str> =
            servers.iter().filter_map(|server| pick(server).as_str()).collect();
        found.len()
    };
    assert_eq!(distinct(|server| &server["public_net"]["ipv4"]["ip"]), 21);
    assert_eq!(distinct(|server| &server["public_net"]["ipv6"]["ip"]), 21);
    assert_eq!(distinct(|server| &server["private_net"][0]["ip"]), 20);
    assert_eq!(distinct(|server| &server["private_net"][0]["mac_address"]), 20);
}
