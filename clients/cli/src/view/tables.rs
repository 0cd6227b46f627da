//! The columns of the lists people read most.

use super::cell::{Column, Format};

const fn column(title: &'static str, pointer: &'static str, format: Format) -> Column {
    Column {
        title,
        pointer,
        format,
    }
}

/// The columns of a method's list, if it has some of its own.
pub(super) fn columns(method: &str) -> Option<&'static [Column]> {
    match method {
        "scene/list" => Some(SCENES),
        "shot/list" => Some(SHOTS),
        "take/list" => Some(TAKES),
        "history/list" => Some(MOMENTS),
        "checkpoint/list" => Some(CHECKPOINTS),
        "branch/list" => Some(BRANCHES),
        "run/list" => Some(RUNS),
        "project/list" => Some(PROJECTS),
        "script/list" => Some(SCRIPTS),
        "bible/list" => Some(BIBLE),
        "workflow/list" => Some(WORKFLOWS),
        "diagnostic/list" => Some(DIAGNOSTICS),
        "draft/list" => Some(DRAFTS),
        "run/steps" => Some(STEPS),
        "server/list" => Some(SERVERS),
        "llm/list" => Some(LLMS),
        "llm/usage" => Some(LLM_USAGE),
        _ => None,
    }
}

/// The list inside a method's result that is a table of its own: its field, and its columns.
pub(super) fn inner(method: &str) -> Option<(&'static str, &'static [Column])> {
    match method {
        "asset/list" => Some(("assets", ASSETS)),
        "workflow/plan" => Some(("items", PLANNED)),
        "project/check" => Some(("findings", FINDINGS)),
        "scene/breakdown" => Some(("shots", SUGGESTED_SHOTS)),
        "scene/continuity" => Some(("findings", CONTINUITY)),
        "scene/translate" => Some(("lines", TRANSLATED)),
        "bible/suggest" => Some(("details", SUGGESTED_DETAILS)),
        _ => None,
    }
}

const SCENES: &[Column] = &[
    column("#", "/number", Format::Number),
    column("HEADING", "/heading", Format::Short(60)),
    column("SHOTS", "/shots", Format::Count),
    column("TIME", "/durationMs", Format::Duration),
    column("LINE", "/span/line", Format::Number),
    column("ID", "/id", Format::Id),
];

const SHOTS: &[Column] = &[
    column("SHOT", "/label", Format::Text),
    column("STATUS", "/status", Format::Status),
    column("", "/choice/locked", Format::If("locked")),
    column("FILE", "/imported", Format::Short(24)),
    column("FRAMING", "/framing", Format::Text),
    column("ANGLE", "/angle", Format::Text),
    column("SUBJECTS", "/subjects", Format::Short(30)),
    column("TIME", "/durationMs", Format::Duration),
    column("TEXT", "/text", Format::Short(48)),
    column("WHY", "/reasons", Format::Each("message")),
    column("ID", "/id", Format::Id),
];

/// Scenes in the unplaced tray.
pub(super) const TRAY_SCENES: &[Column] = &[
    column("SCENE", "/heading", Format::Short(60)),
    column("STOOD IN", "/script", Format::Short(40)),
    column("SHOTS", "/shots", Format::Count),
    column("TAKES", "/takes", Format::Number),
    column("ID", "/id", Format::Id),
];

/// Shots in the unplaced tray.
pub(super) const TRAY_SHOTS: &[Column] = &[
    column("SHOT", "/text", Format::Short(48)),
    column("OF", "/heading", Format::Short(40)),
    column("TAKES", "/takes", Format::Count),
    column("ID", "/id", Format::Id),
];

const TAKES: &[Column] = &[
    column("MADE", "/madeMs", Format::Age),
    column("SHOT", "/shot", Format::Text),
    column("STATUS", "/status", Format::Status),
    column("", "/shown", Format::If("shown")),
    column("", "/selected", Format::If("selected")),
    column("", "/locked", Format::If("locked")),
    column("", "/starred", Format::If("starred")),
    column("", "/rejected", Format::If("rejected")),
    column("FROM", "/source/type", Format::Text),
    column("FILE", "/source/name", Format::Short(24)),
    column("SAID", "/comments", Format::Count),
    column("ASSET", "/asset", Format::Short(13)),
    column("ID", "/id", Format::Id),
];

