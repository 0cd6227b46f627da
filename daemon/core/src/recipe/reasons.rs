//! Why a picture is stale: the difference of two intents, in words.

use std::collections::BTreeMap;

use storycore_schema::{
    recipe::{Intent, IntentEntry},
    shot::{Reason, ReasonKind},
};

use crate::bible::{Images, picture_changed, possessive};

/// What changed from the intent a picture was made from to the one of now. Empty only if they are
/// the same.
pub fn reasons(was: &Intent, now: &Intent) -> Vec<Reason> {
    let mut reasons = Reasons(Vec::new());
    reasons.lines(was, now);
    reasons.camera(was, now);
    reasons.light(was, now);
    reasons.subjects(was, now);
    reasons.location(was, now);
    reasons.entries(ReasonKind::Character, &was.props, &now.props);
    reasons.style(was, now);
    reasons.workflow(was, now);
    reasons.previous(was, now);
    reasons.0
}

struct Reasons(Vec<Reason>);

impl Reasons {
    fn add(&mut self, kind: ReasonKind, message: String) {
        self.0.push(Reason { kind, message });
    }

    fn lines(&mut self, was: &Intent, now: &Intent) {
        let (before, after) = (was.lines.len(), now.lines.len());
        if before == after {
            let pairs = was.lines.iter().zip(&now.lines).enumerate();
            for (index, (old, new)) in pairs.filter(|(_, (old, new))| old != new) {
                let what = if old.text == new.text {
                    "has another speaker"
                } else {
                    "rewritten"
                };
                self.add(ReasonKind::Text, format!("line {} {what}", index + 1));
            }
        } else if after > before {
            self.add(
                ReasonKind::Text,
                format!("{} added", count(after - before, "line")),
            );
        } else {
            self.add(
                ReasonKind::Text,
                format!("{} cut", count(before - after, "line")),
            );
        }
    }

    fn camera(&mut self, was: &Intent, now: &Intent) {
        let kind = ReasonKind::Camera;
        self.changed(kind, "framing", was.framing.spoken(), now.framing.spoken());
        self.changed(kind, "angle", was.angle.spoken(), now.angle.spoken());
        self.changed(
            kind,
            "movement",
            was.movement.spoken(),
            now.movement.spoken(),
        );
        let lens = |it: &Intent| it.lens_mm.map_or("any".to_owned(), |mm| format!("{mm} mm"));
        self.changed(kind, "lens", &lens(was), &lens(now));
    }

    fn light(&mut self, was: &Intent, now: &Intent) {
        let time = |it: &Intent| it.time_of_day.map_or("any", |time| time.spoken());
        self.changed(ReasonKind::Light, "time of day", time(was), time(now));
        let setting = |it: &Intent| it.setting.map_or("any", |setting| setting.spoken());
        self.changed(ReasonKind::Light, "setting", setting(was), setting(now));
    }

    fn subjects(&mut self, was: &Intent, now: &Intent) {
        self.entries(ReasonKind::Character, &was.subjects, &now.subjects);
        if was.renderer == now.renderer {
            self.pictures(&was.subjects, &now.subjects);
            self.pictures(&was.props, &now.props);
        }
        let names = |it: &Intent| {
            it.subjects
                .iter()
                .map(|it| it.name.clone())
                .collect::<Vec<_>>()
        };
        let (mut old, mut new) = (names(was), names(now));
        let moved = old != new;
        old.sort();
        new.sort();
        if moved && old == new {
            self.add(
                ReasonKind::Subjects,
                "subjects are in another order".to_owned(),
            );
        }
    }

    fn location(&mut self, was: &Intent, now: &Intent) {
        let name = |it: &Intent| {
            it.location
                .as_ref()
                .map_or("none".to_owned(), |it| it.name.clone())
        };
        self.changed(ReasonKind::Location, "location", &name(was), &name(now));
        if let (Some(old), Some(new)) = (&was.location, &now.location) {
            self.details(ReasonKind::Location, &new.name, &old.details, &new.details);
            // Of another renderer all is drawn anew anyway, and of another place, too.
            if was.renderer == now.renderer && old.name == new.name {
                self.images(ReasonKind::Location, &new.name, &old.images, &new.images);
            }
        }
    }

