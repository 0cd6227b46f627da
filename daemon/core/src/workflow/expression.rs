//! Texts with `{{ }}` in workflows: which names they speak of, and what they come to.

use std::collections::BTreeSet;

use minijinja::{Environment, Expression, UndefinedBehavior, Value as Known, value::Serde};
use serde_json::Value;

/// What evaluating one text may take, in the instructions of the template engine: a loop without
/// end in a workflow stops one step, not the daemon.
const FUEL_MAX: u64 = 50_000;
/// The longest text with `{{ }}`, in bytes.
pub const EXPRESSION_BYTES_MAX: usize = 64 << 10;

/// What expressions know: one value, made once for all texts of a step.
#[derive(Debug, Clone)]
pub struct Scope(Known);

impl Scope {
    /// The scope with these names at the top.
    pub fn new(names: &Value) -> Scope {
        Scope(Known::from(Serde(names)))
    }

    /// The names at the top, with what they stand for.
    pub fn names(&self) -> Result<Value, String> {
        serde_json::to_value(&self.0).map_err(|error| error.to_string())
    }

    /// Whether a condition such as `shot.status != "fresh"` holds.
    pub fn holds(&self, condition: &str) -> Result<bool, String> {
        let environment = environment();
        let known = compile(&environment, condition)?.eval(&self.0);
        known
            .map(|it| it.is_true())
            .map_err(|error| said(condition, &error))
    }

    /// A value with every text of it filled in.
    pub fn fill(&self, value: &Value) -> Result<Value, String> {
        Ok(match value {
            Value::String(text) => self.fill_text(text)?,
            Value::Array(list) => {
                let filled: Result<Vec<_>, _> = list.iter().map(|it| self.fill(it)).collect();
                Value::Array(filled?)
            }
            Value::Object(map) => {
                let filled = map
                    .iter()
                    .map(|(key, it)| Ok((key.clone(), self.fill(it)?)));
                Value::Object(filled.collect::<Result<_, String>>()?)
            }
            plain => plain.clone(),
        })
    }

    /// A whole template, such as a prompt's file.
    pub fn render(&self, template: &str) -> Result<String, String> {
        let environment = environment();
        let rendered = environment.render_str(template, &self.0);
        rendered.map_err(|error| said_of_template(&error))
    }

    fn fill_text(&self, text: &str) -> Result<Value, String> {
        if !text.contains("{{") && !text.contains("{%") {
            return Ok(Value::String(text.to_owned()));
        }
        if let Some(expression) = only_expression(text) {
            let environment = environment();
            let known = compile(&environment, expression)?.eval(&self.0);
            let known = known.map_err(|error| said(text, &error))?;
            if known.is_undefined() {
                return Err(format!("`{text}` has no value"));
            }
            return serde_json::to_value(&known).map_err(|error| format!("`{text}`: {error}"));
        }
        self.render(text)
            .map(Value::String)
            .map_err(|error| format!("`{text}`: {error}"))
    }
}

/// The names at the top that a condition speaks of, or what is wrong with it.
pub(super) fn names_in_condition(condition: &str) -> Result<BTreeSet<String>, String> {
    let environment = environment();
    let names = compile(&environment, condition)?.undeclared_variables(false);
    Ok(names.into_iter().collect())
}

/// The names at the top that the texts of a value speak of, or what is wrong with one.
pub(super) fn names_in(value: &Value) -> Result<BTreeSet<String>, String> {
    let mut names = BTreeSet::new();
    collect(value, &mut names)?;
    Ok(names)
}

/// The names at the top that a template speaks of, or what is wrong with it.
pub fn names_in_template(template: &str) -> Result<BTreeSet<String>, String> {
    if template.len() > EXPRESSION_BYTES_MAX {
        return Err(format!("it is longer than {EXPRESSION_BYTES_MAX} bytes"));
    }
    let environment = environment();
    let template = environment.template_from_str(template);
    let names = template
        .map_err(|error| said_of_template(&error))?
        .undeclared_variables(false);
    Ok(names.into_iter().collect())
}

