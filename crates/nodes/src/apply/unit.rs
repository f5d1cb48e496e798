//! Long work on a host: one named systemd unit under a lock. It goes on when the connection is lost, and whoever comes
//! with the same work joins it instead of beginning it again.

use std::time::{Duration, Instant};

use hoist_model::StepError;
use hoist_ssh::{Error, Script, Session, quote};

use super::Work;

/// Where scripts, logs and the lock lie: in memory, so that a reboot leaves nothing behind.
const RUN: &str = "/run/hoist";

/// How much of a log an error shows.
const LOG_LINES: usize = 20;

/// One piece of work.
pub(super) struct Unit<'a> {
    /// The unit's name without `.service`: the same work has the same name.
    pub(super) name: &'a str,
    /// What it does, for the person: `building the system`.
    pub(super) what: &'a str,
    /// The script. It goes through files on the host: nothing secret may be in it.
    pub(super) script: &'a str,
    /// How long it may take.
    pub(super) deadline: Duration,
    /// Whether work of this name that has succeeded since the last boot need not be done again.
    pub(super) once: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Missing,
    Running,
    Succeeded,
    Failed(String),
}

impl State {
    /// From `systemctl show`.
    fn parse(text: &str) -> Self {
        let get = |key: &str| {
            text.lines()
                .find_map(|line| line.strip_prefix(key)?.strip_prefix('='))
                .unwrap_or_default()
        };
        match (get("ActiveState"), get("SubState")) {
            ("activating" | "deactivating" | "reloading", _) | ("active", "running") => Self::Running,
            ("active", "exited") => Self::Succeeded,
            ("failed", _) => Self::Failed(match get("ExecMainStatus") {
                "75" => "another change is under way on this host".into(),
                status if get("Result") == "exit-code" => format!("exit status {status}"),
                _ => format!("result {}", get("Result")),
            }),
            _ => Self::Missing,
        }
    }
}

fn show(name: &str) -> String {
    format!("systemctl show -p ActiveState,SubState,Result,ExecMainStatus {name}.service")
}

