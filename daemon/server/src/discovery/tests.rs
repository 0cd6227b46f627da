//! One daemon, whatever the others do.

use std::{
    os::unix::{fs::MetadataExt, net::UnixListener},
    sync::{
        Barrier,
        atomic::{AtomicUsize, Ordering},
    },
};

use tempfile::TempDir;

use super::*;

const NOW: Duration = Duration::ZERO;

fn fixture() -> (TempDir, Dirs) {
    let temp = tempfile::tempdir().unwrap();
    let dirs = Dirs {
        runtime: temp.path().join("run"),
        state: temp.path().join("state"),
        config: temp.path().join("config"),
    };
    (temp, dirs)
}

fn endpoint(dirs: &Dirs) -> Endpoint {
    Endpoint::of_build(dirs, "a build").unwrap()
}

#[test]
fn a_build_is_a_version_of_a_file() {
    let (_temp, dirs) = fixture();
    assert_eq!(endpoint(&dirs), endpoint(&dirs));
    let other = Endpoint::of_build(&dirs, "another build").unwrap();
    assert_ne!(endpoint(&dirs).socket, other.socket);
    assert!(Endpoint::of_this_build(&dirs).is_ok());
}

#[test]
fn a_path_too_long_for_a_socket_is_refused_with_a_way_out() {
    let (_temp, mut dirs) = fixture();
    dirs.runtime = dirs.runtime.join("x".repeat(100));
    let error = Endpoint::of_build(&dirs, "a build").unwrap_err();
    assert!(error.message.contains("the system allows 107"), "{error}");
    assert_eq!(
        error.hint.unwrap(),
        "set STORYCORE_RUNTIME_DIR to a shorter path"
    );
}

#[test]
fn what_it_leaves_on_disk_is_its_owners_alone_and_goes_with_it() {
    let (_temp, dirs) = fixture();
    let endpoint = endpoint(&dirs);
    let claim = Claim::acquire(endpoint.clone(), NOW).unwrap();
    claim.publish("http://127.0.0.1:1", "secret").unwrap();
    for path in [&endpoint.socket, &endpoint.record, &endpoint.lock] {
        let mode = path.metadata().unwrap().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", path.display());
    }
    assert_eq!(endpoint.read_record().unwrap().token, "secret");
    assert_eq!(endpoint.holder(), Some(std::process::id()));
    assert!(!endpoint.wait_gone(NOW));
    drop(claim);
    assert!(!endpoint.socket.exists() && !endpoint.record.exists());
    assert!(endpoint.wait_gone(NOW));
}

#[test]
fn a_second_one_gives_way() {
    let (_temp, dirs) = fixture();
    let _claim = Claim::acquire(endpoint(&dirs), NOW).unwrap();
    let error = Claim::acquire(endpoint(&dirs), NOW).unwrap_err();
    let pid = std::process::id();
    assert_eq!(
        error.message,
        format!("the daemon runs already (process {pid})")
    );
    assert!(endpoint(&dirs).connect().unwrap().is_some());
}

#[test]
fn a_dead_ones_socket_is_taken_over_a_living_ones_is_not() {
    let (_temp, dirs) = fixture();
    let endpoint = endpoint(&dirs);
    platform::require_private_dir(&dirs.runtime).unwrap();
    // A listener without the lock: alive, then dead with its socket left behind.
    let listener = UnixListener::bind(&endpoint.socket).unwrap();
    std::fs::write(&endpoint.record, "{}").unwrap();
    assert!(Claim::acquire(endpoint.clone(), NOW).is_err());
    assert!(endpoint.socket.exists());
    drop(listener);
    assert!(endpoint.socket.exists() && endpoint.connect().unwrap().is_none());
    let _claim = Claim::acquire(endpoint.clone(), NOW).unwrap();
    assert!(endpoint.connect().unwrap().is_some());
    assert!(
        endpoint.read_record().is_none(),
        "the dead one's record is gone"
    );
}

#[test]
fn of_many_at_once_one_wins() {
    const RIVALS: usize = 16;
    let (_temp, dirs) = fixture();
    let (barrier, winners) = (Barrier::new(RIVALS), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..RIVALS {
            scope.spawn(|| {
                barrier.wait();
                let claim = Claim::acquire(endpoint(&dirs), NOW);
                if claim.is_ok() {
                    winners.fetch_add(1, Ordering::Relaxed);
                }
                barrier.wait();
            });
        }
    });
    assert_eq!(winners.load(Ordering::Relaxed), 1);
}

#[test]
fn a_linked_folder_is_not_connected_through() {
    let (temp, mut dirs) = fixture();
    let _claim = Claim::acquire(endpoint(&dirs), NOW).unwrap();
    let link = temp.path().join("link");
    std::os::unix::fs::symlink(&dirs.runtime, &link).unwrap();
    dirs.runtime = link;
    assert!(
        endpoint(&dirs)
            .connect()
            .unwrap_err()
            .message
            .contains("symbolic link")
    );
    assert!(Claim::acquire(endpoint(&dirs), NOW).is_err());
}

#[test]
fn a_start_that_fails_shows_its_last_words() {
    let (_temp, dirs) = fixture();
    let options = EnsureOptions {
        program: "/bin/sh".into(),
        args: vec![
            "-c".to_owned(),
            "echo no film stock left >&2; exit 3".to_owned(),
        ],
        wait: Duration::from_secs(10),
    };
    let error = ensure(&endpoint(&dirs), &dirs, &options).unwrap_err();
    assert!(
        error
            .message
            .contains("(exit status: 3)\nno film stock left"),
        "{error}"
    );
    let mode = endpoint(&dirs).stderr.metadata().unwrap().mode() & 0o777;
    assert_eq!(mode, 0o600);
}

#[test]
fn a_start_that_hangs_ends_at_its_deadline() {
    let (_temp, dirs) = fixture();
    let options = EnsureOptions {
        program: "/bin/sh".into(),
        args: vec!["-c".to_owned(), "sleep 1".to_owned()],
        wait: Duration::from_millis(50),
    };
    let error = ensure(&endpoint(&dirs), &dirs, &options).unwrap_err();
    assert_eq!(error.message, "no daemon came up after 0 s");
}
