//! The process that has cases rendered by others, and looks at what becomes of them.

use std::error::Error;
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use super::cases::{self, Case, Maker};
use super::minimal::minimal;
use super::report::{Finding, Report};
use super::worker::Line;

const WORKERS: u64 = 2;
/// How long a case may take.
const MAX_MICROS: u64 = 10_000_000;
/// How much memory it may hold.
const MAX_KIB: u64 = 1536 << 10;
/// After this much of the processor's time, or of anybody's, nothing more is waited for.
const GIVEN_UP: Duration = Duration::from_secs(12);
const GIVEN_UP_WALL: Duration = Duration::from_secs(180);

struct Worker {
    /// Which process it is, of all that there were.
    id: u64,
    child: Child,
    /// The case that it renders, since when, and how much it had run by then.
    busy: Option<(u64, Instant, Duration)>,
    next: u64,
}

enum Event {
    Line(u64, Line),
    /// The output of a process has ended.
    Gone(u64),
}

/// Fuzzes for a time, reports, and answers whether all is well.
pub(crate) fn fuzz(time: Duration, charts: &str, seed: u64) -> Result<bool, Box<dyn Error>> {
    let start = Instant::now();
    let folder = target()?.join("fuzz");
    std::fs::create_dir_all(&folder)?;
    let maker = Maker::new(super::corpus(charts)?);
    let (sender, events) = channel();
    let mut all = Fuzzing {
        charts,
        seed,
        folder,
        maker,
        sender,
        started: 0,
        workers: Vec::new(),
        report: Report::default(),
    };
    for first in 0..WORKERS {
        let worker = all.start(first, first)?;
        all.workers.push(worker);
    }
    let result = all.watch(&events, start + time);
    for worker in &mut all.workers {
        // It may be gone already.
        let _ = worker.child.kill();
        let _ = worker.child.wait();
    }
    result?;
    all.report.print(seed, start.elapsed().as_secs());
    Ok(all.report.findings.is_empty())
}

/// `target`, where this program was built.
fn target() -> Result<PathBuf, Box<dyn Error>> {
    let own = std::env::current_exe()?;
    let target = own
        .ancestors()
        .find(|path| path.file_name().is_some_and(|name| name == "target"));
    Ok(target.ok_or("fuzz does not lie in a folder named target")?.to_owned())
}

struct Fuzzing<'a> {
    charts: &'a str,
    seed: u64,
    folder: PathBuf,
    maker: Maker,
    sender: Sender<Event>,
    started: u64,
    workers: Vec<Worker>,
    report: Report,
}

