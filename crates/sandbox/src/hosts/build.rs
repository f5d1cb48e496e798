//! `nix build` and `nixos-install` without Nix: a system is a store path named after the content of its flake.

use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::files;
use super::layout::Os;
use super::nixos::{self, BOOT_DEFAULT};
use super::shims::Shims;

/// What a build came to.
pub(super) struct Built {
    /// The store path, as the machine names it.
    pub(super) path: String,
    /// Whether it had to be made.
    pub(super) new: bool,
}

/// Builds something of one machine's configuration into the store below `prefix`. Errors are what `nix` would print.
pub(super) fn build(
    shims: &Shims,
    root: &Path,
    prefix: &str,
    flake: &str,
    machine: &str,
    what: &str,
) -> Result<Built, String> {
    let failed = |error: io::Error| format!("error: {error}");
    let attribute = || {
        format!(
            "error: flake 'path:{flake}' does not provide attribute 'nixosConfigurations.{machine}.config.system.build.{what}'"
        )
    };
    let folder = files::resolve(root, flake).map_err(failed)?;
    if !folder.join("flake.nix").is_file() {
        return Err(format!("error: path '{flake}/flake.nix' does not exist"));
    }
    let own = folder.join("machines").join(machine);
    if machine.contains('/') || machine.starts_with('.') || !own.join("default.nix").is_file() {
        return Err(attribute());
    }
    let text = std::fs::read_to_string(own.join("settings.json"))
        .map_err(|_| format!("error: path '{flake}/machines/{machine}/settings.json' does not exist"))?;
    let settings = nixos::parse(&text, &format!("machines/{machine}/settings.json"))?;
    lock(root, flake).map_err(failed)?;
    let hash = hash(&folder, machine, what).map_err(failed)?;
    let path = match what {
        "toplevel" => format!("/nix/store/{hash}-nixos-system-{}-26.05", settings.host_name),
        "diskoScript" => format!("/nix/store/{hash}-disko"),
        _ => return Err(attribute()),
    };
    let store = files::resolve(root, Path::new(prefix).join("nix/store")).map_err(failed)?;
    let at = store.join(path.trim_start_matches("/nix/store/"));
    if at.exists() {
        return Ok(Built { path, new: false });
    }
    std::fs::create_dir_all(&store).map_err(failed)?;
    if what == "diskoScript" {
        shims.link("disko", &at).map_err(failed)?;
    } else {
        let beside = store.join(format!(".{hash}.new"));
        files::remove(&beside).map_err(failed)?;
        system(shims, &beside, &path, &text)
            .and_then(|()| std::fs::rename(&beside, &at))
            .map_err(failed)?;
    }
    Ok(Built { path, new: true })
}

/// The content of a system.
fn system(shims: &Shims, at: &Path, path: &str, settings: &str) -> io::Result<()> {
    for (name, text, mode) in [
        ("settings.json", settings, 0o444),
        ("nixos-version", "26.05.20261120.sandbox", 0o444),
        ("etc/os-release", Os::Installed.release(), 0o444),
        (
            "init",
            "#!/bin/sh\necho this system boots in the sandbox only >&2\nexit 1\n",
            0o555,
        ),
        (
            "activate",
            "#!/bin/sh\n. /run/sandbox/lib.sh\nask activate \"$(dirname \"$(readlink -f \"$0\")\")\"\n",
            0o555,
        ),
    ] {
        files::place(&at.join(name), text, mode)?;
    }
    shims.link("switch-to-configuration", &at.join("bin/switch-to-configuration"))?;
    std::fs::create_dir_all(at.join("sw/bin"))?;
    files::place(&at.join("system"), path, 0o444)
}

/// Writes the lock of a flake that has none, as the first command that uses a flake does.
pub(super) fn lock(root: &Path, flake: &str) -> io::Result<()> {
    let path = Path::new(flake).join("flake.lock");
    if files::read(root, &path)?.is_none() {
        files::write(
            root,
            path,
            "{\n  \"nodes\": { \"root\": {} },\n  \"root\": \"root\",\n  \"version\": 7\n}\n",
            0o644,
        )?;
    }
    Ok(())
}

