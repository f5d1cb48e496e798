//! The planner, text in and text out.
//!
//! One machine a line: `NAME ROLE SEEN`. The desired configuration's hash is `new`, so that a host that runs `old` has
//! drifted.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use hoist_model::{ClusterAccess, Draft, HostKeyPins, Lookup, Risk, Step};
use hoist_spec::Role;

use super::plan;
use crate::desired::{Desired, Node};
use crate::host::{HostFacts, K3s, Os};
use crate::observe::{Observed, Seen};
use crate::op::Op;
use crate::render::Tree;

fn facts(words: &[&str]) -> HostFacts {
    let has = |word: &str| words.contains(&word);
    let nixos = has("nixos");
    let hash = if has("old") { "old-hash-0000" } else { "new-hash-0000" };
    HostFacts {
        os: match () {
            () if has("debian") => Os::Debian,
            () if has("installer") => Os::Installer,
            () if nixos => Os::Nixos,
            () => Os::Other("fedora".into()),
        },
        arch: "x86_64".into(),
        boot_id: "boot".into(),
        root: !has("unprivileged"),
        memory_mib: if has("small") { 1024 } else { 4096 },
        system: nixos.then(|| {
            if has("rolled-back") {
                "/nix/store/x"
            } else {
                "/nix/store/s"
            }
            .to_owned()
        }),
        built: (nixos && !has("foreign")).then(|| (hash.to_owned(), "/nix/store/s".to_owned())),
        host_key: None,
        lasting: !has("throw-away"),
        made_by: (!has("imported")).then(|| "c".to_owned()),
        k3s: match () {
            () if has("starting") => K3s::Activating,
            () if has("failed") => K3s::Failed,
            () if has("stopped") || !nixos => K3s::Absent,
            () => K3s::Active,
        },
        tools: BTreeSet::new(),
        files: BTreeMap::new(),
        settings: None,
    }
}

fn parse(world: &str) -> (Desired, Observed) {
    let mut desired = Desired {
        cluster: "c".into(),
        nodes: Vec::new(),
        port: 22,
        identities: Vec::new(),
        replace: BTreeSet::new(),
        leaving: BTreeSet::new(),
    };
    let mut observed = Observed::default();
    let mut registered = BTreeSet::new();
    for line in world.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [name, role, seen, rest @ ..] = words.as_slice() else {
            panic!("NAME ROLE SEEN, not {line}");
        };
        let name = (*name).to_owned();
        if *role == "leaving" {
            desired.leaving.insert(name.clone());
            if *seen == "registered" {
                registered.insert(name);
            }
            continue;
        }
        let role = match *role {
            "server" => Some(Role::Server),
            "agent" => Some(Role::Agent),
            _ => None,
        };
        if rest.contains(&"replace") {
            desired.replace.insert(name.clone());
        }
        if role == Some(Role::Server) {
            observed.servers.insert(name.clone());
        }
        let seen = match *seen {
            "absent" => Seen::Absent,
            "unknown" => Seen::Unknown("the cloud does not answer".into()),
            "off" => Seen::Unreachable("its server is switched off".into()),
            "silent" => Seen::Silent("connection refused".into()),
            "refused" => Seen::Refused {
                why: "the host key is not the expected one".into(),
                hint: Some("look".into()),
            },
            _ => {
                let next = rest.contains(&"next").then(|| "n".to_owned());
                Seen::Host {
                    facts: Box::new(facts(&words[2..])),
                    pins: HostKeyPins {
                        current: Some("c".into()),
                        next,
                    },
                }
            }
        };
        if seen.k3s_active() {
            observed.cluster = Lookup::Present(ClusterAccess {
                kubeconfig: String::new().into(),
                server: "https://a".into(),
            });
            if !rest.contains(&"unregistered") {
                registered.insert(name.clone());
            }
        }
        observed.machines.insert(name.clone(), seen);
        desired.nodes.push(Node {
            name,
            role,
            tree: Tree::default(),
            hash: "new-hash-0000".into(),
        });
    }
    if observed.cluster.present().is_some() {
        observed.registered = Lookup::Present(registered);
    }
    (desired, observed)
}

