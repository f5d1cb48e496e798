//! What is planned, in the cases that matter.

use super::told;

const SPEC: &str = "
    machine cinnabar cx43 fsn1 debian-12
    machine kube cpx32 fsn1 debian-12 server
    disabled worker
";
const SHARED: &str = "
    network demo ours
    firewall demo ours
";
const CINNABAR: &str = "server cinnabar ours cx43 fsn1 debian-12 running 10.0.0.2 guarded";
const KUBE: &str = "server kube ours cpx32 fsn1 debian-12 running 10.0.0.3 guarded protected role=server";

fn with(parts: &[&str]) -> String {
    told(&parts.join("\n"))
}

#[test]
fn an_empty_project() {
    insta::assert_snapshot!(with(&[SPEC]));
}

#[test]
fn everything_is_there() {
    insta::assert_snapshot!(with(&[SPEC, SHARED, CINNABAR, KUBE]), @"nothing to do");
}

#[test]
fn foreign_things_beside_ours_are_nobodys_business() {
    let foreign = "
        network other foreign
        firewall other other-cluster
        group theirs foreign
        key laptop foreign other
        server web foreign cx23 hel1 debian-12 off
        server db other-cluster cx23 hel1 debian-12 running
    ";
    insta::assert_snapshot!(with(&[SPEC, SHARED, CINNABAR, KUBE, foreign]), @"nothing to do");
    insta::assert_snapshot!(with(&[SPEC, "destroy", foreign]), @"nothing to do");
}

#[test]
fn the_deploy_key_goes_when_no_server_waits() {
    insta::assert_snapshot!(with(&[SPEC, SHARED, CINNABAR, KUBE, "key hoist-demo-deploy ours other"]), @"delete ssh-key/hoist-demo-deploy: no longer needed: no server is waiting to be made");
}

#[test]
fn the_deploy_key_of_an_earlier_run_is_replaced_and_another_ones_with_our_material_is_used() {
    insta::assert_snapshot!(with(&[SPEC, SHARED, CINNABAR, "key hoist-demo-deploy ours other"]));
    insta::assert_snapshot!(with(&[SPEC, SHARED, CINNABAR, "key laptop foreign deploy"]), @r"
    create server/kube: does not exist
      needs network/demo firewall/demo ssh-key/hoist-demo-deploy
      cents a month: 0 -> 1099
    ");
    insta::assert_snapshot!(with(&[SPEC, SHARED, CINNABAR, "key hoist-demo-deploy ours deploy"]), @r"
    create server/kube: does not exist
      needs network/demo firewall/demo ssh-key/hoist-demo-deploy
      cents a month: 0 -> 1099
    ");
}

#[test]
fn a_type_of_the_same_architecture_changes_in_place() {
    let spec = "machine kube cpx42 fsn1 debian-12 server";
    insta::assert_snapshot!(with(&[spec, SHARED, KUBE]));
}

#[test]
fn another_architecture_location_or_image_is_a_replacement() {
    for (name, spec) in [
        ("architecture", "machine kube cax21 fsn1 debian-12 server"),
        ("location", "machine kube cpx32 hel1 debian-12 server"),
        ("image", "machine kube cpx32 fsn1 debian-13 server"),
    ] {
        insta::assert_snapshot!(name, with(&[spec, SHARED, KUBE]));
    }
}

#[test]
fn a_replacement_that_was_asked_for() {
    insta::assert_snapshot!(with(&[
        "machine kube cpx32 fsn1 debian-12 server",
        SHARED,
        KUBE,
        "replace kube"
    ]));
}

#[test]
fn a_disabled_machine_and_one_that_is_gone_from_the_spec() {
    let extra = "
        server worker ours cx33 fsn1 debian-12 running 10.0.0.4 guarded
        server old ours cx23 hel1 debian-12 off 10.0.0.5 guarded protected
    ";
    insta::assert_snapshot!(with(&[SPEC, SHARED, CINNABAR, KUBE, extra]));
}

#[test]
fn what_was_interrupted_midway_is_completed() {
    // Ordered, and the process died: not attached, not started, not protected.
    let half = "server kube ours cpx32 fsn1 debian-12 off guarded role=server";
    insta::assert_snapshot!(with(&[SPEC, SHARED, CINNABAR, half]), @r"
    update server/kube: private_net: + 10.0.0.3; protection.delete: false → true; status: off → running
      needs network/demo
    ");
}

#[test]
fn labels_and_firewall_drift() {
    let bare = "server kube ours cpx32 fsn1 debian-12 running 10.0.0.3 protected role=agent";
    insta::assert_snapshot!(with(&[SPEC, SHARED, CINNABAR, bare]), @r"
    update server/kube: firewall: + demo; labels.hoist.dev/role: agent → server
      needs firewall/demo
    ");
}

#[test]
fn a_machine_that_has_lost_its_role_loses_the_label() {
    let worker = "server cinnabar ours cx43 fsn1 debian-12 running 10.0.0.2 guarded role=agent";
    insta::assert_snapshot!(with(&[SPEC, SHARED, worker, KUBE]), @"update server/cinnabar: labels.hoist.dev/role: - agent");
}

#[test]
fn three_control_planes_are_spread() {
    let spec = "
        machine a cpx32 fsn1 debian-12 server
        machine b cpx32 nbg1 debian-12 server
        machine c cpx32 hel1 debian-12 server
        machine w cx33 hel1 debian-12 agent
    ";
    insta::assert_snapshot!(with(&[spec]));
}

#[test]
fn destroying_takes_what_is_ours_and_servers_first() {
    let more = "
        group demo-control-planes ours
        key hoist-demo-deploy ours other
        server worker ours cx33 fsn1 debian-12 running 10.0.0.4 guarded
        server web foreign cx23 hel1 debian-12 running
        network demo-2 foreign
    ";
    insta::assert_snapshot!(with(&[SPEC, "destroy", SHARED, CINNABAR, KUBE, more]));
}

#[test]
fn a_server_that_is_being_deleted_is_as_good_as_gone() {
    let going = "server kube ours cpx32 fsn1 debian-12 deleting 10.0.0.3";
    insta::assert_snapshot!(with(&["machine kube cpx32 fsn1 debian-12 server", SHARED, going]), @r"
    create server/kube: does not exist
      needs network/demo firewall/demo ssh-key/hoist-demo-deploy
      cents a month: 0 -> 1099
    create ssh-key/hoist-demo-deploy: does not exist
    ");
}

#[test]
fn an_import_only_writes_labels() {
    let world = "
        server kube foreign cx43 hel1 debian-12 running named=kube
        server web foreign cx23 hel1 debian-12 running
        import kube=1
        import cinnabar=web
    ";
    insta::assert_snapshot!(with(&[SPEC, world]), @r"
    update server/kube: taken over as asked
    update server/cinnabar: taken over as asked
    ");
}
