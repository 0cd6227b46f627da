//! JSON with line breaks. Works on the text, so that the order of fields and the digits of numbers
//! stay as the daemon wrote them.

/// Lays JSON out over lines. What is not JSON comes out strangely, but it comes out.
pub(super) fn pretty(json: &str) -> String {
    let mut text = String::with_capacity(json.len() * 2);
    let mut depth = 0_usize;
    let mut chars = Letters {
        json: json.chars(),
        in_string: false,
        escaped: false,
    }
    .peekable();
    while let Some((letter, in_string)) = chars.next() {
        if in_string {
            text.push(letter);
            continue;
        }
        match letter {
            '{' | '[' => {
                text.push(letter);
                let close = if letter == '{' { '}' } else { ']' };
                if chars.next_if(|it| *it == (close, false)).is_some() {
                    text.push(close);
                } else {
                    depth += 1;
                    break_line(&mut text, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                break_line(&mut text, depth);
                text.push(letter);
            }
            ',' => {
                text.push(',');
                break_line(&mut text, depth);
            }
            ':' => text.push_str(": "),
            _ => text.push(letter),
        }
    }
    text
}

fn break_line(text: &mut String, depth: usize) {
    text.push('\n');
    (0..depth).for_each(|_| text.push_str("  "));
}

/// The letters that matter, each with whether it belongs to a string.
struct Letters<'a> {
    json: std::str::Chars<'a>,
    in_string: bool,
    escaped: bool,
}

impl Iterator for Letters<'_> {
    type Item = (char, bool);

    fn next(&mut self) -> Option<(char, bool)> {
        loop {
            let letter = self.json.next()?;
            if !self.in_string {
                if letter.is_ascii_whitespace() {
                    continue;
                }
                self.in_string = letter == '"';
                return Some((letter, self.in_string));
            }
            if self.escaped {
                self.escaped = false;
            } else if letter == '\\' {
                self.escaped = true;
            } else if letter == '"' {
                self.in_string = false;
            }
            return Some((letter, true));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_digits_and_strings_stay() {
        let json = r#"{"z":1.50,"a":[],"s":"a, \\\"{b}: [c]","l":[1, {"x":{}}]}"#;
        let expected = r#"{
  "z": 1.50,
  "a": [],
  "s": "a, \\\"{b}: [c]",
  "l": [
    1,
    {
      "x": {}
    }
  ]
}"#;
        assert_eq!(pretty(json), expected);
        assert_eq!(pretty("null"), "null");
        assert_eq!(pretty(&pretty(json)), expected);
    }
}
