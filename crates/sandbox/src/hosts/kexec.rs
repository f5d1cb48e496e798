//! The kexec installer as machines fetch it: the layout of nix-community's tarball, with a `run` that the sandbox's
//! machines understand.

use flate2::Compression;
use flate2::write::GzEncoder;

use super::shims;

/// The installer's tarball for `x86_64` or `aarch64`: what `nixos-kexec-installer-noninteractive-ARCH-linux.tar.gz` is on
/// a real machine. It boots nothing outside the sandbox, and says so.
pub fn kexec_tarball(architecture: &str) -> Vec<u8> {
    let note = "a stand-in of hoist's sandbox\n";
    let files = [
        ("kexec/run", shims::KEXEC, 0o755),
        (
            "kexec/kexec",
            "#!/bin/sh\necho 'a stand-in of the sandbox: use run' >&2\nexit 1\n",
            0o755,
        ),
        ("kexec/ip", "#!/bin/sh\nexec ip \"$@\"\n", 0o755),
        ("kexec/bzImage", note, 0o644),
        ("kexec/initrd", note, 0o644),
        ("kexec/arch", architecture, 0o644),
    ];
    let mut builder = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::default()));
    let mut add = |path: &str, kind: tar::EntryType, content: &[u8], mode: u32| {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_size(content.len() as u64);
        header.set_mtime(1);
        builder
            .append_data(&mut header, path, content)
            .expect("writing to memory does not fail");
    };
    add("kexec/", tar::EntryType::Directory, &[], 0o755);
    for (path, content, mode) in files {
        let content = if path == "kexec/arch" {
            format!("{content}\n")
        } else {
            content.to_owned()
        };
        add(path, tar::EntryType::Regular, content.as_bytes(), mode);
    }
    let encoder = builder.into_inner().expect("writing to memory does not fail");
    encoder.finish().expect("writing to memory does not fail")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_the_layout_of_the_real_one_and_is_the_same_each_time() {
        let tarball = kexec_tarball("x86_64");
        assert_eq!(tarball, kexec_tarball("x86_64"));
        assert_ne!(tarball, kexec_tarball("aarch64"));
        let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(tarball.as_slice()));
        let paths: Vec<_> = archive
            .entries()
            .unwrap()
            .map(|entry| entry.unwrap().path().unwrap().display().to_string())
            .collect();
        assert_eq!(paths[..2], ["kexec/", "kexec/run"]);
    }
}
