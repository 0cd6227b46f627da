// Parses a file with fountain-js as often as it is asked to: each line on stdin is a path, and each
// line of the answer the time one parse took, in nanoseconds. Reading the file does not count.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { Fountain } from "fountain-js";

const texts = new Map();

for await (const path of createInterface({ input: process.stdin })) {
  if (!texts.has(path)) texts.set(path, readFileSync(path, "utf8"));
  const text = texts.get(path);
  const start = process.hrtime.bigint();
  const script = new Fountain().parse(text, true);
  const took = process.hrtime.bigint() - start;
  if (script.tokens.length === 0) throw new Error(`${path} has no tokens`);
  console.log(String(took));
}
