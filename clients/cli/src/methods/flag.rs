//! A field of a method's params as a flag.

use clap::{
    Arg, ArgAction, ArgMatches,
    builder::{PossibleValue, PossibleValuesParser, TypedValueParser, ValueParser},
};
use serde_json::{Map, Value};
use storycore_schema::{Catalog, MethodInfo};

/// A field of a method's params.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Flag {
    /// Its name on the wire: `autoRender`.
    pub(super) field: String,
    /// Its name on the command line: `auto-render`.
    pub(super) flag: String,
    /// Whether it must be given.
    pub(super) required: bool,
    help: String,
    shape: Shape,
}

/// What a field takes.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Shape {
    Text,
    Id,
    Natural,
    Integer,
    Number,
    Switch,
    /// One of some words, each with what it means.
    Choice(Vec<(String, String)>),
    /// Given once for each entry.
    List(Box<Shape>),
    /// Anything else is written as JSON.
    Json,
}

/// The fields of a method, in the order of the alphabet.
pub(super) fn flags(catalog: &Catalog, method: &MethodInfo) -> Vec<Flag> {
    let Some(schema) = catalog.types.get(&method.params) else {
        return Vec::new();
    };
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        return Vec::new();
    };
    let required = schema.get("required").and_then(Value::as_array);
    properties
        .iter()
        .map(|(field, schema)| Flag {
            field: field.clone(),
            flag: kebab(field),
            required: required.is_some_and(|it| it.iter().any(|it| it == field)),
            help: plain(doc(schema)).trim_end_matches('.').to_owned(),
            shape: Shape::of(schema, &catalog.types),
        })
        .collect()
}

/// A doc comment for people who do not read Rust.
pub(crate) fn plain(doc: &str) -> String {
    doc.replace("[`", "`").replace("`]", "`").replace('\n', " ")
}

impl Flag {
    /// The flag for the command line.
    pub(super) fn to_arg(&self) -> Arg {
        let arg = Arg::new(self.field.clone())
            .long(self.flag.clone())
            .help(self.help.clone())
            .required(self.required);
        // The wire's own spelling does as well, for people who read the protocol.
        let arg = if self.flag == self.field {
            arg
        } else {
            arg.alias(self.field.clone())
        };
        match &self.shape {
            Shape::Switch => arg
                .value_name("BOOL")
                .num_args(0..=1)
                .require_equals(true)
                .default_missing_value("true")
                .value_parser(self.shape.parser()),
            Shape::List(item) => arg
                .action(ArgAction::Append)
                .value_delimiter(',')
                .value_name(item.value_name())
                .value_parser(item.parser()),
            other => arg
                .value_name(other.value_name())
                .value_parser(other.parser()),
        }
    }

    /// What was typed, as the wire takes it.
    pub(super) fn value(&self, matches: &ArgMatches) -> Option<Value> {
        match self.shape {
            Shape::List(_) => {
                let values = matches.get_many::<Value>(&self.field)?;
                Some(Value::Array(values.cloned().collect()))
            }
            _ => matches.get_one::<Value>(&self.field).cloned(),
        }
    }

    /// What somebody could type.
    pub(super) fn example(&self) -> String {
        self.shape.example(&self.field)
    }

    /// The same, with what stands between flag and value.
    pub(super) fn example_value(&self) -> String {
        match self.shape {
            Shape::Switch => String::new(),
            _ => format!(" {}", self.example()),
        }
    }
}

impl Shape {
    fn of(schema: &Value, types: &Map<String, Value>) -> Shape {
        let schema = resolve(schema, types);
        if let Some(words) = words(schema) {
            return Shape::Choice(words);
        }
        if let Some(inner) = optional(schema) {
            return Shape::of(inner, types);
        }
        match type_name(schema) {
            Some("string") if is_id(schema) => Shape::Id,
            Some("string") => Shape::Text,
            Some("integer") if schema.get("minimum").is_some_and(|it| it == 0) => Shape::Natural,
            Some("integer") => Shape::Integer,
            Some("number") => Shape::Number,
            Some("boolean") => Shape::Switch,
            Some("array") => match schema.get("items").map(|it| Shape::of(it, types)) {
                None | Some(Shape::Json | Shape::List(_)) => Shape::Json,
                Some(item) => Shape::List(Box::new(item)),
            },
            _ => Shape::Json,
        }
    }

