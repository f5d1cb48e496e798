//! One sandbox, one folder with a spec, and the program run as a person runs it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// What a run of the program left.
#[derive(Debug)]
pub struct Ran {
    /// The exit code; none when a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Ran {
    /// The run, when it ended with this code; otherwise the test ends here with all that it said.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "unexpected exit\n--- stdout\n{}\n--- stderr\n{}",
            self.stdout,
            self.stderr
        );
        self
    }

    /// Standard output as JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("not JSON: {error}\n{}", self.stdout))
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// A secret value that a test can search for everywhere.
#[derive(Clone, Debug)]
pub struct Canary {
    /// What it stands for.
    pub name: &'static str,
    /// The value.
    pub value: String,
}

/// A sandbox of its own, and a folder with the example's spec in it. Everything is gone when it is dropped.
pub struct Scenario {
    program: PathBuf,
    name: String,
    folder: TempDir,
    vars: BTreeMap<String, String>,
}

impl Scenario {
    /// Brings a sandbox up for `program` and copies the example spec beside a fresh person's key.
    ///
    /// # Panics
    /// When anything fails: a test cannot go on without it.
    pub fn up(program: &Path, root: &Path, name: &str, more: &[&str]) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("hoist-test-")
            .tempdir()
            .expect("a temporary folder");
        let name = format!("{name}-{}", std::process::id());
        let tools = root.join("target/tools");
        let mut vars = BTreeMap::from([
            ("PATH".to_owned(), std::env::var("PATH").unwrap_or_default()),
            ("HOME".to_owned(), folder.path().join("home").display().to_string()),
            (
                "HOIST_TOOLS".to_owned(),
                std::env::var("HOIST_TOOLS").unwrap_or_else(|_| tools.display().to_string()),
            ),
            ("TMPDIR".to_owned(), folder.path().join("tmp").display().to_string()),
            // The sandbox's own state lies here, apart from what hoist itself leaves in temporary folders.
            (
                "XDG_RUNTIME_DIR".to_owned(),
                folder.path().join("run").display().to_string(),
            ),
            ("NO_COLOR".to_owned(), "1".to_owned()),
        ]);
        for sub in ["home", "tmp", "work", "run"] {
            std::fs::create_dir_all(folder.path().join(sub)).expect("a folder");
        }
        let mut scenario = Self {
            program: program.to_owned(),
            name,
            folder,
            vars: std::mem::take(&mut vars),
        };
        let mut up = vec!["sandbox", "up", "--scale", "0"];
        up.extend(more);
        scenario.sandbox(&up).expect(0);
        let env = scenario.sandbox(&["sandbox", "env", "-o", "json"]).expect(0).json();
        for (key, value) in env.as_object().expect("an object of variables") {
            scenario
                .vars
                .insert(key.clone(), value.as_str().unwrap_or_default().to_owned());
        }
        scenario.write_spec(root);
        scenario
    }

    fn write_spec(&mut self, root: &Path) {
        let key = self.folder.path().join("id_ed25519");
        let made = Command::new("ssh-keygen")
            .args(["-q", "-t", "ed25519", "-N", "", "-C", "cameron", "-f"])
            .arg(&key)
            .status();
        assert!(
            made.is_ok_and(|status| status.success()),
            "ssh-keygen (Debian's openssh-client) is needed"
        );
        let public = std::fs::read_to_string(key.with_extension("pub")).expect("the public key");
        let age = self.folder.path().join("age.txt");
        let made = Command::new(Path::new(&self.vars["HOIST_TOOLS"]).join("age-keygen"))
            .arg("-o")
            .arg(&age)
            .output();
        let made = made.expect("age-keygen is needed: cargo xtask tools");
        assert!(made.status.success());
        let recipient = String::from_utf8_lossy(&made.stderr)
            .trim()
            .rsplit(' ')
            .next()
            .unwrap_or_default()
            .to_owned();
        let example = std::fs::read_to_string(root.join("examples/vanixiets/hoist.yaml")).expect("the example");
        let mut text = String::new();
        for line in example.lines() {
            let indent = &line[..line.len() - line.trim_start().len()];
            if line.contains("ssh-ed25519 ") {
                let head = line.split("ssh-ed25519 ").next().unwrap_or_default();
                let tail = line.rfind(']').map_or("", |at| &line[at..]);
                text.push_str(&format!("{head}{}{tail}\n", public.trim()));
            } else if line.trim_start().starts_with("identity:") {
                text.push_str(&format!("{indent}identity: {{ file: {} }}\n", key.display()));
            } else if let Some(at) = line.find("age1") {
                let end = line[at..].find([']', ' ', '"']).map_or(line.len(), |end| at + end);
                text.push_str(&format!("{}{recipient}{}\n", &line[..at], &line[end..]));
            } else {
                text.push_str(line);
                text.push('\n');
            }
        }
        std::fs::write(self.spec(), text).expect("the spec");
        let key = std::fs::read_to_string(&age).expect("the age key");
        let key = key
            .lines()
            .find(|line| line.starts_with("AGE-SECRET-KEY-"))
            .expect("a key in the file");
        self.vars.insert("SOPS_AGE_KEY".to_owned(), key.to_owned());
    }

    /// The spec's path.
    pub fn spec(&self) -> PathBuf {
        self.work().join("hoist.yaml")
    }

    /// The folder that the program runs in.
    pub fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    /// The folder that holds everything of this scenario.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Changes the spec's text.
    pub fn edit(&self, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.spec()).expect("the spec");
        assert!(text.contains(from), "the spec has no `{from}`:\n{text}");
        std::fs::write(self.spec(), text.replacen(from, to, 1)).expect("the spec");
    }

    /// A variable of the program's environment.
    pub fn var(&self, name: &str) -> &str {
        self.vars.get(name).map_or("", String::as_str)
    }

    /// Sets a variable of the program's environment.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.vars.insert(name.to_owned(), value.into());
    }

    /// The secrets of this scenario, to be searched for.
    pub fn canaries(&self) -> Vec<Canary> {
        let private = std::fs::read_to_string(self.folder().join("id_ed25519")).expect("the person's key");
        // One line of the key's body is enough to know it by.
        let private = private.lines().nth(2).unwrap_or_default().to_owned();
        let mut all = vec![Canary {
            name: "the person's SSH key",
            value: private,
        }];
        for (name, var) in [
            ("the Hetzner token", "HCLOUD_TOKEN"),
            ("the Cloudflare token", "CLOUDFLARE_API_TOKEN"),
            ("the age key", "SOPS_AGE_KEY"),
        ] {
            all.push(Canary {
                name,
                value: self.var(var).to_owned(),
            });
        }
        all
    }

    /// Runs kubectl against the cluster, by the kubeconfig that hoist fetches.
    pub fn kubectl(&self, args: &[&str]) -> Ran {
        let file = self.folder().join("kubeconfig");
        self.hoist(&["kubeconfig", "--out", &file.display().to_string()])
            .expect(0);
        let mut command = Command::new(Path::new(self.var("HOIST_TOOLS")).join("kubectl"));
        command
            .args(args)
            .arg("--kubeconfig")
            .arg(&file)
            .env_clear()
            .env("HOME", self.var("HOME"))
            .stdin(Stdio::null());
        command.output().expect("kubectl is needed: cargo xtask tools").into()
    }

    /// Runs the program in the scenario's folder.
    pub fn hoist(&self, args: &[&str]) -> Ran {
        self.command(args).output().expect("the program runs").into()
    }

    /// The same, as a command to be changed and run.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(args)
            .current_dir(self.work())
            .env_clear()
            .envs(&self.vars)
            .stdin(Stdio::null());
        command
    }

    fn sandbox(&self, args: &[&str]) -> Ran {
        let mut args = args.to_vec();
        args.extend(["--name", &self.name]);
        self.hoist(&args)
    }

    /// What an emulator's admin API answers: `cloud` is `HCLOUD_ENDPOINT` or `CLOUDFLARE_API_BASE`, `what` is `state`,
    /// `requests` or `counters`.
    pub fn admin(&self, cloud: &str, what: &str) -> serde_json::Value {
        let base = self.var(cloud).splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
        let url = &format!("{base}/_sandbox/{what}");
        let output = Command::new("curl")
            .args(["-sfS", "--max-time", "20", url])
            .output()
            .expect("curl runs");
        assert!(
            output.status.success(),
            "{url}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        serde_json::from_slice(&output.stdout).expect("the state is JSON")
    }
}

