//! A machine's sshd: its ports and host key as the files say, and who is let in.

use std::collections::BTreeMap;
use std::io;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use russh::server::{Auth, ChannelOpenHandle, Config, Handler, Msg, PublicKeyOffer, Session, VerifiedPublicKey};
use russh::{Channel, ChannelId, MethodKind, MethodSet, Pty, SshId};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use super::channel;
use super::fault::Fault;
use super::files;
use super::forward;
use super::layout::{self, HOST_KEY, Os};
use super::login::{Login, allowed};
use super::machine::Machine;
use super::namespace::Namespace;

/// One boot's sshd.
pub(super) struct Sshd {
    machine: Arc<Machine>,
    namespace: Arc<Namespace>,
    config: RwLock<Option<Arc<Config>>>,
    listeners: Mutex<BTreeMap<u16, CancellationToken>>,
    /// Cancelled when the machine goes down: cuts every connection.
    down: CancellationToken,
}

impl Sshd {
    pub(super) fn new(machine: Arc<Machine>, namespace: Arc<Namespace>) -> Arc<Self> {
        Arc::new(Self {
            machine,
            namespace,
            config: RwLock::default(),
            listeners: Mutex::default(),
            down: CancellationToken::new(),
        })
    }

    /// Starts or restarts it: reads the host key and the ports anew. Connections that stand are not touched, as with
    /// the real one. An error is what its journal would say; what could be started runs.
    pub(super) async fn restart(self: &Arc<Self>, root: &Path, os: Os) -> Result<(), String> {
        let text = files::read(root, HOST_KEY).map_err(|error| format!("{HOST_KEY}: {error}"))?;
        let text = text
            .ok_or_else(|| format!("Unable to load host key: {HOST_KEY}\nsshd: no hostkeys available -- exiting."))?;
        let mut key = russh::keys::decode_secret_key(&text, None).map_err(|error| {
            format!("Unable to load host key \"{HOST_KEY}\": {error}\nsshd: no hostkeys available -- exiting.")
        })?;
        if self
            .machine
            .faults
            .take(|fault| *fault == Fault::OtherHostKey)
            .is_some()
        {
            key = layout::random_key().map_err(|error| error.to_string())?;
        }
        let config = Config {
            server_id: SshId::Standard(match os {
                Os::Debian => "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u7".into(),
                Os::Installer | Os::Installed => "SSH-2.0-OpenSSH_10.2".into(),
            }),
            methods: MethodSet::from(&[MethodKind::PublicKey][..]),
            keys: vec![key],
            auth_rejection_time: Duration::from_millis(50),
            auth_rejection_time_initial: Some(Duration::ZERO),
            inactivity_timeout: None,
            nodelay: true,
            ..Config::default()
        };
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(config));
        let wanted = ports(root).map_err(|error| error.to_string())?;
        let mut problems = Vec::new();
        for port in &wanted {
            if let Err(error) = self.listen(*port).await {
                problems.push(explain(self.machine.address(), *port, &error));
            }
        }
        // The real installer is always on 22. Where this process may not bind that, the machine's own port has to do.
        if os == Os::Installer && !wanted.contains(&22) {
            let _ = self.listen(22).await;
        }
        let mut listeners = self.listeners.lock().unwrap_or_else(PoisonError::into_inner);
        listeners.retain(|port, end| {
            let stays = wanted.contains(port) || (os == Os::Installer && *port == 22);
            if !stays {
                end.cancel();
            }
            stays
        });
        drop(listeners);
        if problems.is_empty() {
            Ok(())
        } else {
            Err(problems.join("\n"))
        }
    }

    async fn listen(self: &Arc<Self>, port: u16) -> io::Result<()> {
        if self
            .listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains_key(&port)
        {
            return Ok(());
        }
        let listener = TcpListener::bind((self.machine.address(), port)).await?;
        let end = self.down.child_token();
        self.listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(port, end.clone());
        let sshd = self.clone();
        tokio::spawn(async move {
            loop {
                let accepted = tokio::select! {
                    () = end.cancelled() => return,
                    accepted = listener.accept() => accepted,
                };
                match accepted {
                    Ok((stream, _)) => {
                        tokio::spawn(sshd.clone().connection(stream));
                    }
                    // Too many open files, or a connection that was gone already.
                    Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                }
            }
        });
        Ok(())
    }

    async fn connection(self: Arc<Self>, stream: TcpStream) {
        let down = self.down.clone();
        if self.machine.faults.silent() {
            // Accepted, and never a word: held until the machine goes down.
            down.cancelled().await;
            drop(stream);
            return;
        }
        let Some(config) = self.config.read().unwrap_or_else(PoisonError::into_inner).clone() else {
            return;
        };
        let address = |address: io::Result<std::net::SocketAddr>| {
            address
                .map(|address| format!("{} {}", address.ip(), address.port()))
                .unwrap_or_default()
        };
        let connection = format!("{} {}", address(stream.peer_addr()), address(stream.local_addr()));
        let _ = stream.set_nodelay(true);
        let visitor = Visitor {
            sshd: self,
            login: None,
            connection,
        };
        let serve = async {
            if let Ok(session) = russh::server::run_stream(config, stream, visitor).await {
                let handle = session.handle();
                tokio::select! {
                    _ = session => {}
                    () = down.cancelled() => {
                        let reason = "the machine goes down".to_owned();
                        let bye = handle.disconnect(russh::Disconnect::ByApplication, reason, "en".into());
                        let _ = tokio::time::timeout(Duration::from_millis(200), bye).await;
                    }
                }
            }
        };
        tokio::select! {
            () = serve => {}
            // A client that does not get as far as a session is cut as well.
            () = async { down.cancelled().await; tokio::time::sleep(Duration::from_millis(300)).await; } => {}
        }
    }

    /// Cuts every connection and stops listening.
    pub(super) fn stop(&self) {
        self.down.cancel();
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// What sshd's journal says of a port that it cannot have.
fn explain(address: Ipv4Addr, port: u16, error: &io::Error) -> String {
    let hint = match error.kind() {
        io::ErrorKind::PermissionDenied => {
            "; the sandbox does not run as root and may not use ports below 1024: set another `access.port`, such as 2222"
        }
        io::ErrorKind::AddrInUse => "; another program listens there: set another `access.port`",
        _ => "",
    };
    format!("Bind to port {port} on {address} failed: {error}{hint}\nCannot bind any address.")
}

/// The ports that sshd's files name; 22 where they name none.
pub(super) fn ports(root: &Path) -> io::Result<Vec<u16>> {
    let mut texts = Vec::new();
    let folder = files::resolve(root, "/etc/ssh/sshd_config.d")?;
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name())
        .collect();
    names.sort();
    for name in names {
        if name.to_string_lossy().ends_with(".conf") {
            texts.extend(files::read(root, Path::new("/etc/ssh/sshd_config.d").join(name))?);
        }
    }
    texts.extend(files::read(root, "/etc/ssh/sshd_config")?);
    let mut ports: Vec<u16> = Vec::new();
    for line in texts.iter().flat_map(|text| text.lines()) {
        let mut words = line
            .split(|c: char| c.is_whitespace() || c == '=')
            .filter(|word| !word.is_empty());
        if words.next().is_some_and(|word| word.eq_ignore_ascii_case("port"))
            && let Some(port) = words.next().and_then(|port| port.parse().ok())
            && !ports.contains(&port)
        {
            ports.push(port);
        }
    }
    if ports.is_empty() {
        ports.push(22);
    }
    Ok(ports)
}

