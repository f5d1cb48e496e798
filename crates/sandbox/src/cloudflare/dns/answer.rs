//! From a query to its answer.

use hickory_proto::ProtoError;
use hickory_proto::op::{Edns, Message, MessageType, Metadata, OpCode, Query, ResponseCode};
use hickory_proto::rr::{DNSClass, Name, Record, RecordType};

use super::super::content::{Data, Kind};
use super::super::record;
use super::super::zone::{Zone, Zones};
use super::lookup::{Found, lookup};
use super::rdata::{name, name_servers, no_any, rdata, soa};

/// How many aliases are followed; more are a loop.
const ALIASES: usize = 8;
/// The longest answer over UDP that needs no fragments anywhere.
const PAYLOAD: u16 = 1232;
/// The longest one that a client without EDNS takes.
const CLASSIC: u16 = 512;

/// How the query came, which bounds the answer's length.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Transport {
    Udp,
    Tcp,
}

/// Answers the bytes of a query; none where they are not worth an answer.
pub(super) fn answer(zones: &Zones, bytes: &[u8], transport: Transport) -> Option<Vec<u8>> {
    let query = match Message::from_vec(bytes) {
        Ok(query) if query.metadata.message_type == MessageType::Query => query,
        // An answer to an answer could go on for ever.
        Ok(_) => return None,
        Err(_) => return malformed(bytes),
    };
    let mut metadata = Metadata::response_from_request(&query.metadata);
    metadata.response_code = ResponseCode::NoError;
    let mut response = Message::new(metadata.id, MessageType::Response, metadata.op_code);
    response.metadata = metadata;
    response.add_queries(query.queries.iter().cloned());
    if let Some(edns) = &query.edns {
        let mut ours = Edns::new();
        ours.set_max_payload(PAYLOAD).set_dnssec_ok(edns.flags().dnssec_ok);
        response.set_edns(ours);
    }
    if let Err(error) = fill(zones, &query, &mut response) {
        tracing::warn!(%error, "a record cannot be written in DNS's form");
        response.answers.clear();
        response.authorities.clear();
        response.metadata.response_code = ResponseCode::ServFail;
    }
    let encoded = response.to_vec().ok()?;
    let most = match (transport, &query.edns) {
        (Transport::Tcp, _) => u16::MAX,
        (Transport::Udp, Some(edns)) => edns.max_payload().clamp(CLASSIC, PAYLOAD),
        (Transport::Udp, None) => CLASSIC,
    };
    if encoded.len() <= usize::from(most) {
        Some(encoded)
    } else {
        response.truncate().to_vec().ok()
    }
}

/// "Format error", if the bytes are at least a header with a query's id.
fn malformed(bytes: &[u8]) -> Option<Vec<u8>> {
    let (header, _) = bytes.split_at_checked(12)?;
    let is_query = header[2] & 0x80 == 0;
    let id = u16::from_be_bytes([header[0], header[1]]);
    is_query
        .then(|| {
            Message::error_msg(id, OpCode::Query, ResponseCode::FormErr)
                .to_vec()
                .ok()
        })
        .flatten()
}

fn fill(zones: &Zones, query: &Message, response: &mut Message) -> Result<(), ProtoError> {
    if query.metadata.op_code != OpCode::Query {
        response.metadata.response_code = ResponseCode::NotImp;
        return Ok(());
    }
    let [question] = query.queries.as_slice() else {
        response.metadata.response_code = ResponseCode::FormErr;
        return Ok(());
    };
    if query.edns.as_ref().is_some_and(|edns| edns.version() != 0) {
        response.metadata.response_code = ResponseCode::BADVERS;
        if let Some(edns) = &mut response.edns {
            edns.set_rcode_high(ResponseCode::BADVERS.high());
        }
        return Ok(());
    }
    let asked = text(&question.name);
    let transfer = matches!(question.query_type, RecordType::AXFR | RecordType::IXFR);
    let Some(zone) = zones
        .responsible(&asked)
        .filter(|_| !transfer && question.query_class == DNSClass::IN)
    else {
        response.metadata.response_code = ResponseCode::Refused;
        return Ok(());
    };
    response.metadata.authoritative = true;
    resolve(zones, zone, &asked, question, response)
}

/// Answers from the zone, and follows aliases into others.
fn resolve(
    zones: &Zones,
    first: &Zone,
    asked: &str,
    question: &Query,
    response: &mut Message,
) -> Result<(), ProtoError> {
    let wanted = question.query_type;
    let mut zone = first;
    let mut current = asked.to_owned();
    // The name as it was asked for, with its capitals, and later the aliases' targets.
    let mut owner = question.name.clone();
    for _ in 0..ALIASES {
        let records = match lookup(zone, &current) {
            Found::Records(records) => records,
            Found::Delegated(servers) => return refer(&servers, response),
            Found::Nothing => {
                response.metadata.response_code = ResponseCode::NXDomain;
                response.add_authority(soa(zone)?);
                return Ok(());
            }
        };
        if wanted == RecordType::ANY {
            response.add_answer(no_any(owner));
            return Ok(());
        }
        let at_apex = current == zone.name;
        let mut answers = own(zone, wanted, at_apex)?;
        for record in &records {
            let shown = record.kind != Kind::Cname || !flat(record, at_apex);
            if shown && record.kind.name() == wanted.to_string() {
                answers.push(resource(&owner, record)?);
            }
        }
        let addresses = matches!(wanted, RecordType::A | RecordType::AAAA);
        let alias = records.iter().find_map(|record| match &record.data {
            Data::Cname(target) if addresses || !flat(record, at_apex) => Some((record, target)),
            _ => None,
        });
        match alias {
            Some((record, target)) if answers.is_empty() => {
                if !flat(record, at_apex) {
                    response.add_answer(resource(&owner, record)?);
                    owner = name(target)?;
                }
                current.clone_from(target);
            }
            _ if answers.is_empty() => {
                response.add_authority(soa(zone)?);
                return Ok(());
            }
            _ => {
                response.add_answers(answers);
                return Ok(());
            }
        }
        match zones.responsible(&current) {
            Some(next) => zone = next,
            // The rest of the way is other servers' to tell.
            None => return Ok(()),
        }
    }
    response.metadata.response_code = ResponseCode::ServFail;
    Ok(())
}

/// Where an alias stands beside what a zone's own name must have, or behind the proxy, Cloudflare shows no alias but the
/// addresses that it leads to.
fn flat(record: &record::Record, at_apex: bool) -> bool {
    at_apex || record.proxied
}

/// The records that a zone has by itself.
fn own(zone: &Zone, wanted: RecordType, at_apex: bool) -> Result<Vec<Record>, ProtoError> {
    match wanted {
        RecordType::SOA if at_apex => Ok(vec![soa(zone)?]),
        RecordType::NS if at_apex => name_servers(zone),
        _ => Ok(Vec::new()),
    }
}

fn refer(servers: &[&record::Record], response: &mut Message) -> Result<(), ProtoError> {
    response.metadata.authoritative = !response.answers.is_empty();
    for server in servers {
        let owner = name(&server.name)?;
        response.add_authority(resource(&owner, server)?);
    }
    Ok(())
}

fn resource(owner: &Name, record: &record::Record) -> Result<Record, ProtoError> {
    Ok(Record::from_rdata(
        owner.clone(),
        record.seconds(),
        rdata(&record.data)?,
    ))
}

/// A name as the zones have it: lower case, without the dot at the end.
fn text(name: &Name) -> String {
    let text = name.to_lowercase().to_ascii();
    text.strip_suffix('.').unwrap_or(&text).to_owned()
}
