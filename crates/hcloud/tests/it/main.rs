//! The client against a scripted API: what it sends, how often, and what it makes of the answers.

mod actions;
mod creates;
mod emulator;
mod errors;
mod lists;
mod retries;

use std::time::{Duration, Instant};

use hoist_hcloud::{Client, Options};
use wiremock::MockServer;

/// A canary: must not be found in any message.
const TOKEN: &str = "token-canary-2718";

fn client(server: &MockServer) -> Client {
    client_at(&format!("{}/v1", server.uri()))
}

fn client_at(endpoint: &str) -> Client {
    let options = Options {
        request_timeout: Duration::from_secs(2),
        attempts: 4,
        first_delay: Duration::from_millis(1),
        longest_delay: Duration::from_millis(5),
        rate_limit_patience: Duration::from_secs(20),
        poll_shortest: Duration::from_millis(5),
        poll_longest: Duration::from_millis(20),
        ..Options::default()
    };
    Client::with_options(endpoint, TOKEN.into(), options).unwrap()
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

fn quiet(_: &str) {}
