//! TypeScript: types and tables, no logic. The client beside them is written by hand.

use std::collections::BTreeSet;

use anyhow::ensure;
use storycore_schema::{Catalog, ErrorKind, asset, system};

use crate::{
    HEADER,
    dialect::{self, Field, Shape, Variant},
    prose,
};

/// The whole file.
pub(crate) fn typescript(catalog: &Catalog) -> anyhow::Result<String> {
    let sent = sent_by_clients(catalog);
    let mut out = Writer {
        out: format!("// {HEADER}\n"),
        names: BTreeSet::new(),
    };
    for (name, schema) in &catalog.types {
        let mut shape = dialect::shape(name, schema)?;
        if !sent.contains(name.as_str()) {
            require_defaults(&mut shape);
        }
        out.declare(name, &prose::doc(schema), &shape)?;
    }
    let protocol = system::PROTOCOL_VERSION;
    out.line("\n/** Version of the protocol these types are of. */");
    out.line(&format!("export const protocolVersion = {protocol};"));
    let (side, bytes) = (asset::CARD_SIDE_PX, asset::CARD_FROM_BYTES);
    out.line("\n/** The longest side of a picture on a card, in pixels. */");
    out.line(&format!("export const cardSidePx = {side};"));
    out.line("\n/** A still picture that is smaller is shown on a card as it is, in bytes. */");
    out.line(&format!("export const cardFromBytes = {bytes};"));
    out.methods(catalog)?;
    out.notifications(catalog);
    out.method_info(catalog);
    out.error_info();
    Ok(out.out)
}

/// Types that a client may write. The others it only reads, and they come complete.
fn sent_by_clients(catalog: &Catalog) -> BTreeSet<&str> {
    let mut sent = BTreeSet::new();
    let mut left: Vec<&str> = catalog
        .methods
        .iter()
        .map(|it| it.params.as_str())
        .collect();
    while let Some(name) = left.pop() {
        if sent.insert(name)
            && let Some(schema) = catalog.types.get(name)
        {
            left.extend(dialect::references(schema));
        }
    }
    sent
}

/// Marks what the daemon always sends as required, though a file may leave it out.
fn require_defaults(shape: &mut Shape) {
    let Shape::Struct(fields) = shape else { return };
    for field in fields.iter_mut().filter(|it| it.default.is_some()) {
        field.required = true;
    }
}

struct Writer {
    out: String,
    names: BTreeSet<String>,
}

impl Writer {
    fn declare(&mut self, name: &str, doc: &str, shape: &Shape) -> anyhow::Result<()> {
        ensure!(
            self.names.insert(name.to_owned()),
            "{name}: two types have this name"
        );
        match shape {
            Shape::Struct(fields) if !fields.is_empty() => {
                self.line("");
                self.doc(doc, "");
                self.interface(name, fields);
            }
            Shape::OneOf(variants) => self.union(name, doc, variants)?,
            _ => {
                self.line("");
                self.doc(doc, "");
                self.line(&format!("export type {name} = {};", inline(shape)));
            }
        }
        Ok(())
    }

    fn interface(&mut self, name: &str, fields: &[Field]) {
        self.line(&format!("export interface {name} {{"));
        for field in fields {
            self.doc(&field.doc, "  ");
            self.line(&format!("  {};", property(field)));
        }
        self.line("}");
    }

    /// A variant with a name becomes an interface of its own.
    fn union(&mut self, name: &str, doc: &str, variants: &[Variant]) -> anyhow::Result<()> {
        for variant in variants {
            if let (Some(title), Shape::Struct(_)) = (&variant.title, &variant.shape) {
                self.declare(title, &variant.doc, &variant.shape)?;
            }
        }
        self.line("");
        self.doc(doc, "");
        self.line(&format!("export type {name} ="));
        for (idx, variant) in variants.iter().enumerate() {
            let is_last = idx + 1 == variants.len();
            let end = if is_last { ";" } else { "" };
            if let (Some(title), Shape::Struct(_)) = (&variant.title, &variant.shape) {
                self.line(&format!("  | {title}{end}"));
            } else {
                self.doc(&variant.doc, "  ");
                self.line(&format!("  | {}{end}", inline(&variant.shape)));
            }
        }
        Ok(())
    }

    fn methods(&mut self, catalog: &Catalog) -> anyhow::Result<()> {
        self.line("\n/** Every method: what it takes and what it returns. */");
        self.line("export interface Methods {");
        for method in &catalog.methods {
            let at = format!("the result of {}", method.name);
            let result = inline(&dialect::shape(&at, &method.result)?);
            self.doc(&prose::plain(&method.doc), "  ");
            let (name, params) = (quoted(method.name), &method.params);
            self.line(&format!(
                "  {name}: {{ params: {params}; result: {result} }};"
            ));
        }
        self.line("}");
        Ok(())
    }