    fn style(&mut self, was: &Intent, now: &Intent) {
        let kind = ReasonKind::Style;
        self.details(kind, "style", &was.style, &now.style);
        if was.renderer == now.renderer {
            self.images(kind, "the style", &was.style_images, &now.style_images);
        }
        self.changed(kind, "renderer", &was.renderer, &now.renderer);
        let aspect = |it: &Intent| format!("{:.2}:1", f64::from(it.aspect_milli) / 1_000.0);
        self.changed(kind, "aspect", &aspect(was), &aspect(now));
    }

    fn workflow(&mut self, was: &Intent, now: &Intent) {
        let (Some(old), Some(new)) = (&was.workflow, &now.workflow) else {
            return;
        };
        let kind = ReasonKind::Workflow;
        if old.name == new.name && old.hash != new.hash {
            self.add(kind, format!("workflow {} changed", new.name));
        }
        self.changed(kind, "workflow", &old.name, &new.name);
    }

    fn previous(&mut self, was: &Intent, now: &Intent) {
        // With another renderer all is drawn anew anyway.
        if was.renderer == now.renderer && was.previous != now.previous {
            let message = "the shot before it changed".to_owned();
            self.add(ReasonKind::Text, message);
        }
    }

    fn entries(&mut self, kind: ReasonKind, was: &[IntentEntry], now: &[IntentEntry]) {
        let find = |all: &[IntentEntry], name: &str| all.iter().position(|it| it.name == name);
        for new in now {
            match find(was, &new.name) {
                Some(at) => self.details(kind, &new.name, &was[at].details, &new.details),
                None => self.add(
                    ReasonKind::Subjects,
                    format!("{} is in the shot now", new.name),
                ),
            }
        }
        for old in was.iter().filter(|old| find(now, &old.name).is_none()) {
            self.add(
                ReasonKind::Subjects,
                format!("{} is no longer in the shot", old.name),
            );
        }
    }

    fn details(&mut self, kind: ReasonKind, name: &str, was: &Details, now: &Details) {
        for (key, new) in now {
            match was.get(key) {
                Some(old) if old == new => {}
                Some(_) => self.add(kind, format!("{name}: {key} changed")),
                None => self.add(kind, format!("{name}: {key} added")),
            }
        }
        for key in was.keys().filter(|key| !now.contains_key(*key)) {
            self.add(kind, format!("{name}: {key} removed"));
        }
    }

    /// Pictures of whoever was in the shot and still is.
    fn pictures(&mut self, was: &[IntentEntry], now: &[IntentEntry]) {
        for new in now {
            if let Some(old) = was.iter().find(|it| it.name == new.name) {
                self.images(ReasonKind::Character, &new.name, &old.images, &new.images);
            }
        }
    }

    fn images(&mut self, kind: ReasonKind, name: &str, was: &Images, now: &Images) {
        let of = possessive(name);
        for (key, new) in now {
            match was.get(key) {
                Some(old) if old == new => {}
                Some(_) => self.add(kind, picture_changed(name, key)),
                None => self.add(kind, format!("{of} {key} picture added")),
            }
        }
        for key in was.keys().filter(|key| !now.contains_key(*key)) {
            self.add(kind, format!("{of} {key} picture removed"));
        }
    }

    fn changed(&mut self, kind: ReasonKind, what: &str, was: &str, now: &str) {
        if was != now {
            self.add(kind, format!("{what}: {was} → {now}"));
        }
    }
}

type Details = BTreeMap<String, String>;

fn count(n: usize, noun: &str) -> String {
    if n == 1 {
        format!("1 {noun}")
    } else {
        format!("{n} {noun}s")
    }
}