/// One connection.
struct Visitor {
    sshd: Arc<Sshd>,
    login: Option<Login>,
    connection: String,
}

impl Visitor {
    /// Whether the machine lets this key in. One that goes down just now says nothing more: no is not its answer.
    fn knows(&self, user: &str, key: &russh::keys::PublicKey) -> Result<bool, russh::Error> {
        if self.sshd.down.is_cancelled() {
            return Err(russh::Error::Disconnect);
        }
        let root = self.sshd.machine.root().ok_or(russh::Error::Disconnect)?;
        Ok(allowed(&root, user, key))
    }
}

impl Handler for Visitor {
    type Error = russh::Error;

    async fn auth_publickey_offered(&mut self, user: &str, offer: PublicKeyOffer<'_>) -> Result<Auth, Self::Error> {
        Ok(if self.knows(user, offer.public_key)? {
            Auth::Accept
        } else {
            Auth::reject()
        })
    }

    async fn auth_publickey(&mut self, user: &str, key: VerifiedPublicKey<'_>) -> Result<Auth, Self::Error> {
        if !self.knows(user, key.public_key)? {
            return Ok(Auth::reject());
        }
        self.login = Some(Login {
            user: user.to_owned(),
            connection: Some(self.connection.clone()),
            term: None,
        });
        Ok(Auth::Accept)
    }

