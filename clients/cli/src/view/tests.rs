//! Results as people see them.

use expect_test::expect;
use serde_json::json;

use super::*;

const ID: &str = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

fn shown(method: &str, result: &Value) -> String {
    for_people(method, result, false, false) + "\n"
}

#[test]
fn a_stale_shot_says_why() {
    let shots = json!([
        {"id": ID, "label": "1A", "status": "fresh", "framing": "wide", "angle": "eyeLevel",
         "subjects": ["MAYA", "OLD JONAS"], "durationMs": 4_200, "reasons": [],
         "text": "The lamp goes out."},
        {"id": ID, "label": "1B", "status": "stale", "framing": "closeUp", "angle": "low",
         "subjects": [], "durationMs": 61_000, "text": "Nobody\nmoves.",
         "reasons": [{"kind": "character", "message": "MAYA: hair changed"},
                     {"kind": "text", "message": "line 3 rewritten"}]},
    ]);
    expect![[r#"
         SHOT  STATUS  FRAMING  ANGLE     SUBJECTS         TIME  TEXT                WHY                                   ID
         1A    fresh   wide     eyeLevel  MAYA, OLD JONAS  0:04  The lamp goes out.                                        01ARZ3NDEKTSV4RRFFQ69G5FAV
         1B    stale   closeUp  low                        1:01  Nobody moves.       MAYA: hair changed; line 3 rewritten  01ARZ3NDEKTSV4RRFFQ69G5FAV
    "#]].assert_eq(&shown("shot/list", &shots));
}

#[test]
fn what_was_decided_about_takes_is_seen() {
    let shots = json!([
        {"id": ID, "label": "1A", "status": "stale", "framing": "wide", "angle": "eyeLevel",
         "subjects": [], "durationMs": 4_200, "reasons": [], "text": "The lamp goes out.",
         "choice": {"take": ID, "locked": true}, "imported": "lamp.png"},
    ]);
    expect![[r#"
        SHOT  STATUS          FILE      FRAMING  ANGLE     TIME  TEXT                ID
        1A    stale   locked  lamp.png  wide     eyeLevel  0:04  The lamp goes out.  01ARZ3NDEKTSV4RRFFQ69G5FAV
    "#]].assert_eq(&shown("shot/list", &shots));
    let takes = json!([
        {"id": ID, "shot": ID, "asset": "00", "status": "stale", "shown": true, "selected": true,
         "locked": true, "starred": false, "rejected": false, "comments": [],
         "source": {"type": "imported", "name": "lamp.png", "by": "page-3"}},
        {"id": ID, "shot": ID, "asset": "01", "status": "fresh", "shown": false,
         "selected": false, "locked": false, "starred": true, "rejected": true,
         "comments": [{"text": "no"}],
         "source": {"type": "rendered", "seed": 1}},
    ]);
    expect![[r#"
        SHOT                        STATUS                                              FROM      FILE      SAID  ASSET  ID
        01ARZ3NDEKTSV4RRFFQ69G5FAV  stale   shown  selected  locked                     imported  lamp.png     0  00     01ARZ3NDEKTSV4RRFFQ69G5FAV
        01ARZ3NDEKTSV4RRFFQ69G5FAV  fresh                            starred  rejected  rendered               1  01     01ARZ3NDEKTSV4RRFFQ69G5FAV
    "#]].assert_eq(&shown("take/list", &takes));
}

#[test]
fn what_waits_in_the_tray_is_two_tables() {
    let tray = json!({
        "scenes": [{"id": ID, "script": "script/a.fountain", "heading": "EXT. STREET - NIGHT",
                    "shots": [ID, ID], "takes": 3}],
        "shots": [{"id": ID, "sceneId": ID, "heading": "EXT. STREET - NIGHT", "takes": [ID],
                   "text": "JONAS: Where is she?"},
                  {"id": ID, "sceneId": ID, "heading": "EXT. STREET - NIGHT", "takes": [ID, ID],
                   "text": ""}],
    });
    expect![[r#"
        SCENE                STOOD IN           SHOTS  TAKES  ID
        EXT. STREET - NIGHT  script/a.fountain      2      3  01ARZ3NDEKTSV4RRFFQ69G5FAV

        SHOT                  OF                   TAKES  ID
        JONAS: Where is she?  EXT. STREET - NIGHT      1  01ARZ3NDEKTSV4RRFFQ69G5FAV
                              EXT. STREET - NIGHT      2  01ARZ3NDEKTSV4RRFFQ69G5FAV
    "#]]
    .assert_eq(&shown("tray/list", &tray));
    let empty = json!({"scenes": [], "shots": []});
    expect![[r#"
        nothing waits for a place
    "#]]
    .assert_eq(&shown("tray/list", &empty));
}

#[test]
fn an_object_is_pairs_and_a_command_shows_its_value() {
    let run = json!({"seq": 9, "value": {
        "status": "canceled", "id": ID, "done": 2, "bytes": 2_048,
        "span": {"start": 1, "line": 2}, "tags": ["a", "b"],
    }});
    expect![[r#"
        id      01ARZ3NDEKTSV4RRFFQ69G5FAV
        bytes   2.0 KiB
        done    2
        span    line 2, start 1
        status  canceled
        tags    a, b
    "#]]
    .assert_eq(&shown("run/cancel", &run));
}

#[test]
fn nothing_is_said_in_words() {
    assert_eq!(shown("scene/list", &json!([])), "none\n");
    assert_eq!(shown("project/close", &Value::Null), "done\n");
    assert_eq!(
        shown("system/page", &json!({"url": "http://localhost/"})),
        "http://localhost/\n"
    );
}

#[test]
fn status_ends_with_the_limits_under_the_names_one_can_set() {
    let status = json!({
        "version": "0.1.0", "pid": 7, "uptimeMs": 61_000, "memoryBytes": 12 << 20,
        "limits": storycore_schema::Limits::default(),
        "methods": [{"method": "shot/list", "calls": 3, "errors": 0, "meanUs": 12, "maxUs": 30}],
    });
    let text = shown("system/status", &status);
    assert!(text.contains("memoryBytes  12.0 MiB"), "{text}");
    assert!(text.contains("frame_bytes_max"), "{text}");
    assert!(text.lines().count() > 30);
}

#[test]
fn workflows_stand_with_the_models_that_they_want() {
    let files = json!([
        {"path": "workflows/board.json", "text": "00"},
        {"path": "shipped/flux.toml", "text": "01", "workflow": {
            "name": "Flux", "description": "One picture a shot.", "steps": [],
            "models": [{"file": "flux1-schnell.safetensors", "folder": "diffusion_models"},
                       {"file": "ae.safetensors", "folder": "vae"}],
        }},
    ]);
    expect![[r#"
        FILE                  NAME  WHAT                 MODELS
        workflows/board.json
        shipped/flux.toml     Flux  One picture a shot.  flux1-schnell.safetensors; ae.safetensors
    "#]]
    .assert_eq(&shown("workflow/list", &files));
}

#[test]
fn the_list_a_result_is_about_is_a_table_below_it() {
    let plan = json!({
        "name": "Board", "shots": 2, "of": 9, "tookMs": 65_400,
        "summary": "2 of 9 shots, because MAYA: hair changed (1), no picture yet (1)",
        "items": [
            {"label": "1A", "status": "stale", "reused": true, "shot": ID,
             "reasons": [{"kind": "character", "message": "MAYA: hair changed"}]},
            {"label": "2A", "status": "missing", "reused": false, "shot": ID, "reasons": []},
        ],
    });
    expect![[r#"
        name     Board
        of       9
        shots    2
        summary  2 of 9 shots, because MAYA: hair changed (1), no picture yet (1)
        tookMs   65.4 s

        SHOT  STATUS          WHY                 ID
        1A    stale    found  MAYA: hair changed  01ARZ3NDEKTSV4RRFFQ69G5FAV
        2A    missing                             01ARZ3NDEKTSV4RRFFQ69G5FAV
    "#]]
    .assert_eq(&shown("workflow/plan", &plan));
    let checked = json!({"path": "/films/a", "seq": 3, "blobs": 2, "findings": []});
    expect![[r#"
        blobs  2
        path   /films/a
        seq    3

        no findings
    "#]]
    .assert_eq(&shown("project/check", &checked));
}

#[test]
fn servers_and_models_are_tables() {
    let servers = json!([
        {"name": "desk", "url": "http://desk:8188", "health": "up", "draining": false,
         "version": "0.3.75", "device": "cuda:0", "memoryFreeBytes": 8_589_934_592_u64,
         "placed": 2, "queued": 2, "others": 0, "meanMs": 1_250, "finished": 12},
        {"name": "attic", "url": "http://attic:8188", "health": "down", "draining": true,
         "placed": 0, "queued": 0, "others": 0, "finished": 0,
         "error": "attic cannot be reached: Connection refused (os error 111)"},
    ]);
    expect![[r#"
        SERVER  HEALTH            VERSION  DEVICE     FREE  OURS  OTHERS  DONE    MEAN  URL                ERROR
        desk    up                0.3.75   cuda:0  8.0 GiB     2       0    12  1.25 s  http://desk:8188
        attic   down    draining                               0       0     0          http://attic:8188  attic cannot be reached: Connection refused (os error 111)
    "#]].assert_eq(&shown("server/list", &servers));
    let used = json!([
        {"task": "breakdown", "answers": 3, "cached": 1, "failed": 0, "tokensIn": 4_100,
         "tokensOut": 900, "moneyMicro": 25_800, "tookMs": 9_120},
    ]);
    expect![[r#"
        TASK       ANSWERS  KEPT  FAILED  READ  WRITTEN  MONEY    TOOK
        breakdown        3     1       0  4100      900   0.03  9.12 s
    "#]]
    .assert_eq(&shown("llm/usage", &used));
}

#[test]
fn words_are_counted_in_a_line() {
    let found = json!({"total": 0, "bytes": 0, "assets": [],
        "tags": [{"assets": 2, "tag": "key art"}, {"assets": 1, "tag": "blue"}]});
    expect![[r#"
        bytes  0 B
        tags   key art 2, blue 1
        total  0

        no assets
    "#]]
    .assert_eq(&shown("asset/list", &found));
}
