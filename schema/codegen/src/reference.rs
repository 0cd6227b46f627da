//! `methods.md`: the contract for people to read.

use std::fmt::Write as _;

use serde_json::{Value, json};
use storycore_schema::{Catalog, ErrorKind, Kind, MethodInfo, Scope};

use crate::{
    HEADER,
    dialect::{self, Field, Shape, Variant},
    prose::{doc, first_sentence, one_line, plain},
};

const INTRODUCTION: &str = "
# The contract

Everything a client can ask of the daemon, what it is told without asking, and every error.
The same in other words: [openrpc.json](openrpc.json) for tools, [json-schema](json-schema) for
editors.

Names and types are those of JSON. A field marked `?` may be left out. A **query** reads, a
**command** changes the film and is answered when the change is on disk, a **job** waits on work
that takes time. Roles are viewer, editor, producer and admin; each may do what the ones before
it may.
";

/// The whole file.
pub(crate) fn reference(catalog: &Catalog) -> anyhow::Result<String> {
    let mut out = format!("<!-- {HEADER} -->\n{INTRODUCTION}");
    overview(catalog, &mut out)?;
    out += "\n## Methods\n";
    for info in &catalog.methods {
        method(catalog, info, &mut out)?;
    }
    out += "\n## Notifications\n";
    for notification in &catalog.notifications {
        let params = link(&notification.params);
        write!(
            out,
            "\n### Notification {}\n\n{}\n\n",
            notification.name,
            plain(&notification.doc)
        )?;
        writeln!(out, "Params: {params}")?;
    }
    errors(&mut out)?;
    out += "\n## Types\n";
    for (name, schema) in &catalog.types {
        if catalog.methods.iter().all(|it| it.params != *name) {
            declare(name, schema, &mut out)?;
        }
    }
    Ok(out)
}

fn overview(catalog: &Catalog, out: &mut String) -> anyhow::Result<()> {
    *out += "\n| method | kind | role | what it does |\n| --- | --- | --- | --- |\n";
    for it in &catalog.methods {
        let (name, anchor) = (it.name, anchor(it.name));
        let (kind, role) = (word(&it.kind), word(&it.role));
        writeln!(
            out,
            "| [{name}](#{anchor}) | {kind} | {role} | {} |",
            cell(&first_sentence(&it.doc))
        )?;
    }
    Ok(())
}

fn method(catalog: &Catalog, method: &MethodInfo, out: &mut String) -> anyhow::Result<()> {
    let (kind, role) = (word(&method.kind), word(&method.role));
    let scope = match method.scope {
        Scope::Film => "one film",
        Scope::Daemon => "the daemon",
    };
    write!(out, "\n### {}\n\n{}\n\n", method.name, plain(&method.doc))?;
    writeln!(out, "A {kind} on {scope}; needs the role {role}.\n")?;
    let at = &method.params;
    match catalog
        .types
        .get(at)
        .map(|it| dialect::shape(at, it))
        .transpose()?
    {
        Some(Shape::Struct(params)) if !params.is_empty() => fields("param", &params, out)?,
        _ => *out += "It takes no params.\n",
    }
    let at = format!("the result of {}", method.name);
    let result = type_of(&dialect::shape(&at, &method.result)?);
    writeln!(out, "\nResult: {result}")?;
    if method.kind == Kind::Command && method.scope == Scope::Film {
        *out += "\n`seq` is the place in the log at which `value` is true.\n";
    }
    Ok(())
}

fn errors(out: &mut String) -> anyhow::Result<()> {
    *out += "\n## Errors\n\n\
        Branch on `data.kind`; `message` and `data.hint` are for people. Any method may fail with \
        any of these. Where it says retry, the same request may succeed later.\n\n\
        | kind | code | retry | meaning |\n| --- | --- | --- | --- |\n";
    for kind in ErrorKind::ALL {
        let retry = if kind.retryable() { "yes" } else { "no" };
        let (name, code, meaning) = (word(kind), kind.code(), cell(kind.doc()));
        writeln!(out, "| `{name}` | {code} | {retry} | {meaning} |")?;
    }
    Ok(())
}

fn declare(name: &str, schema: &Value, out: &mut String) -> anyhow::Result<()> {
    write!(out, "\n### {name}\n\n")?;
    let doc = doc(schema);
    if !doc.is_empty() {
        write!(out, "{doc}\n\n")?;
    }
    match dialect::shape(name, schema)? {
        Shape::Struct(members) => fields("field", &members, out)?,
        Shape::OneOf(variants) => cases(&variants, out)?,
        shape => writeln!(out, "{}", type_of(&shape))?,
    }
    Ok(())
}

fn fields(head: &str, fields: &[Field], out: &mut String) -> anyhow::Result<()> {
    writeln!(out, "| {head} | type | |\n| --- | --- | --- |")?;
    for field in fields {
        let mark = if field.required { "" } else { "?" };
        let default = match &field.default {
            Some(value) => format!(" By default `{value}`."),
            None => String::new(),
        };
        let (name, kind, doc) = (&field.name, type_of(&field.shape), cell(&field.doc));
        writeln!(out, "| `{name}`{mark} | {} | {doc}{default} |", cell(&kind))?;
    }
    Ok(())
}

fn cases(variants: &[Variant], out: &mut String) -> anyhow::Result<()> {
    *out += "One of:\n\n";
    for variant in variants {
        let what = type_of(&variant.shape);
        match one_line(&variant.doc).as_str() {
            "" => writeln!(out, "- {what}")?,
            doc => writeln!(out, "- {what}: {doc}")?,
        }
    }
    Ok(())
}

/// A type in words, with links to the types it names.
fn type_of(shape: &Shape) -> String {
    match shape {
        Shape::Any => "anything".to_owned(),
        Shape::Null => "`null`".to_owned(),
        Shape::Boolean => "boolean".to_owned(),
        Shape::Integer => "integer".to_owned(),
        Shape::Number => "number".to_owned(),
        Shape::String => "string".to_owned(),
        Shape::Const(text) => format!("`{}`", json!(text)),
        Shape::Named(name) => link(name),
        Shape::Nullable(inner) => format!("{} or `null`", type_of(inner)),
        Shape::List(inner) => format!("list of {}", type_of(inner)),
        Shape::Map(inner) => format!("map of {}", type_of(inner)),
        Shape::Struct(fields) => {
            let mark = |it: &Field| if it.required { "" } else { "?" };
            let fields: Vec<String> = fields
                .iter()
                .map(|it| format!("`{}`{} {}", it.name, mark(it), type_of(&it.shape)))
                .collect();
            format!("{{ {} }}", fields.join(", "))
        }
        Shape::OneOf(variants) => {
            let cases: Vec<String> = variants.iter().map(|it| type_of(&it.shape)).collect();
            cases.join(" or ")
        }
    }
}

fn link(name: &str) -> String {
    format!("[{name}](#{})", anchor(name))
}

/// What Markdown readers make of a heading.
fn anchor(heading: &str) -> String {
    let kept = heading
        .chars()
        .filter(|it| it.is_alphanumeric() || *it == '-');
    kept.collect::<String>().to_lowercase()
}

/// Text for one cell of a table.
fn cell(text: &str) -> String {
    one_line(text).replace('|', "\\|")
}

/// A word of one of the contract's enums.
fn word(word: &impl serde::Serialize) -> String {
    json!(word).as_str().unwrap_or_default().to_owned()
}
