//! What an installed NixOS does to its root when it boots or is switched to.

use std::io;
use std::path::Path;

use super::files;
use super::layout;
use super::login::home;
use super::nixos::Settings;
use super::shims::Shims;

/// Makes the root what the settings say.
pub(super) fn activate(
    shims: &Shims,
    root: &Path,
    control: &Path,
    system: &str,
    settings: &Settings,
) -> io::Result<()> {
    layout::nixos(root, &settings.host_name)?;
    let people: Vec<&str> = settings.users.iter().map(|user| user.name.as_str()).collect();
    layout::accounts(root, &people)?;
    let lines = |keys: &[String]| keys.iter().map(|key| format!("{key}\n")).collect::<String>();
    // Who was let in before and is not any more.
    files::empty(&files::resolve(root, "/etc/ssh/authorized_keys.d")?, 0o755)?;
    files::write(
        root,
        "/etc/ssh/authorized_keys.d/root",
        lines(&settings.root_keys),
        0o444,
    )?;
    for user in &settings.users {
        let home = files::resolve(root, home(&user.name))?;
        if !home.exists() {
            files::folder(root, super::login::home(&user.name), 0o700)?;
        }
        files::write(
            root,
            format!("/etc/ssh/authorized_keys.d/{}", user.name),
            lines(&user.keys),
            0o444,
        )?;
    }
    let sudoers: String = settings
        .users
        .iter()
        .filter(|user| user.sudo == "nopasswd")
        .map(|user| format!("{}\n", user.name))
        .collect();
    files::place(&control.join("sudoers"), sudoers, 0o644)?;
    // As NixOS has it: one file, made anew.
    files::empty(&files::resolve(root, "/etc/ssh/sshd_config.d")?, 0o755)?;
    files::write(
        root,
        "/etc/ssh/sshd_config",
        format!("Port {}\n", settings.ssh_port),
        0o444,
    )?;
    layout::host_key(root, &settings.host_name)?;
    files::link(root, "/run/current-system", system)?;
    shims.k3s(control, settings.k3s.as_ref().map(|k3s| k3s.version.as_str()))
}
