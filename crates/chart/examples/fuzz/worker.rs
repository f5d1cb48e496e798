//! The process that renders: it says what it begins and how it ended, so that another knows what it died of.

use std::io::{self, Write as _};
use std::sync::Mutex;

use nix::sys::resource::{Resource, UsageWho, getrusage, setrlimit};

use super::cases::run::{Outcome, run};
use super::cases::{Case, Maker};

/// More address space than this is not given, so that a case of too much memory ends here and not the machine.
const MAX_ADDRESSES: u64 = 2 << 30;
/// A worker that holds as much after a case starts anew: values that hold themselves are never freed.
const MAX_RESIDENT: u64 = 256 << 10;
/// What threads are given where hoist renders.
const STACK: usize = 2 << 20;

static PLACE: Mutex<String> = Mutex::new(String::new());

/// What a worker tells of a case; a line of its output.
#[derive(Clone, Debug)]
pub(crate) enum Line {
    Begins(u64),
    Ended {
        index: u64,
        kind: String,
        micros: u64,
        peak_kib: u64,
        rendered: bool,
        error: String,
        problem: String,
    },
    Rests(u64),
}

impl Line {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let fields: Vec<&str> = text.split('\t').collect();
        match fields.as_slice() {
            ["begins", index] => Some(Self::Begins(index.parse().ok()?)),
            ["rests", index] => Some(Self::Rests(index.parse().ok()?)),
            ["ended", index, kind, micros, peak, rendered, error, problem] => Some(Self::Ended {
                index: index.parse().ok()?,
                kind: (*kind).to_owned(),
                micros: micros.parse().ok()?,
                peak_kib: peak.parse().ok()?,
                rendered: *rendered == "true",
                error: (*error).to_owned(),
                problem: (*problem).to_owned(),
            }),
            _ => None,
        }
    }
}

fn say(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(line.as_bytes())?;
    out.write_all(b"\n")?;
    out.flush()
}

/// Renders cases `first`, `first + step`, … until it is killed, or holds too much.
pub(crate) fn work(maker: Maker, seed: u64, first: u64, step: u64) -> io::Result<()> {
    limited(move || {
        let mut index = first;
        loop {
            let case = maker.case(seed, index);
            say(&format!("begins\t{index}"))?;
            judge(index, &case)?;
            drop(case);
            index += step;
            if status("VmRSS:") > MAX_RESIDENT {
                return say(&format!("rests\t{index}"));
            }
        }
    })
}

/// Renders one case.
pub(crate) fn once(case: Case) -> io::Result<()> {
    limited(move || judge(0, &case))
}

fn limited(body: impl FnOnce() -> io::Result<()> + Send) -> io::Result<()> {
    setrlimit(Resource::RLIMIT_AS, MAX_ADDRESSES, MAX_ADDRESSES)?;
    setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        *PLACE.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = place;
    }));
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, body)?;
        thread
            .join()
            .unwrap_or_else(|_| Err(io::Error::other("the worker itself panicked")))
    })
}

fn judge(index: u64, case: &Case) -> io::Result<()> {
    // 5 resets the peak, see proc(5).
    std::fs::write("/proc/self/clear_refs", "5")?;
    let start = processor();
    let Outcome {
        rendered,
        error,
        problem,
    } = run(case);
    let micros = processor() - start;
    let problem = problem.map(|text| match text.starts_with("panic") {
        true => format!(
            "{text} at {}",
            PLACE.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
        ),
        false => text,
    });
    say(&format!(
        "ended\t{index}\t{}\t{micros}\t{}\t{rendered}\t{}\t{}",
        case.kind.escape_default(),
        status("VmHWM:"),
        error.escape_default(),
        problem.unwrap_or_default().escape_default()
    ))
}

/// The processor's time that this process took, in microseconds; a busy machine does not change it.
fn processor() -> u64 {
    let Ok(usage) = getrusage(UsageWho::RUSAGE_SELF) else {
        return 0;
    };
    [usage.user_time(), usage.system_time()]
        .iter()
        .map(|time| time.tv_sec().unsigned_abs() * 1_000_000 + time.tv_usec().unsigned_abs())
        .sum()
}

/// A line of the process's status, in KiB.
fn status(name: &str) -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap_or_default()
}
