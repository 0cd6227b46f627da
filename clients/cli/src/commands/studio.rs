//! `storycore studio`: the boards, kept up to date while somebody writes.

mod redraws;
mod servers;

use std::{collections::VecDeque, path::Path, thread, time::Duration};

use clap::ArgMatches;
use storycore_schema::{
    Seq, Topic,
    id::ProjectId,
    log::SubscribeEvents,
    project::{GetProject, Project},
    system::GetPage,
};
use storycore_server::platform;

use super::{board, connect};
use crate::{
    client::Client, failure::Failure, film, interrupt, output::Output, view::words::count,
};
use redraws::Redraws;

const RETRY_FIRST: Duration = Duration::from_millis(200);
const RETRY_LAST: Duration = Duration::from_secs(5);

/// Opens the film for automatic drawing, shows the page, and stays.
pub(crate) fn run(matches: &ArgMatches, output: &Output) -> Result<(), Failure> {
    let path = matches
        .get_one::<String>("path")
        .map_or(".", String::as_str);
    let path = film::film_path(path.as_ref())?;
    let mut client = connect()?;
    interrupt::cancel_on_ctrl_c(client.canceler());
    let film = film::open(&mut client, &path, Some(true))?;
    board::report_diagnostics(&mut client, &film, output)?;
    show_page(&mut client, &film, matches.get_flag("no-open"), output)?;
    if servers::can_draw(&mut client, &film, output)? {
        board::render(&mut client, &film, output)?;
    }
    let film = client.ask(&GetProject { project: film.id })?;
    output.line(&state_line(&film))?;
    output.note("following the script until Ctrl-C");
    interrupt::finish_on_ctrl_c();
    let mut redraws = Redraws::from(subscribe(&mut client, film.id, None)?);
    loop {
        match follow(&mut client, film.id, &mut redraws, output) {
            Err(Failure::Unreachable(_)) => {
                output.note("the daemon went away; starting it again");
                client = reconnect(&path, &redraws)?;
            }
            other => return other,
        }
    }
}

/// Prints the page's address before anything is drawn, as that may take long, and opens it.
fn show_page(
    client: &mut Client,
    film: &Project,
    only_print: bool,
    output: &Output,
) -> Result<(), Failure> {
    let page = client.ask(&GetPage {
        project: Some(film.id),
    })?;
    output.line(&page.url)?;
    if !only_print && !platform::open_in_browser(&page.url) {
        output.note("open this address in a browser; it is good for one use and two minutes");
    }
    Ok(())
}

/// Prints a line for each redraw, until the daemon goes away.
fn follow(
    client: &mut Client,
    film: ProjectId,
    redraws: &mut Redraws,
    output: &Output,
) -> Result<(), Failure> {
    let mut waiting = VecDeque::new();
    loop {
        let note = match waiting.pop_front() {
            Some(note) => note,
            None => client.next_note()?,
        };
        if redraws.lagged(&note) {
            subscribe(client, film, Some(redraws.seen()))?;
        }
        let Some(done) = redraws.done(&note) else {
            continue;
        };
        // What happens while we ask is not lost, it waits its turn.
        let film = GetProject { project: film };
        let film = client.ask_with(&film, &mut |it| waiting.push_back(it.clone()))?;
        output.line(&format!("{done}; {}", state_line(&film)))?;
    }
}

fn subscribe(client: &mut Client, film: ProjectId, after: Option<Seq>) -> Result<Seq, Failure> {
    let topics = Some(vec![Topic::Run]);
    Ok(client
        .ask(&SubscribeEvents {
            project: film,
            after,
            topics,
        })?
        .head)
}

/// Starts the daemon anew, however long it takes, and goes on where we were.
fn reconnect(path: &Path, redraws: &Redraws) -> Result<Client, Failure> {
    let mut pause = RETRY_FIRST;
    loop {
        thread::sleep(pause);
        pause = (pause * 2).min(RETRY_LAST);
        let again = connect().and_then(|mut client| {
            let film = film::open(&mut client, path, Some(true))?;
            subscribe(&mut client, film.id, Some(redraws.seen()))?;
            Ok(client)
        });
        match again {
            Err(Failure::Unreachable(_)) => {}
            other => return other,
        }
    }
}

fn state_line(film: &Project) -> String {
    let mut parts = vec![count(film.scenes, "scene"), count(film.shots, "shot")];
    for (n_shots, word) in [(film.stale, "stale"), (film.missing, "missing")] {
        if n_shots > 0 {
            parts.push(format!("{n_shots} {word}"));
        }
    }
    if film.fresh == film.shots && film.shots > 0 {
        parts.push("all fresh".to_owned());
    }
    format!("{}: {}", film.title, parts.join(", "))
}
