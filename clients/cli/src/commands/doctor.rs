//! `storycore doctor`: what is wrong with what is kept of a film, in words, and what was put right.

use clap::ArgMatches;
use storycore_schema::{
    Error,
    checkup::{CheckProject, Checkup},
};

use super::{connect, local_path};
use crate::{failure::Failure, film, output::Output, view::words::count};

/// Has the film checked, and fails if something is still wrong afterwards.
pub(crate) fn run(matches: &ArgMatches, output: &Output) -> Result<(), Failure> {
    let path = matches
        .get_one::<String>("path")
        .map_or(".", String::as_str);
    let path = film::film_path(path.as_ref())?;
    let checkup = connect()?.ask(&CheckProject {
        path: local_path(&path.to_string_lossy())?,
        repair: Some(matches.get_flag("repair")),
    })?;
    if output.json {
        let json = serde_json::to_string(&checkup).map_err(Failure::lost)?;
        output.line(&json)?;
    } else {
        output.line(report(&checkup).trim_end())?;
    }
    let left = left(&checkup);
    if left > 0 {
        let message = format!("{} left", count(left, "problem"));
        return Err(Failure::Failed(Error::failed_precondition(message)));
    }
    Ok(())
}

fn left(checkup: &Checkup) -> u32 {
    let left = checkup.findings.iter().filter(|it| it.repaired.is_none());
    u32::try_from(left.count()).unwrap_or(u32::MAX)
}

fn report(checkup: &Checkup) -> String {
    let mut report = format!(
        "{}: {}, {}\n",
        checkup.path,
        count(u32::try_from(checkup.seq.0).unwrap_or(u32::MAX), "event"),
        count(checkup.blobs, "blob"),
    );
    for finding in &checkup.findings {
        let done = finding.repaired.is_some();
        let mark = if done { "repaired" } else { "problem" };
        report += &format!("{mark}: {}\n", finding.message);
        for more in finding.repaired.iter().chain(&finding.hint) {
            report += &format!("  {more}\n");
        }
    }
    if let Some(copies) = &checkup.copies {
        report += &format!("Copies of what was changed are in {copies}\n");
    }
    if checkup.findings.is_empty() {
        report += "Everything is whole.\n";
    }
    report
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use storycore_schema::{
        Seq,
        checkup::{Finding, FindingKind},
    };

    use super::*;

    #[test]
    fn a_report_says_what_is_wrong_and_what_to_do() {
        let finding = |message: &str, repaired: Option<&str>, hint: Option<&str>| Finding {
            kind: FindingKind::Event,
            message: message.to_owned(),
            repaired: repaired.map(ToOwned::to_owned),
            hint: hint.map(ToOwned::to_owned),
        };
        let mut checkup = Checkup {
            path: "/films/low-tide".to_owned(),
            seq: Seq(812),
            blobs: 1,
            findings: vec![
                finding(
                    "event 5: one bit was flipped",
                    Some("it was flipped back"),
                    None,
                ),
                finding("a panel is missing", None, Some("draw it again")),
            ],
            copies: Some("/films/low-tide/.storycore/damaged/2026".to_owned()),
        };
        expect![[r#"
            /films/low-tide: 812 events, 1 blob
            repaired: event 5: one bit was flipped
              it was flipped back
            problem: a panel is missing
              draw it again
            Copies of what was changed are in /films/low-tide/.storycore/damaged/2026
        "#]]
        .assert_eq(&report(&checkup));
        assert_eq!(left(&checkup), 1);
        (checkup.findings, checkup.copies) = (Vec::new(), None);
        expect![[r#"
            /films/low-tide: 812 events, 1 blob
            Everything is whole.
        "#]]
        .assert_eq(&report(&checkup));
    }
}
