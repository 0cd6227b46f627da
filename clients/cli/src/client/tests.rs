//! A conversation with a daemon that follows a script.

use std::{io::Write, thread};

use storycore_schema::{project::ListProjects, system::GetStatus};

use super::*;

const HELLO: &str =
    r#"{"jsonrpc":"2.0","id":0,"result":{"version":"0.1.0","protocol":1,"role":"admin"}}"#;

/// A client whose daemon reads `requests` messages, then says all of `answers`.
fn client(requests: usize, answers: &[&str]) -> (Client, thread::JoinHandle<Vec<String>>) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    let mut bytes = Vec::new();
    answers.iter().for_each(|it| frame::put(&mut bytes, it));
    let daemon = thread::spawn(move || {
        let mut reader = BufReader::new(theirs);
        let read = (0..requests).map(|_| {
            let body = frame::read(&mut reader)
                .map_err(|it| format!("{it:?}"))
                .unwrap();
            String::from_utf8(body).unwrap()
        });
        let read = read.collect();
        reader.get_mut().write_all(&bytes).unwrap();
        read
    });
    (Client::new(ours).unwrap(), daemon)
}

#[test]
fn the_greeting_travels_with_the_first_request() {
    let progress =
        r#"{"method":"$/progress","params":{"token":1,"done":1,"total":2,"message":""}}"#;
    let (mut client, daemon) = client(2, &[HELLO, progress, r#"{"id":1,"result":[]}"#]);
    let mut seen = 0;
    let films = client.ask_with(&ListProjects {}, &mut |it| {
        seen += it.progress().unwrap().done;
    });
    assert_eq!(films.unwrap(), []);
    assert_eq!(seen, 1);
    let sent = daemon.join().unwrap();
    assert!(sent[0].contains(r#""method":"initialize","params":{"client":"cli","protocol":1}"#));
    assert_eq!(
        sent[1],
        r#"{"id":1,"jsonrpc":"2.0","method":"project/list","params":{}}"#
    );
}

#[test]
fn a_refusal_keeps_its_kind_hint_and_correlation_id() {
    let error = r#"{"id":1,"error":{"code":1003,"message":"no shot 7","data":{"kind":"notFound",
        "hint":"list shots with shot/list","correlationId":"r-42"}}}"#;
    let (mut client, _daemon) = client(2, &[HELLO, error]);
    let failure = client.ask(&GetStatus {}).unwrap_err();
    assert_eq!(failure.exit_code(), 1);
    assert_eq!(
        failure.object().unwrap().data.correlation_id.unwrap(),
        "r-42"
    );
}

#[test]
fn a_daemon_that_hangs_up_or_speaks_otherwise_is_unreachable() {
    let (mut gone, _daemon) = client(2, &[HELLO]);
    let failure = gone.ask(&GetStatus {}).unwrap_err();
    assert_eq!(failure.exit_code(), 3);
    assert_eq!(
        failure.object().unwrap().message,
        "lost the daemon: it closed the connection"
    );

    let (mut newer, _daemon) = client(2, &[&HELLO.replace(r#""protocol":1"#, r#""protocol":2"#)]);
    assert_eq!(newer.ask(&GetStatus {}).unwrap_err().exit_code(), 3);

    let (mut noise, _daemon) = client(2, &["not JSON"]);
    assert_eq!(noise.ask(&GetStatus {}).unwrap_err().exit_code(), 3);
}
