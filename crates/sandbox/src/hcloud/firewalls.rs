//! Firewalls: rules, and what they are applied to.

use axum::http::Method;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::action::Step;
use super::call::{self, Call, Reply, unique};
use super::error::{ApiError, ApiResult};
use super::labels::{Labels, Selector};
use super::server::Server;
use super::state::{Meta, State, find, find_mut, stamp};

/// Hetzner's limit.
const RULES: usize = 50;

/// One rule, as it was sent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Rule {
    direction: String,
    protocol: String,
    port: Option<String>,
    #[serde(default)]
    source_ips: Vec<String>,
    #[serde(default)]
    destination_ips: Vec<String>,
    description: Option<String>,
}

/// What a firewall is applied to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Server { id: u64, applied: bool },
    Selector(String),
}

/// A firewall.
#[derive(Clone, Debug)]
pub(crate) struct Firewall {
    pub(crate) meta: Meta,
    rules: Vec<Rule>,
    pub(crate) targets: Vec<Target>,
}

impl Firewall {
    /// How it stands on a server; none where it is not applied to it.
    pub(crate) fn status_on(&self, server: &Server) -> Option<&'static str> {
        self.targets.iter().find_map(|target| match target {
            Target::Server { id, applied } if *id == server.meta.id => {
                Some(if *applied { "applied" } else { "pending" })
            }
            Target::Selector(text) if selects(text, server) => Some("applied"),
            _ => None,
        })
    }

    pub(crate) fn forget_server(&mut self, server: u64) {
        self.targets
            .retain(|target| !matches!(target, Target::Server { id, .. } if *id == server));
    }

    pub(crate) fn json(&self, state: &State) -> Value {
        let targets: Vec<Value> = self
            .targets
            .iter()
            .map(|target| match target {
                Target::Server { id, .. } => json!({ "type": "server", "server": { "id": id } }),
                Target::Selector(text) => json!({
                    "type": "label_selector",
                    "label_selector": { "selector": text },
                    "applied_to_resources": state
                        .servers
                        .values()
                        .filter(|server| selects(text, server))
                        .map(|server| json!({ "type": "server", "server": { "id": server.meta.id } }))
                        .collect::<Vec<_>>(),
                }),
            })
            .collect();
        json!({
            "id": self.meta.id,
            "name": self.meta.name,
            "labels": self.meta.labels,
            "created": stamp(self.meta.created),
            "rules": self.rules,
            "applied_to": targets,
        })
    }
}

fn selects(selector: &str, server: &Server) -> bool {
    Selector::parse(selector).is_ok_and(|selector| selector.matches(&server.meta.labels))
}

pub(super) fn route(call: &mut Call<'_>, rest: &[&str]) -> ApiResult<Reply> {
    match (call.method.clone(), rest) {
        (Method::GET, []) => {
            let state = &*call.state;
            let items = state.firewalls.values().map(|firewall| firewall.json(state));
            Ok(Reply::ok(call.query.list("firewalls", items, &["name"])?))
        }
        (Method::POST, []) => create(call),
        (Method::GET, [id]) => show(call, id),
        (Method::PUT, [id]) => {
            let id = find(&call.state.firewalls, "firewall", id)?.meta.id;
            let change = call::rename(call, "firewall", id, |state| {
                state
                    .firewalls
                    .values()
                    .map(|wall| (wall.meta.id, wall.meta.name.clone()))
                    .collect()
            })?;
            find_mut(&mut call.state.firewalls, "firewall", id)?.meta.apply(change);
            show(call, id)
        }
        (Method::DELETE, [id]) => {
            let firewall = find(&call.state.firewalls, "firewall", id)?;
            if !firewall.targets.is_empty() {
                let message = format!("firewall with ID '{id}' is still in use");
                return Err(ApiError::new(422, "resource_in_use", message));
            }
            let id = firewall.meta.id;
            call.state.firewalls.remove(&id);
            Ok(Reply::nothing())
        }
        (Method::POST, [id, "actions", action]) => act(call, id, action),
        _ => Err(ApiError::no_route("firewalls")),
    }
}

fn show(call: &Call<'_>, id: impl std::fmt::Display) -> ApiResult<Reply> {
    let firewall = find(&call.state.firewalls, "firewall", id)?;
    Ok(Reply::ok(json!({ "firewall": firewall.json(call.state) })))
}

#[derive(Deserialize)]
struct Create {
    name: String,
    labels: Option<Labels>,
    #[serde(default)]
    rules: Vec<Rule>,
    #[serde(default)]
    apply_to: Vec<Resource>,
}

