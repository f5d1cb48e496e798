//! The k3s tokens: made once, readable by the real age, and refused where nobody could read them again.

use std::path::Path;
use std::process::{Command, Stdio};

use hoist_model::ExposeSecret;
use hoist_secrets::{AgeError, Identities, Token, TokenError, TokenStore};
use hoist_spec::Spec;
use tempfile::TempDir;

use crate::{tool, variables};

/// A key pair of the real age-keygen: the private half (with its comments), and the public half.
fn key_pair() -> (String, String) {
    let out = Command::new(tool("age-keygen")).output().expect("age-keygen runs");
    assert!(out.status.success(), "{out:?}");
    let private = String::from_utf8(out.stdout).unwrap();
    let public = private
        .lines()
        .find_map(|line| line.strip_prefix("# public key: "))
        .unwrap()
        .to_owned();
    (private, public)
}

fn spec(dir: &Path, recipients: &[&str]) -> Spec {
    let text = include_str!("../../../../examples/vanixiets/hoist.yaml");
    let mut spec = hoist_spec::parse(Path::new("hoist.yaml"), text).unwrap_or_else(|found| panic!("{found}"));
    spec.dir = dir.to_owned();
    spec.secrets.recipients = recipients.iter().map(|recipient| recipient.parse().unwrap()).collect();
    spec
}

fn identities(private: &str) -> Identities {
    Identities::from_environment(&variables(&[("SOPS_AGE_KEY", private)])).unwrap()
}

fn store(dir: &TempDir, recipients: &[&str], private: &str) -> TokenStore {
    TokenStore::new(&spec(dir.path(), recipients), identities(private))
}

#[test]
fn a_token_is_made_once_and_the_real_age_reads_it() {
    let dir = tempfile::tempdir().unwrap();
    let (private, public) = key_pair();
    let store = store(&dir, &[&public], &private);
    assert!(store.load(Token::Server).unwrap().is_none());
    let server = store.load_or_create(Token::Server).unwrap();
    let agent = store.load_or_create(Token::Agent).unwrap();
    assert_eq!(server.expose_secret().len(), 64);
    assert_ne!(server.expose_secret(), agent.expose_secret());
    assert_eq!(
        store.load_or_create(Token::Server).unwrap().expose_secret(),
        server.expose_secret()
    );

    let key = dir.path().join("key.txt");
    std::fs::write(&key, &private).unwrap();
    let out = Command::new(tool("age"))
        .arg("--decrypt")
        .arg("--identity")
        .arg(&key)
        .arg(store.file(Token::Server))
        .output()
        .expect("age runs");
    assert!(out.status.success(), "{out:?}");
    assert_eq!(String::from_utf8(out.stdout).unwrap(), server.expose_secret());

    // Nothing else is left beside them, and no file holds a token in plain text.
    let mut names: Vec<String> = Vec::new();
    for entry in std::fs::read_dir(dir.path().join("secrets")).unwrap() {
        let entry = entry.unwrap();
        let text = std::fs::read_to_string(entry.path()).unwrap();
        assert!(text.starts_with("-----BEGIN AGE ENCRYPTED FILE-----"));
        assert!(!text.contains(server.expose_secret()));
        names.push(entry.file_name().into_string().unwrap());
    }
    names.sort();
    assert_eq!(names, ["k3s-agent-token.age", "k3s-token.age"]);
}

#[test]
fn what_the_real_age_wrote_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let ((private, public), (_, other)) = (key_pair(), key_pair());
    let store = store(&dir, &[&public], &private);
    std::fs::create_dir(dir.path().join("secrets")).unwrap();
    let mut child = Command::new(tool("age"))
        .args([
            "--encrypt",
            "--armor",
            "--recipient",
            &other,
            "--recipient",
            &public,
            "--output",
        ])
        .arg(store.file(Token::Agent))
        .stdin(Stdio::piped())
        .spawn()
        .expect("age runs");
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"written by age").unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(
        store.load(Token::Agent).unwrap().unwrap().expose_secret(),
        "written by age"
    );
}

