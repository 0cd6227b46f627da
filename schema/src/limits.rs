//! Every limit of the daemon: a name, a unit, a default.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! limits {
    ($($(#[doc = $doc:literal])+ $name:ident: $default:expr;)+) => {
        /// How much of everything there may be. Set one in the daemon's `daemon.toml` under
        /// `[limits]`, or with an environment variable such as `STORYCORE_FRAME_BYTES_MAX`.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "camelCase", deny_unknown_fields, default)]
        pub struct Limits { $($(#[doc = $doc])+ pub $name: u64,)+ }

        impl Default for Limits {
            fn default() -> Limits { Limits { $($name: $default),+ } }
        }

        impl Limits {
            /// Every limit with its doc and value, for people.
            pub fn table(&self) -> Vec<(&'static str, &'static str, u64)> {
                vec![$((stringify!($name), concat!($($doc),+), self.$name)),+]
            }

            /// Sets one by its name; false if there is none of that name.
            pub fn set(&mut self, name: &str, value: u64) -> bool {
                match name { $(stringify!($name) => self.$name = value,)+ _ => return false }
                true
            }
        }
    };
}

limits! {
    /// The longest message a client may send, in bytes.
    frame_bytes_max: 8 << 20;
    /// The longest header of a framed message, in bytes.
    header_bytes_max: 8 << 10;
    /// Requests of one connection that may be under way at once, in calls.
    in_flight_calls_max: 256;
    /// Requests of one connection that may be under way at once, in bytes.
    in_flight_bytes_max: 16 << 20;
    /// Requests in one batch, in calls.
    batch_calls_max: 64;
    /// Subscriptions of one connection.
    subscriptions_max: 64;
    /// Connections at once, over every transport.
    connections_max: 2_048;
    /// Messages that wait for one slow client, in messages.
    outbox_len_max: 1_024;
    /// Messages that wait for one slow client, in bytes. A page of events ends there too, and so do
    /// the answers of batches.
    outbox_bytes_max: 8 << 20;
    /// Large answers of one connection that are made and not yet sent, in answers: texts of scripts,
    /// data of assets, pages of events.
    large_answers_max: 4;
    /// Commands that wait for one film, in commands.
    command_queue_len_max: 4_096;
    /// Commands that share one commit, in commands.
    commit_commands_max: 512;
    /// Events after which the state is written down anew, so that opening a film and looking into
    /// its past need not begin at the first one, in events.
    snapshot_every_events: 5_000;
    /// Room that one film's snapshots may take on disk, in bytes; the two newest are always kept.
    snapshots_bytes_max: 128 << 20;
    /// The largest file in a backup, in bytes.
    backup_entry_bytes_max: 8 << 30;
    /// What all files of a backup come to, in bytes.
    backup_bytes_max: 256 << 30;
    /// Files of one backup, in files.
    backup_entries_max: 1_000_000;
    /// Films open at once.
    open_projects_max: 64;
    /// The largest screenplay file, in bytes.
    script_bytes_max: 32 << 20;
    /// The longest line of a screenplay, in bytes.
    script_line_bytes_max: 1 << 20;
    /// The largest bible or settings file, in bytes.
    settings_bytes_max: 1 << 20;
    /// The largest workflow, ComfyUI graph or prompt, in bytes.
    graph_bytes_max: 20 << 20;
    /// Files of one film, in files.
    project_files_max: 4_096;
    /// Panels drawn at once, in panels.
    render_workers_max: 2;
    /// Width of a panel, in pixels.
    panel_width_px: 1_280;
    /// Pictures kept in memory for the page, in bytes.
    asset_cache_bytes_max: 4 << 20;
    /// The largest drawing or photo that is brought in, in bytes.
    import_bytes_max: 64 << 20;
    /// The longest side of one, in pixels.
    import_side_px_max: 16_384;
    /// The most pixels one may have, in pixels; each takes up to 8 bytes of memory while it is
    /// looked at.
    import_pixels_max: 64 << 20;
    /// Drawings and photos that are looked at at once, in files.
    import_workers_max: 2;
    /// Pictures of takes that are checked at once in the background, over all films, in pictures;
    /// with 0, they are only checked when `take/check` asks.
    check_workers_max: 1;
    /// How old a file that nothing names has to be before `asset/collect` deletes it, in
    /// milliseconds.
    collect_grace_ms: 24 * 60 * 60 * 1_000;
    /// The largest asset that `asset/get` returns in one answer, in bytes.
    asset_inline_bytes_max: 4 << 20;
    /// Events that `event/list` returns in one answer, in events.
    event_page_len_max: 1_000;
    /// Waiting time after the last change of a file before it is read, in milliseconds.
    watch_debounce_ms: 20;
    /// Pause between two looks at a folder that cannot be watched, in milliseconds.
    watch_poll_ms: 1_000;
    /// Time without a client after which the daemon stops, in milliseconds.
    idle_exit_ms: 600_000;
    /// Time a client has to send its first request headers, in milliseconds.
    handshake_ms_max: 10_000;
    /// Time a one-time browser token is good for, in milliseconds.
    browser_token_ms_max: 120_000;
    /// Size of the daemon's log file before a new one is begun, in bytes.
    log_file_bytes_max: 8 << 20;
    /// Log files kept, in files.
    log_files_max: 5;
}
