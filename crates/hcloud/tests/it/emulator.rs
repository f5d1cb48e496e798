//! The client against a stateful API: real pages, locks, actions that take time, and a real rate limit.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hoist_hcloud::*;
use hoist_sandbox::emulator::{Effect, Fault, Served, serve};
use hoist_sandbox::hcloud::{AddressPool, Config, Emulator, IdleMachines, RateLimit};

use crate::{TOKEN, client_at, quiet, soon};

async fn emulator(scale: f64) -> (Emulator, Served, Client) {
    let pool = AddressPool::new(Ipv4Addr::new(127, 88, 6, 10), 60);
    let emulator = Emulator::new(Config::new(TOKEN, pool).scale(scale), Arc::new(IdleMachines));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let served = serve(listener, emulator.router()).unwrap();
    let client = client_at(&format!("http://{}/v1", served.address()));
    (emulator, served, client)
}

fn key(number: usize) -> SshKeyCreate {
    SshKeyCreate {
        name: format!("key-{number}"),
        public_key: hoist_ssh::KeyPair::generate("test").public(),
        labels: Labels::from([("even".into(), number.is_multiple_of(2).to_string())]),
    }
}

fn server(name: &str) -> ServerCreate {
    ServerCreate {
        name: name.into(),
        server_type: "cpx32".into(),
        image: "debian-12".into(),
        location: "fsn1".into(),
        start_after_create: false,
        ssh_keys: Vec::new(),
        firewalls: Vec::new(),
        placement_group: None,
        labels: Labels::from([("app".into(), "x".into())]),
        user_data: None,
        public_net: PublicNetCreate {
            enable_ipv4: true,
            enable_ipv6: true,
        },
    }
}

#[tokio::test]
async fn lists_longer_than_a_page_are_whole_and_selectors_select() {
    let (_emulator, _served, client) = emulator(0.0).await;
    for number in 0..70 {
        client.create_ssh_key(&key(number)).await.unwrap();
    }
    assert_eq!(client.ssh_keys(&ListOptions::default()).await.unwrap().len(), 70);
    assert_eq!(
        client
            .ssh_keys(&ListOptions::labelled("even=true"))
            .await
            .unwrap()
            .len(),
        35
    );
    assert!(client.ssh_key_named("key-69").await.unwrap().is_some());
    assert!(client.ssh_key_named("key-70").await.unwrap().is_none());
}

#[tokio::test]
async fn a_server_from_order_to_deletion() {
    // A second of Hetzner's takes ten milliseconds, so that servers are locked for a while.
    let (_emulator, _served, client) = emulator(0.01).await;
    let network = NetworkCreate {
        name: "net".into(),
        ip_range: "10.0.0.0/16".into(),
        subnets: vec![Subnet {
            kind: SubnetKind::Cloud,
            ip_range: Some("10.0.0.0/16".into()),
            network_zone: "eu-central".into(),
            gateway: None,
        }],
        labels: Labels::new(),
    };
    let network = client.create_network(&network).await.unwrap().resource;
    let made = client.create_server(&server("a")).await.unwrap();
    let id = made.resource.id;
    // At once, although it is locked while it is being made.
    let attach = || client.attach_to_network(id, network.id, "10.0.0.9");
    let actions = client.until("attaching a", soon(), &quiet, attach).await.unwrap();
    client.wait(&made.actions, "a", soon(), &quiet).await.unwrap();
    client.wait(&actions, "a", soon(), &quiet).await.unwrap();
    let on = client
        .until("starting a", soon(), &quiet, || client.power_on(id))
        .await
        .unwrap();
    client.wait(&on, "a", soon(), &quiet).await.unwrap();
    let running = client.server(id).await.unwrap().unwrap();
    assert_eq!(
        (running.status.clone(), running.location_name()),
        (ServerStatus::Running, "fsn1")
    );
    assert_eq!(running.private_net[0].ip, "10.0.0.9");

    let protect = client
        .until("protecting a", soon(), &quiet, || client.protect_server(id, true))
        .await
        .unwrap();
    client.wait(&protect, "a", soon(), &quiet).await.unwrap();
    let error = client.delete_server(id).await.unwrap_err();
    assert_eq!(error.code(), Some(&Code::Protected));
    let free = client
        .until("freeing a", soon(), &quiet, || client.protect_server(id, false))
        .await
        .unwrap();
    client.wait(&free, "a", soon(), &quiet).await.unwrap();
    let error = client.delete_network(network.id).await.unwrap_err();
    assert_eq!(
        error.class(),
        Class::RetryUnderDeadline,
        "the server is still in it: {error}"
    );
    let gone = client
        .until("deleting a", soon(), &quiet, || client.delete_server(id))
        .await
        .unwrap();
    client.wait(&gone, "a", soon(), &quiet).await.unwrap();
    client
        .until("deleting net", soon(), &quiet, || client.delete_network(network.id))
        .await
        .unwrap();
    assert!(client.server(id).await.unwrap().is_none());
}