    fn notifications(&mut self, catalog: &Catalog) {
        self.line("\n/** Every notification of the daemon: its params. */");
        self.line("export interface Notifications {");
        for notification in &catalog.notifications {
            self.doc(&prose::plain(&notification.doc), "  ");
            self.line(&format!(
                "  {}: {};",
                quoted(notification.name),
                notification.params
            ));
        }
        self.line("}");
    }

    fn method_info(&mut self, catalog: &Catalog) {
        self.line(concat!(
            "\n/** What the catalog says of a method beside its types. */\n",
            "export interface MethodInfo {\n",
            "  /** Whether it reads, writes, or waits on work that takes time. */\n",
            "  kind: \"query\" | \"command\" | \"job\";\n",
            "  /** The least role that may call it. */\n",
            "  role: Role;\n",
            "  /** Whether it speaks of one film, and takes `project`, or of the daemon. */\n",
            "  scope: \"film\" | \"daemon\";\n",
            "}\n\n",
            "/** Kind, role and scope of every method. */\n",
            "export const methodInfo = {",
        ));
        for method in &catalog.methods {
            let (kind, scope) = (word(&method.kind), word(&method.scope));
            let (name, role) = (quoted(method.name), word(&method.role));
            self.line(&format!(
                "  {name}: {{ kind: {kind}, role: {role}, scope: {scope} }},"
            ));
        }
        self.line("} as const satisfies Record<keyof Methods, MethodInfo>;");
    }

    fn error_info(&mut self) {
        self.line(concat!(
            "\n/** Each kind's JSON-RPC code, and whether the same request may succeed later. */\n",
            "export const errorInfo = {",
        ));
        for kind in ErrorKind::ALL {
            self.doc(kind.doc().trim(), "  ");
            let (code, retry) = (kind.code(), kind.retryable());
            let name = word(kind).trim_matches('"').to_owned();
            self.line(&format!("  {name}: {{ code: {code}, retry: {retry} }},"));
        }
        self.line("} as const satisfies Record<ErrorKind, { code: number; retry: boolean }>;");
    }

    fn doc(&mut self, doc: &str, indent: &str) {
        let doc = doc.replace("*/", "*\\/");
        let lines: Vec<&str> = doc.lines().collect();
        match lines.as_slice() {
            [] => {}
            [line] => self.line(&format!("{indent}/** {line} */")),
            lines => {
                self.line(&format!("{indent}/**"));
                for line in lines {
                    self.line(format!("{indent} * {line}").trim_end());
                }
                self.line(&format!("{indent} */"));
            }
        }
    }

    fn line(&mut self, line: &str) {
        self.out += line;
        self.out += "\n";
    }
}

fn property(field: &Field) -> String {
    let mark = if field.required { "" } else { "?" };
    format!("{}{mark}: {}", key(&field.name), inline(&field.shape))
}

fn inline(shape: &Shape) -> String {
    match shape {
        Shape::Any => "unknown".to_owned(),
        Shape::Null => "null".to_owned(),
        Shape::Boolean => "boolean".to_owned(),
        Shape::Integer | Shape::Number => "number".to_owned(),
        Shape::String => "string".to_owned(),
        Shape::Const(text) => quoted(text),
        Shape::Named(name) => name.clone(),
        Shape::Nullable(inner) => format!("{} | null", inline(inner)),
        Shape::List(inner) if matches!(**inner, Shape::Nullable(_) | Shape::OneOf(_)) => {
            format!("({})[]", inline(inner))
        }
        Shape::List(inner) => format!("{}[]", inline(inner)),
        Shape::Map(inner) => format!("Record<string, {}>", inline(inner)),
        Shape::Struct(fields) if fields.is_empty() => "Record<string, never>".to_owned(),
        Shape::Struct(fields) => {
            let fields: Vec<String> = fields.iter().map(property).collect();
            format!("{{ {} }}", fields.join("; "))
        }
        Shape::OneOf(variants) => {
            let cases: Vec<String> = variants.iter().map(|it| inline(&it.shape)).collect();
            cases.join(" | ")
        }
    }
}

fn key(name: &str) -> String {
    let is_word = |it: char| it.is_ascii_alphanumeric() || it == '_' || it == '$';
    let starts_well = name.starts_with(|it: char| is_word(it) && !it.is_ascii_digit());
    if starts_well && name.chars().all(is_word) {
        name.to_owned()
    } else {
        quoted(name)
    }
}

/// A JSON text is a TypeScript text, too.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A word of one of the contract's enums, quoted.
fn word(word: &impl serde::Serialize) -> String {
    serde_json::to_string(word).unwrap_or_default()
}

#[cfg(test)]
mod tests;
