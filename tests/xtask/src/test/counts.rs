//! How many tests passed and failed, as each runner says it.

use std::ops::AddAssign;

/// Tests that ran.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Those that passed.
    pub(crate) passed: u64,
    /// Those that did not.
    pub(crate) failed: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Counts) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// Reads the summaries in what nextest, `cargo test`, Vitest, `node --test` or pytest printed.
pub(crate) fn read(text: &str) -> Counts {
    // nextest shows again what a failed test said, and there its program has a summary, too.
    if let Some(all) = text.lines().rev().find_map(nextest_summary) {
        return of_summary(all);
    }
    let mut counts = Counts::default();
    for line in text.lines() {
        if let Some(summary) = summary(line.trim()) {
            counts += of_summary(summary);
        }
    }
    counts
}

/// nextest: `Summary [   0.4s] 14 tests run: 13 passed (1 slow), 1 failed, 2 skipped`
fn nextest_summary(line: &str) -> Option<&str> {
    let run = line.trim().strip_prefix("Summary [")?;
    run.split_once(" run: ").map(|it| it.1)
}

/// The part of a line that counts tests, if it does.
fn summary(line: &str) -> Option<&str> {
    // cargo test: `test result: ok. 14 passed; 0 failed; 0 ignored; …`
    if let Some(result) = line.strip_prefix("test result: ") {
        return result.split_once(". ").map(|it| it.1);
    }
    if let Some(summary) = pytest_summary(line) {
        return Some(summary);
    }
    // Vitest: `Tests  1 failed | 30 passed (31)`; its `Test Files` line counts files.
    line.strip_prefix("Tests  ").or_else(|| {
        // node --test: `# pass 3` or `ℹ pass 3`
        let words = line
            .strip_prefix("# ")
            .or_else(|| line.strip_prefix("ℹ "))?;
        (words.starts_with("pass ") || words.starts_with("fail ")).then_some(words)
    })
}

/// pytest: `== 1 failed, 30 passed, 2 xfailed in 9.41s ==`, or the same without the rulers.
fn pytest_summary(line: &str) -> Option<&str> {
    let (counts, time) = line.trim_matches(['=', ' ']).rsplit_once(" in ")?;
    let seconds = time.split(' ').next()?.strip_suffix('s')?;
    let counts_tests = |it: &str| {
        let words: Vec<&str> = it.split(' ').collect();
        matches!(words[..], [number, _] if number.parse::<u64>().is_ok())
    };
    let is_summary = seconds.parse::<f64>().is_ok() && counts.split(", ").all(counts_tests);
    is_summary.then_some(counts)
}

fn of_summary(summary: &str) -> Counts {
    let mut counts = Counts::default();
    for part in summary.split([',', ';', '|', '(']) {
        let mut words = part.split_whitespace();
        let (Some(first), Some(second)) = (words.next(), words.next()) else {
            continue;
        };
        let (number, word) = match (first.parse::<u64>(), second.parse::<u64>()) {
            (Ok(number), _) => (number, second),
            (_, Ok(number)) => (number, first),
            _ => continue,
        };
        match word {
            "passed" | "pass" => counts.passed += number,
            // nextest: `1 timed out`, `1 exec failed`
            // pytest: `1 error`, where a test could not be set up
            "failed" | "fail" | "timed" | "exec" | "error" | "errors" => counts.failed += number,
            _ => {}
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, passed: u64, failed: u64) {
        assert_eq!(read(text), Counts { passed, failed }, "{text}");
    }

    #[test]
    fn nextest() {
        check(
            "     Summary [   0.417s] 14 tests run: 14 passed, 0 skipped",
            14,
            0,
        );
        check(
            "     Summary [   9.1s] 20/31 tests run: 17 passed (2 slow), 2 failed, 1 timed out, 4 skipped",
            17,
            3,
        );
        check(
            "     Summary [   0.1s] 1 test run: 1 passed, 3 skipped",
            1,
            0,
        );
        check(
            "     Summary [   0.1s] 3 tests run: 2 passed, 1 exec failed, 0 skipped",
            2,
            1,
        );
    }

    #[test]
    fn nextest_counts_a_failed_test_once() {
        let said = "\
        FAIL [   0.004s] (2/2) example it::fails
  stdout ───

    running 1 test
    test it::fails ... FAILED

    failures:
        it::fails

    test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 1 filtered out; finished in 0s

────────────
     Summary [   0.005s] 2 tests run: 1 passed, 1 failed, 0 skipped
        FAIL [   0.004s] (2/2) example it::fails";
        check(said, 1, 1);
        // At the end, it may be said once more.
        check(&said.replace("    failures:", said), 1, 1);
    }

    #[test]
    fn cargo_test_counts_each_binary() {
        let text = "\
test result: ok. 14 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.41s
test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out";
        check(text, 16, 1);
    }

    #[test]
    fn vitest_counts_tests_and_not_files() {
        check(
            " Test Files  1 failed | 4 passed (5)\n      Tests  1 failed | 30 passed (31)",
            30,
            1,
        );
        check(
            " Test Files  1 passed (1)\n      Tests  2 passed | 3 skipped (5)",
            2,
            0,
        );
        check(" Test Files  1 failed (1)\n      Tests  no tests", 0, 0);
    }

    #[test]
    fn node() {
        check("# tests 4\n# pass 3\n# fail 1\n# skipped 0", 3, 1);
        check("ℹ pass 2\nℹ fail 0", 2, 0);
    }

    #[test]
    fn pytest() {
        check("89 passed, 1 skipped, 13 xfailed in 17.62s", 89, 0);
        check(
            "===== 2 failed, 87 passed, 1 warning, 3 errors in 65.30s (0:01:05) =====",
            87,
            5,
        );
        check("no tests ran in 0.02s", 0, 0);
        check("103 deselected in 0.04s", 0, 0);
    }

    #[test]
    fn what_a_test_prints_is_no_summary() {
        check("the film has 12 tests run: 3 passed", 0, 0);
        check("3 passed by in 2s", 0, 0);
        check("3 passed in silence", 0, 0);
    }
}
