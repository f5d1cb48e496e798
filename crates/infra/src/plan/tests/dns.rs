//! The DNS record of the API's name.

use super::told;

const WORLD: &str = "
    machine kube cpx32 fsn1 debian-12 server
    machine work cx33 fsn1 debian-12 agent
    network demo ours
    firewall demo ours
    server work ours cx33 fsn1 debian-12 running 10.0.0.3 guarded role=agent ip=198.51.100.9
    api kube.example.com
";
const KUBE: &str =
    "server kube ours cpx32 fsn1 debian-12 running 10.0.0.2 guarded protected role=server ip=198.51.100.7";
const OTHERS: &str = "
    zone example.com
    record www.example.com A 192.0.2.1 foreign
    record other.example.com A 192.0.2.2 other-cluster
    record kube.example.com TXT hello foreign
";
const RECORD: &str = "record kube.example.com A 198.51.100.7 ours";

fn with(parts: &[&str]) -> String {
    told(&parts.join("\n"))
}

#[test]
fn it_is_written_when_the_servers_are_there() {
    insta::assert_snapshot!(with(&[WORLD, OTHERS]), @r"
    create server/kube: does not exist
      needs network/demo firewall/demo ssh-key/hoist-demo-deploy
      cents a month: 0 -> 1099
    create ssh-key/hoist-demo-deploy: does not exist
    create dns-record/kube.example.com: does not exist (later)
      needs server/kube
    ");
    insta::assert_snapshot!(with(&[WORLD, OTHERS, KUBE]), @"create dns-record/kube.example.com: does not exist");
    insta::assert_snapshot!(with(&[WORLD, OTHERS, KUBE, RECORD]), @"nothing to do");
}

#[test]
fn each_control_plane_is_in_it() {
    let second = "
        machine two cpx32 nbg1 debian-12 server
        group demo-control-planes ours
    ";
    let there = "server two ours cpx32 nbg1 debian-12 running 10.0.0.4 guarded protected role=server ip=198.51.100.8";
    insta::assert_snapshot!(with(&[WORLD, OTHERS, KUBE, second, RECORD]), @r"
    create server/two: does not exist
      needs network/demo firewall/demo ssh-key/hoist-demo-deploy placement-group/demo-control-planes
      cents a month: 0 -> 1099
    create ssh-key/hoist-demo-deploy: does not exist
    update dns-record/kube.example.com: new servers come with new addresses (later)
      needs server/two
    ");
    insta::assert_snapshot!(with(&[WORLD, OTHERS, KUBE, second, there, RECORD]), @"update dns-record/kube.example.com: content: 198.51.100.7 → 198.51.100.7, 198.51.100.8");
    let both = "record kube.example.com A 198.51.100.8 ours";
    insta::assert_snapshot!(with(&[WORLD, OTHERS, KUBE, second, there, RECORD, both]), @"nothing to do");
    // And one that is there no more is not.
    insta::assert_snapshot!(with(&[WORLD, OTHERS, KUBE, RECORD, both]), @"update dns-record/kube.example.com: content: 198.51.100.7, 198.51.100.8 → 198.51.100.7");
}

#[test]
fn what_differs_is_brought_in_line() {
    let wrong = "record kube.example.com A 192.0.2.99 ours proxied";
    insta::assert_snapshot!(with(&[WORLD, OTHERS, KUBE, wrong]), @"update dns-record/kube.example.com: content: 192.0.2.99 → 198.51.100.7; proxied: true → false");
    let slow = "record kube.example.com A 198.51.100.7 ours ttl=3600";
    insta::assert_snapshot!(with(&[WORLD, OTHERS, KUBE, slow]), @"update dns-record/kube.example.com: ttl: 3600 → 60");
}

#[test]
fn a_control_plane_that_is_remade_has_another_address() {
    insta::assert_snapshot!(with(&[WORLD, OTHERS, KUBE, RECORD, "replace kube"]), @r"
    replace server/kube: asked for: replace
      needs network/demo firewall/demo ssh-key/hoist-demo-deploy
      lost: server kube (id 2) and everything on its disk; a rate from before a price rise is lost, the list price holds from then on
      cents a month: 1099 -> 1099
    create ssh-key/hoist-demo-deploy: does not exist
    update dns-record/kube.example.com: new servers come with new addresses (later)
      needs server/kube
    ");
}

#[test]
fn a_machine_that_cannot_be_made_keeps_nobody_elses_address_away() {
    let sold_out = "machine two cpx22 fsn1 debian-12 server\ngroup demo-control-planes ours";
    insta::assert_snapshot!(with(&[WORLD, OTHERS, KUBE, sold_out]), @r"
    create dns-record/kube.example.com: does not exist
    blocked server/two: the type cpx22 is sold out at fsn1 for now
      hint: take cpx22 at nbg1 or hel1, or cx23 at fsn1, or wait until it is back
    ");
    // What it had may still be right.
    let had = "record kube.example.com A 198.51.100.8 ours";
    insta::assert_snapshot!(with(&[WORLD, OTHERS, KUBE, sold_out, RECORD, had]), @r"
    blocked server/two: the type cpx22 is sold out at fsn1 for now
      hint: take cpx22 at nbg1 or hel1, or cx23 at fsn1, or wait until it is back
    ");
}

#[test]
fn records_of_others_are_never_touched() {
    for (name, record) in [
        ("address", "record kube.example.com A 192.0.2.1 foreign"),
        ("alias", "record kube.example.com CNAME lb.example.net other-cluster"),
        ("proxy", "record kube.example.com A 198.51.100.7 foreign proxied"),
    ] {
        insta::assert_snapshot!(name, with(&[WORLD, OTHERS, KUBE, record]));
        let destroying = with(&[WORLD, OTHERS, "destroy", record]);
        assert!(!destroying.contains("dns-record/"), "{destroying}");
    }
    // One that says what ours would is as good.
    insta::assert_snapshot!(with(&[WORLD, OTHERS, KUBE, "record kube.example.com A 198.51.100.7 foreign"]), @"nothing to do");
}

#[test]
fn a_name_that_is_looked_after_elsewhere_is_not_ours_to_write() {
    insta::assert_snapshot!(with(&[WORLD, KUBE]), @"nothing to do");
    insta::assert_snapshot!(with(&[WORLD, KUBE, "zone ample.com"]), @"nothing to do");
    // The zone nearest to the name holds it.
    insta::assert_snapshot!(with(&[WORLD, KUBE, "zone kube.example.com", RECORD, "zone example.com"]), @"nothing to do");
}

#[test]
fn another_name_or_none_takes_the_old_one_away() {
    let world = WORLD.replace("api kube", "api k8s");
    insta::assert_snapshot!(with(&[&world, OTHERS, KUBE, RECORD]), @r"
    create dns-record/k8s.example.com: does not exist
    delete dns-record/kube.example.com: no longer the API's name in hoist.yaml
      needs dns-record/k8s.example.com
      downtime: kube.example.com leads nowhere any more
    ");
    let world = WORLD.replace("api kube.example.com", "");
    insta::assert_snapshot!(with(&[&world, OTHERS, KUBE, RECORD]), @r"
    delete dns-record/kube.example.com: no longer the API's name in hoist.yaml
      downtime: kube.example.com leads nowhere any more
    ");
}

#[test]
fn destroying_takes_it_away_after_the_servers() {
    insta::assert_snapshot!(with(&["api kube.example.com", OTHERS, RECORD, KUBE, "destroy"]), @r"
    delete server/kube: asked for: destroy
      lost: server kube (id 1) and everything on its disk
      cents a month: 1099 -> 0
    delete dns-record/kube.example.com: asked for: destroy
      needs server/kube
      downtime: kube.example.com leads nowhere any more
    ");
    insta::assert_snapshot!(with(&["api kube.example.com", OTHERS, RECORD, "destroy"]), @r"
    delete dns-record/kube.example.com: asked for: destroy
      downtime: kube.example.com leads nowhere any more
    ");
}

#[test]
fn a_dns_that_cannot_be_seen_blocks_only_itself() {
    let spec = "machine kube cpx32 fsn1 debian-12 server\nnetwork demo ours\nfirewall demo ours\nkey x foreign deploy";
    insta::assert_snapshot!(with(&[spec, "api kube.example.com", "unseen zones no answer"]), @r"
    create server/kube: does not exist
      needs network/demo firewall/demo ssh-key/hoist-demo-deploy
      cents a month: 0 -> 1099
    blocked dns-record/kube.example.com: no answer
      hint: look at the token
    ");
    insta::assert_snapshot!(with(&["api kube.example.com", KUBE, "destroy", "unseen zones no answer"]), @r"
    delete server/kube: asked for: destroy
      lost: server kube (id 1) and everything on its disk
      cents a month: 1099 -> 0
    blocked dns-record/kube.example.com: no answer
      hint: look at the token
    ");
    insta::assert_snapshot!(with(&[spec, KUBE, "unseen zones no answer"]), @"nothing to do");
    let blind = with(&[WORLD, OTHERS, RECORD, "unseen servers no answer"]);
    assert!(
        blind.contains("blocked dns-record/kube.example.com: no answer"),
        "{blind}"
    );
    assert!(!blind.contains("delete"), "{blind}");
}
