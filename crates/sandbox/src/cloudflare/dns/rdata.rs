//! From a record of a zone to a resource record of DNS.

use hickory_proto::ProtoError;
use hickory_proto::rr::rdata::null::NULL;
use hickory_proto::rr::rdata::{A, AAAA, CNAME, HINFO, MX, NS, SOA, SRV, TXT};
use hickory_proto::rr::{Name, RData, Record, RecordType};

use super::super::content::Data;
use super::super::zone::{NAME_SERVERS, Zone};

/// The numbers that Cloudflare's zones have.
const REFRESH: i32 = 10_000;
const RETRY: i32 = 2_400;
const EXPIRE: i32 = 604_800;
/// How long a resolver may believe that something is not there.
const MINIMUM: u32 = 1_800;
const NAME_SERVER_TTL: u32 = 86_400;
/// Serial numbers start here and count changes.
const SERIAL: u32 = 2_300_000_000;
/// The longest piece of a text.
const PIECE: usize = 255;

/// A name of ours, without the dot at its end, in DNS's form.
pub(super) fn name(text: &str) -> Result<Name, ProtoError> {
    let mut name = Name::from_ascii(text)?;
    name.set_fqdn(true);
    Ok(name)
}

pub(super) fn rdata(data: &Data) -> Result<RData, ProtoError> {
    Ok(match data {
        Data::A(address) => RData::A(A(*address)),
        Data::Aaaa(address) => RData::AAAA(AAAA(*address)),
        Data::Cname(target) => RData::CNAME(CNAME(name(target)?)),
        Data::Ns(host) => RData::NS(NS(name(host)?)),
        Data::Mx { priority, host } => RData::MX(MX::new(*priority, name(host)?)),
        Data::Txt { bytes, .. } if bytes.is_empty() => RData::TXT(TXT::from_bytes(vec![b""])),
        Data::Txt { bytes, .. } => RData::TXT(TXT::from_bytes(bytes.chunks(PIECE).collect())),
        Data::Srv {
            priority,
            weight,
            port,
            target,
        } => RData::SRV(SRV::new(*priority, *weight, *port, name(target)?)),
        // Written out, as the crate builds only values that it understands.
        Data::Caa { flags, tag, value } => {
            let mut bytes = vec![*flags, u8::try_from(tag.len()).unwrap_or(u8::MAX)];
            bytes.extend_from_slice(tag.as_bytes());
            bytes.extend_from_slice(value.as_bytes());
            RData::Unknown {
                code: RecordType::CAA,
                rdata: NULL::with(bytes),
            }
        }
    })
}

pub(super) fn soa(zone: &Zone) -> Result<Record, ProtoError> {
    let soa = SOA::new(
        name(NAME_SERVERS[0])?,
        name("dns.cloudflare.com")?,
        SERIAL.wrapping_add(zone.changes),
        REFRESH,
        RETRY,
        EXPIRE,
        MINIMUM,
    );
    Ok(Record::from_rdata(name(&zone.name)?, MINIMUM, RData::SOA(soa)))
}

pub(super) fn name_servers(zone: &Zone) -> Result<Vec<Record>, ProtoError> {
    let owner = name(&zone.name)?;
    NAME_SERVERS
        .iter()
        .map(|host| {
            Ok(Record::from_rdata(
                owner.clone(),
                NAME_SERVER_TTL,
                RData::NS(NS(name(host)?)),
            ))
        })
        .collect()
}

/// What RFC 8482 lets a server say to who asks for everything.
pub(super) fn no_any(owner: Name) -> Record {
    Record::from_rdata(owner, 3789, RData::HINFO(HINFO::new("RFC8482".into(), String::new())))
}
