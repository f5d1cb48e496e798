//! What is chance, and kept: `shuffle` and `getHostByName`.

use std::net::{IpAddr, Ipv4Addr};
use std::time::SystemTime;

use hoist_govalue::Host;
use serde_json::json;

use crate::direct::{Still, call_in};

#[test]
fn shuffle_keeps_the_characters_of_the_real_one() {
    let text = "häßlich";
    let ours = call_in(&mut Still::default(), "shuffle", &[text.into()]).unwrap();
    let theirs = hoist_helmpeer::text("{{ shuffle .Values.s }}", &json!({ "s": text })).unwrap();
    let sorted = |text: &str| {
        let mut all: Vec<char> = text.chars().collect();
        all.sort_unstable();
        all
    };
    let ours = ours.as_str().unwrap().text().into_owned();
    assert_eq!(sorted(&ours), sorted(&theirs));
    assert_ne!(ours, text);
}

#[test]
fn shuffle_reaches_every_order_about_as_often() {
    let mut world = Still::default();
    let mut seen = std::collections::BTreeMap::new();
    for _ in 0..600 {
        let order = call_in(&mut world, "shuffle", &["abc".into()]).unwrap();
        *seen.entry(order.as_str().unwrap().text().into_owned()).or_insert(0) += 1;
    }
    assert_eq!(seen.len(), 6, "{seen:?}");
    assert!(seen.values().all(|times| (60..140).contains(times)), "{seen:?}");
}

#[test]
fn shuffle_is_kept_and_told() {
    let mut world = Still::default();
    let first = call_in(&mut world, "shuffle", &["abcdefgh".into()]).unwrap();
    assert_eq!(world.drawn.len(), 1);
    world.kept = Some(first.clone());
    let second = call_in(&mut world, "shuffle", &["abcdefgh".into()]).unwrap();
    assert!(first.deep_eq(&second));
    for empty in ["", "a"] {
        world.kept = None;
        let same = call_in(&mut world, "shuffle", &[empty.into()]).unwrap();
        assert_eq!(same.as_str().unwrap(), &empty);
    }
}

/// A world that looks names up.
struct Net(Vec<IpAddr>);

impl Host for Net {
    fn now(&mut self) -> SystemTime {
        SystemTime::UNIX_EPOCH
    }

    fn random(&mut self, buffer: &mut [u8]) {
        buffer.fill(1);
    }

    fn resolve(&mut self, _name: &str) -> Result<Vec<IpAddr>, String> {
        Ok(self.0.clone())
    }
}

#[test]
fn a_host_has_one_of_its_addresses_where_names_are_looked_up() {
    let address = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7));
    let found = call_in(&mut Net(vec![address]), "getHostByName", &["h".into()]).unwrap();
    assert_eq!(found.as_str().unwrap(), &"192.0.2.7");
    let error = call_in(&mut Net(Vec::new()), "getHostByName", &["h".into()]).unwrap_err();
    assert!(error.contains("no address of h"), "{error}");
    let error = call_in(&mut Still::default(), "getHostByName", &["h".into()]).unwrap_err();
    assert!(error.ends_with("h is not looked up"), "{error}");
}
