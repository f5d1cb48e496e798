//! One session of a connection: a command, a shell or sftp, run in the machine's namespaces.

use std::collections::VecDeque;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use bytes::Bytes;
use russh::server::{Handle, Msg};
use russh::{Channel, ChannelMsg, ChannelReadHalf, ChannelWriteHalf, Sig};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::unix::pipe;
use tokio::process::Child;
use tokio::sync::mpsc;

use super::login::Login;
use super::namespace::Namespace;

/// Where the distributions put OpenSSH's sftp server.
const SFTP: [&str; 3] = [
    "/usr/lib/openssh/sftp-server",
    "/usr/libexec/openssh/sftp-server",
    "/usr/lib/ssh/sftp-server",
];

type Size = (u32, u32);

/// The program that a subsystem is.
pub(super) fn subsystem(name: &str) -> Option<&'static str> {
    SFTP.into_iter()
        .find(|path| name == "sftp" && Path::new(path).is_file())
}

/// Serves the channel until it is closed. The connection's handler answers its requests; here they are carried out.
pub(super) async fn serve(channel: Channel<Msg>, handle: Handle, namespace: Arc<Namespace>, mut login: Login) {
    let id = channel.id();
    let (mut read, write) = channel.split();
    let mut size: Option<Size> = None;
    let script = loop {
        let Some(message) = read.wait().await else { return };
        match message {
            ChannelMsg::RequestPty {
                term,
                col_width,
                row_height,
                ..
            } => {
                login.term = Some(term);
                size = Some((col_width, row_height));
            }
            ChannelMsg::Exec { command, .. } => break Some(String::from_utf8_lossy(&command).into_owned()),
            ChannelMsg::RequestShell { .. } => break None,
            ChannelMsg::RequestSubsystem { name, .. } => {
                if let Some(program) = subsystem(&name) {
                    size = None;
                    break Some(program.to_owned());
                }
            }
            ChannelMsg::Close => return,
            _ => {}
        }
    };
    let started = match size {
        Some(size) => with_terminal(&namespace, &login, script.as_deref(), size),
        None => with_pipes(&namespace, &login, script.as_deref().unwrap_or("exec /bin/sh -l")),
    };
    drop(namespace);
    let streams = match started {
        Ok(streams) => streams,
        Err(error) => {
            let _ = write
                .extended_data_bytes(1, format!("the sandbox cannot run this: {error}\n"))
                .await;
            let _ = handle.exit_status_request(id, 255).await;
            let _ = handle.close(id).await;
            return;
        }
    };
    let status = converse(&mut read, &write, streams).await;
    match status.signal() {
        Some(signal) => {
            let name = signal_name(signal);
            let _ = handle
                .exit_signal_request(id, name, status.core_dumped(), String::new(), "en".to_owned())
                .await;
        }
        None => {
            let code = status.code().and_then(|code| u32::try_from(code).ok()).unwrap_or(255);
            let _ = handle.exit_status_request(id, code).await;
        }
    }
    let _ = handle.eof(id).await;
    let _ = handle.close(id).await;
}

/// A running command and the ends of its streams.
struct Streams {
    child: Child,
    input: Box<dyn AsyncWrite + Send + Unpin>,
    output: Box<dyn AsyncRead + Send + Unpin>,
    errors: Option<Box<dyn AsyncRead + Send + Unpin>>,
    /// Whether its end shows as an error of reading: the last process has let go of the terminal.
    terminal: Option<OwnedFd>,
}

fn with_pipes(namespace: &Namespace, login: &Login, script: &str) -> std::io::Result<Streams> {
    let mut command = namespace.command(login, script);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let missing = || std::io::Error::other("a stream is missing");
    Ok(Streams {
        input: Box::new(child.stdin.take().ok_or_else(missing)?),
        output: Box::new(child.stdout.take().ok_or_else(missing)?),
        errors: Some(Box::new(child.stderr.take().ok_or_else(missing)?)),
        child,
        terminal: None,
    })
}

