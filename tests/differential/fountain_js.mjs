// Prints fountain-js's view of each Fountain file as one line of normalized JSON (see README.md).

import { readFileSync } from "node:fs";
import { Fountain, InlineLexer } from "fountain-js";

/** The words of a token without markup, as fountain-js itself understands emphasis and notes. */
function plain(text) {
  return InlineLexer.reconstruct(text)
    .replace(/<!--[\s\S]*?-->/g, "")
    .replace(/<br \/>/g, " ")
    .replace(/<[^>]*>/g, "")
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&quot;/g, '"')
    .replace(/&amp;/g, "&")
    .replace(/\s+/g, " ")
    .trim();
}

/** A cue's name: the extension at its end removed. */
function nameOf(cue) {
  return plain(cue).replace(/(\s*\([^()]*\))+$/, "").trim();
}

function view(file) {
  const { tokens } = new Fountain().parse(readFileSync(file, "utf8"), true);
  const scenes = [];
  const dialogue = [];
  const transitions = [];
  let block = null;
  for (const token of tokens) {
    switch (token.type) {
      case "scene_heading":
        scenes.push(plain(token.text).toUpperCase());
        break;
      case "transition":
        transitions.push(plain(token.text).toUpperCase());
        break;
      case "dialogue_begin":
        block = { character: "", text: [] };
        break;
      case "character":
        block.character = nameOf(token.text);
        break;
      case "dialogue":
      case "lyrics":
        // Lyrics outside a speech belong to no character.
        block?.text.push(plain(token.text));
        break;
      case "dialogue_end":
        dialogue.push({ character: block.character, text: block.text.join(" ").trim() });
        block = null;
        break;
    }
  }
  const characters = [...new Set(dialogue.map((it) => it.character))].sort(byCodePoint);
  return { file, parser: "fountain-js", scenes, characters, dialogue, transitions };
}

// JavaScript compares UTF-16 units; Rust and Python compare code points.
function byCodePoint(a, b) {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** fountain-js throws on some valid scripts; that too is its view, told in its own words. */
function viewOrError(file) {
  try {
    return view(file);
  } catch (error) {
    return { file, parser: "fountain-js", error: error.message.split("\n")[0] };
  }
}

for (const file of process.argv.slice(2)) {
  process.stdout.write(`${JSON.stringify(viewOrError(file))}\n`);
}