impl Work<'_> {
    /// Does a piece of work, or joins it, and waits for its end. Takes the session and gives one back: it may be a new
    /// one when the connection was lost meanwhile.
    pub(super) async fn unit(&self, mut session: Session, unit: &Unit<'_>) -> Result<Session, StepError> {
        let begun = Instant::now();
        let deadline = self.within(unit.deadline);
        self.cx.progress(unit.what);
        // Whether its end is one that this call has waited for.
        let mut ours = false;
        loop {
            let left = deadline.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return Err(self.too_long(&session, unit, deadline).await);
            }
            let done = match self.watch(&session, unit, left).await {
                Ok(State::Running) => {
                    ours = true;
                    Ok(())
                }
                Ok(State::Succeeded) if ours || unit.once => return Ok(session),
                Ok(State::Failed(why)) if ours => return Err(self.failed(&session, unit, &why).await),
                // The machine was restarted under it.
                Ok(State::Missing) if ours => {
                    let message = format!("{}: {} was interrupted", self.machine, unit.what);
                    return Err(StepError::passing(message));
                }
                Ok(_) => {
                    let started = self.start(&session, unit).await;
                    ours = started.is_ok();
                    started
                }
                Err(error) => Err(error),
            };
            match done {
                Ok(()) => {}
                Err(error) if error.passing() => {
                    self.cx.progress(&format!(
                        "{}: connection lost, the work goes on; reconnecting",
                        unit.what
                    ));
                    session = self.connect(left).await?.0;
                }
                Err(error) => return Err(self.ssh(error)),
            }
        }
    }

    async fn too_long(&self, session: &Session, unit: &Unit<'_>, deadline: Duration) -> StepError {
        let log = self.log(session, unit, 1).await;
        let last = if log.is_empty() { "nothing" } else { &log };
        self.timed_out(unit.what, deadline, last).hint(format!(
            "it goes on as {name}.service, and the next `hoist apply` joins it; `hoist ssh {machine} -- tail \
             {RUN}/{name}.log` shows what it does",
            name = unit.name,
            machine = self.machine,
        ))
    }

    async fn failed(&self, session: &Session, unit: &Unit<'_>, why: &str) -> StepError {
        let log = self.log(session, unit, LOG_LINES).await.replace('\n', "\n  ");
        self.fail(format!("{} failed: {why}\n  {log}", unit.what)).hint(format!(
            "the whole log is {RUN}/{}.log on the machine: `hoist ssh {}`",
            unit.name, self.machine
        ))
    }

    async fn start(&self, session: &Session, unit: &Unit<'_>) -> Result<(), Error> {
        // The lock is held as long as the unit or anything that it started lives; the kernel gives it back.
        let body = format!(
            "set -eu\nexec >{RUN}/{name}.log 2>&1\nexec 9>{RUN}/lock\n\
             flock -w 10 9 || {{ echo \"the lock is held by $(cat {RUN}/holder)\"; exit 75; }}\n\
             echo {name} >{RUN}/holder\n{script}\n",
            name = unit.name,
            script = unit.script,
        );
        let script = format!(
            "set -eu\numask 077\nmkdir -p {RUN}\ncat > {RUN}/{name}.sh\n\
             systemctl stop {name}.service 2>/dev/null || true\n\
             systemctl reset-failed {name}.service 2>/dev/null || true\n\
             systemd-run --quiet --unit={name} --remain-after-exit --description={what} \
             --setenv=PATH=\"$PATH\" --setenv=HOME=/root /bin/sh {RUN}/{name}.sh\n",
            name = unit.name,
            what = quote(&format!("hoist: {}", unit.what)),
        );
        let script = Script::new(format!("starting {}.service", unit.name), script).input(body);
        session.run(script).await.map(drop)
    }

    /// Waits for the unit's end for a while, and says how it stands.
    async fn watch(&self, session: &Session, unit: &Unit<'_>, left: Duration) -> Result<State, Error> {
        let script = format!(
            "i=0\nwhile :; do\n  s=$({show})\n  case \"$s\" in\n    *ActiveState=activating*|*SubState=running*) ;;\n    \
             *) break ;;\n  esac\n  i=$((i+1))\n  if [ $i -ge 30 ]; then break; fi\n  \
             if [ $i -lt 10 ]; then sleep 0.1; else sleep 0.5; fi\ndone\nprintf '%s\\n' \"$s\"\n\
             echo Log=$(tail -n 1 {RUN}/{name}.log 2>/dev/null | tr '\\r' '\\n' | tail -n 1 | cut -c 1-160)\n",
            show = show(unit.name),
            name = unit.name,
        );
        let script = Script::new(unit.what, script).deadline(left.min(Duration::from_secs(60)));
        let text = session.run(script).await?.text();
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix("Log="))
            .unwrap_or_default()
            .trim();
        if !line.is_empty() {
            self.cx.progress(&format!("{}: {line}", unit.what));
        }
        Ok(State::parse(&text))
    }

    async fn log(&self, session: &Session, unit: &Unit<'_>, lines: usize) -> String {
        let script = format!("tail -n {lines} {RUN}/{}.log", unit.name);
        match session.exec(Script::new("reading the log", script)).await {
            Ok(output) => output.text().trim_end().to_owned(),
            Err(error) => format!("(the log could not be read: {error})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systemds_words_are_understood() {
        let show = |active: &str, sub: &str, result: &str, status: &str| {
            State::parse(&format!(
                "ActiveState={active}\nSubState={sub}\nResult={result}\nExecMainStatus={status}\nLog=x"
            ))
        };
        assert_eq!(show("inactive", "dead", "success", "0"), State::Missing);
        assert_eq!(show("activating", "start", "success", "0"), State::Running);
        assert_eq!(show("active", "running", "success", "0"), State::Running);
        assert_eq!(show("active", "exited", "success", "0"), State::Succeeded);
        assert_eq!(
            show("failed", "failed", "exit-code", "3"),
            State::Failed("exit status 3".into())
        );
        assert_eq!(
            show("failed", "failed", "oom-kill", "9"),
            State::Failed("result oom-kill".into())
        );
        assert_eq!(
            show("failed", "failed", "exit-code", "75"),
            State::Failed("another change is under way on this host".into())
        );
        assert_eq!(State::parse(""), State::Missing);
    }
}
