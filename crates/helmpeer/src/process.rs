//! One running peer: questions go in while answers come out, and a silent or dead one is named.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use serde_json::Value;

use crate::tools::tool;

/// The longest that one question may take. The slowest real ones take a second on a busy machine.
const DEADLINE: Duration = Duration::from_secs(60);

pub(crate) struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    answers: Receiver<String>,
    stderr: Receiver<String>,
}

impl Process {
    pub(crate) fn start() -> Self {
        let program = tool("helm-peer");
        let mut child = Command::new(&program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{} does not start: {error}", program.display()));
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (sender, answers) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout.expect("it is piped")).lines() {
                let Ok(line) = line else { return };
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let (sender, errors) = channel();
        std::thread::spawn(move || {
            let mut stderr = stderr.expect("it is piped");
            let mut text = Vec::new();
            // Go's word of a crash starts with its cause; the rest can be megabytes.
            let _ = (&mut stderr).take(4096).read_to_end(&mut text);
            let _ = sender.send(String::from_utf8_lossy(&text).into_owned());
            let _ = std::io::copy(&mut stderr, &mut std::io::sink());
        });
        Self {
            child,
            stdin,
            answers,
            stderr: errors,
        }
    }

    /// The answers to the first questions, and why there is none to the next, if there is none.
    pub(crate) fn ask(&mut self, questions: &[Value]) -> (Vec<Value>, Option<String>) {
        let mut answers = Vec::with_capacity(questions.len());
        let Some(mut stdin) = self.stdin.take() else {
            return (answers, Some("helm-peer has ended".into()));
        };
        let failure = std::thread::scope(|scope| {
            let writer = scope.spawn(move || {
                for question in questions {
                    // A peer that ended is found by its answers that do not come.
                    if writeln!(stdin, "{question}").is_err() {
                        break;
                    }
                }
                stdin
            });
            while answers.len() < questions.len() {
                match self.answers.recv_timeout(DEADLINE) {
                    Ok(line) => answers.push(
                        serde_json::from_str(&line)
                            .unwrap_or_else(|error| panic!("helm-peer answers what is not JSON ({error}): {line}")),
                    ),
                    Err(why) => {
                        // This ends the writer, too.
                        let _ = self.child.kill();
                        return Some(self.epitaph(why));
                    }
                }
            }
            self.stdin = writer.join().ok();
            None
        });
        (answers, failure)
    }

    fn epitaph(&mut self, why: RecvTimeoutError) -> String {
        match why {
            RecvTimeoutError::Timeout => format!("helm-peer gave no answer for {DEADLINE:?}"),
            RecvTimeoutError::Disconnected => {
                let word = self.stderr.recv_timeout(Duration::from_secs(5)).unwrap_or_default();
                let word: Vec<_> = word.lines().take(3).collect();
                format!("helm-peer crashed: {}", word.join("; "))
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
