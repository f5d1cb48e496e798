//! What is refused of single fields: each problem with its place, the offending text and what to do.

use proptest::prelude::*;

use crate::{of, text};

#[test]
fn unknown_field() {
    insta::assert_snapshot!(of(|t| t.replace("domain:", "domian:")), @r"
    error[spec/unknown-field]: cluster has no field `domian`
     --> hoist.yaml:1:24
      |
    1 | cluster: { name: demo, domian: example.com }
      |                        ^^^^^^
      = hint: did you mean `domain`?
    ");
}

#[test]
fn unknown_field_of_no_known_name() {
    insta::assert_snapshot!(of(|t| t + "colour: blue\n"), @r"
    error[spec/unknown-field]: the file has no field `colour`
      --> hoist.yaml:10:1
       |
    10 | colour: blue
       | ^^^^^^
       = hint: its fields are cluster, k3s, access, hetzner, machines, nixos, components, secrets, tls and mirrors
    ");
}

#[test]
fn field_of_a_later_version() {
    insta::assert_snapshot!(of(|t| t + "pools: {}\n"), @r"
    error[spec/unknown-field]: the file has no field `pools`
      --> hoist.yaml:10:1
       |
    10 | pools: {}
       | ^^^^^
       = hint: this version of hoist does not know it yet: name each machine under `machines`
    ");
}

#[test]
fn wrong_type_number_for_text() {
    insta::assert_snapshot!(of(|t| t + "nixos: { stateVersion: 26.05 }\n"), @r#"
    error[spec/wrong-type]: nixos.stateVersion: expected text, found a number
      --> hoist.yaml:10:24
       |
    10 | nixos: { stateVersion: 26.05 }
       |                        ^^^^^
       = hint: put it in quotes: "26.05"
    "#);
}

#[test]
fn wrong_type_text_for_number() {
    insta::assert_snapshot!(of(|t| t.replace("access:\n", "access:\n  port: ssh\n")), @r"
    error[spec/wrong-type]: access.port: expected a whole number, found text
     --> hoist.yaml:3:9
      |
    3 |   port: ssh
      |         ^^^
    ");
}

#[test]
fn wrong_type_text_for_map() {
    insta::assert_snapshot!(of(|t| t.replace("cluster: { name: demo, domain: example.com }", "cluster: demo")), @r"
    error[spec/wrong-type]: cluster: expected a map, found text
     --> hoist.yaml:1:10
      |
    1 | cluster: demo
      |          ^^^^
      = hint: its fields are name, domain, apiServer, podCidr and serviceCidr
    ");
}

#[test]
fn wrong_type_text_for_list() {
    insta::assert_snapshot!(of(|t| t + "hetzner: { adminCidrs: 203.0.113.7/32 }\n"), @r"
    error[spec/wrong-type]: hetzner.adminCidrs: expected a list, found text
      --> hoist.yaml:10:24
       |
    10 | hetzner: { adminCidrs: 203.0.113.7/32 }
       |                        ^^^^^^^^^^^^^^
       = hint: write a list: [203.0.113.7/32]
    ");
}

#[test]
fn nothing_where_a_map_belongs() {
    insta::assert_snapshot!(of(|t| t + "components:\n  coredns:\n"), @r"
    error[spec/wrong-type]: components.coredns: expected a map, found nothing
      --> hoist.yaml:11:3
       |
    11 |   coredns:
       |   ^^^^^^^
       = hint: write {} to take every default, or leave it out
    ");
}

#[test]
fn out_of_range() {
    insta::assert_snapshot!(of(|t| t.replace("access:\n", "access:\n  port: 70000\n")), @r"
    error[spec/invalid-value]: access.port: 70000 is out of range
     --> hoist.yaml:3:9
      |
    3 |   port: 70000
      |         ^^^^^
      = hint: write a number from 1 to 65535
    ");
}

#[test]
fn value_that_is_none_of_the_choices() {
    insta::assert_snapshot!(of(|t| t.replace("role: server", "role: sever")), @r"
    error[spec/invalid-value]: machines.one.role: `sever` is not a value that it takes
     --> hoist.yaml:7:51
      |
    7 |   one: { serverType: cpx32, location: fsn1, role: sever }
      |                                                   ^^^^^
      = hint: did you mean `server`? write server or agent
    ");
}

#[test]
fn several_at_once() {
    insta::assert_snapshot!(of(|t| t.replace("cpx32", "CPX32").replace("name: demo", "name: Demo_1") + "hetzner: { network: { cidr: 10.0.0.1/16 } }\n"), @r"
    error[spec/invalid-value]: cluster.name: a name cannot hold `D`
     --> hoist.yaml:1:18
      |
    1 | cluster: { name: Demo_1, domain: example.com }
      |                  ^^^^^^
      = hint: use 1 to 63 lower-case letters, digits and hyphens, with a letter or digit at both ends

    error[spec/invalid-value]: machines.one.serverType: `CPX32` is not a server type
     --> hoist.yaml:7:22
      |
    7 |   one: { serverType: CPX32, location: fsn1, role: server }
      |                      ^^^^^
      = hint: write Hetzner's name in lower case, such as cx43, cpx32, cax21 or ccx23

    error[spec/invalid-value]: hetzner.network.cidr: `10.0.0.1/16` is an address inside a network, not a network
      --> hoist.yaml:10:29
       |
    10 | hetzner: { network: { cidr: 10.0.0.1/16 } }
       |                             ^^^^^^^^^^^
       = hint: write 10.0.0.0/16
    ");
}

#[test]
fn missing_fields() {
    insta::assert_snapshot!(of(|t| t.replace("cluster: { name: demo, domain: example.com }", "cluster: { name: demo }").replace("serverType: cpx32, ", "")), @r"
    error[spec/missing-field]: cluster lacks `domain`
     --> hoist.yaml:1:12
      |
    1 | cluster: { name: demo }
      |            ^^^^
      = hint: domain: The domain that nodes and the API get their names under.

    error[spec/missing-field]: machines.one lacks `serverType`
     --> hoist.yaml:7:10
      |
    7 |   one: { location: fsn1, role: server }
      |          ^^^^^^^^
      = hint: serverType: Hetzner's server type, such as `cx43`.
    ");
}

#[test]
fn not_yaml() {
    insta::assert_snapshot!(of(|t| t.replace("cluster: { name: demo", "cluster: { name: [demo")), @r"
    error[spec/yaml]: this is not valid YAML: mismatched bracket '[' closed by '}'
     --> hoist.yaml:1:18
      |
    1 | cluster: { name: [demo, domain: example.com }
      |                  ^
      = hint: look at the indentation and the quotes here and on the line before
    ");
}

#[test]
fn name_used_twice() {
    insta::assert_snapshot!(of(|t| t.replace("secrets:\n", "  one: { serverType: cpx32, location: fsn1, role: agent }\nsecrets:\n")), @r"
    error[spec/yaml]: this is not valid YAML: duplicate mapping key: one
     --> hoist.yaml:8:3
      |
    8 |   one: { serverType: cpx32, location: fsn1, role: agent }
      |   ^^^
      = hint: each name stands once in its map: rename one or take it out
    ");
}

#[test]
fn machine_name_that_is_none() {
    insta::assert_snapshot!(of(|t| t.replace("  one:", "  One_1:")), @r"
    error[spec/invalid-name]: machines.One_1: a name cannot hold `O`
     --> hoist.yaml:7:3
      |
    7 |   One_1: { serverType: cpx32, location: fsn1, role: server }
      |   ^^^^^
      = hint: use 1 to 63 lower-case letters, digits and hyphens, with a letter or digit at both ends
    ");
}

#[test]
fn two_secret_sources() {
    insta::assert_snapshot!(of(|t| t + "hetzner: { token: { env: HCLOUD_TOKEN, file: token } }\n"), @r"
    error[spec/exclusive-fields]: hetzner.token names more than one: env and file
      --> hoist.yaml:10:40
       |
    10 | hetzner: { token: { env: HCLOUD_TOKEN, file: token } }
       |                                        ^^^^
       = hint: write env: …, file: …, command: … or bitwarden: …
    ");
}

#[test]
fn unknown_secret_source() {
    insta::assert_snapshot!(of(|t| t + "hetzner: { token: { vault: token } }\n"), @r"
    error[spec/unknown-field]: hetzner.token has no field `vault`
      --> hoist.yaml:10:21
       |
    10 | hetzner: { token: { vault: token } }
       |                     ^^^^^
       = hint: its fields are env, file, command and bitwarden
    ");
}

#[test]
fn secret_value_where_a_name_belongs() {
    insta::assert_snapshot!(of(|t| t + "hetzner: { token: { env: \"not a name\" } }\n"), @r"
    error[spec/secret-in-file]: hetzner.token.env: this is not the name of an environment variable
      --> hoist.yaml:10:26
       = hint: write the variable's name, such as HCLOUD_TOKEN, and never its value
    ");
}

proptest! {
    #[test]
    fn any_damage_to_the_text_ends_in_a_spec_or_in_problems(at in 0usize..400, put in "[\\PC\n\t]{0,6}", cut in 0usize..6) {
        let whole: Vec<char> = text(|t| t).chars().collect();
        let at = at.min(whole.len());
        let end = (at + cut).min(whole.len());
        let damaged: String = whole[..at].iter().copied().chain(put.chars()).chain(whole[end..].iter().copied()).collect();
        if let Err(found) = hoist_spec::parse(std::path::Path::new("hoist.yaml"), &damaged) {
            prop_assert!(!found.0.is_empty());
            for diagnostic in &found.0 {
                prop_assert!(hoist_spec::render(diagnostic, &damaged).starts_with("error["));
            }
        }
    }
}
