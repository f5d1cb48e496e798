//! What stands in the way, and what the person reads.

use hoist_model::{Diagnostic, Diagnostics};

use super::{desired_of, read, told};

const KUBE: &str = "machine kube cpx32 fsn1 debian-12 server\nnetwork demo ours\nfirewall demo ours\n";

const NOTHING_SEEN: &str = "unseen servers unable to authenticate
    unseen networks unable to authenticate
    unseen firewalls unable to authenticate
    unseen ssh_keys unable to authenticate
    unseen groups unable to authenticate
    unseen catalog unable to authenticate";

fn with(parts: &[&str]) -> String {
    told(&parts.join("\n"))
}

#[test]
fn a_name_taken_by_a_foreign_server() {
    insta::assert_snapshot!(with(&[KUBE, "server kube foreign cx23 hel1 debian-12 running"]), @r"
    blocked server/kube: a server named kube (id 1) exists in this Hetzner project and does not belong to this cluster
      hint: it is not touched; rename one of the two, or take it over with `hoist import kube`
    ");
}

#[test]
fn names_taken_by_other_foreign_things() {
    let foreign = "
        machine a cpx32 fsn1 debian-12 server
        machine b cpx32 fsn1 debian-12 server
        network demo foreign
        firewall demo other-cluster
        group demo-control-planes foreign
        key hoist-demo-deploy foreign other
    ";
    insta::assert_snapshot!(told(foreign));
}

#[test]
fn a_retired_type() {
    insta::assert_snapshot!(told("machine kube cpx31 fsn1 debian-12 server"), @r"
    refused: machines.kube.serverType: the type cpx31 is retired at fsn1 since 2025-12-31 and cannot be ordered any more
      hint: its successor is cpx32: write `serverType: cpx32`
    ");
    // One that the API does not even list any more.
    insta::assert_snapshot!(told("machine kube cx22 fsn1 debian-12"), @r"
    refused: machines.kube.serverType: the type cx22 is retired
      hint: its successor is cx23: write `serverType: cx23`
    ");
}

#[test]
fn a_server_of_a_retired_type_that_runs_goes_on() {
    let world = "
        machine kube cpx31 fsn1 debian-12 server
        network demo ours
        firewall demo ours
        server kube ours cpx31 fsn1 debian-12 running 10.0.0.2 guarded protected role=server
    ";
    insta::assert_snapshot!(told(world), @"nothing to do");
}

#[test]
fn an_own_address_that_is_not_known_stops_what_needs_it_and_hides_no_other_cause() {
    let unknown = || {
        let diagnostic = Diagnostic::new("infra/own-address", "the address of this machine cannot be found out");
        Err(Diagnostics(vec![diagnostic]))
    };
    let mut seeing = read(KUBE);
    seeing.inputs.admins = unknown();
    let refused = desired_of(&seeing).err().unwrap();
    insta::assert_snapshot!(refused, @"the address of this machine cannot be found out");
    let mut blind = read(&format!("machine kube cpx32 fsn1 debian-12\n{NOTHING_SEEN}"));
    blind.inputs.admins = unknown();
    assert!(desired_of(&blind).is_ok(), "the API's own error is the one to be told");
}

#[test]
fn a_sold_out_type() {
    insta::assert_snapshot!(told("machine w cpx22 fsn1 debian-12 agent\nnetwork demo ours\nfirewall demo ours"), @r"
    blocked server/w: the type cpx22 is sold out at fsn1 for now
      hint: take cpx22 at nbg1 or hel1, or cx23 at fsn1, or wait until it is back
    ");
}

#[test]
fn what_is_wrong_in_the_spec_is_said_all_at_once() {
    let spec = "
        machine a cpx99 fsn1 debian-12
        machine b cpx32 xyz1 debian-12
        machine c cpx32 ash debian-12
        machine d cax21 fsn1 debian-13
        machine e ccx13 fsn1 debian-12
        replace f
    ";
    insta::assert_snapshot!(told(spec));
}

#[test]
fn a_disk_that_would_have_to_shrink() {
    let world = "
        machine kube cx23 fsn1 debian-12 server
        network demo ours
        firewall demo ours
        server kube ours cpx32 fsn1 debian-12 running 10.0.0.2 guarded protected role=server disk=160
    ";
    insta::assert_snapshot!(told(world), @r"
    blocked server/kube: kube has a disk of 160 GB, and the type cx23 has 40 GB: disks do not shrink
      hint: keep cpx32, choose a type with a disk of 160 GB or more, or remake it with `hoist replace kube`
    ");
}

#[test]
fn a_network_of_another_range() {
    insta::assert_snapshot!(told("network demo ours 10.9.0.0/16\nfirewall demo ours"), @r"
    blocked network/demo: hetzner.network.cidr is 10.0.0.0/16, and the network demo of this cluster has 10.9.0.0/16, which cannot be changed while servers use it
      hint: write `cidr: 10.9.0.0/16`, or destroy the cluster and make it anew
    ");
}

#[test]
fn unknown_is_not_absent() {
    insta::assert_snapshot!(with(&[KUBE, "unseen servers GET /servers: no"]), @r"
    blocked server/*: GET /servers: no
      hint: look at the token
    blocked server/kube: GET /servers: no
      hint: look at the token
    ");
    // Servers that cannot be seen may use the network: it stays.
    insta::assert_snapshot!(with(&[KUBE, "destroy", "unseen servers GET /servers: no"]));
    insta::assert_snapshot!(with(&[KUBE, "unseen catalog GET /server_types: no"]), @r"
    blocked server/kube: GET /server_types: no
      hint: look at the token
    ");
}

#[test]
fn one_cause_is_said_once() {
    insta::assert_snapshot!(told(&format!("machine kube cpx32 fsn1 debian-12\n{NOTHING_SEEN}")), @r"
    blocked hetzner/api: unable to authenticate
      hint: look at the token
    ");
}

#[test]
fn two_servers_with_the_same_labels() {
    let one = "server kube ours cpx32 fsn1 debian-12 running 10.0.0.2 guarded protected role=server";
    insta::assert_snapshot!(with(&[KUBE, one, &format!("{one} named=copy")]), @r"
    blocked server/kube: two servers carry the labels of machine kube: kube (id 1) and copy (id 2)
      hint: take the label hoist.dev/name off the one that is not it
    ");
}

#[test]
fn imports_that_cannot_be() {
    let world = "
        server web foreign cx23 hel1 debian-12 running
        server db other-cluster cx23 hel1 debian-12 running
        import kube=nothing
        import ghost=web
        import kube=db
    ";
    insta::assert_snapshot!(with(&[KUBE, world]));
}