fn with_terminal(namespace: &Namespace, login: &Login, script: Option<&str>, size: Size) -> std::io::Result<Streams> {
    let short = |number: u32| u16::try_from(number).unwrap_or(0);
    let window = nix::pty::Winsize {
        ws_col: short(size.0),
        ws_row: short(size.1),
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    let pty = nix::pty::openpty(Some(&window), None)?;
    let mut command = namespace.terminal(login, script);
    command
        .stdin(pty.slave.try_clone()?)
        .stdout(pty.slave.try_clone()?)
        .stderr(pty.slave);
    let child = command.spawn()?;
    // It holds the terminal's other end, whose last owner's end is how the session's end is seen.
    drop(command);
    nix::fcntl::fcntl(
        &pty.master,
        nix::fcntl::FcntlArg::F_SETFL(nix::fcntl::OFlag::O_NONBLOCK),
    )?;
    nix::fcntl::fcntl(
        &pty.master,
        nix::fcntl::FcntlArg::F_SETFD(nix::fcntl::FdFlag::FD_CLOEXEC),
    )?;
    Ok(Streams {
        child,
        input: Box::new(pipe::Sender::from_owned_fd_unchecked(pty.master.try_clone()?)?),
        output: Box::new(pipe::Receiver::from_owned_fd_unchecked(pty.master.try_clone()?)?),
        errors: None,
        terminal: Some(pty.master),
    })
}

/// Carries input and output until the command has ended and its output is through, and says how it ended.
async fn converse(
    read: &mut ChannelReadHalf,
    write: &ChannelWriteHalf<Msg>,
    streams: Streams,
) -> std::process::ExitStatus {
    let Streams {
        mut child,
        input,
        output,
        errors,
        terminal,
    } = streams;
    // Without a bound: waiting here for a slow command would hold up the whole connection.
    let (sender, receiver) = mpsc::unbounded_channel::<Bytes>();
    let feeding = tokio::spawn(feed(input, receiver));
    let listen = async {
        let mut sender = Some(sender);
        while let Some(message) = read.wait().await {
            match message {
                ChannelMsg::Data { data } => {
                    if let Some(sender) = &sender {
                        let _ = sender.send(data);
                    }
                }
                ChannelMsg::Eof => drop(sender.take()),
                ChannelMsg::Close => break,
                _ => {}
            }
        }
        drop(sender);
        // The rest is the command's: a client that has gone does not end it.
        std::future::pending::<()>().await;
    };
    let show = async {
        let errors = async {
            if let Some(errors) = errors {
                pump(errors, write, Some(1)).await;
            }
        };
        tokio::join!(pump(output, write, None), errors);
        child.wait().await.unwrap_or_default()
    };
    let status = tokio::select! {
        status = show => status,
        () = listen => unreachable!("listening never ends on its own"),
    };
    feeding.abort();
    drop(terminal);
    status
}

async fn feed(mut input: Box<dyn AsyncWrite + Send + Unpin>, mut receiver: mpsc::UnboundedReceiver<Bytes>) {
    let mut waiting: VecDeque<Bytes> = VecDeque::new();
    while let Some(data) = receiver.recv().await {
        waiting.push_back(data);
        while let Some(data) = waiting.pop_front() {
            if input.write_all(&data).await.is_err() {
                // It reads no more. What comes is dropped, as a pipe does.
                receiver.close();
                return;
            }
        }
    }
    let _ = input.shutdown().await;
}

async fn pump(mut from: impl AsyncRead + Unpin, to: &ChannelWriteHalf<Msg>, stream: Option<u32>) {
    let mut buffer = vec![0; 32 * 1024];
    loop {
        // A terminal without anyone at its other end is an error of reading.
        let count = match from.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(count) => count,
        };
        let data = Bytes::copy_from_slice(&buffer[..count]);
        let sent = match stream {
            None => to.data_bytes(data).await,
            Some(stream) => to.extended_data_bytes(stream, data).await,
        };
        if sent.is_err() {
            return;
        }
    }
}

fn signal_name(signal: i32) -> Sig {
    match signal {
        1 => Sig::HUP,
        2 => Sig::INT,
        3 => Sig::QUIT,
        6 => Sig::ABRT,
        9 => Sig::KILL,
        11 => Sig::SEGV,
        13 => Sig::PIPE,
        14 => Sig::ALRM,
        15 => Sig::TERM,
        other => Sig::Custom(other.to_string()),
    }
}
