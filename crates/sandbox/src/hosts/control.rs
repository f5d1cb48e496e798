//! Questions of programs in the machine to the machine itself: a line over a FIFO, answered over a FIFO of the asker's.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::sys::stat::Mode;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::pipe;

/// How long an asker may take to listen for its answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where the questions of one boot come in.
pub(super) struct Requests {
    control: PathBuf,
    lines: BufReader<pipe::Receiver>,
}

/// One question.
pub(super) struct Request {
    pub(super) words: Vec<String>,
    reply: PathBuf,
}

impl Requests {
    pub(super) fn open(control: &Path) -> io::Result<Self> {
        let path = control.join("requests");
        nix::unistd::mkfifo(&path, Mode::S_IRUSR | Mode::S_IWUSR)?;
        // Held open for writing too, so that it does not end with each asker.
        let receiver = pipe::OpenOptions::new().read_write(true).open_receiver(&path)?;
        Ok(Self {
            control: control.to_owned(),
            lines: BufReader::new(receiver),
        })
    }

    /// The next question. Cancelling this loses nothing of a line that has come whole.
    pub(super) async fn next(&mut self) -> io::Result<Request> {
        loop {
            let mut line = Vec::new();
            if self.lines.read_until(b'\n', &mut line).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let line = String::from_utf8_lossy(&line);
            let mut words = line.trim_end_matches('\n').split('\t').map(str::to_owned);
            let asker = words.next().unwrap_or_default();
            if asker.is_empty() || !asker.bytes().all(|b| b.is_ascii_digit()) {
                continue;
            }
            return Ok(Request {
                words: words.collect(),
                reply: self.control.join(format!("reply.{asker}")),
            });
        }
    }
}

impl Request {
    pub(super) fn word(&self, at: usize) -> &str {
        self.words.get(at).map_or("", String::as_str)
    }

    /// Answers. An asker that has gone meanwhile does not get it.
    pub(super) async fn answer(self, status: u8, text: &str) {
        let begun = Instant::now();
        loop {
            match pipe::OpenOptions::new().open_sender(&self.reply) {
                Ok(mut sender) => {
                    let _ = sender.write_all(format!("{status}\n{text}").as_bytes()).await;
                    if !text.is_empty() && !text.ends_with('\n') {
                        let _ = sender.write_all(b"\n").await;
                    }
                    return;
                }
                // Nobody reads yet.
                Err(error) if error.raw_os_error() == Some(nix::libc::ENXIO) && begun.elapsed() < PATIENCE => {
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
                Err(_) => return,
            }
        }
    }
}
