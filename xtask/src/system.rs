//! Programs of the operating system that tests use as real peers.

use std::process::Command;

use anyhow::{Result, bail};

use crate::run;

/// A program, and Debian's package of it.
const NEEDED: &[(&str, &str, &str)] = &[
    (
        "nix-instantiate",
        "nix-bin",
        "rendered NixOS configurations are parsed by it",
    ),
    ("ssh", "openssh-client", "a real client of the emulated hosts"),
    ("ssh-keygen", "openssh-client", "keys are compared with its own"),
    ("sshd", "openssh-server", "a real server for the SSH client"),
    ("git", "git", "tidy lists the tree with it"),
];

/// Makes sure that they are there: by apt as root on Debian, else by saying what to install.
pub(crate) fn ensure() -> Result<()> {
    let missing: Vec<_> = NEEDED.iter().filter(|(program, ..)| !is_there(program)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let mut packages: Vec<_> = missing.iter().map(|(_, package, _)| *package).collect();
    packages.dedup();
    let by_hand = format!("apt-get install {}", packages.join(" "));
    if !is_root()? || !run::installed("apt-get") {
        let list: Vec<_> = missing
            .iter()
            .map(|(program, _, why)| format!("  {program}: {why}"))
            .collect();
        bail!(
            "the tests need programs that are not installed:\n{}\nOn Debian: sudo {by_hand}",
            list.join("\n")
        );
    }
    eprintln!("tools: {by_hand}");
    let apt = |args: &[&str]| {
        run::output(
            Command::new("apt-get")
                .env("DEBIAN_FRONTEND", "noninteractive")
                // A service that starts by itself on installation is of no use here.
                .args([
                    "-q",
                    "-y",
                    "-o",
                    "Dpkg::Options::=--force-confold",
                    "--no-install-recommends",
                ])
                .args(args),
        )
    };
    let install: Vec<_> = [vec!["install"], packages].concat();
    // The lists may be too old or missing: only then fetch them.
    if apt(&install).is_err() {
        apt(&["update"])?;
        apt(&install)?;
    }
    match NEEDED.iter().find(|(program, ..)| !is_there(program)) {
        Some((program, package, _)) => bail!("{package} is installed, but there is no {program} in PATH or /usr/sbin"),
        None => Ok(()),
    }
}

/// `sshd` is outside of an ordinary person's PATH.
fn is_there(program: &str) -> bool {
    run::installed(program)
        || ["/usr/sbin", "/usr/bin"]
            .iter()
            .any(|it| std::path::Path::new(it).join(program).is_file())
}

fn is_root() -> Result<bool> {
    Ok(run::output(Command::new("id").arg("-u"))?.trim() == "0")
}