impl Fuzzing<'_> {
    fn start(&mut self, number: u64, next: u64) -> Result<Worker, Box<dyn Error>> {
        let log = std::fs::File::create(self.log(number))?;
        let mut child = Command::new(std::env::current_exe()?)
            .args([
                "--worker",
                &self.seed.to_string(),
                &next.to_string(),
                &WORKERS.to_string(),
                self.charts,
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()?;
        let stdout = child.stdout.take().ok_or("it is piped")?;
        let sender = self.sender.clone();
        self.started += 1;
        let id = self.started;
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if let Some(line) = Line::parse(&line)
                    && sender.send(Event::Line(id, line)).is_err()
                {
                    return;
                }
            }
            // Nobody listens when all is over.
            let _ = sender.send(Event::Gone(id));
        });
        Ok(Worker {
            id,
            child,
            busy: None,
            next,
        })
    }

    fn log(&self, number: u64) -> PathBuf {
        self.folder.join(format!("worker-{number}.log"))
    }

    fn watch(&mut self, events: &Receiver<Event>, end: Instant) -> Result<(), Box<dyn Error>> {
        while Instant::now() < end {
            match events.recv_timeout(Duration::from_secs(1)) {
                Ok(Event::Line(id, line)) => {
                    if let Some(number) = self.number(id) {
                        self.told(number, line)?;
                    }
                }
                Ok(Event::Gone(id)) => {
                    if let Some(number) = self.number(id) {
                        self.gone(number)?;
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err("all workers are gone".into()),
            }
            for number in 0..self.workers.len() {
                self.give_up(number)?;
            }
        }
        Ok(())
    }

    /// The place of a process that is still of interest.
    fn number(&self, id: u64) -> Option<usize> {
        self.workers.iter().position(|worker| worker.id == id)
    }

    fn told(&mut self, number: usize, line: Line) -> Result<(), Box<dyn Error>> {
        let worker = &mut self.workers[number];
        match line {
            Line::Begins(index) => {
                worker.busy = Some((index, Instant::now(), processor(worker.child.id())));
                worker.next = index + WORKERS;
            }
            Line::Rests(index) => {
                worker.busy = None;
                worker.next = index;
            }
            Line::Ended {
                index,
                kind,
                micros,
                peak_kib,
                rendered,
                error,
                problem,
            } => {
                worker.busy = None;
                self.report.ended(index, &kind, micros, peak_kib, rendered);
                if !problem.is_empty() {
                    self.found(index, problem)?;
                }
                if micros > MAX_MICROS {
                    self.found(index, format!("too slow: {} s, then {error}", micros / 1_000_000))?;
                }
                if peak_kib > MAX_KIB {
                    self.found(index, format!("too much memory: {} MiB, then {error}", peak_kib >> 10))?;
                }
            }
        }
        Ok(())
    }

    fn gone(&mut self, number: usize) -> Result<(), Box<dyn Error>> {
        let worker = &mut self.workers[number];
        let status = worker.child.wait()?;
        let (busy, next) = (worker.busy.take(), worker.next);
        let log = std::fs::read_to_string(self.log(number as u64)).unwrap_or_default();
        let log: String = log.trim().chars().take(300).collect();
        match busy {
            Some((index, ..)) => {
                let how = status
                    .signal()
                    .map_or_else(|| status.to_string(), |signal| format!("signal {signal}"));
                self.report.ended(index, "died", 0, 0, false);
                self.found(index, format!("died of {how}: {log}"))?;
            }
            None if !status.success() => return Err(format!("a worker cannot work: {status} {log}").into()),
            None => {}
        }
        let worker = self.start(number as u64, next)?;
        self.workers[number] = worker;
        Ok(())
    }

    fn give_up(&mut self, number: usize) -> Result<(), Box<dyn Error>> {
        let worker = &mut self.workers[number];
        let Some((index, since, ran)) = worker.busy else {
            return Ok(());
        };
        if since.elapsed() < GIVEN_UP {
            return Ok(());
        }
        let took = processor(worker.child.id()).saturating_sub(ran);
        if took < GIVEN_UP && since.elapsed() < GIVEN_UP_WALL {
            return Ok(());
        }
        worker.busy = None;
        worker.child.kill()?;
        worker.child.wait()?;
        self.report.ended(index, "hung", 0, 0, false);
        self.found(
            index,
            format!("too slow: no end after {} s of the processor", took.as_secs()),
        )?;
        let next = self.workers[number].next;
        let fresh = self.start(number as u64, next)?;
        self.workers[number] = fresh;
        Ok(())
    }

    fn found(&mut self, index: u64, text: String) -> Result<(), Box<dyn Error>> {
        let case: Case = self.maker.case(self.seed, index);
        let folder = self.folder.join(format!("{}-{index}", self.seed));
        let finding = Finding {
            index,
            kind: case.kind.clone(),
            text: text.clone(),
            folder: folder.display().to_string(),
        };
        if !self.report.found(finding) {
            return Ok(());
        }
        println!("case {index}: {text}");
        cases::store::write(&folder, &case)?;
        if !text.starts_with("too slow") {
            let smaller = minimal(&case, &text, &self.folder)?;
            cases::store::write(Path::new(&format!("{}-minimal", folder.display())), &smaller)?;
        }
        Ok(())
    }
}

/// How much a process ran; zero when it is gone.
fn processor(pid: u32) -> Duration {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    // utime and stime, in ticks of ten milliseconds: see proc(5).
    let ticks = |at: usize| fields.get(at).and_then(|it| it.parse::<u64>().ok()).unwrap_or_default();
    Duration::from_millis((ticks(11) + ticks(12)) * 10)
}
