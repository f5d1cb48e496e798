//! Keeps programs running: one that ends is started again, as systemd does on a real server.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::error::Error;
use super::process::{Launch, Process};
use super::tools::Tools;

/// Who ran for this long did not fail at once.
const STEADY: Duration = Duration::from_secs(20);
const SHORTEST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(10);

/// Starts programs and keeps them running until the set is dropped. What cannot be started at all is an error.
pub(crate) async fn keep(tools: &Tools, launches: impl IntoIterator<Item = Launch>) -> Result<JoinSet<()>, Error> {
    let mut kept = JoinSet::new();
    for launch in launches {
        let first = Process::start(tools, launch.clone()).await?;
        kept.spawn(watch(tools.clone(), launch, first));
    }
    Ok(kept)
}

async fn watch(tools: Tools, launch: Launch, first: Process) {
    let mut process = Some(first);
    let mut pause = SHORTEST;
    loop {
        let started = Instant::now();
        if let Some(process) = process.take() {
            process.ended().await;
            tracing::warn!("{}", process.ended_error("the cluster's end"));
        }
        pause = if started.elapsed() > STEADY {
            SHORTEST
        } else {
            (pause * 2).min(LONGEST)
        };
        sleep(pause).await;
        process = match Process::start(&tools, launch.clone()).await {
            Ok(process) => Some(process),
            Err(error) => {
                tracing::warn!(%error, "starting a program again");
                None
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_program_that_ends_is_started_again_until_nobody_keeps_it() {
        let folder = tempfile::tempdir().unwrap();
        let tools = Tools::new([]);
        let launch = Launch {
            name: "short".to_owned(),
            tool: "sh",
            args: vec!["-c".to_owned(), "echo run >> runs".to_owned()],
            env: Vec::new(),
            folder: folder.path().to_owned(),
        };
        let mut kept = keep(&tools, [launch]).await.unwrap();
        let runs = || {
            std::fs::read_to_string(folder.path().join("runs"))
                .unwrap_or_default()
                .lines()
                .count()
        };
        let twice = async {
            while runs() < 2 {
                sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), twice)
            .await
            .expect("a second run");
        kept.shutdown().await;
    }

    #[tokio::test]
    async fn a_program_that_is_not_there_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let launch = Launch {
            name: "none".to_owned(),
            tool: "no-such-program-anywhere",
            args: Vec::new(),
            env: Vec::new(),
            folder: folder.path().to_owned(),
        };
        let error = keep(&Tools::new([]), [launch]).await.unwrap_err().to_string();
        assert!(error.contains("no-such-program-anywhere"), "{error}");
    }
}
