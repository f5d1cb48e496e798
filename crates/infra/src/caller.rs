//! The caller's own address, for `adminCidrs: [self]`.

use std::net::IpAddr;
use std::time::Duration;

use async_trait::async_trait;
use ipnet::IpNet;
use url::Url;

/// How long finding it out may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Tells the address that servers see when the caller connects to them.
#[async_trait]
pub trait Caller: Send + Sync {
    /// The address, or why it cannot be told.
    async fn address(&self) -> Result<IpAddr, String>;
}

/// Looks at the local end of a connection to the API; behind NAT, asks a service that echoes addresses.
pub(crate) struct ByConnection {
    pub(crate) endpoint: String,
    pub(crate) echo: Url,
}

impl ByConnection {
    /// Hetzner's own echo: whoever runs this trusts Hetzner with the servers themselves.
    pub(crate) const ECHO: &'static str = "https://ip.hetzner.com/";
}

#[async_trait]
impl Caller for ByConnection {
    async fn address(&self) -> Result<IpAddr, String> {
        let url = Url::parse(&self.endpoint).map_err(|error| error.to_string())?;
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let port = url.port_or_known_default().unwrap_or(443);
        let connect = tokio::net::TcpStream::connect((host.as_str(), port));
        let stream = tokio::time::timeout(PATIENCE, connect)
            .await
            .map_err(|_| format!("{host}:{port} did not answer within {} s", PATIENCE.as_secs()))?
            .map_err(|error| format!("cannot connect to {host}:{port}: {error}"))?;
        let local = stream.local_addr().map_err(|error| error.to_string())?.ip();
        let peer = stream.peer_addr().map_err(|error| error.to_string())?.ip();
        if peer.is_loopback() || is_public(local) {
            return Ok(local);
        }
        self.echoed().await
    }
}

impl ByConnection {
    async fn echoed(&self) -> Result<IpAddr, String> {
        let failed = |error: reqwest::Error| format!("{} does not tell it: {}", self.echo, error.without_url());
        let client = reqwest::Client::builder().timeout(PATIENCE).build().map_err(failed)?;
        let answer = client.get(self.echo.clone()).send().await.map_err(failed)?;
        let text = answer
            .error_for_status()
            .map_err(failed)?
            .text()
            .await
            .map_err(failed)?;
        let text = text.trim();
        let shown: String = text.chars().take(60).collect();
        let address: IpAddr = text
            .parse()
            .map_err(|_| format!("{} answered `{shown}`, which is no address", self.echo))?;
        if is_public(address) {
            Ok(address)
        } else {
            Err(format!("{} answered {address}, which is not public", self.echo))
        }
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            let shared = a == 100 && (64..128).contains(&b);
            !(v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_unspecified()
                || v4.is_multicast()
                || shared)
        }
        // Global unicast is 2000::/3.
        IpAddr::V6(v6) => v6.segments()[0] & 0xe000 == 0x2000,
    }
}

/// The network that a firewall rule names for a caller: one IPv4 address, or the /64 that an IPv6 host moves in.
pub(crate) fn network_of(address: IpAddr) -> IpNet {
    let bits = if address.is_ipv4() { 32 } else { 64 };
    IpNet::new(address, bits).map_or_else(|_| IpNet::from(address), |net| net.trunc())
}

#[cfg(test)]
mod tests {
    use super::*;
    use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

    #[tokio::test]
    async fn with_an_api_on_loopback_the_caller_is_loopback_and_nobody_else_is_asked() {
        rustls_provider();
        let (api, echo) = (MockServer::start().await, MockServer::start().await);
        Mock::given(any())
            .respond_with(ResponseTemplate::new(200).set_body_string("203.0.113.9"))
            .expect(0)
            .mount(&echo)
            .await;
        for endpoint in [api.uri(), api.uri().replace("127.0.0.1", "localhost")] {
            let caller = ByConnection {
                endpoint: format!("{endpoint}/v1"),
                echo: echo.uri().parse().unwrap(),
            };
            assert!(caller.address().await.unwrap().is_loopback());
        }
        echo.verify().await;
    }

    #[tokio::test]
    async fn what_the_echo_says_is_not_believed_blindly() {
        rustls_provider();
        for (body, expected) in [
            ("203.0.113.9\n", Ok("203.0.113.9")),
            ("10.0.0.4", Err("not public")),
            ("<html>", Err("`<html>`, which is no address")),
        ] {
            let server = MockServer::start().await;
            Mock::given(any())
                .respond_with(ResponseTemplate::new(200).set_body_string(body))
                .mount(&server)
                .await;
            let caller = ByConnection {
                endpoint: String::new(),
                echo: server.uri().parse().unwrap(),
            };
            match (caller.echoed().await, expected) {
                (Ok(address), Ok(expected)) => assert_eq!(address.to_string(), expected),
                (Err(why), Err(part)) => assert!(why.contains(part), "{why}"),
                (got, expected) => panic!("{body}: {got:?}, not {expected:?}"),
            }
        }
    }

    /// A client of the API installs the TLS provider when it is made.
    fn rustls_provider() {
        hoist_hcloud::Client::new("http://127.0.0.1:1/v1", "x".into()).unwrap();
    }

    #[test]
    fn private_and_shared_addresses_are_not_public() {
        for (text, public) in [
            ("203.0.113.9", true),
            ("10.1.2.3", false),
            ("192.168.0.2", false),
            ("100.64.0.1", false),
            ("100.128.0.1", true),
            ("127.0.0.1", false),
            ("2001:db8::1", true),
            ("fe80::1", false),
            ("fd00::1", false),
        ] {
            assert_eq!(is_public(text.parse().unwrap()), public, "{text}");
        }
        assert_eq!(network_of("2001:db8::42".parse().unwrap()).to_string(), "2001:db8::/64");
        assert_eq!(network_of("203.0.113.9".parse().unwrap()).to_string(), "203.0.113.9/32");
    }
}
