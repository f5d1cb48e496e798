//! What a host says of itself, and what kind of host that makes it.

use std::collections::{BTreeMap, BTreeSet};

use hoist_ssh::{Error, Fingerprint, Script, Session};

/// The comment that a lasting host key carries: how a host says that its key has been rotated.
pub(crate) const LASTING: &str = "hoist-lasting";

/// What kind of host it is: the next step follows from this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Os {
    /// The cloud's Debian (or Ubuntu), on which an installation begins.
    Debian,
    /// The NixOS installer, in memory.
    Installer,
    /// An installed NixOS.
    Nixos,
    /// Something else.
    Other(String),
}

/// What k3s does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum K3s {
    Active,
    Activating,
    Failed,
    Absent,
}

/// What a host says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HostFacts {
    pub(crate) os: Os,
    pub(crate) arch: String,
    pub(crate) boot_id: String,
    pub(crate) root: bool,
    pub(crate) memory_mib: u64,
    /// The running system's store path.
    pub(crate) system: Option<String>,
    /// What hoist built last on it: the configuration's hash, and its store path.
    pub(crate) built: Option<(String, String)>,
    /// Its ed25519 host key as it lies in the file: sshd may still show an older one.
    pub(crate) host_key: Option<Fingerprint>,
    /// Whether that key is a lasting one.
    pub(crate) lasting: bool,
    /// The cluster whose deploy key it was made with.
    pub(crate) made_by: Option<String>,
    pub(crate) k3s: K3s,
    pub(crate) tools: BTreeSet<String>,
    /// The flake that was uploaded last: each file's SHA-256 digest.
    pub(crate) files: BTreeMap<String, String>,
    /// That flake's settings of this machine.
    pub(crate) settings: Option<serde_json::Value>,
}

impl HostFacts {
    /// Asks the host.
    pub(crate) async fn read(session: &Session) -> Result<Self, Error> {
        let script = Script::new("reading the host's facts", include_str!("../scripts/facts.sh"));
        let output = session.run(script).await?;
        Self::parse(&output.text()).map_err(|why| Error::Refused {
            host: session.host().to_owned(),
            what: "its facts".into(),
            why,
        })
    }

    fn parse(text: &str) -> Result<Self, String> {
        let lines: Vec<(&str, &str)> = text.lines().filter_map(|line| line.split_once('=')).collect();
        let get = |key: &str| {
            lines
                .iter()
                .find(|(name, _)| *name == key)
                .map(|(_, value)| value.trim())
                .filter(|value| !value.is_empty())
        };
        let need = |key: &str| get(key).ok_or_else(|| format!("it does not tell its {key}"));
        let os = match (need("os")?, get("variant")) {
            ("nixos", Some("installer")) => Os::Installer,
            ("nixos", _) => Os::Nixos,
            ("debian" | "ubuntu", _) => Os::Debian,
            (other, _) => Os::Other(other.to_owned()),
        };
        let key = get("hostkey");
        Ok(Self {
            os,
            arch: need("arch")?.to_owned(),
            boot_id: need("boot")?.to_owned(),
            root: need("uid")? == "0",
            memory_mib: get("memory").and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) / 1024,
            system: get("system").filter(|path| path.starts_with('/')).map(str::to_owned),
            built: get("built")
                .and_then(|line| line.split_once(' '))
                .map(|(hash, path)| (hash.to_owned(), path.to_owned())),
            host_key: key.and_then(|line| Fingerprint::of_openssh(line).ok()),
            lasting: key.is_some_and(|line| line.ends_with(LASTING)),
            made_by: get("deploy").map(str::to_owned),
            k3s: match get("k3s") {
                Some("active") => K3s::Active,
                Some("activating" | "reloading") => K3s::Activating,
                Some("failed") => K3s::Failed,
                _ => K3s::Absent,
            },
            tools: lines
                .iter()
                .filter(|(name, _)| *name == "tool")
                .map(|(_, tool)| (*tool).to_owned())
                .collect(),
            files: lines
                .iter()
                .filter(|(name, _)| *name == "file")
                .filter_map(|(_, file)| file.split_once(' '))
                .map(|(digest, path)| (path.to_owned(), digest.to_owned()))
                .collect(),
            settings: get("settings").and_then(|text| serde_json::from_str(text).ok()),
        })
    }

    /// The hash of the configuration that runs, if hoist built it.
    pub(crate) fn running(&self) -> Option<&str> {
        let (hash, path) = self.built.as_ref()?;
        (self.system.as_ref() == Some(path)).then_some(hash.as_str())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) const INSTALLED: &str = "os=nixos\nvariant=\nrelease=26.05\narch=x86_64\nboot=b1\nuid=0\nmemory=3911680\n\
        system=/nix/store/abc-nixos-system-a-26.05\nbuilt=00ff /nix/store/abc-nixos-system-a-26.05\n\
        hostkey=ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGVUOZSWf0vHbMuY2yEHSX3dM5dlCzNxTBJBwHeqNzBC hoist-lasting\n\
        k3s=active\ntool=tar\ntool=flock\n";

    #[test]
    fn an_installed_host_is_understood() {
        let facts = HostFacts::parse(INSTALLED).unwrap();
        assert_eq!(facts.os, Os::Nixos);
        assert_eq!(facts.running(), Some("00ff"));
        assert_eq!(facts.memory_mib, 3820);
        assert!(facts.lasting && facts.root && facts.tools.contains("flock"));
        assert_eq!(facts.k3s, K3s::Active);
    }

    #[test]
    fn what_was_uploaded_last_is_told_file_by_file() {
        let text = format!("{INSTALLED}file=aa modules/a b.nix\nfile=bb flake.nix\nsettings={{  \"a\": \"x=y\" }}\n");
        let facts = HostFacts::parse(&text).unwrap();
        let files: Vec<_> = facts
            .files
            .iter()
            .map(|(path, digest)| (path.as_str(), digest.as_str()))
            .collect();
        assert_eq!(files, [("flake.nix", "bb"), ("modules/a b.nix", "aa")]);
        assert_eq!(facts.settings.unwrap()["a"], "x=y");
    }

    #[test]
    fn a_system_that_hoist_did_not_build_has_no_hash() {
        let text = INSTALLED.replace("system=/nix/store/abc", "system=/nix/store/rolled-back");
        assert_eq!(HostFacts::parse(&text).unwrap().running(), None);
    }

    #[test]
    fn other_hosts_are_told_apart() {
        for (from, to, os) in [
            ("os=nixos", "os=debian", Os::Debian),
            ("variant=", "variant=installer", Os::Installer),
            ("os=nixos", "os=fedora", Os::Other("fedora".into())),
        ] {
            assert_eq!(HostFacts::parse(&INSTALLED.replace(from, to)).unwrap().os, os);
        }
        assert!(HostFacts::parse("os=debian\n").unwrap_err().contains("arch"));
    }

    #[test]
    fn this_machine_can_tell_its_facts() {
        let script = include_str!("../scripts/facts.sh");
        let output = std::process::Command::new("sh").arg("-c").arg(script).output().unwrap();
        let facts = HostFacts::parse(&String::from_utf8(output.stdout).unwrap()).unwrap();
        assert!(facts.memory_mib > 0 && facts.tools.contains("tar"), "{facts:?}");
    }
}
