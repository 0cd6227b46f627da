//! Where an input of a node on the canvas gets its value from, through all that is not run.

use serde_json::Value;

use super::{INPUTS, Mode, OUTPUTS, UiNode, Unfolded, list, widgets};
use crate::graph::NodeId;

/// How many nodes a link may go through.
const THROUGH_MAX: usize = 1_000;

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Source {
    /// A node that runs.
    Output {
        /// It.
        node: NodeId,
        /// Which of its outputs.
        slot: u64,
    },
    /// A field of the canvas.
    Value(Value),
}

/// Whether a node is on the canvas only, and stands for something else.
pub(super) fn is_virtual(class: &str) -> bool {
    [
        "Reroute",
        "PrimitiveNode",
        "SetNode",
        "GetNode",
        "Reroute (rgthree)",
    ]
    .contains(&class)
}

impl<'a> Unfolded<'a> {
    /// What an input gets; nothing if it is not linked, or linked to something that does not run.
    pub(super) fn input(
        &self,
        canvas: usize,
        node: i64,
        slot: usize,
        through: usize,
    ) -> Result<Option<Source>, String> {
        let within = &self.canvases[canvas];
        let input = within
            .nodes
            .get(&node)
            .and_then(|it| list(it.json, "inputs").get(slot));
        let link = input.and_then(|it| it.get("link")).and_then(super::whole);
        let Some(link) = link.and_then(|it| within.links.get(&it)) else {
            return Ok(None);
        };
        self.output(canvas, link.origin, link.origin_slot, through + 1)
    }

    fn output(
        &self,
        canvas: usize,
        id: i64,
        slot: usize,
        through: usize,
    ) -> Result<Option<Source>, String> {
        if through > THROUGH_MAX {
            return Err("its link leads in a circle".to_owned());
        }
        let within = &self.canvases[canvas];
        if id == INPUTS {
            return self.outside(canvas, slot, through);
        }
        let Some(node) = within.nodes.get(&id) else {
            return Ok(None);
        };
        match node.mode {
            Mode::Muted => return Ok(None),
            Mode::Bypassed => return self.around(canvas, id, node, slot, through),
            Mode::Runs => {}
        }
        if let Some(inner) = within.inner.get(&id) {
            return self.inside(*inner, slot, through);
        }
        match node.class {
            "Reroute" | "Reroute (rgthree)" | "SetNode" => self.input(canvas, id, 0, through),
            "PrimitiveNode" => Ok(widgets::listed(node.json)
                .first()
                .cloned()
                .map(Source::Value)),
            "GetNode" => match self.set_node(canvas, node) {
                Some(set) => self.input(canvas, set, 0, through),
                None => Ok(None),
            },
            _ => Ok(Some(Source::Output {
                node: NodeId(format!("{}{}", within.prefix, node.id)),
                slot: slot as u64,
            })),
        }
    }

    /// The node that sets what this one gets, by the name that both have.
    fn set_node(&self, canvas: usize, get: &UiNode<'a>) -> Option<i64> {
        let name = widgets::listed(get.json).first()?;
        let nodes = self.canvases[canvas].nodes.iter();
        let is_it = |it: &UiNode<'a>| {
            it.class == "SetNode" && widgets::listed(it.json).first() == Some(name)
        };
        nodes.filter(|(_, it)| is_it(it)).map(|(id, _)| *id).next()
    }

    /// Through a bypassed node: by the input beside the output if it is of its type, else by the
    /// first that is.
    fn around(
        &self,
        canvas: usize,
        id: i64,
        node: &UiNode<'a>,
        slot: usize,
        through: usize,
    ) -> Result<Option<Source>, String> {
        let type_of = |it: &Value| it.get("type").cloned().unwrap_or_default();
        let inputs = list(node.json, "inputs");
        let Some(wanted) = list(node.json, "outputs").get(slot).map(type_of) else {
            return Ok(None);
        };
        let fits = |it: &Value| {
            let own = type_of(it);
            own == wanted || own == "*" || wanted == "*"
        };
        let beside = inputs.get(slot).filter(|it| fits(it)).map(|_| slot);
        let first = || inputs.iter().position(|it| type_of(it) == wanted);
        match beside
            .or_else(first)
            .or_else(|| inputs.iter().position(fits))
        {
            Some(slot) => self.input(canvas, id, slot, through),
            None => Ok(None),
        }
    }

    /// What a subgraph is given: by a link, or by a field on the node that it is outside.
    fn outside(
        &self,
        canvas: usize,
        slot: usize,
        through: usize,
    ) -> Result<Option<Source>, String> {
        let within = &self.canvases[canvas];
        let Some((outer, id)) = within.parent else {
            return Ok(None);
        };
        let Some(node) = self.canvases[outer].nodes.get(&id) else {
            return Ok(None);
        };
        let inputs = list(node.json, "inputs");
        let name = list(within.json, "inputs")
            .get(slot)
            .and_then(|it| it.get("name"));
        // In the order of the definition; by the name if somebody has changed that since.
        let by_name = || {
            inputs
                .iter()
                .position(|it| name.is_some() && it.get("name") == name)
        };
        let is_same = |it: &&Value| name.is_none() || it.get("name") == name;
        let at = inputs.get(slot).filter(is_same).map(|_| slot);
        let Some(at) = at.or_else(by_name) else {
            return Ok(None);
        };
        if let Some(source) = self.input(outer, id, at, through)? {
            return Ok(Some(source));
        }
        // Fields of the node are in the order of the inputs that have one.
        let is_field = |it: &&Value| it.get("widget").is_some();
        if inputs.get(at).filter(is_field).is_none() {
            return Ok(None);
        }
        let field = inputs[..at].iter().filter(is_field).count();
        let value = widgets::listed(node.json)
            .get(field)
            .filter(|it| !it.is_null());
        Ok(value.cloned().map(Source::Value))
    }

    /// What comes out of a subgraph.
    fn inside(&self, inner: usize, slot: usize, through: usize) -> Result<Option<Source>, String> {
        let within = &self.canvases[inner];
        let mut links = within.links.values();
        let link = links.find(|it| it.target == OUTPUTS && it.target_slot == slot);
        match link {
            Some(link) => self.output(inner, link.origin, link.origin_slot, through + 1),
            None => Ok(None),
        }
    }
}