#[tokio::test]
async fn many_servers_at_once_are_waited_for_with_few_requests() {
    let (emulator, _served, client) = emulator(0.01).await;
    let names: Vec<String> = (0..12).map(|number| format!("s{number}")).collect();
    let orders = names.iter().map(|name| {
        let client = client.clone();
        let create = server(name);
        tokio::spawn(async move {
            let made = client.create_server(&create).await?;
            client.wait(&made.actions, &create.name, soon(), &quiet).await
        })
    });
    let orders: Vec<_> = orders.collect();
    for order in orders {
        order.await.unwrap().unwrap();
    }
    let polls = emulator
        .requests()
        .iter()
        .filter(|request| request.path == "/actions")
        .count();
    let each = emulator
        .requests()
        .iter()
        .filter(|request| request.path.starts_with("/actions/"))
        .count();
    assert_eq!(each, 0, "no action is asked for alone");
    assert!(polls > 0 && polls < 60, "{polls} polls");
    assert_eq!(client.servers(&ListOptions::default()).await.unwrap().len(), 12);
}

#[tokio::test]
async fn a_create_whose_answer_is_lost_makes_one_server() {
    let (emulator, _served, client) = emulator(0.0).await;
    emulator.fault(Fault::once("POST", "/servers", 1, Effect::DropAfter));
    let made = client.create_server(&server("a")).await.unwrap();
    assert!(made.settled);
    assert_eq!(client.servers(&ListOptions::default()).await.unwrap().len(), 1);
    // The same name again, by somebody who does not look first.
    let other = ServerCreate {
        labels: Labels::new(),
        ..server("a")
    };
    assert_eq!(
        client.create_server(&other).await.unwrap_err().class(),
        Class::AdoptIfOurs
    );
}

#[tokio::test]
async fn a_small_budget_is_waited_for() {
    let (emulator, _served, client) = emulator(0.0).await;
    emulator.set_rate_limit(RateLimit {
        limit: 5,
        refill_per_second: 50.0,
    });
    let begin = Instant::now();
    for _ in 0..10 {
        client.locations().await.unwrap();
    }
    assert!(
        begin.elapsed() > Duration::from_millis(100),
        "five requests wait for their tokens"
    );
}

#[tokio::test]
async fn the_catalog_is_read() {
    let (_emulator, _served, client) = emulator(0.0).await;
    let types = client.server_types().await.unwrap();
    let cpx32 = types.iter().find(|server_type| server_type.name == "cpx32").unwrap();
    assert!(cpx32.monthly_cents("fsn1").unwrap() > 0);
    assert_eq!(cpx32.at("fsn1").unwrap().available, Some(true));
    let cpx31 = types.iter().find(|server_type| server_type.name == "cpx31").unwrap();
    assert!(cpx31.deprecation.is_some() || cpx31.at("fsn1").is_some_and(|at| at.deprecation.is_some()));
    assert!(
        client
            .locations()
            .await
            .unwrap()
            .iter()
            .any(|location| location.network_zone == "eu-central")
    );
    assert!(
        client.images(&ListOptions::named("debian-12")).await.unwrap().len() >= 2,
        "one an architecture"
    );
    assert_eq!(client.pricing().await.unwrap().currency, "EUR");
}