/// The digest of a flake's files and of what is built of it, spelt as the store spells digests.
fn hash(folder: &Path, machine: &str, what: &str) -> io::Result<String> {
    let mut paths = Vec::new();
    list(folder, &mut paths)?;
    paths.sort();
    let mut digest = Sha256::new();
    digest.update(format!("{machine}\0{what}\0"));
    for path in paths {
        let content = std::fs::read(&path)?;
        let name = path
            .strip_prefix(folder)
            .unwrap_or(&path)
            .to_string_lossy()
            .into_owned();
        digest.update(format!("{name}\0{}\0", content.len()));
        digest.update(content);
    }
    const LETTERS: &[u8; 32] = b"0123456789abcdfghijklmnpqrsvwxyz";
    Ok(digest
        .finalize()
        .iter()
        .map(|byte| char::from(LETTERS[usize::from(byte & 31)]))
        .collect())
}

fn list(folder: &Path, paths: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() && entry.file_name() != ".git" {
            list(&entry.path(), paths)?;
        } else if kind.is_file() {
            paths.push(entry.path());
        }
    }
    Ok(())
}

/// Puts a built system on the disk that is mounted at `mount`, so that it boots next.
pub(super) fn install(root: &Path, mount: &str, system: &str) -> Result<(), String> {
    let failed = |error: io::Error| format!("error: {error}");
    let disk = files::resolve(root, mount).map_err(failed)?;
    if !system.starts_with("/nix/store/") {
        return Err(format!("error: '{system}' is not a store path"));
    }
    let there = files::resolve(&disk, system).map_err(failed)?;
    if !there.is_dir() {
        let here = files::resolve(root, system).map_err(failed)?;
        if !here.is_dir() {
            return Err(format!("error: path '{system}' is not valid"));
        }
        copy(&here, &there).map_err(failed)?;
    }
    nixos::of_system(&disk, system)?;
    let profile = "/nix/var/nix/profiles/system";
    files::link(&disk, format!("{profile}-1-link"), system).map_err(failed)?;
    files::link(&disk, profile, "system-1-link").map_err(failed)?;
    files::write(&disk, "/etc/NIXOS", "", 0o644).map_err(failed)?;
    files::write(&disk, BOOT_DEFAULT, system, 0o644).map_err(failed)
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: &str = r#"{"hostName":"a","system":"x86_64-linux","sshPort":22}"#;

    fn shims(root: &Path) -> Shims {
        Shims::prepare(root.join("shims")).unwrap()
    }

    fn flake(root: &Path) {
        files::write(root, "/f/flake.nix", "{}", 0o644).unwrap();
        files::write(root, "/f/machines/a/default.nix", "{}", 0o644).unwrap();
        files::write(root, "/f/machines/a/settings.json", SETTINGS, 0o644).unwrap();
    }

    #[test]
    fn the_same_flake_is_the_same_system_wherever_it_lies() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        flake(root);
        let first = build(&shims(root), root, "/", "/f", "a", "toplevel").unwrap();
        assert!(
            first.new && first.path.ends_with("-nixos-system-a-26.05"),
            "{}",
            first.path
        );
        assert!(!build(&shims(root), root, "/", "/f", "a", "toplevel").unwrap().new);
        copy(&root.join("f"), &root.join("g")).unwrap();
        let moved = build(&shims(root), root, "/mnt", "/g", "a", "toplevel").unwrap();
        assert!(moved.new && moved.path == first.path && root.join("mnt").join(&moved.path[1..]).is_dir());
        files::write(root, "/f/machines/a/default.nix", "{ }", 0o644).unwrap();
        assert_ne!(
            build(&shims(root), root, "/", "/f", "a", "toplevel").unwrap().path,
            first.path
        );
    }

    #[test]
    fn what_cannot_be_built_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let said = |flake: &str, machine: &str, what: &str| {
            build(&shims(root), root, "/", flake, machine, what).err().unwrap()
        };
        assert!(said("/f", "a", "toplevel").contains("'/f/flake.nix' does not exist"));
        flake(root);
        assert!(said("/f", "b", "toplevel").contains("does not provide attribute 'nixosConfigurations.b"));
        assert!(said("/f", "../a", "toplevel").contains("does not provide"));
        assert!(said("/f", "a", "isoImage").contains("isoImage"));
        files::write(root, "/f/machines/a/settings.json", r#"{"hostName":"a"}"#, 0o644).unwrap();
        assert!(said("/f", "a", "toplevel").contains("missing field"));
    }
}
