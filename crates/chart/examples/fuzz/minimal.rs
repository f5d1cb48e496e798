//! Makes a case smaller, as long as the same thing comes of it.

use std::error::Error;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::cases::{self, Case};
use super::report::key;
use super::worker::Line;

/// How long it may take.
const TIME: Duration = Duration::from_secs(20);

pub(crate) fn minimal(case: &Case, problem: &str, folder: &Path) -> Result<Case, Box<dyn Error>> {
    let end = Instant::now() + TIME;
    let wanted = key(problem);
    let place = folder.join("trying");
    let mut best = case.clone();
    let same = |case: &Case| -> Result<bool, Box<dyn Error>> {
        cases::store::write(&place, case)?;
        Ok(outcome(&place)?.is_some_and(|problem| key(&problem) == wanted))
    };
    // Whole parts.
    let mut at = 0;
    while at < parts(&best) && Instant::now() < end {
        let smaller = without(&best, at);
        if same(&smaller)? { best = smaller } else { at += 1 }
    }
    // Pieces of texts, halves first.
    for at in 0..texts(&mut best.clone()).len() {
        let mut size = texts(&mut best.clone())[at].len().div_ceil(2);
        while size > 0 && Instant::now() < end {
            let mut from = 0;
            while Instant::now() < end {
                let mut smaller = best.clone();
                let mut all = texts(&mut smaller);
                let text = &mut all[at];
                if from >= text.len() {
                    break;
                }
                let to = (from + size).min(text.len());
                text.drain(from..to);
                if same(&smaller)? { best = smaller } else { from += size }
            }
            size /= 2;
        }
    }
    std::fs::remove_dir_all(&place)?;
    Ok(best)
}

fn parts(case: &Case) -> usize {
    case.files.len() + case.values.len() + case.sets.len()
}

fn without(case: &Case, at: usize) -> Case {
    let mut smaller = case.clone();
    let (files, values) = (case.files.len(), case.values.len());
    if at < files {
        smaller.files.remove(at);
    } else if at < files + values {
        smaller.values.remove(at - files);
    } else {
        smaller.sets.remove(at - files - values);
    }
    smaller
}

fn texts(case: &mut Case) -> Vec<&mut Vec<u8>> {
    let files = case.files.iter_mut().map(|(_, text)| text);
    files.chain(&mut case.values).chain(&mut case.archive).collect()
}

/// What is wrong with the case in a folder.
fn outcome(folder: &Path) -> Result<Option<String>, Box<dyn Error>> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg("--replay")
        .arg(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let end = Instant::now() + Duration::from_secs(15);
    while child.try_wait()?.is_none() {
        if Instant::now() > end {
            child.kill()?;
        }
        std::thread::sleep(Duration::from_millis(3));
    }
    let output = child.wait_with_output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    for line in text.lines() {
        if let Some(Line::Ended { problem, .. }) = Line::parse(line) {
            return Ok(Some(problem).filter(|it| !it.is_empty()));
        }
    }
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    let log: String = log.trim().chars().take(300).collect();
    let signal = std::os::unix::process::ExitStatusExt::signal(&output.status);
    Ok(signal.map(|signal| format!("died of signal {signal}: {log}")))
}
