//! Promises about the whole list.

use expect_test::expect;

/// Who may do what, on one page. A changed line here is a changed promise: say so in the commit.
#[test]
#[expect(clippy::too_many_lines, reason = "it is a table")]
fn who_may_call_what() {
    let lines: Vec<String> = super::catalog()
        .methods
        .iter()
        .map(|it| {
            let (kind, scope) = (format!("{:?}", it.kind), format!("{:?}", it.scope));
            format!("{:18} {kind:8} {scope:7} {:?}\n", it.name, it.role)
        })
        .collect();
    expect![[r#"
        initialize         Job      Daemon  Viewer
        project/open       Job      Daemon  Producer
        project/close      Job      Daemon  Producer
        project/list       Query    Daemon  Viewer
        project/get        Query    Film    Viewer
        project/export     Job      Film    Producer
        project/import     Job      Daemon  Producer
        project/check      Job      Daemon  Producer
        script/list        Query    Film    Viewer
        script/get         Job      Film    Viewer
        script/write       Job      Film    Editor
        draft/list         Job      Film    Viewer
        draft/get          Job      Film    Viewer
        draft/discard      Job      Film    Editor
        scene/list         Query    Film    Viewer
        scene/get          Query    Film    Viewer
        shot/list          Query    Film    Viewer
        shot/get           Query    Film    Viewer
        shot/render        Job      Film    Editor
        scene/confirm      Command  Film    Editor
        scene/attach       Command  Film    Editor
        scene/detach       Command  Film    Editor
        shot/attach        Command  Film    Editor
        tray/list          Query    Film    Viewer
        take/list          Query    Film    Viewer
        take/get           Query    Film    Viewer
        take/select        Command  Film    Editor
        take/lock          Command  Film    Editor
        take/star          Command  Film    Editor
        take/reject        Command  Film    Editor
        take/comment       Command  Film    Editor
        take/uncomment     Command  Film    Editor
        take/move          Command  Film    Editor
        take/import        Job      Film    Editor
        take/compare       Job      Film    Viewer
        take/check         Job      Film    Editor
        history/undo       Job      Film    Editor
        history/redo       Job      Film    Editor
        history/at         Job      Film    Viewer
        history/list       Job      Film    Viewer
        history/diff       Job      Film    Viewer
        history/restore    Job      Film    Editor
        checkpoint/create  Command  Film    Editor
        checkpoint/list    Query    Film    Viewer
        checkpoint/delete  Command  Film    Editor
        checkpoint/restore Job      Film    Editor
        branch/create      Job      Film    Producer
        branch/list        Query    Film    Viewer
        branch/diff        Job      Film    Viewer
        branch/bring       Job      Film    Editor
        bible/list         Query    Film    Viewer
        asset/get          Job      Film    Viewer
        asset/graph        Job      Film    Viewer
        asset/lineage      Query    Film    Viewer
        asset/list         Query    Film    Viewer
        asset/tag          Command  Film    Editor
        asset/collect      Job      Film    Producer
        run/list           Query    Film    Viewer
        run/get            Query    Film    Viewer
        run/steps          Query    Film    Viewer
        run/wait           Job      Film    Viewer
        run/cancel         Command  Film    Editor
        run/pause          Command  Film    Editor
        run/resume         Command  Film    Editor
        run/retry          Command  Film    Editor
        run/prioritize     Command  Film    Editor
        server/list        Query    Daemon  Viewer
        server/drain       Job      Daemon  Producer
        workflow/list      Query    Film    Viewer
        workflow/copy      Job      Film    Editor
        workflow/plan      Job      Film    Viewer
        workflow/start     Command  Film    Editor
        llm/list           Job      Daemon  Viewer
        llm/usage          Query    Daemon  Viewer
        llm/unload         Job      Daemon  Producer
        cache/stats        Query    Daemon  Viewer
        cache/clear        Job      Daemon  Producer
        scene/breakdown    Job      Film    Editor
        shot/prompt        Job      Film    Editor
        bible/suggest      Job      Film    Editor
        scene/continuity   Job      Film    Viewer
        project/logline    Job      Film    Viewer
        scene/translate    Job      Film    Viewer
        diagnostic/list    Query    Film    Viewer
        selection/set      Command  Film    Viewer
        state/get          Query    Film    Viewer
        state/subscribe    Job      Film    Viewer
        state/unsubscribe  Job      Film    Viewer
        event/list         Job      Film    Viewer
        event/subscribe    Job      Film    Viewer
        event/unsubscribe  Job      Film    Viewer
        export/storyboard  Job      Film    Producer
        system/status      Query    Daemon  Viewer
        system/log         Job      Daemon  Admin
        system/page        Job      Daemon  Producer
        system/shutdown    Job      Daemon  Admin
        rpc.discover       Query    Daemon  Viewer
    "#]]
    .assert_eq(&lines.concat());
}

#[test]
fn every_method_and_field_has_a_doc() {
    let catalog = super::catalog();
    for method in &catalog.methods {
        assert!(!method.doc.is_empty(), "{} has no doc", method.name);
    }
    for (name, schema) in &catalog.types {
        let Some(properties) = schema.get("properties").and_then(|it| it.as_object()) else {
            continue;
        };
        for (field, schema) in properties {
            let documented = schema.get("description").is_some() || schema.get("$ref").is_some();
            assert!(documented, "{name}.{field} has no doc");
        }
    }
}