    async fn channel_open_session(
        &mut self,
        channel: Channel<Msg>,
        reply: ChannelOpenHandle,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        let Some(login) = self.login.clone() else { return Ok(()) };
        tokio::spawn(channel::serve(
            channel,
            session.handle(),
            self.sshd.namespace.clone(),
            login,
        ));
        reply.accept().await;
        Ok(())
    }

    // Answered here, in order: the channel's own task carries them out.

    async fn pty_request(
        &mut self,
        channel: ChannelId,
        _term: &str,
        _columns: u32,
        _rows: u32,
        _width: u32,
        _height: u32,
        _modes: &[(Pty, u32)],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        session.channel_success(channel)
    }

    async fn env_request(
        &mut self,
        channel: ChannelId,
        _name: &str,
        _value: &str,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        session.channel_failure(channel)
    }

    async fn shell_request(&mut self, channel: ChannelId, session: &mut Session) -> Result<(), Self::Error> {
        session.channel_success(channel)
    }

    async fn exec_request(
        &mut self,
        channel: ChannelId,
        _command: &[u8],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        session.channel_success(channel)
    }

    async fn subsystem_request(
        &mut self,
        channel: ChannelId,
        name: &str,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        match channel::subsystem(name) {
            Some(_) => session.channel_success(channel),
            None => session.channel_failure(channel),
        }
    }

    async fn agent_request(&mut self, channel: ChannelId, session: &mut Session) -> Result<bool, Self::Error> {
        session.channel_failure(channel)?;
        Ok(false)
    }

    async fn channel_open_direct_tcpip(
        &mut self,
        channel: Channel<Msg>,
        host: &str,
        port: u32,
        _originator: &str,
        _originator_port: u32,
        reply: ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        let machine = self.sshd.machine.clone();
        let target = forward::target(&machine, host, port);
        // Connecting may take its time: the session goes on meanwhile.
        tokio::spawn(forward::serve(channel, target, reply, self.sshd.down.clone()));
        Ok(())
    }
}

/// Where a machine's own name for itself leads.
pub(super) fn is_itself(address: Ipv4Addr) -> bool {
    address == Ipv4Addr::LOCALHOST || address == Ipv4Addr::UNSPECIFIED || address == Ipv4Addr::new(127, 0, 1, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_cannot_be_had_is_explained() {
        let address = Ipv4Addr::new(127, 1, 2, 3);
        let said = explain(address, 22, &io::ErrorKind::PermissionDenied.into());
        assert!(
            said.starts_with(
                "Bind to port 22 on 127.1.2.3 failed: permission denied; the sandbox does not run as root"
            ),
            "{said}"
        );
        assert!(explain(address, 2222, &io::ErrorKind::AddrInUse.into()).contains("another program listens there"));
    }

    #[test]
    fn the_ports_are_those_of_the_files() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        assert_eq!(ports(root).unwrap(), [22]);
        files::write(root, "/etc/ssh/sshd_config", "#Port 1\nport=2200\n", 0o644).unwrap();
        assert_eq!(ports(root).unwrap(), [2200]);
        files::write(root, "/etc/ssh/sshd_config.d/10.conf", "Port 2222\nPort 2200\n", 0o644).unwrap();
        files::write(root, "/etc/ssh/sshd_config.d/10.bak", "Port 9\n", 0o644).unwrap();
        assert_eq!(ports(root).unwrap(), [2222, 2200]);
    }
}
