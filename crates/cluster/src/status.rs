//! How each object and component stands. Pure.

use hoist_deploy::{Comparison, prunable};
use hoist_model::{Key, Lookup, Status};

use crate::desired::Desired;
use crate::observe::{Observed, Seen};
use crate::plan::{awaited, field, key, not_ready};

/// The status of each desired object, of each component, and of what is there and not desired.
pub(crate) fn status(desired: &Desired, observed: &Observed) -> Vec<(Key, Status)> {
    let of = |id| match &observed.seen {
        Lookup::Present(seen) => object(seen, id),
        Lookup::Absent => Status::Missing,
        Lookup::Unknown(why) => Status::Unknown(why.to_string()),
    };
    let mut all = Vec::new();
    for part in &desired.components {
        let statuses: Vec<(Key, Status)> = part.ids.iter().map(|id| (key(id), of(id))).collect();
        let worst = statuses.iter().find(|(_, status)| *status != Status::Ready);
        let whole = match worst {
            None => Status::Ready,
            Some((_, Status::Unknown(why))) => Status::Unknown(why.clone()),
            Some(_) if statuses.iter().all(|(_, status)| *status == Status::Missing) => Status::Missing,
            Some((key, status)) => Status::NotReady(format!("{key} {}", words(status))),
        };
        all.push((Key::ready(&part.name), whole));
        all.extend(statuses);
    }
    if let (Lookup::Present(seen), false) = (&observed.seen, desired.ending) {
        let extra = seen
            .snapshot
            .ours()
            .filter(|(id, live)| !desired.objects.contains_key(id) && prunable(live, &desired.discriminator).is_ok());
        all.extend(extra.map(|(id, _)| (key(id), Status::Extra)));
    }
    all
}

fn words(status: &Status) -> String {
    match status {
        Status::Missing => "does not exist".to_owned(),
        Status::NotReady(why) => format!("is not ready: {why}"),
        Status::Drifted(what) => format!("differs: {what}"),
        other => format!("is {other:?}").to_lowercase(),
    }
}

fn object(seen: &Seen, id: &hoist_deploy::ObjectId) -> Status {
    match seen.comparison(id) {
        Comparison::Absent => Status::Missing,
        Comparison::Unknown(why) => Status::Unknown(why),
        Comparison::Foreign if id.kind == "Namespace" => Status::Ready,
        Comparison::Foreign => Status::Drifted("it is not ours".to_owned()),
        Comparison::Refused(error) => Status::Drifted(error.to_string()),
        Comparison::Changed(fields) => {
            let shown = fields.into_iter().map(|change| field(change).to_string());
            Status::Drifted(shown.collect::<Vec<_>>().join("; "))
        }
        Comparison::Unchanged => match not_ready(seen, id) {
            Some(why) if awaited(id, seen.simulated) => Status::NotReady(why),
            _ => Status::Ready,
        },
    }
}
