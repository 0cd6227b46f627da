// The list of films.
import { screen } from "@testing-library/react";
import { expect, test } from "vitest";

import { projectId } from "./film.ts";
import { Refusal, stage } from "./stage.tsx";

test("films are listed with their folders, and lead to their boards", async () => {
  await stage({
    project: null,
    answers: {
      "project/list": () => [
        { id: projectId, title: "High Water", path: "/films/high-water", open: true },
        { id: "01ARZ3NDEKTSV4RRFFQ69G5FAW", title: "Poslední vlak", path: "/films/vlak", open: false },
      ],
    },
  });
  const links = await screen.findAllByRole("link");
  expect(links.map((it) => it.textContent)).toEqual(["High Water/films/high-waterOpen now", "Poslední vlak/films/vlak"]);
  expect(links[0]?.getAttribute("href")).toBe(`/?project=${projectId}`);
  expect(document.title).toBe("Films · StoryCore");
});

test("without a film the page says how to begin", async () => {
  await stage({ project: null, answers: { "project/list": () => [] } });
  expect(await screen.findByText("No film yet.")).toBeTruthy();
  expect(screen.getByText("storycore studio .")).toBeTruthy();
});

test("a list that cannot be had says why", async () => {
  await stage({
    project: null,
    answers: {
      "project/list": () => {
        throw new Refusal("permissionDenied", "you may not list films", "ask a producer");
      },
    },
  });
  const reason = await screen.findByText(/you may not list films/);
  expect(reason.textContent).toContain("ask a producer");
});
