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
        let mut state = self.state(&session, unit, deadline).await?;
        if !(state == State::Running || (unit.once && state == State::Succeeded)) {
            self.start(&session, unit).await?;
            state = State::Running;
        }
        while state == State::Running {
            let left = deadline.saturating_sub(begun.elapsed());
            if left.is_zero() {
                let log = self.log(&session, unit, 1).await;
                return Err(self.timed_out(unit.what, deadline, if log.is_empty() { "nothing" } else { &log }).hint(format!(
                    "it goes on as {}.service, and the next `hoist apply` joins it; `hoist ssh {} -- tail {RUN}/{}.log` \
                     shows what it does",
                    unit.name, self.machine, unit.name
                )));
            }
            state = match self.watch(&session, unit, left).await {
                Ok(state) => state,
                Err(error) if error.passing() => {
                    self.cx.progress(&format!(
                        "{}: connection lost, the work goes on; reconnecting",
                        unit.what
                    ));
                    session = self.connect(left).await?.0;
                    State::Running
                }
                Err(error) => return Err(self.ssh(error)),
            };
        }
        match state {
            State::Succeeded => Ok(session),
            State::Failed(why) => {
                let log = self.log(&session, unit, LOG_LINES).await;
                let log = log.replace('\n', "\n  ");
                Err(self.fail(format!("{} failed: {why}\n  {log}", unit.what)).hint(format!(
                    "the whole log is {RUN}/{}.log on the machine: `hoist ssh {}`",
                    unit.name, self.machine
                )))
            }
            // The machine was restarted under it.
            State::Missing | State::Running => Err(StepError::passing(format!(
                "{}: {} was interrupted",
                self.machine, unit.what
            ))),
        }
    }

    async fn state(&self, session: &Session, unit: &Unit<'_>, deadline: Duration) -> Result<State, StepError> {
        let script = Script::new("asking systemd", show(unit.name)).deadline(deadline.min(Duration::from_secs(30)));
        let output = session.exec(script).await.map_err(|error| self.ssh(error))?;
        Ok(State::parse(&output.text()))
    }

    async fn start(&self, session: &Session, unit: &Unit<'_>) -> Result<(), StepError> {
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
        session.run(script).await.map(drop).map_err(|error| self.ssh(error))
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