impl Scenario {
    /// Asks the Hetzner emulator as somebody else would, who works in the same project: `path` is `/v1/…` of its API,
    /// or `/_sandbox/…` of its admin API. Answers null where there is nothing to read.
    pub fn cloud(&self, method: &str, path: &str, body: &serde_json::Value) -> serde_json::Value {
        let base = self
            .var("HCLOUD_ENDPOINT")
            .splitn(4, '/')
            .take(3)
            .collect::<Vec<_>>()
            .join("/");
        // By standard input, as arguments can be read by everybody.
        let config = format!(
            "header = \"Authorization: Bearer {}\"\nheader = \"Content-Type: application/json\"\n",
            self.var("HCLOUD_TOKEN")
        );
        let url = format!("{base}{path}");
        let mut command = Command::new("curl");
        command.args(["-sS", "--fail-with-body", "--max-time", "20", "-X", method, "-K", "-"]);
        if !body.is_null() {
            command.args(["-d", &body.to_string()]);
        }
        let mut child = command
            .arg(&url)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("curl runs");
        std::io::Write::write_all(&mut child.stdin.take().expect("it is piped"), config.as_bytes())
            .expect("curl reads its configuration");
        let output = child.wait_with_output().expect("curl ends");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{method} {path}: {text}");
        if text.trim().is_empty() {
            return serde_json::Value::Null;
        }
        serde_json::from_str(&text).expect("the answer is JSON")
    }
}

impl Drop for Scenario {
    fn drop(&mut self) {
        let down = self.sandbox(&["sandbox", "down"]);
        if down.code != Some(0) && !std::thread::panicking() {
            panic!("the sandbox did not go down: {}", down.stderr);
        }
    }
}