fn collect(value: &Value, names: &mut BTreeSet<String>) -> Result<(), String> {
    match value {
        Value::String(text) if text.contains("{{") || text.contains("{%") => {
            let found = match only_expression(text) {
                Some(expression) => names_in_condition(expression),
                None => names_in_template(text).map_err(|it| format!("`{text}`: {it}")),
            };
            names.extend(found?);
        }
        Value::Array(list) => list.iter().try_for_each(|it| collect(it, names))?,
        Value::Object(map) => map.values().try_for_each(|it| collect(it, names))?,
        _ => {}
    }
    Ok(())
}

/// What stands inside, when a text is one pair of `{{ }}` and nothing else.
fn only_expression(text: &str) -> Option<&str> {
    let inside = text.trim().strip_prefix("{{")?.strip_suffix("}}")?;
    (!inside.contains("{{") && !inside.contains("}}")).then(|| inside.trim())
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    environment.set_fuel(Some(FUEL_MAX));
    environment
}

fn compile<'e>(
    environment: &'e Environment<'static>,
    expression: &'e str,
) -> Result<Expression<'e, 'e>, String> {
    if expression.len() > EXPRESSION_BYTES_MAX {
        return Err(format!(
            "an expression is longer than {EXPRESSION_BYTES_MAX} bytes"
        ));
    }
    let compiled = environment.compile_expression(expression);
    compiled.map_err(|error| said(expression, &error))
}

fn said(expression: &str, error: &minijinja::Error) -> String {
    format!("`{expression}`: {}", words_of(error))
}

fn said_of_template(error: &minijinja::Error) -> String {
    match error.line() {
        Some(line) => format!("line {line}: {}", words_of(error)),
        None => words_of(error),
    }
}

fn words_of(error: &minijinja::Error) -> String {
    match error.detail() {
        Some(detail) => format!("{}: {detail}", error.kind()),
        None => error.kind().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn scope() -> Scope {
        Scope::new(&json!({
            "shot": {"status": "stale", "seed": 9_007_199_254_740_991_u64, "subjects": ["MAYA"]},
            "words": {"positive": "a lighthouse"},
        }))
    }

    #[test]
    fn a_text_that_is_one_expression_keeps_its_type() {
        let filled = scope().fill(&json!({
            "seed": "{{ shot.seed }}",
            "text": "{{ words.positive }}, at night",
            "list": ["{{ shot.subjects }}", 3],
        }));
        let expected = json!({
            "seed": 9_007_199_254_740_991_u64,
            "text": "a lighthouse, at night",
            "list": [["MAYA"], 3],
        });
        assert_eq!(filled, Ok(expected));
    }

    #[test]
    fn conditions_and_what_they_speak_of() {
        assert_eq!(scope().holds("shot.status != 'fresh'"), Ok(true));
        assert_eq!(scope().holds("'JONAS' in shot.subjects"), Ok(false));
        let names = names_in_condition("shot.status == words.x and params.hard").unwrap();
        assert!(names.iter().eq(["params", "shot", "words"]));
        let names = names_in(&json!({"a": ["{{ one.b }}", "{{ two }} {{ three }}"]})).unwrap();
        assert!(names.iter().eq(["one", "three", "two"]));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_text() {
        let error = scope().fill(&json!("{{ words.missing }}")).unwrap_err();
        assert!(error.contains("words.missing"), "{error}");
        let error = scope().holds("shot.status ==").unwrap_err();
        assert!(error.contains("syntax"), "{error}");
        let error = scope().render("one\n{{ nobody.x }}").unwrap_err();
        assert!(error.contains("line 2"), "{error}");
    }

    #[test]
    fn a_loop_without_end_comes_to_an_end() {
        let endless =
            "{% for a in range(10000) %}{% for b in range(10000) %}x{% endfor %}{% endfor %}";
        let error = scope().render(endless).unwrap_err();
        assert!(error.contains("fuel"), "{error}");
    }
}
