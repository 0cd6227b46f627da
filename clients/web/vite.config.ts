// How the page is built and tested.
import { defineConfig } from "vitest/config";

export default defineConfig({
  build: {
    // The daemon serves pictures at /assets/{project}/{asset}.
    assetsDir: "page",
    // A font as a data: URI would need its own line in the Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  test: {
    environment: "happy-dom",
    include: ["tests/**/*.test.{ts,tsx}"],
    setupFiles: ["tests/setup.ts"],
  },
});
