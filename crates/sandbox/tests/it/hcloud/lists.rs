//! Lists over HTTP, the actions among them, and the catalogue.

use serde_json::json;

use super::Lab;

#[tokio::test]
async fn lists_have_pages_filters_and_orders() {
    let lab = Lab::new().await;
    for number in 0..30 {
        let body =
            json!({ "name": format!("g{number:02}"), "type": "spread", "labels": { "odd": (number % 2).to_string() } });
        lab.post("/placement_groups", body).await.fine();
    }
    let page = lab
        .get("/placement_groups?page=2&per_page=20&sort=name:desc")
        .await
        .fine();
    assert_eq!(page["placement_groups"][0]["name"], "g09");
    assert_eq!(page["meta"]["pagination"]["last_page"], 2);
    let odd = lab
        .get("/placement_groups?label_selector=odd+in+(1),!x&per_page=50")
        .await
        .fine();
    assert_eq!(odd["placement_groups"].as_array().unwrap().len(), 15);
    for bad in ["per_page=51", "page=0", "label_selector=(", "sort=colour"] {
        lab.get(&format!("/placement_groups?{bad}"))
            .await
            .refused(422, "invalid_input");
    }
}

#[tokio::test]
async fn actions_are_found_together_and_by_resource() {
    let lab = Lab::new().await;
    let id = lab.server("a").await;
    lab.server("b").await;
    let own = lab.get(&format!("/servers/{id}/actions?sort=id")).await.fine();
    let ids: Vec<u64> = own["actions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|action| action["id"].as_u64().unwrap())
        .collect();
    assert_eq!(ids.len(), 2);
    let batch = lab
        .get(&format!("/actions?id={}&id={}&status=success", ids[0], ids[1]))
        .await
        .fine();
    assert_eq!(batch["actions"].as_array().unwrap().len(), 2);
    assert_eq!(
        lab.get("/servers/actions").await.fine()["actions"]
            .as_array()
            .unwrap()
            .len(),
        4
    );
    assert_eq!(
        lab.get(&format!("/servers/{id}/actions/{}", ids[0])).await.fine()["action"]["progress"],
        100
    );
    lab.get(&format!("/networks/actions/{}", ids[0]))
        .await
        .refused(404, "not_found");
}

#[tokio::test]
async fn the_catalogue_tells_prices_and_where_a_type_is_sold() {
    let lab = Lab::new().await;
    let kinds = lab.get("/server_types?name=cpx31").await.fine();
    let retired = &kinds["server_types"][0];
    let in_location = |name: &str| {
        let offers = retired["locations"].as_array().unwrap().iter();
        offers.clone().find(|offer| offer["name"] == name).unwrap().clone()
    };
    assert_eq!(
        (&in_location("fsn1")["available"], &in_location("ash")["available"]),
        (&json!(false), &json!(true))
    );
    assert!(in_location("fsn1")["deprecation"]["unavailable_after"].is_string());
    let kinds = lab.get("/server_types?per_page=50").await.fine();
    for kind in kinds["server_types"].as_array().unwrap() {
        for price in kind["prices"].as_array().unwrap() {
            let net: f64 = price["price_monthly"]["net"].as_str().unwrap().parse().unwrap();
            let gross: f64 = price["price_monthly"]["gross"].as_str().unwrap().parse().unwrap();
            let hourly: f64 = price["price_hourly"]["net"].as_str().unwrap().parse().unwrap();
            assert!(gross > net && hourly * 500.0 < net && hourly * 800.0 > net, "{kind}");
        }
    }
    let pricing = lab.get("/pricing").await.fine();
    assert_eq!(pricing["pricing"]["currency"], "EUR");
    assert_eq!(
        lab.get("/locations?name=hel1").await.fine()["locations"][0]["network_zone"],
        "eu-central"
    );
}

#[tokio::test]
async fn foreign_objects_carry_none_of_our_labels() {
    let lab = Lab::new().await;
    lab.emulator.seed_foreign().await;
    let state = lab.emulator.state();
    let text = state.to_string();
    assert!(!text.contains("hoist"), "{text}");
    for (kind, count) in [
        ("servers", 2),
        ("networks", 1),
        ("firewalls", 1),
        ("ssh_keys", 1),
        ("placement_groups", 1),
        ("primary_ips", 5),
    ] {
        assert_eq!(state[kind].as_array().unwrap().len(), count, "{kind}");
    }
    assert_eq!(state["servers"][0]["protection"]["delete"], true);
    let served = lab.admin(reqwest::Method::GET, "/state", None).await.fine();
    assert_eq!(served, state);
}
