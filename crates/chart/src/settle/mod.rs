//! Keeps what a chart made up at random when it was first installed: certificates, keys, passwords.
//!
//! A chart that calls `genCA` or `randAlphaNum` renders to something else each time, and a plan of it would never be
//! empty. So what is live is read back: where a random string stands in the rendered objects, the live object at that
//! place tells what it was, and the chart is rendered once more with that for an answer. What cannot be read back (a
//! checksum over something random, the time) stays as it is in the live object. A certificate that has expired, or does
//! not fit what the chart asks for any more, is made anew, with all that hangs on it.

mod fits;
mod leaves;
mod read;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use hoist_govalue::{Host, Value};
use rand::RngCore as _;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::Value as Json;
use zeroize::Zeroizing;

use crate::options::Draw;
use crate::{Chart, ChartError, NoCluster, Options, ValueSources, Warning, template};
use leaves::{Place, identity, unstable};

/// By how much the clock of the second rendering is ahead: whatever a chart prints of the time differs then.
const AHEAD: Duration = Duration::from_secs(401 * 24 * 3600 + 3661);

/// A chart as it is to be installed.
pub struct Installed {
    /// Its objects, CRDs among them, in Helm's order.
    pub objects: Vec<Json>,
    /// What Helm would warn of.
    pub warnings: Vec<Warning>,
    /// What keeps its random parts; `None` where it has none.
    pub settle: Option<Settle>,
}

/// Renders a chart's archive for an installation.
///
/// # Errors
///
/// Those of [`crate::template`] and of loading a chart.
pub fn install(archive: &[u8], sources: ValueSources, options: Options) -> Result<Installed, ChartError> {
    let mut seed = [0; 32];
    rand::fill(&mut seed);
    let recipe = Recipe {
        archive: archive.into(),
        sources,
        options,
        seed: Zeroizing::new(seed),
        born: SystemTime::now(),
    };
    let (first, warnings) = recipe.render(&recipe.load()?, Stream::First, BTreeMap::new())?;
    let objects = first.objects.clone();
    let settle = first.is_random.then(|| Settle {
        recipe,
        first,
        second: OnceLock::new(),
    });
    Ok(Installed {
        objects,
        warnings,
        settle,
    })
}

/// What keeps the random parts of a chart. It is deterministic: the same live objects give the same result.
pub struct Settle {
    recipe: Recipe,
    first: Rendering,
    second: OnceLock<Result<Rendering, ChartError>>,
}

impl std::fmt::Debug for Settle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settle")
            .field("draws", &self.first.draws.len())
            .finish()
    }
}

impl Settle {
    /// The chart's objects, with what `live` already has of its random parts. `live` answers with the live object of
    /// the same kind, namespace and name as the one that it is given.
    ///
    /// # Errors
    ///
    /// Those of [`crate::template`].
    pub fn settle(&self, live: &dyn Fn(&Json) -> Option<Json>) -> Result<Vec<Json>, ChartError> {
        let lives = Lives::read(&self.first.objects, live);
        if lives.0.is_empty() {
            return Ok(self.first.objects.clone());
        }
        let chart = self.recipe.load()?;
        let second = self
            .second
            .get_or_init(|| Ok(self.recipe.render(&chart, Stream::Second, BTreeMap::new())?.0))
            .as_ref()
            .map_err(Clone::clone)?;
        let places = unstable(&self.first.objects, &second.objects);
        let fate = read::fate(&self.first, &places, &lives, self.recipe.born);
        let (mut settled, _) = self.recipe.render(&chart, Stream::First, fate.kept.clone())?;
        // Told again with what is new for an answer, too: what still differs then is the time, or comes from a draw
        // that cannot be read back.
        let mut told = fate.kept;
        for (index, draw) in settled
            .draws
            .iter()
            .enumerate()
            .filter(|(index, _)| fate.anew.contains(index))
        {
            told.insert(index, draw.parts.clone());
        }
        let (other, _) = self.recipe.render(&chart, Stream::Second, told)?;
        for place in unstable(&settled.objects, &other.objects) {
            if let Some(text) = lives.text(&place) {
                leaves::put(&mut settled.objects, &place, text);
            }
        }
        Ok(settled.objects)
    }
}

/// The live objects of those that are rendered, by their identity.
struct Lives(BTreeMap<String, Json>);

impl Lives {
    fn read(objects: &[Json], live: &dyn Fn(&Json) -> Option<Json>) -> Self {
        let found = objects
            .iter()
            .filter_map(|object| Some((identity(object), live(object)?)));
        Self(found.collect())
    }