#[derive(Deserialize)]
struct Resource {
    #[serde(rename = "type")]
    kind: String,
    server: Option<ServerRef>,
    label_selector: Option<SelectorRef>,
}

#[derive(Deserialize)]
struct ServerRef {
    id: u64,
}

#[derive(Deserialize)]
struct SelectorRef {
    selector: String,
}

fn create(call: &mut Call<'_>) -> ApiResult<Reply> {
    let body: Create = call.body()?;
    let state = &mut *call.state;
    unique(
        "firewall",
        &body.name,
        state.firewalls.values().map(|firewall| firewall.meta.name.clone()),
    )?;
    if state.firewalls.len() >= state.quota.firewalls {
        return Err(ApiError::limit("firewall"));
    }
    check_rules(&body.rules)?;
    let targets = targets(state, &body.apply_to)?;
    let meta = state.meta(&body.name, body.labels)?;
    let id = meta.id;
    let firewall = Firewall {
        meta,
        rules: body.rules,
        targets: Vec::new(),
    };
    state.firewalls.insert(id, firewall);
    let mut actions = Vec::new();
    if !find(&state.firewalls, "firewall", id)?.rules.is_empty() {
        actions.push(quick(call, "set_firewall_rules", id, None));
    }
    actions.extend(apply(call, id, targets));
    let actions: Vec<Value> = actions
        .into_iter()
        .map(|action| call.state.action_json(action))
        .collect();
    let firewall = find(&call.state.firewalls, "firewall", id)?.json(call.state);
    Ok(Reply::created(json!({ "firewall": firewall, "actions": actions })))
}

fn check_rules(rules: &[Rule]) -> ApiResult<()> {
    if rules.len() > RULES {
        return Err(ApiError::invalid("rules", format!("must not be more than {RULES}")));
    }
    for rule in rules {
        let wrong = |why: &str| Err(ApiError::invalid("rules", why.to_owned()));
        let (needed, unwanted) = match rule.direction.as_str() {
            "in" => (&rule.source_ips, &rule.destination_ips),
            "out" => (&rule.destination_ips, &rule.source_ips),
            _ => return wrong("direction must be in or out"),
        };
        if needed.is_empty() || !unwanted.is_empty() || needed.len() > 100 {
            return wrong("an inbound rule has 1 to 100 source_ips, an outbound rule destination_ips");
        }
        for text in needed {
            let net: Option<IpNet> = text.parse().ok();
            if net.is_none_or(|net| net.trunc() != net) {
                return Err(ApiError::invalid(
                    "rules",
                    format!("'{text}' is not a range in CIDR notation"),
                ));
            }
        }
        match (rule.protocol.as_str(), rule.port.as_deref()) {
            ("tcp" | "udp", Some(port)) if is_port(port) => {}
            ("tcp" | "udp", _) => return wrong("port must be a port, a range of ports or any"),
            ("icmp" | "esp" | "gre", None) => {}
            ("icmp" | "esp" | "gre", Some(_)) => return wrong("port is only for tcp and udp"),
            _ => return wrong("protocol must be one of tcp, udp, icmp, esp, gre"),
        }
        if rule.description.as_ref().is_some_and(|text| text.len() > 255) {
            return wrong("description must not be longer than 255 characters");
        }
    }
    Ok(())
}

fn is_port(text: &str) -> bool {
    let number = |text: &str| text.parse::<u16>().ok().filter(|port| *port > 0);
    match text.split_once('-') {
        None => text == "any" || number(text).is_some(),
        Some((from, to)) => matches!((number(from), number(to)), (Some(from), Some(to)) if from <= to),
    }
}

fn targets(state: &State, resources: &[Resource]) -> ApiResult<Vec<Target>> {
    resources
        .iter()
        .map(
            |resource| match (resource.kind.as_str(), &resource.server, &resource.label_selector) {
                ("server", Some(server), None) if state.servers.contains_key(&server.id) => Ok(Target::Server {
                    id: server.id,
                    applied: false,
                }),
                ("server", Some(server), None) => Err(ApiError::new(
                    404,
                    "firewall_resource_not_found",
                    format!("server with ID '{}' not found", server.id),
                )),
                ("label_selector", None, Some(selector)) => {
                    Selector::parse(&selector.selector)?;
                    Ok(Target::Selector(selector.selector.clone()))
                }
                _ => Err(ApiError::invalid(
                    "type",
                    "must be server or label_selector, with the matching field",
                )),
            },
        )
        .collect()
}

