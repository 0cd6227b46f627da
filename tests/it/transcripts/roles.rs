//! Every method, called by somebody whose role is just too low, and by somebody whose is not.

use serde_json::json;
use storycore_schema::Role;

use crate::support::{block_on, in_process::InProcess};

/// The role just below, if there is one.
fn below(role: Role) -> Option<Role> {
    match role {
        Role::Viewer => None,
        Role::Editor => Some(Role::Viewer),
        Role::Producer => Some(Role::Editor),
        Role::Admin => Some(Role::Producer),
    }
}

#[test]
fn the_role_below_is_refused_and_the_role_itself_is_not() {
    block_on(async {
        let daemon = InProcess::new();
        for method in storycore_schema::catalog().methods {
            if let Some(role) = below(method.role) {
                let refusal = daemon.client(role).call(method.name, json!({})).await;
                let refusal = refusal.expect_err(method.name);
                assert_eq!(
                    refusal.kind(),
                    "permissionDenied",
                    "{} for {role:?}",
                    method.name
                );
            }
            let answer = daemon
                .client(method.role)
                .call(method.name, json!({}))
                .await;
            let kind = answer.err().map(|it| it.kind().to_owned());
            assert_ne!(
                kind.as_deref(),
                Some("permissionDenied"),
                "{} for {:?}",
                method.name,
                method.role
            );
            assert_ne!(kind.as_deref(), Some("unknownMethod"), "{}", method.name);
            assert_ne!(kind.as_deref(), Some("internal"), "{}", method.name);
        }
    });
}

#[test]
fn a_viewer_may_not_open_a_film_and_nothing_happens() {
    block_on(async {
        let daemon = InProcess::new();
        let film = daemon.dir.path().join("film");
        std::fs::create_dir(&film).unwrap();
        let refusal = daemon
            .client(Role::Viewer)
            .call("project/open", json!({"path": film}))
            .await;
        assert_eq!(
            refusal.unwrap_err().words(),
            "project/open needs the role producer, memory is viewer | \
             over the local socket, or with the daemon's token, you may do everything"
        );
        assert_eq!(daemon.daemon.films.count(), 0);
        assert!(!film.join(".storycore").exists());
    });
}