const RUNS: &[Column] = &[
    column("ASKED", "/requestedMs", Format::Age),
    column("STATUS", "/status", Format::Status),
    column("CAUSE", "/cause", Format::Text),
    column("DONE", "/done", Format::Number),
    column("OF", "/total", Format::Number),
    column("KEPT", "/reused", Format::Number),
    column("FAILED", "/failed", Format::Number),
    column("ERROR", "/error", Format::Text),
    column("ID", "/id", Format::Id),
];

const PROJECTS: &[Column] = &[
    column("FILM", "/title", Format::Text),
    column("", "/open", Format::If("open")),
    column("PATH", "/path", Format::Text),
    column("ID", "/id", Format::Id),
];

const SCRIPTS: &[Column] = &[
    column("SCRIPT", "/path", Format::Text),
    column("SCENES", "/scenes", Format::Count),
    column("SIZE", "/bytes", Format::Bytes),
];

const BIBLE: &[Column] = &[
    column("KIND", "/entry/kind", Format::Text),
    column("NAME", "/entry/name", Format::Text),
    column("DESCRIPTION", "/entry/description", Format::Short(48)),
    column("FILE", "/path", Format::Text),
];

/// Graphs and prompts have a file only.
const WORKFLOWS: &[Column] = &[
    column("FILE", "/path", Format::Text),
    column("NAME", "/workflow/name", Format::Text),
    column("WHAT", "/workflow/description", Format::Text),
    column("MODELS", "/workflow/models", Format::Each("file")),
];

const DIAGNOSTICS: &[Column] = &[
    column("", "/severity", Format::Status),
    column("FILE", "/path", Format::Text),
    column("LINE", "/line", Format::Number),
    column("COLUMN", "/column", Format::Number),
    column("WHAT", "/message", Format::Text),
    column("NEXT", "/hint", Format::Text),
];

const DRAFTS: &[Column] = &[
    column("FILE", "/path", Format::Text),
    column("TYPED", "/atMs", Format::Age),
    column("WHO", "/client", Format::Short(24)),
    column("SIZE", "/bytes", Format::Bytes),
    column("", "/open", Format::If("open")),
    column("", "/conflict", Format::If("conflict")),
];

const STEPS: &[Column] = &[
    column("STEP", "/step", Format::Text),
    column("STATUS", "/status", Format::Status),
    column("", "/reused", Format::If("found")),
    column("SERVER", "/server", Format::Text),
    column("TRIED", "/attempts", Format::Number),
    column("TOOK", "/tookMs", Format::Time),
    column("WAITS FOR", "/waitsFor", Format::Text),
    column("ERROR", "/error", Format::Text),
    column("SHOT", "/shot", Format::Id),
    column("SCENE", "/scene", Format::Id),
];

const SERVERS: &[Column] = &[
    column("SERVER", "/name", Format::Text),
    column("HEALTH", "/health", Format::Status),
    column("", "/draining", Format::If("draining")),
    column("VERSION", "/version", Format::Text),
    column("DEVICE", "/device", Format::Text),
    column("FREE", "/memoryFreeBytes", Format::Bytes),
    column("OURS", "/placed", Format::Number),
    column("OTHERS", "/others", Format::Number),
    column("DONE", "/finished", Format::Number),
    column("MEAN", "/meanMs", Format::Time),
    column("MODEL", "/model", Format::Text),
    column("URL", "/url", Format::Text),
    column("ERROR", "/error", Format::Text),
];

const LLMS: &[Column] = &[
    column("NAME", "/name", Format::Text),
    column("KIND", "/kind", Format::Text),
    column("MODEL", "/model", Format::Text),
    column("", "/reachable", Format::If("answers")),
    column("AT WORK", "/underWay", Format::Number),
    column("TODAY", "/spentTodayMicro", Format::Money),
    column("TOKENS", "/tokensToday", Format::Number),
    column("URL", "/url", Format::Text),
    column("ERROR", "/error", Format::Text),
    column("NEXT", "/hint", Format::Text),
];

const LLM_USAGE: &[Column] = &[
    column("TASK", "/task", Format::Text),
    column("ANSWERS", "/answers", Format::Number),
    column("KEPT", "/cached", Format::Number),
    column("FAILED", "/failed", Format::Number),
    column("READ", "/tokensIn", Format::Number),
    column("WRITTEN", "/tokensOut", Format::Number),
    column("MONEY", "/moneyMicro", Format::Money),
    column("TOOK", "/tookMs", Format::Time),
    column("FILM", "/project", Format::Id),
];

