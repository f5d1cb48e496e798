//! Scripts on a host. The script and its input travel over the channel; the command line holds the script's length only.

use std::time::Duration;

use bytes::Bytes;
use russh::ChannelMsg;

use crate::{Error, Session};

/// How much of each output stream is kept. What is beyond it still reaches the listener.
const KEPT: usize = 16 << 20;

/// How much of standard error an error shows.
const TAIL: usize = 2000;

/// A script of the POSIX shell, with what it reads and how long it may take.
#[derive(Clone)]
pub struct Script {
    what: String,
    text: String,
    input: Bytes,
    deadline: Duration,
}

impl Script {
    /// A script. `what` says what it is for, in errors: `reading the host's facts`.
    pub fn new(what: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            text: text.into(),
            input: Bytes::new(),
            deadline: Duration::from_secs(60),
        }
    }

    /// What it reads on standard input. Without it, it reads nothing.
    #[must_use]
    pub fn input(mut self, input: impl Into<Bytes>) -> Self {
        self.input = input.into();
        self
    }

    /// How long it may take; a minute unless said.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }
}

impl std::fmt::Debug for Script {
    /// Neither the text nor the input: both may hold secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Script")
            .field("what", &self.what)
            .finish_non_exhaustive()
    }
}

/// Which output stream a piece came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// What a script wrote, and how it ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// Its exit status; none when a signal ended it.
    pub status: Option<u32>,
    /// Standard output, up to 16 MiB.
    pub stdout: Vec<u8>,
    /// Standard error, up to 16 MiB.
    pub stderr: Vec<u8>,
}

impl Output {
    /// Whether it ended with status 0.
    pub fn success(&self) -> bool {
        self.status == Some(0)
    }

    /// Standard output as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// The end of standard error as text, short enough for a message.
    pub fn stderr_tail(&self) -> String {
        let text = String::from_utf8_lossy(&self.stderr);
        let text = text.trim_end();
        let mut start = text.len().saturating_sub(TAIL);
        while !text.is_char_boundary(start) {
            start += 1;
        }
        // A cut line says little: begin at the next whole one.
        match text[start..].find('\n') {
            Some(line_end) if start > 0 => text[start + line_end + 1..].to_owned(),
            _ => text[start..].to_owned(),
        }
    }
}

impl Session {
    /// Runs a script and returns what came of it, whatever its exit status.
    pub async fn exec(&self, script: Script) -> Result<Output, Error> {
        self.exec_with(script, |_, _| {}).await
    }

    /// Runs a script that must end with status 0.
    pub async fn run(&self, script: Script) -> Result<Output, Error> {
        let what = script.what.clone();
        let output = self.exec(script).await?;
        self.expect_success(what, output)
    }

    /// Runs a script that must end with status 0; `listener` hears each piece of output as it comes.
    pub async fn run_with(&self, script: Script, listener: impl FnMut(Stream, &[u8]) + Send) -> Result<Output, Error> {
        let what = script.what.clone();
        let output = self.exec_with(script, listener).await?;
        self.expect_success(what, output)
    }

    /// Runs a script and returns what came of it; `listener` hears each piece of output as it comes.
    pub async fn exec_with(&self, script: Script, listener: impl FnMut(Stream, &[u8]) + Send) -> Result<Output, Error> {
        let deadline = script.deadline;
        let what = script.what.clone();
        match tokio::time::timeout(deadline, self.converse(script, listener)).await {
            Ok(result) => result,
            Err(_) => Err(Error::TimedOut {
                host: self.host.clone(),
                waiting_for: what,
                after: deadline,
                last: None,
            }),
        }
    }

    async fn converse(&self, script: Script, mut listener: impl FnMut(Stream, &[u8]) + Send) -> Result<Output, Error> {
        let Script { what, text, input, .. } = script;
        let lost = |why: String| Error::Lost {
            host: self.host.clone(),
            what: what.clone(),
            why,
        };
        let channel = self
            .handle
            .channel_open_session()
            .await
            .map_err(|error| lost(error.to_string()))?;
        // `dd bs=1` reads the script and not one byte more, so that the rest is left for what the script runs.
        let command = format!(
            "exec sh -c 's=$(dd bs=1 count={} 2>/dev/null; echo x) && eval \"${{s%x}}\"'",
            text.len()
        );
        channel
            .exec(true, command)
            .await
            .map_err(|error| lost(error.to_string()))?;
        let (mut reader, writer) = channel.split();
        let send = async {
            // A script that ends without reading its input closes the channel: its exit status says enough.
            let _ = writer.data_bytes(Bytes::from(text)).await;
            if !input.is_empty() {
                let _ = writer.data_bytes(input).await;
            }
            let _ = writer.eof().await;
            // Keeps the write half until the channel is closed.
            std::future::pending::<()>().await
        };
        let receive = async {
            let mut output = Output::default();
            let mut ended = false;
            let mut refused = false;
            while let Some(message) = reader.wait().await {
                match message {
                    ChannelMsg::Data { data } => {
                        listener(Stream::Stdout, &data);
                        keep(&mut output.stdout, &data);
                    }
                    ChannelMsg::ExtendedData { data, .. } => {
                        listener(Stream::Stderr, &data);
                        keep(&mut output.stderr, &data);
                    }
                    ChannelMsg::ExitStatus { exit_status } => {
                        output.status = Some(exit_status);
                        ended = true;
                    }
                    ChannelMsg::ExitSignal { .. } => ended = true,
                    ChannelMsg::Failure => {
                        refused = true;
                        break;
                    }
                    ChannelMsg::Close => break,
                    _ => {}
                }
            }
            (output, ended, refused)
        };
        let (output, ended, refused) = tokio::select! {
            received = receive => received,
            () = send => unreachable!("sending never ends on its own"),
        };
        if refused {
            return Err(Error::Refused {
                host: self.host.clone(),
                what: what.clone(),
                why: "it does not let this user run commands".into(),
            });
        }
        if !ended {
            return Err(lost("it ended before the exit status came".into()));
        }
        Ok(output)
    }

    fn expect_success(&self, what: String, output: Output) -> Result<Output, Error> {
        if output.success() {
            return Ok(output);
        }
        Err(Error::Exit {
            host: self.host.clone(),
            what,
            status: output.status,
            stderr: output.stderr_tail(),
        })
    }
}

fn keep(kept: &mut Vec<u8>, data: &[u8]) {
    let room = KEPT.saturating_sub(kept.len());
    kept.extend_from_slice(&data[..data.len().min(room)]);
}