fn line(step: &Step<Op>) -> String {
    let mut line = format!("{} {}", step.verb, step.key);
    if let Op::Install { cluster, .. } = &step.op {
        write!(line, " ({cluster:?})").unwrap();
    }
    if !step.needs.is_empty() {
        let needs: Vec<_> = step.needs.iter().map(ToString::to_string).collect();
        write!(line, " after {}", needs.join(", ")).unwrap();
    }
    if step.provisional {
        line.push_str(" [provisional]");
    }
    write!(line, ": {}", step.reason).unwrap();
    if let Risk::Destructive(what) = &step.risk {
        write!(line, " [destructive: {what}]").unwrap();
    }
    line
}

fn text(draft: &Draft<Op>) -> String {
    let steps = draft.steps.iter().map(line);
    let blocked = draft.blocked.iter().map(|blocked| {
        let hint = blocked
            .hint
            .as_ref()
            .map(|hint| format!(" -- {hint}"))
            .unwrap_or_default();
        format!("blocked {}: {}{hint}", blocked.key, blocked.why)
    });
    let lines: Vec<_> = steps.chain(blocked).collect();
    if lines.is_empty() {
        "nothing to do".into()
    } else {
        lines.join("\n")
    }
}

fn check(world: &str) -> String {
    let (desired, observed) = parse(world);
    let draft = plan(&desired, &observed);
    assert_eq!(draft, plan(&desired, &observed), "planning is deterministic");
    let keys: BTreeSet<_> = draft.steps.iter().map(|step| &step.key).collect();
    assert_eq!(keys.len(), draft.steps.len(), "at most one step a key");
    let disked = |step: &Step<Op>| matches!(step.op, Op::Install { .. });
    for step in draft.steps.iter().filter(|step| disked(step)) {
        let name = step.key.name();
        let seen = &observed.machines[name];
        let safe = match seen {
            Seen::Absent => true,
            Seen::Host { facts, .. } => {
                matches!(facts.os, Os::Debian | Os::Installer) && (facts.made_by.is_some() || step.destructive())
            }
            _ => false,
        };
        assert!(
            safe || desired.replace.contains(name),
            "{name} would be wiped: {seen:?}"
        );
    }
    text(&draft)
}

