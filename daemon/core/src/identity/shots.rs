//! Which shot of the new text is which of the old, within one scene: the same words, then the most
//! alike in order, then what moved, then what stands between the same neighbors.

use storycore_schema::recipe::IntentLine;

use super::Bag;

/// Less alike than this, shots are different unless they stand in the same gap, in thousandths.
const ALIKE_MILLI: u32 = 300;
/// At least this alike, a shot may have moved within its scene, in thousandths.
const MOVED_MILLI: u32 = 600;
/// What the same words score: more than any likeness.
const SAME_SCORE: u32 = 1_500;
/// Above this many pairs only equal words and places are compared, in pairs.
const PAIRS_MAX: usize = 250_000;

/// What of a shot tells it from others.
#[derive(Debug, Clone)]
pub struct ShotPortrait {
    lines: Vec<IntentLine>,
    words: Bag,
    speaker: Option<String>,
}

impl ShotPortrait {
    /// Of the lines a shot covers.
    pub fn new(lines: &[IntentLine]) -> ShotPortrait {
        let mut words = Bag::default();
        for line in lines {
            words.add(line.speaker.as_deref().unwrap_or_default());
            words.add(&line.text);
        }
        words.close();
        let speaker = lines.iter().find_map(|line| line.speaker.clone());
        ShotPortrait {
            lines: lines.to_vec(),
            words,
            speaker,
        }
    }

    /// Whether both cover the same words.
    pub fn same(&self, other: &ShotPortrait) -> bool {
        self.lines == other.lines
    }
}

/// For each new shot the old one it is, if any.
pub fn match_shots(old: &[ShotPortrait], new: &[ShotPortrait]) -> Vec<Option<usize>> {
    let mut found = if old.len() * new.len() > PAIRS_MAX {
        vec![None; new.len()]
    } else {
        align(old, new)
    };
    let mut taken = vec![false; old.len()];
    for idx in found.iter().flatten() {
        taken[*idx] = true;
    }
    moved(old, new, &mut found, &mut taken);
    same_gap(old, new, &mut found, &taken);
    found
}

/// The alignment in order with the greatest total score (Needleman and Wunsch, 1970; a gap costs
/// nothing).
fn align(old: &[ShotPortrait], new: &[ShotPortrait]) -> Vec<Option<usize>> {
    let width = old.len() + 1;
    let mut best = vec![0u32; (new.len() + 1) * width];
    for i in (0..new.len()).rev() {
        for j in (0..old.len()).rev() {
            let skip = best[(i + 1) * width + j].max(best[i * width + j + 1]);
            let pair = score(&old[j], &new[i]);
            let paired = if pair > 0 {
                pair + best[(i + 1) * width + j + 1]
            } else {
                0
            };
            best[i * width + j] = skip.max(paired);
        }
    }
    let (mut i, mut j, mut found) = (0, 0, vec![None; new.len()]);
    while i < new.len() && j < old.len() {
        let here = best[i * width + j];
        let pair = score(&old[j], &new[i]);
        if pair > 0 && here == pair + best[(i + 1) * width + j + 1] {
            found[i] = Some(j);
            i += 1;
            j += 1;
        } else if here == best[i * width + j + 1] {
            j += 1;
        } else {
            i += 1;
        }
    }
    found
}

fn score(old: &ShotPortrait, new: &ShotPortrait) -> u32 {
    if old.same(new) {
        return SAME_SCORE;
    }
    let alike = old.words.likeness_milli(&new.words);
    if alike < ALIKE_MILLI { 0 } else { alike }
}

fn moved(
    old: &[ShotPortrait],
    new: &[ShotPortrait],
    found: &mut [Option<usize>],
    taken: &mut [bool],
) {
    for (slot, new) in found.iter_mut().zip(new).filter(|(slot, _)| slot.is_none()) {
        let open = (0..old.len()).filter(|idx| !taken[*idx]);
        let scored = open.map(|idx| (score(&old[idx], new), idx));
        let best = scored.max_by_key(|(score, idx)| (*score, usize::MAX - idx));
        if let Some((_, idx)) = best.filter(|(score, _)| *score >= MOVED_MILLI) {
            *slot = Some(idx);
            taken[idx] = true;
        }
    }
}

/// Between two neighbors that are known, as many old as new shots of the same speakers are the
/// same, rewritten: `Yes.` became `No.`
fn same_gap(
    old: &[ShotPortrait],
    new: &[ShotPortrait],
    found: &mut [Option<usize>],
    taken: &[bool],
) {
    let mut start = 0;
    while start < new.len() {
        if found[start].is_some() {
            start += 1;
            continue;
        }
        let len = found[start..].iter().take_while(|it| it.is_none()).count();
        let first = if start == 0 {
            Some(0)
        } else {
            found[start - 1].map(|idx| idx + 1)
        };
        let open = first.map_or(0, |first| {
            taken[first..].iter().take_while(|it| !**it).count()
        });
        if let Some(first) = first.filter(|_| open == len) {
            for step in 0..len {
                if old[first + step].speaker == new[start + step].speaker {
                    found[start + step] = Some(first + step);
                }
            }
        }
        start += len;
    }
}
