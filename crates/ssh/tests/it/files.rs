//! Files, whole or not at all.

use std::os::unix::fs::PermissionsExt;

use hoist_ssh::{Archive, Error};

use crate::sshd::Sshd;

#[tokio::test]
async fn a_file_arrives_with_its_mode_and_reads_back() {
    let sshd = Sshd::start().await;
    let session = sshd.session().await;
    let path = sshd.folder.path().join("new folder/it's.txt");
    let name = path.to_str().unwrap();
    for (content, mode) in [("first", 0o640), ("second", 0o600)] {
        session.upload(name, content, mode).await.unwrap();
        assert_eq!(session.read_file(name).await.unwrap().unwrap(), content.as_bytes());
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, mode);
    }
    assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
}

#[tokio::test]
async fn a_missing_file_is_none_and_an_unreadable_one_is_an_error() {
    let sshd = Sshd::start().await;
    let session = sshd.session().await;
    assert_eq!(session.read_file("/nonexistent/file").await.unwrap(), None);
    let error = session.read_file("/proc/self").await.unwrap_err();
    assert!(matches!(error, Error::Exit { .. }), "{error:?}");
}

#[tokio::test]
async fn a_failed_upload_leaves_what_was_there() {
    let sshd = Sshd::start().await;
    let session = sshd.session().await;
    let path = sshd.folder.path().join("taken");
    std::fs::create_dir(&path).unwrap();
    std::fs::write(path.join("kept"), "kept").unwrap();
    // A file cannot take the place of a folder's parent that is itself a file.
    let below = path.join("kept/file");
    session.upload(below.to_str().unwrap(), "x", 0o600).await.unwrap_err();
    assert_eq!(std::fs::read_to_string(path.join("kept")).unwrap(), "kept");
    assert_eq!(std::fs::read_dir(&path).unwrap().count(), 1);
}

#[tokio::test]
async fn a_folder_is_replaced_whole() {
    let sshd = Sshd::start().await;
    let session = sshd.session().await;
    let path = sshd.folder.path().join("tree");
    let name = path.to_str().unwrap();
    let archive = Archive::new().file("a", 0o644, "1").file("sub/deep/b", 0o644, "2");
    session.upload_folder(name, archive).await.unwrap();
    session
        .upload_folder(name, Archive::new().file("sub/c", 0o644, "3"))
        .await
        .unwrap();
    assert!(!path.join("a").exists() && !path.join("sub/deep").exists());
    assert_eq!(std::fs::read_to_string(path.join("sub/c")).unwrap(), "3");
    let left: Vec<_> = std::fs::read_dir(sshd.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("hoist"))
        .collect();
    assert_eq!(left, Vec::<String>::new());
}

#[tokio::test]
async fn unpacking_adds_files_with_the_modes_of_the_archive() {
    let sshd = Sshd::start().await;
    let session = sshd.session().await;
    let root = sshd.folder.path().join("mnt");
    std::fs::create_dir_all(root.join("etc")).unwrap();
    std::fs::write(root.join("etc/kept"), "kept").unwrap();
    let archive = Archive::new().file("etc/secret", 0o400, "s");
    session.unpack(root.to_str().unwrap(), archive).await.unwrap();
    assert_eq!(std::fs::read_to_string(root.join("etc/kept")).unwrap(), "kept");
    let mode = root.join("etc/secret").metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o400);
}

#[test]
fn an_archive_does_not_show_its_content() {
    let archive = Archive::new().file("etc/token", 0o600, "canary");
    assert_eq!(format!("{archive:?}"), r#"["etc/token"]"#);
}