#[test]
fn an_empty_account_gets_a_complete_plan() {
    insta::assert_snapshot!(check("
        a server absent
        b server absent
        w agent absent
    "), @r#"
    update host-key/a after server/a [provisional]: the server was made with a throw-away host key
    create node/a (Init) after host-key/a, server/a [provisional]: does not exist
    update host-key/b after server/b [provisional]: the server was made with a throw-away host key
    create node/b (Join("a")) after host-key/b, server/b, node/a [provisional]: does not exist
    update host-key/w after server/w [provisional]: the server was made with a throw-away host key
    create node/w (Join("a")) after host-key/w, server/w, node/a [provisional]: does not exist
    "#);
}

#[test]
fn a_fresh_server_first_gets_its_lasting_key() {
    insta::assert_snapshot!(check("a server debian throw-away"), @r"
    update host-key/a after server/a: the server was made with a throw-away host key
    create node/a (Init) after host-key/a, server/a: does not exist
    ");
}

#[test]
fn an_interrupted_installation_goes_on_where_the_host_stands() {
    insta::assert_snapshot!(check("a server installer"), @"create node/a (Init) after host-key/a, server/a: does not exist");
    insta::assert_snapshot!(check("a server debian"), @"create node/a (Init) after host-key/a, server/a: does not exist");
    insta::assert_snapshot!(check("a server debian next"), @r"
    update host-key/a after server/a: the server was made with a throw-away host key
    create node/a (Init) after host-key/a, server/a: does not exist
    ");
    insta::assert_snapshot!(check("a server installer next"), @r"
    update host-key/a after server/a: the server was made with a throw-away host key
    create node/a (Init) after host-key/a, server/a: does not exist
    ");
    insta::assert_snapshot!(check("a server nixos starting next"), @r"
    update host-key/a after server/a: its rotation was begun and not finished
    await node/a after host-key/a: not ready: k3s, which is starting
    ");
}

#[test]
fn what_is_as_desired_needs_nothing() {
    insta::assert_snapshot!(check("
        a server nixos
        w agent nixos
        x none nixos stopped
    "), @"nothing to do");
}

#[test]
fn a_node_that_is_not_there_yet_is_waited_for() {
    insta::assert_snapshot!(check("
        a server nixos unregistered
        b server nixos starting
        w agent nixos stopped
    "), @r"
    await node/a: not ready: its Node, which is not registered
    await node/b: not ready: k3s, which is starting
    await node/w: not ready: k3s, which does not run
    ");
    insta::assert_snapshot!(check("a server nixos failed"), @"await node/a: not ready: k3s, which failed");
}

#[test]
fn drift_is_an_update_one_control_plane_at_a_time() {
    insta::assert_snapshot!(check("
        a server nixos old
        b server nixos rolled-back
        w agent nixos old
    "), @r"
    update node/a: configuration: old-hash-000 → new-hash-000
    update node/b after node/a: configuration: /nix/store/x → new-hash-000
    update node/w: configuration: old-hash-000 → new-hash-000
    ");
}

#[test]
fn a_new_control_plane_joins_one_that_is_there() {
    insta::assert_snapshot!(check("
        a server debian
        b server nixos
        w agent debian
    "), @r#"
    create node/a (Join("b")) after host-key/a, server/a, node/b: does not exist
    create node/w (Join("b")) after host-key/w, server/w, node/b: does not exist
    "#);
}

#[test]
fn no_second_cluster_is_made_while_a_control_plane_cannot_be_seen() {
    insta::assert_snapshot!(check("
        a server absent
        b server off
    "), @r"
    update host-key/a after server/a [provisional]: the server was made with a throw-away host key
    create node/a (Init) after host-key/a, server/a, node/b [provisional]: does not exist
    blocked node/b: its server is switched off
    ");
    insta::assert_snapshot!(check("
        a server debian
        b server silent
    "), @r"
    create node/a (Init) after host-key/a, server/a, host/b [provisional]: does not exist
    await host/b after server/b: not ready: SSH (connection refused)
    ");
}

#[test]
fn a_booting_host_is_waited_for() {
    insta::assert_snapshot!(check("a server silent"), @"await host/a after server/a: not ready: SSH (connection refused)");
}

#[test]
fn what_must_not_be_touched_is_blocked_with_its_reason() {
    insta::assert_snapshot!(check("a server nixos foreign"), @"blocked node/a: it runs a NixOS that hoist did not install -- `hoist replace a` destroys the machine and makes it anew; its data is lost");
    insta::assert_snapshot!(check("a server fedora"), @"blocked node/a: it runs fedora, and hoist installs over Debian only -- set image: debian-12 and run `hoist replace a`");
    insta::assert_snapshot!(check("a server debian small"), @"blocked node/a: it has 1024 MiB of memory, and the NixOS installer needs 1.5 GB -- choose a larger serverType");
    insta::assert_snapshot!(check("a server debian unprivileged"), @"blocked node/a: hoist is not root there");
    insta::assert_snapshot!(check("a server refused"), @"blocked node/a: the host key is not the expected one -- look");
    insta::assert_snapshot!(check("a server unknown"), @"blocked node/a: the cloud does not answer");
}

#[test]
fn a_server_that_was_taken_over_keeps_its_disk_until_that_is_approved() {
    insta::assert_snapshot!(check("a server debian imported"), @"create node/a (Init) after host-key/a, server/a: does not exist [destructive: everything on the disk of a server that this cluster did not make]");
}

#[test]
fn what_is_asked_for_is_made_anew() {
    insta::assert_snapshot!(check("
        a server nixos foreign replace
        w agent nixos
    "), @r"
    update host-key/a after server/a [provisional]: the server was made with a throw-away host key
    create node/a (Init) after host-key/a, server/a [provisional]: does not exist
    ");
    insta::assert_snapshot!(check("
        a server nixos replace
        b server nixos
    "), @r#"
    update host-key/a after server/a [provisional]: the server was made with a throw-away host key
    create node/a (Join("b")) after host-key/a, server/a, node/b [provisional]: does not exist
    "#);
}

#[test]
fn the_node_of_a_machine_that_goes_goes_first_and_takes_a_word() {
    insta::assert_snapshot!(check("
        a server nixos
        w leaving registered
        x leaving gone
    "), @"delete node/w: its machine is disabled in hoist.yaml, or gone from it [destructive: what its pods keep on its disk; they are evicted first, by their budgets]");
}
