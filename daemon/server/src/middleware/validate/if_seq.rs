//! `ifSeq`, which every command of a film may carry: the last event the caller saw. It is taken out
//! of the params here, once, so that no command has to know of it.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;
use storycore_schema::{Error, Seq};

const FIELD: &str = "ifSeq";

/// The params without it, and what it says.
pub(super) fn take_out<'a>(
    method: &str,
    params: &'a str,
) -> Result<(Cow<'a, str>, Option<Seq>), Error> {
    // Nearly all have none, and are not looked at twice. What is no object is refused later.
    if !params.contains(FIELD) {
        return Ok((Cow::Borrowed(params), None));
    }
    let Ok(Fields(fields)) = serde_json::from_str(params) else {
        return Ok((Cow::Borrowed(params), None));
    };
    let (ours, others): (Vec<_>, Vec<_>) = fields.into_iter().partition(|it| it.0 == FIELD);
    let if_seq = match &ours[..] {
        [] => return Ok((Cow::Borrowed(params), None)),
        [(_, value)] => read(value),
        _ => Err("duplicate field".to_owned()),
    };
    let if_seq = if_seq.map_err(|why| {
        Error::invalid_params(format!("{method} at `{FIELD}`: {why}"))
            .hint("send the seq of the last event, answer or patch you saw")
    })?;
    let others: Vec<String> = others
        .iter()
        .map(|(name, value)| format!("{}:{value}", serde_json::Value::from(name.as_str())))
        .collect();
    Ok((Cow::Owned(format!("{{{}}}", others.join(","))), if_seq))
}

fn read(value: &RawValue) -> Result<Option<Seq>, String> {
    serde_json::from_str(value.get()).map_err(|error| {
        let message = error.to_string();
        let plain = message.split(" at line ").next();
        plain.unwrap_or_default().to_owned()
    })
}

/// An object's fields as they stand, doubled ones, too: the method's struct refuses those.
struct Fields<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Fields<'de>, D::Error> {
        struct Each;
        impl<'de> Visitor<'de> for Each {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Each)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(params: &str, expected: &str) {
        let said = match take_out("shot/rename", params) {
            Ok((rest, if_seq)) => format!("{rest} {if_seq:?}"),
            Err(error) => error.message,
        };
        assert_eq!(said, expected);
    }

    #[test]
    fn it_is_taken_out_and_the_rest_stays_as_it_is() {
        check(r#"{"a":1}"#, r#"{"a":1} None"#);
        check(r#"{"a":{"ifSeq":2}}"#, r#"{"a":{"ifSeq":2}} None"#);
        check(
            r#"{"a": [1, "ifSeq"], "ifSeq": 7, "b\n": 1e2}"#,
            r#"{"a":[1, "ifSeq"],"b\n":1e2} Some(Seq(7))"#,
        );
        check(r#"{"ifSeq":null,"a":1,"a":2}"#, r#"{"a":1,"a":2} None"#);
        check(r#"["ifSeq"]"#, r#"["ifSeq"] None"#);
        check(
            r#"{"ifSeq":-1}"#,
            "shot/rename at `ifSeq`: invalid value: integer `-1`, expected u64",
        );
        check(
            r#"{"ifSeq":1,"ifSeq":1}"#,
            "shot/rename at `ifSeq`: duplicate field",
        );
    }
}
