//! A chart's provenance file: which digest its signed text gives for the archive.

use crate::Digest;

/// The digest that a provenance file gives for an archive of this name.
///
/// The text is signed in the clear: a header, Chart.yaml, a line with three dots, and the files with their digests.
/// The signature is not verified.
pub(crate) fn digest_of(text: &str, archive: &str) -> Result<Digest, String> {
    let signed = text
        .split_once("-----BEGIN PGP SIGNED MESSAGE-----")
        .and_then(|(_, rest)| rest.split_once("-----BEGIN PGP SIGNATURE-----"))
        .map(|(signed, _)| signed)
        .ok_or("it has no signed text")?;
    let mut lines = signed.lines().map(str::trim_end);
    lines.find(|line| *line == "...").ok_or("it has no list of files")?;
    let mut names = Vec::new();
    for line in lines {
        let Some((name, digest)) = line.trim_start().rsplit_once(": ") else {
            continue;
        };
        let name = name.trim().trim_matches(['"', '\'']);
        if name == archive {
            return Digest::parse(digest.trim()).ok_or_else(|| format!("it gives no SHA-256 for {archive}"));
        }
        names.push(name);
    }
    Err(if names.is_empty() {
        "it lists no files".into()
    } else {
        format!("it is about {}, not about {archive}", names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_read_from_the_signed_part() {
        let digest = Digest::of(b"x");
        let text = format!(
            "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nname: a\nversion: 1.0.0\n\n...\nfiles:\n  a-1.0.0.tgz: {digest}\n-----BEGIN PGP SIGNATURE-----\n\nxx\n-----END PGP SIGNATURE-----\n"
        );
        assert_eq!(digest_of(&text, "a-1.0.0.tgz"), Ok(digest));
        assert_eq!(
            digest_of(&text, "b-1.0.0.tgz"),
            Err("it is about a-1.0.0.tgz, not about b-1.0.0.tgz".into())
        );
        assert!(digest_of(&text.replace("...", ""), "a-1.0.0.tgz").is_err());
        assert!(digest_of(&text.replace("SIGNED", ""), "a-1.0.0.tgz").is_err());
        assert!(digest_of(&text.replace("sha256:", "md5:"), "a-1.0.0.tgz").is_err());
    }
}