const ASSETS: &[Column] = &[
    column("MADE", "/madeMs", Format::Age),
    column("WHAT", "/asset/mediaType", Format::Text),
    column("SIZE", "/asset/bytes", Format::Bytes),
    column("WIDE", "/asset/widthPx", Format::Number),
    column("HIGH", "/asset/heightPx", Format::Number),
    column("SHOTS", "/shots", Format::Short(24)),
    column("FILE", "/name", Format::Short(24)),
    column("TAGS", "/tags", Format::Short(40)),
    column("ID", "/asset/id", Format::Id),
];

const PLANNED: &[Column] = &[
    column("SHOT", "/label", Format::Text),
    column("STATUS", "/status", Format::Status),
    column("", "/reused", Format::If("found")),
    column("WHY", "/reasons", Format::Each("message")),
    column("ID", "/shot", Format::Id),
];

const FINDINGS: &[Column] = &[
    column("KIND", "/kind", Format::Text),
    column("WHAT", "/message", Format::Text),
    column("DONE", "/repaired", Format::Text),
    column("NEXT", "/hint", Format::Text),
];

const SUGGESTED_SHOTS: &[Column] = &[
    column("LINE", "/line", Format::Number),
    column("FRAMING", "/framing", Format::Text),
    column("ANGLE", "/angle", Format::Text),
    column("MOVEMENT", "/movement", Format::Text),
    column("SUBJECTS", "/subjects", Format::Short(30)),
    column("TIME", "/durationMs", Format::Duration),
    column("TEXT", "/text", Format::Short(48)),
    column("WHY", "/why", Format::Text),
];

const CONTINUITY: &[Column] = &[
    column("", "/severity", Format::Status),
    column("KIND", "/kind", Format::Text),
    column("WHAT", "/message", Format::Text),
    column("FIX", "/fix", Format::Text),
    column("SHOTS", "/shots", Format::Id),
];

const TRANSLATED: &[Column] = &[
    column("WHO", "/character", Format::Text),
    column("ORIGINAL", "/original", Format::Text),
    column("TRANSLATED", "/text", Format::Text),
];

const SUGGESTED_DETAILS: &[Column] = &[
    column("DETAIL", "/name", Format::Text),
    column("HOW", "/value", Format::Text),
    column("FROM", "/source", Format::Text),
];

const MOMENTS: &[Column] = &[
    column("SEQ", "/seq", Format::Number),
    column("WHEN", "/atMs", Format::Age),
    column("WHO", "/actor", Format::Short(24)),
    column("WHAT", "/words", Format::Text),
];

const CHECKPOINTS: &[Column] = &[
    column("CHECKPOINT", "/name", Format::Short(60)),
    column("WHEN", "/atMs", Format::Age),
    column("WHO", "/by", Format::Short(24)),
    column("SEQ", "/seq", Format::Number),
    column("ID", "/id", Format::Id),
];

const BRANCHES: &[Column] = &[
    column("BRANCH", "/name", Format::Short(60)),
    column("WHEN", "/atMs", Format::Age),
    column("WHO", "/by", Format::Short(24)),
    column("BEGAN", "/seq", Format::Number),
    column("PATH", "/path", Format::Text),
    column("ID", "/project", Format::Id),
];

/// Events of the log.
pub(super) const EVENTS: &[Column] = &[
    column("SEQ", "/seq", Format::Number),
    column("WHEN", "/atMs", Format::Age),
    column("NOUN", "/event/noun", Format::Text),
    column("WHAT", "/event/event/type", Format::Text),
    column("WHO", "/actor", Format::Text),
    column("REQUEST", "/correlationId", Format::Id),
];

/// How the daemon's methods do.
pub(super) const METRICS: &[Column] = &[
    column("METHOD", "/method", Format::Text),
    column("CALLS", "/calls", Format::Number),
    column("ERRORS", "/errors", Format::Number),
    column("MEAN µs", "/meanUs", Format::Number),
    column("MAX µs", "/maxUs", Format::Number),
];

/// What the daemon may use.
pub(super) const LIMITS: &[Column] = &[
    column("LIMIT", "/limit", Format::Text),
    column("VALUE", "/value", Format::Number),
    column("", "/doc", Format::Text),
];