/// An action without a consequence of its own.
fn quick(call: &mut Call<'_>, command: &'static str, id: u64, server: Option<u64>) -> u64 {
    let mut resources = vec![("firewall", id)];
    resources.extend(server.map(|server| ("server", server)));
    let action = call.state.begin_action(command, resources);
    call.run(vec![Step::of(action, 1.0)]);
    action
}

/// Adds the targets; each becomes effective when its action ends.
fn apply(call: &mut Call<'_>, id: u64, targets: Vec<Target>) -> Vec<u64> {
    let mut actions = Vec::new();
    for target in targets {
        let server = match &target {
            Target::Server { id, .. } => Some(*id),
            Target::Selector(_) => None,
        };
        if let Some(firewall) = call.state.firewalls.get_mut(&id) {
            firewall.targets.push(target);
        }
        let mut resources = vec![("firewall", id)];
        resources.extend(server.map(|server| ("server", server)));
        let action = call.state.begin_action("apply_firewall", resources);
        call.run(vec![
            Step::of(action, 2.0)
                .finish(move |state| {
                    let Some(firewall) = state.firewalls.get_mut(&id) else {
                        return;
                    };
                    for target in &mut firewall.targets {
                        if let Target::Server { id, applied } = target
                            && Some(*id) == server
                        {
                            *applied = true;
                        }
                    }
                })
                .undo(move |state| {
                    if let (Some(firewall), Some(server)) = (state.firewalls.get_mut(&id), server) {
                        firewall.forget_server(server);
                    }
                }),
        ]);
        actions.push(action);
    }
    actions
}

#[derive(Deserialize)]
struct SetRules {
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
struct ApplyTo {
    apply_to: Vec<Resource>,
}

#[derive(Deserialize)]
struct RemoveFrom {
    remove_from: Vec<Resource>,
}

fn act(call: &mut Call<'_>, id: &str, action: &str) -> ApiResult<Reply> {
    let id = find(&call.state.firewalls, "firewall", id)?.meta.id;
    let actions = match action {
        "set_rules" => set_rules(call, id)?,
        "apply_to_resources" => {
            let wanted = targets(call.state, &call.body::<ApplyTo>()?.apply_to)?;
            for target in &wanted {
                if position(call.state, id, target).is_some() {
                    return Err(ApiError::new(
                        409,
                        "firewall_already_applied",
                        "firewall is already applied to the resource",
                    ));
                }
            }
            apply(call, id, wanted)
        }
        "remove_from_resources" => remove(call, id)?,
        _ => return Err(ApiError::no_route(&format!("firewalls/{id}/actions/{action}"))),
    };
    let actions: Vec<Value> = actions
        .into_iter()
        .map(|action| call.state.action_json(action))
        .collect();
    Ok(Reply::created(json!({ "actions": actions })))
}

fn set_rules(call: &mut Call<'_>, id: u64) -> ApiResult<Vec<u64>> {
    let body: SetRules = call.body()?;
    check_rules(&body.rules)?;
    let firewall = find_mut(&mut call.state.firewalls, "firewall", id)?;
    firewall.rules = body.rules;
    let servers: Vec<Option<u64>> = firewall
        .targets
        .iter()
        .map(|target| match target {
            Target::Server { id, .. } => Some(*id),
            Target::Selector(_) => None,
        })
        .collect();
    let mut actions = vec![quick(call, "set_firewall_rules", id, None)];
    for server in servers {
        actions.push(quick(call, "apply_firewall", id, server));
    }
    Ok(actions)
}

fn remove(call: &mut Call<'_>, id: u64) -> ApiResult<Vec<u64>> {
    let wanted = targets(call.state, &call.body::<RemoveFrom>()?.remove_from)?;
    let mut actions = Vec::new();
    for target in &wanted {
        if position(call.state, id, target).is_none() {
            return Err(ApiError::new(
                422,
                "firewall_already_removed",
                "firewall is not applied to the resource",
            ));
        }
    }
    for target in wanted {
        if let Some(at) = position(call.state, id, &target)
            && let Some(firewall) = call.state.firewalls.get_mut(&id)
        {
            firewall.targets.remove(at);
        }
        let server = match target {
            Target::Server { id, .. } => Some(id),
            Target::Selector(_) => None,
        };
        actions.push(quick(call, "remove_firewall", id, server));
    }
    Ok(actions)
}

fn position(state: &State, id: u64, wanted: &Target) -> Option<usize> {
    state
        .firewalls
        .get(&id)?
        .targets
        .iter()
        .position(|target| match (target, wanted) {
            (Target::Server { id, .. }, Target::Server { id: other, .. }) => id == other,
            (Target::Selector(text), Target::Selector(other)) => text == other,
            _ => false,
        })
}
