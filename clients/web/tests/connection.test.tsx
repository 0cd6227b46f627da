// The page keeps what it shows while the daemon is away, and catches up when it is back.
import { act, screen, within } from "@testing-library/react";
import { expect, test } from "vitest";

import { projectId, projectOf, smallFilm } from "./film.ts";
import { card, picture, redrawn, Refusal, stage } from "./stage.tsx";

const banner = () => screen.getByRole("status", { name: "Connection problem" }).textContent;
const state = () => screen.getByRole("status", { name: "Connection" }).textContent;

test("the page says who it is before it asks for the film", async () => {
  const { calls } = await stage();
  expect(calls.slice(0, 2)).toEqual([
    { method: "initialize", params: { client: "page-test", protocol: 1 } },
    { method: "state/subscribe", params: { project: projectId } },
  ]);
  expect(state()).toBe("Connected");
  expect(banner()).toBe("");
});

test("a lost connection has a notice, keeps the board, and turns buttons off with a reason", async () => {
  const { drop } = await stage();
  const before = picture("shot-1-1");
  await drop();
  expect(state()).toBe("Reconnecting");
  expect(banner()).toContain("The daemon does not answer");
  expect(picture("shot-1-1")).toBe(before);
  const redraw = screen.getByRole("button", { name: "Redraw 12B" });
  expect(redraw.getAttribute("aria-disabled")).toBe("true");
  expect(redraw.title).toBe("The page is not connected to the daemon.");
});

test("a new connection brings what changed meanwhile, and nothing else is drawn again", async () => {
  const { calls, drop, open, patchUnseen } = await stage();
  const before = picture("shot-1-1");
  await drop();
  patchUnseen(...redrawn("shot-1-2", "second"));
  const asked = calls.length;
  await open();
  expect(picture("shot-1-2").dataset.asset).toBe("second");
  expect(calls.slice(asked).map((it) => it.method)).toEqual(["initialize", "state/subscribe", "llm/list"]);
  expect(state()).toBe("Connected");
  expect(banner()).toBe("");
  expect(picture("shot-1-1")).toBe(before);
});

test("a client that was too slow subscribes again", async () => {
  const { calls, notify, patchUnseen } = await stage();
  patchUnseen(...redrawn("shot-1-2", "second"));
  const asked = calls.length;
  await notify("$/resync", { project: projectId, subscription: "state", seq: 1 });
  expect(picture("shot-1-2").dataset.asset).toBe("second");
  expect(calls.slice(asked).map((it) => it.method)).toEqual(["state/subscribe"]);
});

test("a patch after a gap is not applied; the page subscribes again", async () => {
  const { patch, patchUnseen } = await stage();
  patchUnseen({ op: "replace", path: "/project/title", value: "Low Water" });
  patch(...redrawn("shot-1-2", "second"));
  await screen.findByRole("heading", { level: 1, name: "Low Water" });
  expect(picture("shot-1-2").dataset.asset).toBe("second");
});

test("a daemon that was restarted is asked to open the film again", async () => {
  let isOpen = true;
  const film = smallFilm();
  const { calls, drop, open } = await stage({
    film,
    answers: {
      "state/subscribe": () => {
        if (!isOpen) throw new Refusal("notFound", "no film is open by this id");
        return { seq: 1, revision: 1, state: film };
      },
      "project/open": () => {
        isOpen = true;
        film.project.title = "Low Water";
        return projectOf(film);
      },
    },
  });
  isOpen = false;
  await drop();
  await open();
  await screen.findByRole("heading", { level: 1, name: "Low Water" });
  expect(calls).toContainEqual({ method: "project/open", params: { path: "/films/high-water" } });
});

test("a film that cannot be opened says why, and is not asked for without end", async () => {
  const refuse = () => {
    throw new Refusal("notFound", "no film is open by this id");
  };
  const known = { id: projectId, title: "High Water", path: "/films/high-water", open: false };
  const { calls } = await stage({
    answers: {
      "state/subscribe": refuse,
      "project/list": () => [known],
      "project/open": () => projectOf(smallFilm()),
    },
  });
  await screen.findByText(/no film is open by this id/);
  expect(calls.filter((it) => it.method === "project/open")).toHaveLength(1);
});

test("a browser the daemon does not know is told how to get in", async () => {
  const { drop, refused } = await stage();
  await drop();
  act(() => refused.set(true));
  expect(state()).toBe("Signed out");
  expect(banner()).toContain("storycore studio");
});

test("a daemon of another protocol says so", async () => {
  await stage({
    answers: {
      initialize: () => {
        throw new Refusal("failedPrecondition", "this daemon speaks protocol 2");
      },
    },
  });
  expect(banner()).toContain("this daemon speaks protocol 2");
});

test("a page that may only look says so on what it may not do", async () => {
  await stage({ answers: { initialize: () => ({ version: "0.1.0", protocol: 1, role: "viewer" }) } });
  const redraw = screen.getByRole("button", { name: "Redraw 12B" });
  expect(redraw.getAttribute("aria-disabled")).toBe("true");
  expect(redraw.title).toBe("It needs the role editor; this page has the role viewer.");
});

test("what could not be done is said, with what to do next", async () => {
  const { user } = await stage({
    answers: {
      "shot/render": () => {
        throw new Refusal("permissionDenied", "shot/render needs editor", "ask for a page that may draw");
      },
    },
  });
  await user.click(screen.getByRole("button", { name: "Redraw 12B" }));
  const alert = screen.getAllByRole("alert").find((it) => it.textContent !== "");
  expect(alert?.textContent).toContain("shot/render needs editor ask for a page that may draw");
  await user.click(screen.getByRole("button", { name: "Dismiss" }));
  expect(screen.queryByText(/needs editor/)).toBeNull();
  expect(within(card("shot-1-2")).getByText("Redraw").textContent).toBe("Redraw");
});
