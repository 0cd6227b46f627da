//! How a conversation is covered: wide first, then tighter with every exchange.

use storycore_schema::craft::{Framing, Movement};

use super::beat::{Beat, Speech, What};
use super::framing_of_group;

/// A speech of more words is a monologue: about half a minute.
const MONOLOGUE_WORDS: u32 = 70;
/// A first exchange that takes longer is not held in one two-shot.
const TWO_SHOT_MS_MAX: u32 = 12_000;
/// How many turns are covered over shoulders, and then in medium close-ups.
const OVER_SHOULDER_TURNS: u32 = 2;
const MEDIUM_CLOSE_TURNS: u32 = 4;

/// What a scene's conversation has come to.
#[derive(Debug, Default)]
pub(super) struct Coverage {
    /// The two who talk with each other.
    pair: Option<[String; 2]>,
    /// How many speeches they have exchanged since their two-shot.
    n_turns: u32,
    last_speaker: Option<String>,
}

/// How a speech is framed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) framing: Framing,
    pub(super) movement: Movement,
    pub(super) subjects: Vec<String>,
    /// Whether the next speech belongs into the same frame.
    pub(super) takes_reply: bool,
}

impl Coverage {
    /// Frames a speech. `rest` starts with its own beat; `seen` is who the shot before shows.
    pub(super) fn frame(&mut self, speech: &Speech, rest: &[Beat<'_>], seen: &[String]) -> Frame {
        let frame = match (&speech.dual, speech.in_frame) {
            (Some(dual), _) => self.dual(speech, dual),
            (None, false) => unseen(speech, seen),
            (None, true) => self.seen(speech, rest),
        };
        if speech.in_frame {
            self.last_speaker = Some(speech.speaker.clone());
        }
        frame
    }

    /// Two who speak at once share one frame.
    fn dual(&mut self, speech: &Speech, (other, other_in_frame): &(String, bool)) -> Frame {
        let both = [(&speech.speaker, speech.in_frame), (other, *other_in_frame)];
        let subjects: Vec<String> = both
            .iter()
            .filter(|(_, in_frame)| *in_frame)
            .map(|(it, _)| (*it).clone())
            .collect();
        if let [a, b] = &subjects[..] {
            self.pair = Some([a.clone(), b.clone()]);
            self.n_turns = 0;
        }
        Frame::still(
            if subjects.is_empty() {
                Framing::Wide
            } else {
                Framing::TwoShot
            },
            subjects,
        )
    }

    fn seen(&mut self, speech: &Speech, rest: &[Beat<'_>]) -> Frame {
        let Some(partner) = self.partner(speech, rest) else {
            return self.alone(speech);
        };
        let is_new = !self.is_pair(&speech.speaker, &partner);
        if is_new {
            self.pair = Some([speech.speaker.clone(), partner.clone()]);
            self.n_turns = 0;
        } else {
            self.n_turns += 1;
        }
        if speech.n_words > MONOLOGUE_WORDS {
            return monologue(speech);
        }
        if is_new {
            let takes_reply = takes_reply(rest, &partner);
            let subjects = vec![speech.speaker.clone(), partner];
            return Frame {
                takes_reply,
                ..Frame::still(Framing::TwoShot, subjects)
            };
        }
        self.turn(speech, partner)
    }

    /// The exchange tightens: over the shoulder, medium close-up, close-up.
    fn turn(&self, speech: &Speech, partner: String) -> Frame {
        let speaker = speech.speaker.clone();
        if self.n_turns <= OVER_SHOULDER_TURNS {
            Frame::still(Framing::OverTheShoulder, vec![speaker, partner])
        } else if self.n_turns <= MEDIUM_CLOSE_TURNS {
            Frame::still(Framing::MediumCloseUp, vec![speaker])
        } else {
            Frame::still(Framing::CloseUp, vec![speaker])
        }
    }

    /// Nobody answers: first from the waist up, then closer.
    fn alone(&self, speech: &Speech) -> Frame {
        if speech.n_words > MONOLOGUE_WORDS {
            return monologue(speech);
        }
        let again = self.last_speaker.as_ref() == Some(&speech.speaker);
        let framing = if again {
            Framing::MediumCloseUp
        } else {
            Framing::Medium
        };
        Frame::still(framing, vec![speech.speaker.clone()])
    }

    /// Who a speech is said to: the other of the pair, whoever spoke before, or whoever answers.
    fn partner(&self, speech: &Speech, rest: &[Beat<'_>]) -> Option<String> {
        let other = |it: &&String| **it != speech.speaker;
        if let Some(pair) = &self.pair
            && pair.contains(&speech.speaker)
            && self
                .last_speaker
                .as_ref()
                .is_none_or(|it| pair.contains(it))
        {
            return pair.iter().find(other).cloned();
        }
        self.last_speaker
            .as_ref()
            .filter(other)
            .cloned()
            .or_else(|| next_speaker(rest, speech))
    }

    fn is_pair(&self, a: &String, b: &String) -> bool {
        self.pair
            .as_ref()
            .is_some_and(|it| it.contains(a) && it.contains(b))
    }

    /// The reply that a two-shot took along is a turn of its own no more, but it was said.
    pub(super) fn replied(&mut self, speaker: &str) {
        self.last_speaker = Some(speaker.to_owned());
    }
}

impl Frame {
    fn still(framing: Framing, subjects: Vec<String>) -> Frame {
        Frame {
            framing,
            movement: Movement::Static,
            subjects,
            takes_reply: false,
        }
    }
}

/// A long speech moves in to a close-up.
fn monologue(speech: &Speech) -> Frame {
    let subjects = vec![speech.speaker.clone()];
    Frame {
        movement: Movement::DollyIn,
        ..Frame::still(Framing::CloseUp, subjects)
    }
}

/// A voice without a face is heard over those who hear it, or over the place.
fn unseen(speech: &Speech, seen: &[String]) -> Frame {
    let subjects: Vec<String> = seen
        .iter()
        .filter(|it| **it != speech.speaker)
        .cloned()
        .collect();
    let framing = match subjects.len() {
        1 => Framing::MediumCloseUp,
        n => framing_of_group(n),
    };
    Frame::still(framing, subjects)
}

/// How far ahead an answer is looked for.
const ANSWER_BEATS_MAX: usize = 4;

/// Whoever in frame speaks next and is somebody else.
fn next_speaker(rest: &[Beat<'_>], speech: &Speech) -> Option<String> {
    rest.iter()
        .skip(1)
        .take(ANSWER_BEATS_MAX)
        .find_map(|it| match &it.what {
            What::Speech(it) if it.in_frame && it.speaker != speech.speaker => {
                Some(it.speaker.clone())
            }
            What::Speech(_) | What::Action(_) => None,
        })
}

/// Whether the first exchange fits into one two-shot: an immediate answer that nothing directs.
fn takes_reply(rest: &[Beat<'_>], partner: &str) -> bool {
    let [first, reply, ..] = rest else {
        return false;
    };
    let What::Speech(answer) = &reply.what else {
        return false;
    };
    let fits = first.duration_ms.saturating_add(reply.duration_ms) <= TWO_SHOT_MS_MAX;
    let is_plain = answer.in_frame && answer.dual.is_none() && !reply.after_break;
    let is_undirected = first.notes.is_empty() && reply.notes.is_empty();
    fits && is_plain && is_undirected && answer.speaker == partner
}
