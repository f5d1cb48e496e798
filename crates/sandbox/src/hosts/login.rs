//! Who logs in: the keys that are let in, and what such a session's environment is.

use std::path::Path;

use russh::keys::PublicKey;

use super::files;
use super::namespace::PATH;

/// Someone who has logged in.
#[derive(Clone, Debug)]
pub(super) struct Login {
    pub(super) user: String,
    /// `CLIENT PORT SERVER PORT`, as sshd tells it.
    pub(super) connection: Option<String>,
    pub(super) term: Option<String>,
}

impl Login {
    pub(super) fn root() -> Self {
        Self {
            user: "root".into(),
            connection: None,
            term: None,
        }
    }

    fn home(&self) -> String {
        home(&self.user)
    }

    /// The variables of the session, `KEY=VALUE` each: nothing of this process's own environment.
    pub(super) fn environment(&self) -> Vec<String> {
        let mut variables = vec![
            format!("HOME={}", self.home()),
            format!("USER={}", self.user),
            format!("LOGNAME={}", self.user),
            "SHELL=/bin/sh".to_owned(),
            "LANG=C.UTF-8".to_owned(),
            format!("PATH=/run/sandbox/bin:{PATH}"),
        ];
        if let Some(connection) = &self.connection {
            variables.push(format!("SSH_CONNECTION={connection}"));
        }
        if let Some(term) = &self.term {
            variables.push(format!("TERM={term}"));
        }
        variables
    }
}

pub(super) fn home(user: &str) -> String {
    if user == "root" {
        "/root".into()
    } else {
        format!("/home/{user}")
    }
}

/// Whether the machine lets this key in as this user: the files that sshd reads.
pub(super) fn allowed(root: &Path, user: &str, key: &PublicKey) -> bool {
    let named = !user.is_empty()
        && user.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        && !user.starts_with('.');
    let known = files::read(root, "/etc/passwd")
        .ok()
        .flatten()
        .is_some_and(|passwd| passwd.lines().any(|line| line.split(':').next() == Some(user)));
    if !named || !known {
        return false;
    }
    let places = [
        format!("{}/.ssh/authorized_keys", home(user)),
        format!("/etc/ssh/authorized_keys.d/{user}"),
    ];
    places.iter().any(|place| {
        let text = files::read(root, place).ok().flatten().unwrap_or_default();
        text.lines().any(|line| line_allows(line, key))
    })
}

/// A line may begin with options. Those that force a command let nobody in here, who would want to run another.
fn line_allows(line: &str, key: &PublicKey) -> bool {
    let line = line.trim();
    if line.starts_with('#') || line.contains("command=") {
        return false;
    }
    let words: Vec<&str> = line.split_whitespace().collect();
    words
        .windows(2)
        .any(|pair| PublicKey::from_openssh(&pair.join(" ")).is_ok_and(|found| found.key_data() == key.key_data()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGVUOZSWf0vHbMuY2yEHSX3dM5dlCzNxTBJBwHeqNzBC";
    const OTHER: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFdvU0eHbMuY2yEHSX3dM5dlCzNxTBJBwHeqNzBC0001";

    #[test]
    fn the_files_of_sshd_say_who_may_come_in() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let key: PublicKey = KEY.parse().unwrap();
        files::write(
            root,
            "/etc/passwd",
            "root:x:0:0::/root:/bin/sh\ncameron:x:1000:100::/home/cameron:/bin/sh\n",
            0o644,
        )
        .unwrap();
        assert!(!allowed(root, "root", &key));
        files::write(
            root,
            "/root/.ssh/authorized_keys",
            format!("# nobody\n\n{KEY} me\n"),
            0o600,
        )
        .unwrap();
        assert!(allowed(root, "root", &key));
        assert!(!allowed(root, "cameron", &key));
        files::write(
            root,
            "/etc/ssh/authorized_keys.d/cameron",
            format!("no-pty {KEY}\n"),
            0o644,
        )
        .unwrap();
        assert!(allowed(root, "cameron", &key));
        for stranger in ["", "..", "../root", "alice"] {
            assert!(!allowed(root, stranger, &key), "{stranger}");
        }
        let others = format!("#{KEY}\n{OTHER}\ncommand=\"echo no\" {KEY}\n");
        files::write(root, "/root/.ssh/authorized_keys", others, 0o600).unwrap();
        assert!(!allowed(root, "root", &key));
    }
}
