// The script as an editor beside the board.
import { act, screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";

import { filmOf, smallFilm } from "./film.ts";
import { Refusal, stage } from "./stage.tsx";

// The test's document cannot say what has the focus within a shadow tree, and stumbles when asked.
Object.defineProperty(ShadowRoot.prototype, "activeElement", { get: () => null });

const text = "EXT. HARBOR MOLE - DAWN #12#\n\nA stone arm.\n";
const scriptText = (path: string) => ({ script: { path, hash: "00", bytes: text.length, scenes: [], titlePage: [] }, text });
const answers = { "script/get": ({ path }: { path: string }) => scriptText(path) };

/** The editor's own document, which stands in a shadow tree. */
function content(): HTMLElement {
  const found = document.querySelector(".write-host")?.shadowRoot?.querySelector<HTMLElement>(".cm-content");
  if (!found) throw new Error("no editor on the page");
  return found;
}

async function writing() {
  await waitFor(() => content(), { timeout: 10_000 });
}

test("Write swaps the column for the editor, and Close brings it back", async () => {
  const { user, calls } = await stage({ answers });
  const side = screen.getByRole("complementary", { name: "Script" });
  expect(calls.some((it) => it.method === "script/get")).toBe(false);
  await user.click(screen.getByRole("button", { name: "Write" }));
  await writing();
  expect(content().textContent).toContain("A stone arm.");
  expect(screen.getByRole("button", { name: "Write" }).getAttribute("aria-pressed")).toBe("true");
  expect(within(side).getByText("film.fountain")).toBeTruthy();
  expect(within(side).getByRole("button", { name: "Save" }).getAttribute("aria-disabled")).toBe("true");
  await user.click(within(side).getByRole("button", { name: "Close" }));
  expect(document.querySelector(".write-host")).toBeNull();
  expect(within(side).getByText("Does it sleep?")).toBeTruthy();
});

test("the key w opens it, and is a letter in the editor", async () => {
  const { user } = await stage({ answers });
  await user.keyboard("w");
  await writing();
  const down = new KeyboardEvent("keydown", { key: "w", bubbles: true, composed: true, cancelable: true });
  act(() => void content().dispatchEvent(down));
  expect(document.querySelector(".write-host")).not.toBeNull();
});

test("who may only look is not offered to write", async () => {
  const { user } = await stage({ answers: { ...answers, initialize: () => ({ version: "0.1.0", protocol: 1, role: "viewer" }) } });
  expect(screen.queryByRole("button", { name: "Write" })).toBeNull();
  await user.keyboard("w");
  expect(document.querySelector(".write")).toBeNull();
});

test("a script that cannot be opened says why", async () => {
  const refuse = () => {
    throw new Refusal("unavailable", "the text cannot be read", "save the script once more");
  };
  const { user } = await stage({ answers: { "script/get": refuse } });
  await user.click(screen.getByRole("button", { name: "Write" }));
  expect((await screen.findByText("the text cannot be read", {}, { timeout: 10_000 })).textContent).toContain("save the script once more");
});

test("of several scripts, the one of the selected shot is opened, and another can be chosen", async () => {
  const film = filmOf("Two", [
    { heading: "INT. A - DAY", shots: [{ lines: [{ text: "First words." }] }] },
    { heading: "INT. B - DAY", shots: [{ lines: [{ text: "Other words." }] }] },
  ]);
  const [one, two] = ["script/1-one.fountain", "script/2-two.fountain"];
  film.project.scripts = {
    [one]: { hash: "00", titlePage: [], scenes: ["scene-1"] },
    [two]: { hash: "00", titlePage: [], scenes: ["scene-2"] },
  };
  for (const [id, script] of [["scene-1", one], ["scene-2", two]] as const) {
    film.project.scenes[id] = { ...film.project.scenes[id]!, script };
  }
  const { user, calls } = await stage({ film, answers });
  await user.keyboard("{End}w");
  await writing();
  const choice = screen.getByRole("combobox", { name: "Script to write" }) as HTMLSelectElement;
  await waitFor(() => expect(choice.value).toBe(two));
  await user.selectOptions(choice, one);
  await waitFor(() => expect(calls.filter((it) => it.method === "script/get").map((it) => it.params)).toContainEqual({ project: film.project.id, path: one }));
  // What is selected on the board does not lead back.
  await new Promise((done) => setTimeout(done, 50));
  expect(choice.value).toBe(one);
});

test("without a connection, the button says so", async () => {
  const { drop } = await stage({ film: smallFilm(), answers });
  await drop();
  expect(screen.getByRole("button", { name: "Write" }).title).toBe("The page is not connected to the daemon.");
});
