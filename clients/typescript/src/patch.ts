// JSON Patch (RFC 6902) on values that never change: what a patch touches is new, the rest is
// shared with what was before, so `===` says whether anything below has changed.

import type { PatchOperation } from "./generated.ts";

/** A patch does not fit the document. */
export class PatchError extends Error {
  override readonly name = "PatchError";
}

type Container = unknown[] | Record<string, unknown>;

/** The document after the patch. The document itself stays as it is. */
export function applyPatch(document: unknown, patch: readonly PatchOperation[]): unknown {
  // Containers made by this patch may be changed in place: a thousand operations on one large map
  // copy it once.
  const ours = new Set<unknown>();
  return patch.reduce((root, operation) => applyOne(root, operation, ours), document);
}

/** `after`, but with every part that equals that of `before` taken from `before`. */
export function share(before: unknown, after: unknown): unknown {
  if (before === after || !isContainer(before) || !isContainer(after)) return after;
  if (Array.isArray(before) !== Array.isArray(after)) return after;
  const old = new Map(Object.entries(before));
  const entries = Object.entries(after);
  let same = old.size === entries.length;
  const shared: Container = Array.isArray(after) ? [] : {};
  for (const [key, value] of entries) {
    const kept = share(old.get(key), value);
    put(shared, key, kept);
    same &&= old.has(key) && kept === old.get(key);
  }
  return same ? before : shared;
}

function applyOne(root: unknown, operation: PatchOperation, ours: Set<unknown>): unknown {
  const tokens = parsePointer(operation.path);
  const last = tokens.pop();
  if (last === undefined) {
    if (operation.op === "remove") throw new PatchError("the whole document cannot be removed");
    return operation.value;
  }
  const newRoot = own(root, ours, operation.path);
  let parent = newRoot;
  for (const token of tokens) {
    const child = own(get(parent, token, operation.path), ours, operation.path);
    put(parent, token, child);
    parent = child;
  }
  change(parent, last, operation);
  return newRoot;
}

function change(parent: Container, token: string, { op, path, value }: PatchOperation): void {
  if (op !== "remove" && value === undefined) throw new PatchError(`${op} ${path} has no value`);
  if (op !== "add") get(parent, token, path);
  if (Array.isArray(parent)) {
    const idx = op === "add" && token === "-" ? parent.length : indexOf(token, path);
    if (idx > parent.length) throw new PatchError(`${path} is past the end`);
    switch (op) {
      case "add":
        parent.splice(idx, 0, value);
        return;
      case "remove":
        parent.splice(idx, 1);
        return;
      case "replace":
        parent[idx] = value;
        return;
    }
  }
  if (op === "remove") delete parent[token];
  else put(parent, token, value);
}

function own(node: unknown, ours: Set<unknown>, path: string): Container {
  if (!isContainer(node)) throw new PatchError(`${path} leads through a plain value`);
  if (ours.has(node)) return node;
  const copy = Array.isArray(node) ? [...node] : { ...node };
  ours.add(copy);
  return copy;
}

function get(parent: Container, token: string, path: string): unknown {
  const key = Array.isArray(parent) ? String(indexOf(token, path)) : token;
  if (!Object.hasOwn(parent, key)) throw new PatchError(`${path} leads nowhere`);
  return Object.getOwnPropertyDescriptor(parent, key)?.value;
}

/** Sets a property of its own, whatever its name: a client may be called `__proto__`. */
function put(parent: Container, key: string, value: unknown): void {
  Object.defineProperty(parent, key, {
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  });
}

function parsePointer(path: string): string[] {
  if (path === "") return [];
  if (!path.startsWith("/")) throw new PatchError(`${path} is no JSON Pointer`);
  const tokens = path.slice(1).split("/");
  return tokens.map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function indexOf(token: string, path: string): number {
  if (!/^(0|[1-9][0-9]*)$/.test(token)) throw new PatchError(`${token} in ${path} is no index`);
  return Number(token);
}

function isContainer(value: unknown): value is Container {
  return typeof value === "object" && value !== null;
}
