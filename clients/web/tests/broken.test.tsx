// A fault in the page is said, not left as a white window.
import { render, screen } from "@testing-library/react";
import { expect, test, vi } from "vitest";

import { Broken } from "../src/Broken.tsx";

function Faulty(): never {
  throw new Error("no such scene");
}

test("a fault says what it is, and how to go on", () => {
  // React tells the console of the error, which is right on a page and noise here.
  const quiet = vi.spyOn(console, "error").mockImplementation(() => {});
  render(
    <Broken>
      <Faulty />
    </Broken>,
  );
  quiet.mockRestore();
  expect(screen.getByRole("alert").textContent).toContain("no such scene");
  expect(screen.getByRole("button", { name: "Load the page again" })).toBeTruthy();
});

test("a page without a fault is left alone", () => {
  render(<Broken>the board</Broken>);
  expect(screen.getByText("the board")).toBeTruthy();
});
