//! JSON lines with the field names of the Elastic Common Schema, version 8.11, so that the usual
//! tools read them unasked. Fields without a name there stand under `storycore.`.

use std::{fmt, io::Write};

use serde_json::{Map, Value};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use tracing_appender::non_blocking::NonBlocking;
use tracing_subscriber::{
    Layer,
    fmt::{format::Writer, time::FormatTime as _},
    layer::Context,
    registry::{LookupSpan, Scope},
};

/// Writes each event as one line, with the fields of the spans around it.
pub(super) struct EcsLayer {
    writer: NonBlocking,
    pid: u32,
}

impl EcsLayer {
    pub(super) fn new(writer: NonBlocking) -> EcsLayer {
        EcsLayer {
            writer,
            pid: std::process::id(),
        }
    }

    fn line<S>(&self, event: &Event<'_>, context: &Context<'_, S>) -> Map<String, Value>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let metadata = event.metadata();
        let mut fields = Fields::default();
        let mut span_name = None;
        for span in context
            .event_scope(event)
            .into_iter()
            .flat_map(Scope::from_root)
        {
            span_name = Some(span.name());
            if let Some(outer) = span.extensions().get::<Fields>() {
                fields.0.extend(outer.0.iter().cloned());
            }
        }
        event.record(&mut fields);

        let mut line = Map::new();
        let mut put = |name: &str, value: Value| line.insert(name.to_owned(), value);
        put("@timestamp", now().into());
        put("log.level", metadata.level().as_str().to_lowercase().into());
        put("log.logger", metadata.target().into());
        put("ecs.version", "8.11".into());
        put("service.name", "storycore".into());
        put("service.version", env!("CARGO_PKG_VERSION").into());
        put("process.pid", self.pid.into());
        if let Some(name) = span_name {
            put("storycore.span", name.into());
        }
        for (name, value) in fields.0 {
            match ecs_name(name) {
                Some(known) => put(known, value),
                None => put(&format!("storycore.{name}"), value),
            };
        }
        line
    }
}

impl<S> Layer<S> for EcsLayer
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        span.extensions_mut().insert(fields);
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(fields) = span.extensions_mut().get_mut::<Fields>() {
            record.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let Ok(mut bytes) = serde_json::to_vec(&self.line(event, &context)) else {
            return;
        };
        bytes.push(b'\n');
        // There is nobody left to tell when the log itself cannot be written.
        let _ = self.writer.clone().write_all(&bytes);
    }
}

#[derive(Default)]
struct Fields(Vec<(&'static str, Value)>);

impl Fields {
    fn put(&mut self, field: &Field, value: Value) {
        self.0.push((field.name(), value));
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format!("{value:?}").into());
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value.into());
    }
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value.into());
    }
    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.put(field, value.to_string().into());
    }
}

fn ecs_name(field: &str) -> Option<&str> {
    match field {
        "message" => Some("message"),
        "correlation_id" => Some("trace.id"),
        "error" => Some("error.message"),
        // Already an ECS name, as `event.duration` is.
        dotted if dotted.contains('.') => Some(dotted),
        _ => None,
    }
}

fn now() -> String {
    let mut text = String::new();
    let _ = tracing_subscriber::fmt::time::SystemTime.format_time(&mut Writer::new(&mut text));
    text
}