    fn value_name(&self) -> &'static str {
        match self {
            Shape::Text => "TEXT",
            Shape::Id => "ID",
            Shape::Natural | Shape::Integer | Shape::Number => "NUMBER",
            Shape::Switch => "BOOL",
            Shape::Choice(_) => "WORD",
            Shape::List(item) => item.value_name(),
            Shape::Json => "JSON",
        }
    }

    fn parser(&self) -> ValueParser {
        match self {
            Shape::Text | Shape::Id => ValueParser::new(text),
            Shape::Natural => ValueParser::new(natural),
            Shape::Integer => ValueParser::new(integer),
            Shape::Number => ValueParser::new(number),
            Shape::Switch => ValueParser::new(switch),
            Shape::Choice(words) => {
                let words = words.iter().map(|(word, help)| {
                    let word = PossibleValue::new(word.clone());
                    if help.is_empty() {
                        word
                    } else {
                        word.help(help.clone())
                    }
                });
                PossibleValuesParser::new(words).map(Value::from).into()
            }
            Shape::List(item) => item.parser(),
            Shape::Json => ValueParser::new(json),
        }
    }

    fn example(&self, field: &str) -> String {
        match self {
            Shape::Id => "01ARZ3NDEKTSV4RRFFQ69G5FAV".to_owned(),
            Shape::Natural | Shape::Integer | Shape::Number => "10".to_owned(),
            Shape::Switch => "true".to_owned(),
            Shape::Choice(words) => words.first().map_or_else(String::new, |(it, _)| it.clone()),
            Shape::List(item) => item.example(field),
            Shape::Json => "'{}'".to_owned(),
            Shape::Text => field.to_uppercase(),
        }
    }
}

fn resolve<'a>(schema: &'a Value, types: &'a Map<String, Value>) -> &'a Value {
    let name = schema.get("$ref").and_then(Value::as_str);
    let name = name.and_then(|it| it.strip_prefix("#/$defs/"));
    name.and_then(|it| types.get(it)).unwrap_or(schema)
}

/// The words of an enum, with what each means.
fn words(schema: &Value) -> Option<Vec<(String, String)>> {
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        return words
            .iter()
            .map(|it| Some((it.as_str()?.to_owned(), String::new())))
            .collect();
    }
    let branches = schema.get("oneOf").and_then(Value::as_array)?;
    let word = |branch: &Value| {
        let word = branch.get("const")?.as_str()?.to_owned();
        Some((word, plain(doc(branch)).trim_end_matches('.').to_owned()))
    };
    branches.iter().map(word).collect()
}

/// What may also be null, without the null: a flag that is not given says as much.
fn optional(schema: &Value) -> Option<&Value> {
    let branches = schema.get("anyOf").and_then(Value::as_array)?;
    branches.iter().find(|it| type_name(it) != Some("null"))
}

fn type_name(schema: &Value) -> Option<&str> {
    match schema.get("type")? {
        Value::Array(types) => types
            .iter()
            .filter_map(Value::as_str)
            .find(|it| *it != "null"),
        other => other.as_str(),
    }
}

fn is_id(schema: &Value) -> bool {
    schema.get("pattern").is_some()
}

fn doc(schema: &Value) -> &str {
    schema
        .get("description")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn kebab(field: &str) -> String {
    let mut flag = String::new();
    for letter in field.chars() {
        if letter.is_ascii_uppercase() {
            flag.push('-');
        }
        flag.push(letter.to_ascii_lowercase());
    }
    flag
}

type Parsed = Result<Value, String>;

fn text(typed: &str) -> Parsed {
    Ok(typed.into())
}

fn natural(typed: &str) -> Parsed {
    let parsed = typed.parse::<u64>().map(Value::from);
    parsed.map_err(|_| "must be a whole number from 0 on".to_owned())
}

fn integer(typed: &str) -> Parsed {
    let parsed = typed.parse::<i64>().map(Value::from);
    parsed.map_err(|_| "must be a whole number".to_owned())
}

fn number(typed: &str) -> Parsed {
    let parsed = typed.parse::<f64>().ok().filter(|it| it.is_finite());
    parsed
        .map(Value::from)
        .ok_or_else(|| "must be a number".to_owned())
}

fn switch(typed: &str) -> Parsed {
    match typed {
        "true" | "yes" | "on" => Ok(true.into()),
        "false" | "no" | "off" => Ok(false.into()),
        _ => Err("must be true or false".to_owned()),
    }
}

fn json(typed: &str) -> Parsed {
    serde_json::from_str(typed).map_err(|error| format!("must be JSON: {error}"))
}
