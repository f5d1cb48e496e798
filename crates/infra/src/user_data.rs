//! cloud-init's user data: who may log in at first boot, and the throw-away host key by which the server is known
//! until its first visit. Every pod can read user data unless that is blocked, so nothing lasting is in it.

use hoist_hcloud::UserData;
use secrecy::ExposeSecret;

/// What Hetzner takes at most.
pub(crate) const LIMIT: usize = 32 * 1024;

/// What the user data of one server says.
pub(crate) struct FirstBoot<'a> {
    pub(crate) hostname: &'a str,
    pub(crate) host_key: &'a hoist_ssh::KeyPair,
    pub(crate) ssh_port: u16,
    pub(crate) user_keys: &'a [String],
}

/// The user data, or its size where that is above the limit.
pub(crate) fn render(boot: &FirstBoot<'_>) -> Result<UserData, usize> {
    let pem = boot.host_key.private_pem();
    let mut text = String::from("#cloud-config\n");
    text.push_str(&format!("hostname: {}\n", quoted(boot.hostname)));
    text.push_str("preserve_hostname: false\ndisable_root: false\nssh_pwauth: false\nssh_deletekeys: true\n");
    text.push_str("ssh_keys:\n  ed25519_private: |\n");
    for line in pem.expose_secret().lines() {
        text.push_str(&format!("    {line}\n"));
    }
    text.push_str(&format!("  ed25519_public: {}\n", quoted(&boot.host_key.public())));
    if !boot.user_keys.is_empty() {
        text.push_str("ssh_authorized_keys:\n");
        for key in boot.user_keys {
            text.push_str(&format!("  - {}\n", quoted(key.trim())));
        }
    }
    if boot.ssh_port != 22 {
        text.push_str(&format!(
            "write_files:\n  - path: /etc/ssh/sshd_config.d/10-hoist.conf\n    permissions: \"0644\"\n    content: {}\n",
            quoted(&format!("Port {}\n", boot.ssh_port))
        ));
        // sshd may have been started before the file was there; images differ in the unit that listens.
        text.push_str("runcmd:\n  - systemctl daemon-reload\n");
        text.push_str("  - systemctl try-restart ssh.socket || true\n");
        text.push_str("  - systemctl restart ssh || systemctl restart sshd\n");
    }
    if text.len() > LIMIT {
        Err(text.len())
    } else {
        Ok(UserData::new(text))
    }
}

/// A YAML scalar in double quotes: JSON's strings are a part of YAML's.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(data: &UserData) -> String {
        serde_json::to_value(data).unwrap().as_str().unwrap().to_owned()
    }

    #[test]
    fn it_carries_the_host_key_the_users_keys_and_the_port() {
        let host_key = hoist_ssh::KeyPair::generate("first");
        let keys = [
            "ssh-ed25519 AAAAone cameron@desk".to_owned(),
            "ssh-ed25519 AAAAtwo \"q\"".to_owned(),
        ];
        let boot = FirstBoot {
            hostname: "kube",
            host_key: &host_key,
            ssh_port: 2222,
            user_keys: &keys,
        };
        let rendered = text(&render(&boot).unwrap());
        let masked = rendered.replace(&host_key.public(), "PUBLIC");
        let body: String = host_key
            .private_pem()
            .expose_secret()
            .lines()
            .map(|line| format!("    {line}\n"))
            .collect();
        assert!(masked.contains(&body), "the key is written as OpenSSH reads it");
        insta::assert_snapshot!(masked.replace(&body, "    PRIVATE\n"), @r#"
        #cloud-config
        hostname: "kube"
        preserve_hostname: false
        disable_root: false
        ssh_pwauth: false
        ssh_deletekeys: true
        ssh_keys:
          ed25519_private: |
            PRIVATE
          ed25519_public: "PUBLIC"
        ssh_authorized_keys:
          - "ssh-ed25519 AAAAone cameron@desk"
          - "ssh-ed25519 AAAAtwo \"q\""
        write_files:
          - path: /etc/ssh/sshd_config.d/10-hoist.conf
            permissions: "0644"
            content: "Port 2222\n"
        runcmd:
          - systemctl daemon-reload
          - systemctl try-restart ssh.socket || true
          - systemctl restart ssh || systemctl restart sshd
        "#);
    }

    #[test]
    fn port_22_needs_no_file_and_too_many_keys_are_refused() {
        let host_key = hoist_ssh::KeyPair::generate("first");
        let boot = FirstBoot {
            hostname: "a",
            host_key: &host_key,
            ssh_port: 22,
            user_keys: &[],
        };
        let plain = text(&render(&boot).unwrap());
        assert!(!plain.contains("write_files") && !plain.contains("runcmd"));
        let keys = vec!["x".repeat(1000); 40];
        assert!(
            render(&FirstBoot {
                user_keys: &keys,
                ..boot
            })
            .unwrap_err()
                > LIMIT
        );
    }
}