    /// What stands at a place of a live object.
    fn text(&self, place: &Place) -> Option<String> {
        leaves::live_text(self.0.get(&place.object)?, &place.path)
    }
}

/// One rendering, as plain data.
struct Rendering {
    objects: Vec<Json>,
    draws: Vec<Drawn>,
    /// Whether anything in it is random or told by the clock.
    is_random: bool,
}

/// What was drawn: strings, which are what can be found again in objects.
struct Drawn {
    parts: Vec<Zeroizing<String>>,
    /// Earlier draws that this one was made with.
    needs: BTreeSet<usize>,
    /// Tells whether these parts would be an answer to the same call.
    fits: fits::Fits,
}

/// Which of the two random streams a rendering draws from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stream {
    First,
    Second,
}

/// All that a rendering depends on.
struct Recipe {
    archive: Arc<[u8]>,
    sources: ValueSources,
    options: Options,
    seed: Zeroizing<[u8; 32]>,
    born: SystemTime,
}

type Kept = BTreeMap<usize, Vec<Zeroizing<String>>>;

impl Recipe {
    /// The chart, which knows its parsed templates from one rendering to the next.
    fn load(&self) -> Result<Chart, ChartError> {
        Chart::from_archive(&self.archive)
    }

    fn render(&self, chart: &Chart, stream: Stream, kept: Kept) -> Result<(Rendering, Vec<Warning>), ChartError> {
        let values = self.sources.merge(|name| Err(format!("{name} is not read here")))?;
        let mut seed = self.seed.clone();
        let ahead = match stream {
            Stream::First => Duration::ZERO,
            Stream::Second => {
                seed[0] ^= 1;
                AHEAD
            }
        };
        let mut host = Dealer {
            random: StdRng::from_seed(*seed),
            now: self.born + ahead,
            asked_time: false,
            kept,
            next: 0,
        };
        let rendered = template(chart, &values, &self.options, &mut host, &mut NoCluster)?;
        let draws = drawn(&rendered.draws);
        let rendering = Rendering {
            objects: rendered.objects(true)?,
            is_random: host.asked_time || !draws.is_empty(),
            draws,
        };
        Ok((rendering, rendered.warnings))
    }
}

fn drawn(draws: &[Draw]) -> Vec<Drawn> {
    let mut all: Vec<Drawn> = Vec::with_capacity(draws.len());
    for draw in draws {
        let mut inside = Vec::new();
        draw.detail.iter().for_each(|value| read::strings(value, &mut inside));
        let needs = all
            .iter()
            .enumerate()
            .filter(|(_, earlier)| {
                let made = |text: &String| {
                    earlier
                        .parts
                        .iter()
                        .any(|part| !part.is_empty() && text.contains(part.as_str()))
                };
                inside.iter().any(made)
            })
            .map(|(index, _)| index)
            .collect();
        let mut parts = Vec::new();
        read::strings(&draw.result, &mut parts);
        all.push(Drawn {
            parts: parts.into_iter().map(Zeroizing::new).collect(),
            needs,
            fits: fits::Fits::of(draw),
        });
    }
    all
}

/// A host whose randomness and clock are told, and which deals out again what was kept of earlier draws.
struct Dealer {
    random: StdRng,
    now: SystemTime,
    asked_time: bool,
    kept: Kept,
    next: usize,
}

impl Host for Dealer {
    fn now(&mut self) -> SystemTime {
        self.asked_time = true;
        self.now
    }

    fn random(&mut self, buffer: &mut [u8]) {
        self.random.fill_bytes(buffer);
    }

    fn recall(&mut self, kind: &'static str, _detail: &[Value]) -> Option<Value> {
        // Each draw asks once, in the same order in each rendering, as the chart and the values are the same.
        let index = self.next;
        self.next += 1;
        let parts = self.kept.get(&index)?;
        let text = |index: usize| Some(Value::str(parts.get(index)?.as_str()));
        match kind {
            "randInt" => Some(Value::int(parts.first()?.parse().ok()?)),
            _ if parts.len() == 1 => text(0),
            // A certificate is taken as its fields.
            _ => {
                let fields = [("Cert", text(0)?), ("Key", text(1)?)];
                Some(Value::Map(
                    fields.into_iter().map(|(name, value)| (name.into(), value)).collect(),
                ))
            }
        }
    }

    fn resolve(&mut self, _name: &str) -> Result<Vec<IpAddr>, String> {
        Err("names are not looked up here".to_owned())
    }
}
