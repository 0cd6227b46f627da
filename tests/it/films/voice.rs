//! How the generator of films talks: its grammar, and the chance that chooses from it.

use std::collections::BTreeMap;

const GRAMMAR: &str = include_str!("../../films/grammar.txt");

/// Keeps a share at its percentage, without the order being regular.
pub(crate) struct Quota {
    percent: u32,
    debt: i64,
}

impl Quota {
    pub(crate) fn new(percent: u32) -> Quota {
        Quota { percent, debt: 0 }
    }

    pub(crate) fn is_due(&mut self, random: &mut Random) -> bool {
        self.debt += i64::from(self.percent);
        let due = self.debt >= 50 + random.below(100) as i64;
        if due {
            self.debt -= 100;
        }
        due
    }
}

/// SplitMix64: small, well spread, and ours, so that no library's next version changes a film.
pub(crate) struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next()) * n as u128) >> 64) as usize
    }

    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

/// What a subject makes of a rule, before the grammar is asked.
pub(crate) type Words<'a> = &'a dyn Fn(&str) -> Option<&'a str>;

/// What talks the language of `tests/films/grammar.txt`.
pub(crate) struct Voice {
    pub(crate) random: Random,
    pub(crate) rules: BTreeMap<&'static str, Rule>,
}

pub(crate) struct Rule {
    pub(crate) alternatives: Vec<&'static str>,
    last_idx: usize,
}

impl Voice {
    pub(crate) fn new(seed: u64) -> Voice {
        let mut rules = BTreeMap::new();
        for block in GRAMMAR.split("\n[").skip(1) {
            let (name, alternatives) = block.split_once("]\n").unwrap_or((block, ""));
            let alternatives = alternatives.lines().filter(|it| !it.is_empty()).collect();
            rules.insert(
                name,
                Rule {
                    alternatives,
                    last_idx: 0,
                },
            );
        }
        Voice {
            random: Random(seed),
            rules,
        }
    }

    /// Replaces each `{rule}` of a template by one of its alternatives, until none is left.
    pub(crate) fn expand(&mut self, template: &str, words: Words<'_>) -> String {
        let mut text = String::new();
        self.expand_into(&mut text, template, words);
        text
    }

    fn expand_into(&mut self, text: &mut String, template: &str, words: Words<'_>) {
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            let (rule, tail) = after.split_once('}').unwrap_or((after, ""));
            text.push_str(before);
            match words(rule) {
                Some(word) => text.push_str(word),
                None => {
                    let chosen = self.choose(rule);
                    self.expand_into(text, chosen, words);
                }
            }
            rest = tail;
        }
        text.push_str(rest);
    }

    /// One of a rule's alternatives, and not the one of last time.
    fn choose(&mut self, rule: &str) -> &'static str {
        let Some(rule) = self.rules.get_mut(rule) else {
            return "?";
        };
        let n_others = rule.alternatives.len().saturating_sub(1).max(1);
        let step = 1 + self.random.below(n_others);
        rule.last_idx = (rule.last_idx + step) % rule.alternatives.len();
        rule.alternatives[rule.last_idx]
    }
}
