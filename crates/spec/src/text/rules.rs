//! What each kind of text must be, and what to say of one that is not.

use super::Refused;

pub(super) fn label(text: &str) -> Result<(), Refused> {
    let hint = "use 1 to 63 lower-case letters, digits and hyphens, with a letter or digit at both ends";
    let edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    if text.is_empty() {
        return Err(Refused::new("the name is empty", hint));
    }
    if text.len() > 63 {
        return Err(Refused::new(format!("the name has {} characters", text.len()), hint));
    }
    if let Some(bad) = text.chars().find(|c| !edge(*c) && *c != '-') {
        return Err(Refused::new(format!("a name cannot hold `{bad}`"), hint));
    }
    if !text.starts_with(edge) || !text.ends_with(edge) {
        return Err(Refused::new("a name cannot begin or end with a hyphen", hint));
    }
    Ok(())
}

pub(super) fn domain(text: &str) -> Result<(), Refused> {
    let hint = "write a DNS name in lower case without a dot at its end, such as example.com";
    if text.len() > 253 {
        return Err(Refused::new("a DNS name has at most 253 characters", hint));
    }
    text.split('.')
        .try_for_each(label)
        .map_err(|_| Refused::new(format!("`{text}` is not a DNS name"), hint))
}

pub(super) fn user(text: &str) -> Result<(), Refused> {
    let hint = "use up to 31 lower-case letters, digits, hyphens and underscores, beginning with a letter";
    let fits = text.len() <= 31
        && text.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_');
    if text == "root" {
        return Err(Refused::new(
            "root is not a person",
            "name a person; root takes the keys of each user that may use sudo",
        ));
    }
    if fits {
        Ok(())
    } else {
        Err(Refused::new(format!("`{text}` is not a login name"), hint))
    }
}

const KEY_KINDS: &[&str] = &[
    "ssh-ed25519",
    "ssh-rsa",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
];

pub(super) fn public_key(text: &str) -> Result<(), Refused> {
    let hint = "paste the one line of the .pub file, such as `ssh-ed25519 AAAA… name@host`";
    if text.contains("PRIVATE KEY") {
        return Err(Refused::new(
            "this is a private key",
            "take it out of the file at once and treat it as known to others; the .pub file holds the public key",
        )
        .hidden());
    }
    if text.contains('\n') {
        return Err(Refused::new("a public key is one line", hint));
    }
    let mut words = text.split_ascii_whitespace();
    let kind = words.next().unwrap_or_default();
    if !KEY_KINDS.contains(&kind) {
        return Err(Refused::new(format!("a public key does not begin with `{kind}`"), hint));
    }
    let body = words.next().unwrap_or_default();
    let decoded = base64_decode(body).ok_or_else(|| Refused::new("the key's base64 is damaged or cut off", hint))?;
    // The blob repeats the kind, after its length in four bytes: a line that was pasted together shows here.
    let told = decoded.get(4..4 + kind.len()) == Some(kind.as_bytes())
        && decoded.get(..4) == Some(&(kind.len() as u32).to_be_bytes()[..]);
    let whole = decoded.len() > 4 + kind.len() && blob_is_whole(&decoded);
    if told && whole {
        Ok(())
    } else {
        Err(Refused::new("the key's body is damaged or cut off", hint))
    }
}

/// Whether the length-prefixed fields of an OpenSSH blob end exactly at its end.
fn blob_is_whole(mut rest: &[u8]) -> bool {
    while !rest.is_empty() {
        let Some((length, tail)) = rest.split_first_chunk::<4>() else {
            return false;
        };
        let length = u32::from_be_bytes(*length) as usize;
        let Some(tail) = tail.get(length..) else {
            return false;
        };
        rest = tail;
    }
    true
}

fn base64_decode(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=');
    let (mut bits, mut held, mut out) = (0u32, 0u32, Vec::with_capacity(text.len() * 3 / 4));
    for byte in text.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    (!out.is_empty()).then_some(out)
}

fn alphanumeric(text: &str, what: &str, hint: &str) -> Result<(), Refused> {
    let fits = text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.ends_with(|c: char| c.is_ascii_digit())
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if fits {
        Ok(())
    } else {
        Err(Refused::new(format!("`{text}` is not {what}"), hint))
    }
}

pub(super) fn server_type(text: &str) -> Result<(), Refused> {
    alphanumeric(
        text,
        "a server type",
        "write Hetzner's name in lower case, such as cx43, cpx32, cax21 or ccx23",
    )
}

pub(super) fn location(text: &str) -> Result<(), Refused> {
    alphanumeric(
        text,
        "a location",
        "write Hetzner's name in lower case, such as fsn1, nbg1, hel1, ash or sin",
    )
    .or_else(|refused| {
        if text.len() == 3 && text.chars().all(|c| c.is_ascii_lowercase()) {
            Ok(())
        } else {
            Err(refused)
        }
    })
}

pub(super) fn k3s_version(text: &str) -> Result<(), Refused> {
    let fits = text
        .strip_prefix('v')
        .and_then(|rest| rest.split_once("+k3s"))
        .is_some_and(|(version, build)| {
            version.split('.').count() == 3
                && version
                    .split('.')
                    .all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit()))
                && build.parse::<u8>().is_ok()
        });
    if fits {
        Ok(())
    } else {
        Err(Refused::new(
            format!("`{text}` is not a version of k3s"),
            "write the whole tag, such as v1.36.3+k3s1",
        ))
    }
}

