//! `run/wait`: waits for the end of a run, and changes nothing about it.

use storycore_schema::{
    Error, ErrorKind,
    run::{Run, WaitForRun},
};

use super::{Context, Serve};

impl Serve for WaitForRun {
    async fn serve(self, context: &Context) -> Result<Run, Error> {
        let film = context.film(self.project)?;
        let mut commits = film.bus.watch();
        let mut told = 0;
        loop {
            commits.borrow_and_update();
            let now = film.bus.film();
            let run = &now.state.generation.runs.get(self.id)?.run;
            if !run.status.is_open() {
                return Ok(run.clone());
            }
            let ended = run.done + run.failed;
            if ended > told {
                told = ended;
                context.progress(ended, run.total, &format!("{ended} of {} steps", run.total));
            }
            tokio::select! {
                changed = commits.changed() => if changed.is_err() { return Err(film.closed_error()) },
                () = film.closing.cancelled() => return Err(film.closed_error()),
                () = context.call.cancel.cancelled() => {
                    let message = "waiting was given up; the run goes on";
                    return Err(Error::new(ErrorKind::Cancelled, message));
                }
            }
        }
    }
}
