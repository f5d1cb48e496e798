//! cloud-init: what the image does with user data at its first boot.

use std::path::Path;

use base64::Engine;
use serde::Deserialize;
use serde_json::Value;

use super::files;
use super::layout;
use super::login::home;

/// The keys of `#cloud-config` that are understood.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct CloudConfig {
    hostname: Option<String>,
    ssh_keys: Option<SshKeys>,
    ssh_authorized_keys: Vec<String>,
    users: Vec<Value>,
    write_files: Vec<WriteFile>,
    runcmd: Vec<Value>,
    disable_root: Option<bool>,
}

/// Keys that say what the sandbox's image does anyway.
const WITHOUT_EFFECT: [&str; 7] = [
    "ssh_pwauth",
    "ssh_deletekeys",
    "preserve_hostname",
    "package_update",
    "package_upgrade",
    "manage_etc_hosts",
    "fqdn",
];
const UNDERSTOOD: [&str; 7] = [
    "hostname",
    "ssh_keys",
    "ssh_authorized_keys",
    "users",
    "write_files",
    "runcmd",
    "disable_root",
];

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SshKeys {
    ed25519_private: Option<String>,
    ed25519_public: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WriteFile {
    path: String,
    content: String,
    permissions: Option<Value>,
    encoding: Option<String>,
    append: bool,
}

/// What first boot has to do.
#[derive(Debug, Default)]
pub(super) struct FirstBoot {
    config: CloudConfig,
    /// The `runcmd` script or the whole user data where that is a script.
    script: Option<String>,
    /// What is not understood, one line each.
    pub(super) warnings: Vec<String>,
}

/// Understands user data. As with the real one, what is broken is logged, and the machine boots without it.
pub(super) fn read(user_data: Option<&str>) -> FirstBoot {
    let mut boot = FirstBoot::default();
    let Some(text) = user_data.filter(|text| !text.trim().is_empty()) else {
        return boot;
    };
    if text.starts_with("#!") {
        boot.script = Some(text.to_owned());
        return boot;
    }
    if !text.starts_with("#cloud-config") {
        boot.warnings
            .push("user data is neither #cloud-config nor a script: it is ignored".into());
        return boot;
    }
    let parsed: Result<Value, String> = serde_saphyr::from_str(text).map_err(|error| error.to_string());
    let parsed = parsed.and_then(|value| {
        if let Value::Object(keys) = &value {
            let unknown = keys
                .keys()
                .filter(|key| !UNDERSTOOD.contains(&key.as_str()) && !WITHOUT_EFFECT.contains(&key.as_str()));
            boot.warnings
                .extend(unknown.map(|key| format!("the sandbox's cloud-init does not know `{key}`")));
        }
        if value.is_null() {
            return Ok(CloudConfig::default());
        }
        serde_json::from_value(value).map_err(|error| error.to_string())
    });
    match parsed {
        Ok(config) => boot.config = config,
        Err(why) => boot
            .warnings
            .push(format!("user data is not valid cloud-config: {why}")),
    }
    boot.script = runcmd(&boot.config.runcmd);
    boot
}

fn runcmd(commands: &[Value]) -> Option<String> {
    if commands.is_empty() {
        return None;
    }
    let mut script = "#!/bin/sh\n".to_owned();
    for command in commands {
        match command {
            Value::Array(words) => {
                let words: Vec<String> = words.iter().map(|word| quote(&scalar(word))).collect();
                script.push_str(&words.join(" "));
            }
            other => script.push_str(&scalar(other)),
        }
        script.push('\n');
    }
    Some(script)
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn quote(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

impl FirstBoot {
    /// The host name: the user data's, or the server's.
    pub(super) fn hostname<'a>(&'a self, server: &'a str) -> &'a str {
        self.config
            .hostname
            .as_deref()
            .filter(|name| !name.is_empty())
            .unwrap_or(server)
    }

    /// What is done before sshd starts. `keys` are the ones chosen at the server's creation.
    pub(super) fn prepare(&self, root: &Path, keys: &[String], hostname: &str) -> std::io::Result<()> {
        if let Some(SshKeys {
            ed25519_private: Some(private),
            ed25519_public,
        }) = &self.config.ssh_keys
        {
            files::write(root, layout::HOST_KEY, private, 0o600)?;
            if let Some(public) = ed25519_public {
                files::write(
                    root,
                    format!("{}.pub", layout::HOST_KEY),
                    format!("{}\n", public.trim()),
                    0o644,
                )?;
            }
        }
        layout::host_key(root, hostname)?;
        let mut people: Vec<String> = Vec::new();
        let mut root_keys: Vec<String> = keys.iter().chain(&self.config.ssh_authorized_keys).cloned().collect();
        for user in &self.config.users {
            let (name, keys) = match user {
                Value::String(name) => (name.clone(), Vec::new()),
                other => {
                    let name = other["name"].as_str().unwrap_or_default().to_owned();
                    let keys = other["ssh_authorized_keys"].as_array().cloned().unwrap_or_default();
                    (name, keys.iter().map(scalar).collect())
                }
            };
            match name.as_str() {
                "" | "default" => {}
                "root" => root_keys.extend(keys),
                _ => {
                    files::folder(root, home(&name), 0o700)?;
                    files::write(
                        root,
                        format!("{}/.ssh/authorized_keys", home(&name)),
                        lines(&keys),
                        0o600,
                    )?;
                    people.push(name);
                }
            }
        }
        let people: Vec<&str> = people.iter().map(String::as_str).collect();
        layout::accounts(root, &people)?;
        let refused =
            "no-port-forwarding,no-agent-forwarding,no-X11-forwarding,command=\"echo 'Please login as another user'\" ";
        let lines = lines(&root_keys);
        let lines = match self.config.disable_root {
            Some(true) => lines.lines().map(|line| format!("{refused}{line}\n")).collect(),
            _ => lines,
        };
        files::write(root, "/root/.ssh/authorized_keys", lines, 0o600)?;
        for file in &self.config.write_files {
            self.write(root, file)?;
        }
        if let Some(script) = &self.script {
            files::write(root, SCRIPT, script, 0o700)?;
        }
        Ok(())
    }

    fn write(&self, root: &Path, file: &WriteFile) -> std::io::Result<()> {
        let content = match file.encoding.as_deref() {
            Some("b64" | "base64") => base64::engine::general_purpose::STANDARD
                .decode(file.content.split_whitespace().collect::<String>())
                .map_err(std::io::Error::other)?,
            _ => file.content.clone().into_bytes(),
        };
        let mode = match &file.permissions {
            Some(Value::String(text)) => u32::from_str_radix(text.trim_start_matches("0o"), 8).unwrap_or(0o644),
            Some(Value::Number(number)) => number.as_u64().and_then(|mode| mode.try_into().ok()).unwrap_or(0o644),
            _ => 0o644,
        };
        let before = if file.append {
            files::read(root, &file.path)?.unwrap_or_default()
        } else {
            String::new()
        };
        files::write(root, &file.path, [before.as_bytes(), &content].concat(), mode & 0o7777)
    }

    /// What is run once the machine is up, if anything.
    pub(super) fn command(&self) -> Option<String> {
        // 126: a program that this process starts just now may still hold the file that was written ("text file busy").
        let run = format!(
            "i=0; while :; do {SCRIPT} >>{LOG} 2>&1 </dev/null; s=$?; i=$((i+1)); \
             if [ $s != 126 ] || [ $i = 5 ]; then exit $s; fi; sleep 0.2; done"
        );
        self.script.as_ref().map(|_| run)
    }
}

/// Where the script lies that is run at the end of the first boot.
const SCRIPT: &str = "/var/lib/cloud/instance/scripts/runcmd";
/// Where its output goes.
pub(super) const LOG: &str = "/var/log/cloud-init-output.log";
/// Says that first boot is over.
pub(super) const FINISHED: &str = "/var/lib/cloud/instance/boot-finished";

fn lines(keys: &[String]) -> String {
    let mut seen = std::collections::BTreeSet::new();
    keys.iter()
        .map(|key| key.trim())
        .filter(|key| !key.is_empty() && seen.insert(*key))
        .map(|key| format!("{key}\n"))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn first_boot_does_what_user_data_says() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let text = "#cloud-config\nhostname: kube\nssh_pwauth: false\nbootcmd: [x]\n\
            ssh_keys:\n  ed25519_private: |\n    PRIVATE\n  ed25519_public: ssh-ed25519 AAAA first\n\
            ssh_authorized_keys:\n  - ssh-ed25519 AAAAuser\n\
            users:\n  - default\n  - name: root\n    ssh_authorized_keys: [ssh-ed25519 AAAAroot]\n  - name: bob\n    ssh_authorized_keys: [ssh-ed25519 AAAAbob]\n\
            write_files:\n  - path: /etc/ssh/sshd_config.d/10.conf\n    permissions: \"0640\"\n    content: \"Port 2222\\n\"\n\
            \x20 - { path: /etc/b, encoding: b64, content: aGk= }\n\
            runcmd:\n  - echo a b\n  - [echo, \"it's\"]\n";
        let boot = read(Some(text));
        assert_eq!(boot.warnings, ["the sandbox's cloud-init does not know `bootcmd`"]);
        assert_eq!(boot.hostname("server"), "kube");
        boot.prepare(root, &["ssh-ed25519 AAAAspec".into()], "kube").unwrap();
        let read = |path: &str| files::read(root, path).unwrap().unwrap();
        assert_eq!(read(layout::HOST_KEY), "PRIVATE\n");
        assert_eq!(read("/etc/ssh/ssh_host_ed25519_key.pub"), "ssh-ed25519 AAAA first\n");
        assert_eq!(
            read("/root/.ssh/authorized_keys"),
            "ssh-ed25519 AAAAspec\nssh-ed25519 AAAAuser\nssh-ed25519 AAAAroot\n"
        );
        assert_eq!(read("/home/bob/.ssh/authorized_keys"), "ssh-ed25519 AAAAbob\n");
        assert!(read("/etc/passwd").contains("\nbob:x:1000:"));
        assert_eq!(read("/etc/ssh/sshd_config.d/10.conf"), "Port 2222\n");
        let mode = std::fs::metadata(root.join("etc/ssh/sshd_config.d/10.conf"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o640);
        assert_eq!(read("/etc/b"), "hi");
        assert_eq!(read(SCRIPT), "#!/bin/sh\necho a b\n'echo' 'it'\\''s'\n");
    }

    #[test]
    fn broken_user_data_boots_with_a_warning_and_a_random_host_key() {
        let folder = tempfile::tempdir().unwrap();
        for (text, warning) in [
            ("#cloud-config\n: : :\n  - x", "not valid cloud-config"),
            ("#cloud-config\nruncmd: {}\n", "not valid cloud-config"),
            ("hello", "neither"),
        ] {
            let boot = read(Some(text));
            assert!(boot.warnings[0].contains(warning), "{text}: {:?}", boot.warnings);
            boot.prepare(folder.path(), &[], "a").unwrap();
        }
        let key = files::read(folder.path(), layout::HOST_KEY).unwrap().unwrap();
        assert!(russh::keys::decode_secret_key(&key, None).is_ok());
        assert!(read(None).command().is_none());
        assert!(read(Some("#!/bin/sh\ntrue\n")).command().is_some());
    }
}