#[test]
fn a_token_for_others_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let ((private, public), (stranger, _)) = (key_pair(), key_pair());
    let first = store(&dir, &[&public], &private).load_or_create(Token::Server).unwrap();
    let theirs = store(&dir, &[&public], &stranger);
    let before = std::fs::read(theirs.file(Token::Server)).unwrap();
    let error = theirs.load_or_create(Token::Server).unwrap_err();
    assert!(matches!(error, TokenError::NotForUs { .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains(&public) && text.contains("at hand: age1"), "{text}");
    assert!(!text.contains("AGE-SECRET-KEY"), "{text}");
    assert!(error.hint().contains("do not delete"));
    assert_eq!(std::fs::read(theirs.file(Token::Server)).unwrap(), before);
    let again = store(&dir, &[&public], &private).load(Token::Server).unwrap().unwrap();
    assert_eq!(again.expose_secret(), first.expose_secret());
}

#[test]
fn a_token_that_nobody_here_could_read_again_is_not_made() {
    let dir = tempfile::tempdir().unwrap();
    let ((_, public), (stranger, _)) = (key_pair(), key_pair());
    let error = store(&dir, &[&public], &stranger)
        .load_or_create(Token::Server)
        .unwrap_err();
    assert!(matches!(error, TokenError::WouldNotOpen { .. }), "{error}");
    let error = store(&dir, &[], &stranger).load_or_create(Token::Server).unwrap_err();
    assert!(matches!(error, TokenError::NoRecipients { .. }), "{error}");
    assert!(!dir.path().join("secrets").exists());
}

#[test]
fn a_damaged_file_is_told_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let (private, public) = key_pair();
    let store = store(&dir, &[&public], &private);
    store.load_or_create(Token::Server).unwrap();
    let file = store.file(Token::Server);
    let whole = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    let error = store.load_or_create(Token::Server).unwrap_err();
    assert!(
        matches!(
            error,
            TokenError::Age {
                error: AgeError::Damaged(_),
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn many_at_once_agree_on_one_token() {
    let dir = tempfile::tempdir().unwrap();
    let (private, public) = key_pair();
    let store = store(&dir, &[&public], &private);
    let tokens: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| store.load_or_create(Token::Server).unwrap().expose_secret().to_owned()))
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(tokens.iter().all(|token| *token == tokens[0]));
}

#[test]
fn identities_come_from_where_sops_looks() {
    let dir = tempfile::tempdir().unwrap();
    let pairs = [key_pair(), key_pair(), key_pair()];
    let file = dir.path().join("keys");
    std::fs::write(&file, &pairs[1].0).unwrap();
    std::fs::create_dir_all(dir.path().join("sops/age")).unwrap();
    std::fs::write(dir.path().join("sops/age/keys.txt"), &pairs[2].0).unwrap();
    let found = Identities::from_environment(&variables(&[
        ("SOPS_AGE_KEY", &pairs[0].0),
        ("SOPS_AGE_KEY_FILE", file.to_str().unwrap()),
        ("XDG_CONFIG_HOME", dir.path().to_str().unwrap()),
    ]))
    .unwrap();
    assert_eq!(found.recipients(), pairs.each_ref().map(|(_, public)| public.clone()));
    assert!(!format!("{found:?}").contains("AGE-SECRET-KEY"));
    assert_eq!(
        Identities::from_environment(&variables(&[])).unwrap().recipients(),
        Vec::<String>::new()
    );
}

#[test]
fn bad_identities_are_told_without_repeating_them() {
    let error =
        Identities::from_environment(&variables(&[("SOPS_AGE_KEY", "# fine\n\nAGE-SECRET-KEY-1CANARY")])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 3 of SOPS_AGE_KEY is not an age identity (AGE-SECRET-KEY-1…)"
    );
    let error = Identities::from_environment(&variables(&[("SOPS_AGE_KEY_FILE", "/does/not/exist")])).unwrap_err();
    assert!(error.to_string().contains("/does/not/exist"), "{error}");
}