pub(super) fn nixos_release(text: &str) -> Result<(), Refused> {
    let fits = text
        .split_once('.')
        .is_some_and(|(year, month)| year.len() == 2 && year.parse::<u8>().is_ok() && (month == "05" || month == "11"));
    if fits {
        Ok(())
    } else {
        Err(Refused::new(
            format!("`{text}` is not a release of NixOS"),
            "write year and month in quotes, such as \"26.05\"",
        ))
    }
}

pub(super) fn secret_name(text: &str) -> Result<(), Refused> {
    let hint = "write namespace/name, such as cert-manager/cloudflare-api-token";
    let Some((namespace, name)) = text.split_once('/') else {
        return Err(Refused::new(format!("`{text}` does not name a Secret"), hint));
    };
    label(namespace).map_err(|refused| Refused::new(format!("the namespace: {}", refused.why), hint))?;
    domain(name).map_err(|_| Refused::new(format!("the name `{name}` is not one that Kubernetes takes"), hint))
}

pub(super) fn recipient(text: &str) -> Result<(), Refused> {
    let hint = "write the public half of an age key (age1…), as age-keygen prints it";
    if text.starts_with("AGE-SECRET-KEY-") {
        return Err(Refused::new(
            "this is a private key",
            "take it out of the file at once and treat it as known to others; `age-keygen -y` prints the public half",
        )
        .hidden());
    }
    if text.starts_with("ssh-") {
        return Err(Refused::new("SSH keys as recipients come with a later version", hint));
    }
    let bech32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    let fits = text
        .strip_prefix("age1")
        .is_some_and(|body| body.len() == 58 && body.chars().all(|c| bech32.contains(c)));
    if fits {
        Ok(())
    } else {
        Err(Refused::new("this is not an age recipient", hint))
    }
}

pub(super) fn email(text: &str) -> Result<(), Refused> {
    let fits = text
        .split_once('@')
        .is_some_and(|(user, host)| !user.is_empty() && !user.contains(char::is_whitespace) && domain(host).is_ok());
    if fits {
        Ok(())
    } else {
        Err(Refused::new(
            format!("`{text}` is not a mail address"),
            "write one that is read: the certificate authority warns there",
        ))
    }
}

pub(super) fn url(text: &str) -> Result<(), Refused> {
    let fits = ["https://", "http://", "oci://", "file:///"]
        .iter()
        .any(|scheme| text.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty()))
        && !text.contains(char::is_whitespace);
    if fits {
        Ok(())
    } else {
        Err(Refused::new(
            format!("`{text}` is not a URL"),
            "write one with its scheme: https://, http://, oci:// or file:///",
        ))
    }
}

pub(super) fn env_name(text: &str) -> Result<(), Refused> {
    let fits = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if fits {
        Ok(())
    } else {
        Err(Refused::new(
            "this is not the name of an environment variable",
            "write the variable's name, such as HCLOUD_TOKEN, and never its value",
        )
        .hidden())
    }
}

#[cfg(test)]
mod tests {
    use crate::text::check_format;

    #[test]
    fn what_is_valid_is_taken() {
        for (format, text) in [
            ("dns-label", "kube-control"),
            ("dns-label", "0"),
            ("dns-name", "kube.example.com"),
            ("dns-name-or-wildcard", "*.example.com"),
            ("user-name", "cameron"),
            (
                "openssh-public-key",
                "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ3zL4q0x2i5mXWyUqO0uF3xX2Y5x6XkO3mQ0q0Y5x6X me@here",
            ),
            ("server-type", "cpx32"),
            ("location", "fsn1"),
            ("location", "ash"),
            ("k3s-version", "v1.36.3+k3s1"),
            ("nixos-release", "26.05"),
            ("namespace/name", "cert-manager/cloudflare-api-token"),
            (
                "age-recipient",
                "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p",
            ),
            ("mail-address", "admin@example.com"),
            ("url", "https://helm.cilium.io"),
            ("environment-variable", "HCLOUD_TOKEN"),
            ("cidr", "10.0.0.0/16"),
            ("cidr", "fd00::/64"),
        ] {
            assert_eq!(check_format(format, text), Ok(()), "{format}: {text}");
        }
    }

    #[test]
    fn what_is_not_valid_is_refused() {
        let long = "a".repeat(64);
        for (format, text) in [
            ("dns-label", ""),
            ("dns-label", "Kube"),
            ("dns-label", "-a"),
            ("dns-label", "a-"),
            ("dns-label", "a.b"),
            ("dns-label", long.as_str()),
            ("dns-name", "example.com."),
            ("dns-name", "*.example.com"),
            ("dns-name-or-wildcard", "a.*.example.com"),
            ("user-name", "root"),
            ("user-name", "Cameron"),
            ("openssh-public-key", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ3z"),
            ("openssh-public-key", "cameron"),
            ("openssh-public-key", "-----BEGIN OPENSSH PRIVATE KEY-----"),
            ("server-type", "CX43"),
            ("server-type", "big"),
            ("location", "Falkenstein"),
            ("k3s-version", "1.36.3"),
            ("k3s-version", "v1.36+k3s1"),
            ("nixos-release", "26.5"),
            ("namespace/name", "cloudflare-api-token"),
            ("age-recipient", "age1abc"),
            ("age-recipient", "AGE-SECRET-KEY-1QQQ"),
            ("mail-address", "admin"),
            ("url", "helm.cilium.io"),
            ("environment-variable", "a secret value"),
            ("cidr", "10.0.0.1/16"),
            ("cidr", "10.0.0.0"),
        ] {
            assert!(check_format(format, text).is_err(), "{format}: {text}");
        }
    }
}
