//! Scripts: their input, output, ends and deadlines.

use std::time::Duration;

use hoist_ssh::{Error, Script, Stream};

use crate::sshd::{Sshd, stable};

#[tokio::test]
async fn a_script_reads_its_input_and_nothing_of_itself() {
    let session = Sshd::start().await;
    let session = session.session().await;
    let output = session
        .run(Script::new("reading", "read first; echo \"[$first]\"; cat").input("one\ntwo\nthree"))
        .await
        .unwrap();
    assert_eq!(output.text(), "[one]\ntwo\nthree");
    let output = session
        .run(Script::new("reading", "cat; echo end\n# ü\n"))
        .await
        .unwrap();
    assert_eq!(output.text(), "end\n");
}

#[tokio::test]
async fn neither_script_nor_input_shows_in_the_process_list() {
    let sshd = Sshd::start().await;
    let session = sshd.session().await;
    let script = "canary=from-the-script\ncat > /dev/null\nps -eo args\ncat /proc/$PPID/environ /proc/$$/environ | tr '\\0' '\\n'";
    let output = session
        .run(Script::new("listing processes", script).input("canary-from-the-input"))
        .await
        .unwrap();
    let text = output.text();
    assert!(text.contains("exec sh -c") || text.contains("sh -c"), "{text}");
    assert!(!text.contains("canary"), "{text}");
}

#[tokio::test]
async fn status_and_both_streams_come_back() {
    let sshd = Sshd::start().await;
    let session = sshd.session().await;
    let output = session
        .exec(Script::new("failing", "echo out; echo err >&2; exit 7"))
        .await
        .unwrap();
    assert_eq!(output.status, Some(7));
    assert_eq!(
        (output.stdout.as_slice(), output.stderr.as_slice()),
        (&b"out\n"[..], &b"err\n"[..])
    );
    let error = session
        .run(Script::new("partitioning the disk", "echo no such disk >&2; exit 3"))
        .await
        .unwrap_err();
    insta::assert_snapshot!(stable(error, &[(sshd.address.to_string(), "HOST")]), @r"
    partitioning the disk failed on HOST: exit status 3
      no such disk
    ");
}

#[tokio::test]
async fn a_signal_is_an_end_too() {
    let sshd = Sshd::start().await;
    let error = sshd
        .session()
        .await
        .run(Script::new("dying", "kill -9 $$"))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Exit { status: None, .. }), "{error:?}");
}

#[tokio::test]
async fn a_deadline_names_what_was_waited_for() {
    let sshd = Sshd::start().await;
    let session = sshd.session().await;
    let error = session
        .run(Script::new("the installer", "sleep 60").deadline(Duration::from_millis(300)))
        .await
        .unwrap_err();
    insta::assert_snapshot!(stable(error, &[(sshd.address.to_string(), "HOST")]), @"timed out after 0.3 s waiting for the installer on HOST");
    // The session is still good for something else.
    assert_eq!(
        session.run(Script::new("echo", "echo on")).await.unwrap().text(),
        "on\n"
    );
}

#[tokio::test]
async fn output_is_heard_while_it_comes() {
    let sshd = Sshd::start().await;
    let session = sshd.session().await;
    let mut heard = Vec::new();
    session
        .run_with(Script::new("talking", "echo a; echo b >&2"), |stream, piece| {
            heard.push((stream == Stream::Stderr, String::from_utf8_lossy(piece).into_owned()));
        })
        .await
        .unwrap();
    heard.sort();
    assert_eq!(heard, [(false, "a\n".to_owned()), (true, "b\n".to_owned())]);
}

#[tokio::test]
async fn much_input_and_much_output_flow_at_once() {
    let sshd = Sshd::start().await;
    let session = sshd.session().await;
    let input: Vec<u8> = (0..6_000_000u32).map(|i| (i % 251) as u8).collect();
    let output = session
        .run(
            Script::new("copying", "cat")
                .input(input.clone())
                .deadline(Duration::from_secs(60)),
        )
        .await
        .unwrap();
    assert!(output.stdout == input, "{} bytes came back", output.stdout.len());
}

#[tokio::test]
async fn a_script_that_does_not_read_its_input_ends_all_the_same() {
    let sshd = Sshd::start().await;
    let session = sshd.session().await;
    let output = session
        .run(Script::new("ignoring", "echo done").input(vec![b'x'; 8_000_000]))
        .await
        .unwrap();
    assert_eq!(output.text(), "done\n");
}

#[tokio::test]
async fn a_lost_connection_is_told_from_an_end() {
    let sshd = Sshd::start().await;
    let session = sshd.session().await;
    // The script ends the sshd process that serves it, as a reboot would.
    let script = "p=$PPID; while [ \"$(cat /proc/$p/comm)\" != sshd ]; do p=$(awk '{print $4}' /proc/$p/stat); done; kill -9 $p; sleep 5";
    let error = session.run(Script::new("rebooting", script)).await.unwrap_err();
    assert!(matches!(error, Error::Lost { .. }), "{error:?}");
    assert!(error.passing());
}

#[tokio::test]
async fn a_host_without_commands_says_so() {
    let sshd = Sshd::start_with("MaxSessions 0").await;
    let error = sshd.session().await.run(Script::new("facts", "id")).await.unwrap_err();
    assert!(matches!(error, Error::Lost { .. } | Error::Refused { .. }), "{error:?}");
}
