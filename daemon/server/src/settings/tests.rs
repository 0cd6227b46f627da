//! Settings that read well, and what is said of those that do not.

use expect_test::{Expect, expect};

use super::*;

fn check_error(text: &str, expected: &Expect) {
    let error = DaemonSettings::default()
        .apply_file("daemon.toml", text)
        .unwrap_err();
    let hint = error.hint.unwrap_or_default();
    expected.assert_eq(&format!("{}\n{hint}\n", error.message));
}

#[test]
fn the_environment_stands_over_the_file_over_the_defaults() {
    let mut settings = DaemonSettings::default();
    let text = "http_port = 8_080\n[limits]\nframe_bytes_max = 0x1000\nbatch_calls_max = 7\n";
    settings.apply_file("daemon.toml", text).unwrap();
    let env = |name: &str| match name {
        "STORYCORE_BATCH_CALLS_MAX" => Some("8".to_owned()),
        "STORYCORE_IDLE_EXIT_MS" => Some("0".to_owned()),
        _ => None,
    };
    settings.apply_env(&env).unwrap();
    assert_eq!(settings.http_port, 8_080);
    assert_eq!(settings.limits.frame_bytes_max, 4_096);
    assert_eq!(settings.limits.batch_calls_max, 8);
    assert_eq!(settings.limits.idle_exit_ms, 0);
    assert_eq!(
        settings.limits.outbox_len_max,
        Limits::default().outbox_len_max
    );
}

#[test]
fn no_file_is_fine_and_a_folder_is_not() {
    let temp = tempfile::tempdir().unwrap();
    assert!(DaemonSettings::load(temp.path()).is_ok());
    std::fs::create_dir(temp.path().join("daemon.toml")).unwrap();
    let error = DaemonSettings::load(temp.path()).unwrap_err();
    assert!(error.message.starts_with("cannot read "), "{error}");
}

#[test]
fn errors_name_the_place_and_the_next_step() {
    check_error(
        "[limits]\n\"ä\" = 1\n",
        &expect![[r#"
            daemon.toml:2:1: unknown limit `ä`
            `storycore system status` lists the limits
        "#]],
    );
    check_error(
        "[limits]\nframe_byte_max = 1\n",
        &expect![[r#"
            daemon.toml:2:1: unknown limit `frame_byte_max`
            did you mean `frame_bytes_max`?
        "#]],
    );
    check_error(
        "http-port = 1\n",
        &expect![[r#"
            daemon.toml:1:1: unknown setting `http-port`
            did you mean `http_port`?
        "#]],
    );
    check_error(
        "http_port = 70000\n",
        &expect![[r#"
            daemon.toml:1:13: `http_port` must be a whole number up to 65535, such as 1024
            correct the file, then start the daemon again
        "#]],
    );
    check_error(
        "limits = { connections_max = 0 }\n",
        &expect![[r#"
            daemon.toml:1:30: `connections_max` must be at least 1
            correct the file, then start the daemon again
        "#]],
    );
    check_error(
        "\nlimits = [\n",
        &expect![[r#"
            daemon.toml:2:11: unclosed array, expected `]`
            correct the file, then start the daemon again
        "#]],
    );
}

#[test]
fn a_bad_variable_is_named() {
    let env = |name: &str| (name == "STORYCORE_HTTP_PORT").then(|| "http".to_owned());
    let error = DaemonSettings::default().apply_env(&env).unwrap_err();
    assert_eq!(
        error.message,
        "STORYCORE_HTTP_PORT is `http`, and must be a whole number"
    );
}
