// The generated document, checked by OpenRPC's own tools.

import { readFileSync } from "node:fs";
import { parseOpenRPCDocument, validateOpenRPCDocument } from "@open-rpc/schema-utils-js";
import { expect, test } from "vitest";
import { methodInfo } from "../src/index.ts";

const text = readFileSync(new URL("../../../schema/generated/openrpc.json", import.meta.url), "utf8");

test("openrpc.json is an OpenRPC document, and all its references lead somewhere", async () => {
  expect(validateOpenRPCDocument(JSON.parse(text))).toBe(true);
  const document = await parseOpenRPCDocument(text);
  const names = document.methods.map((it) => ("name" in it ? it.name : it.$ref));
  expect(names).toEqual(Object.keys(methodInfo));
});
