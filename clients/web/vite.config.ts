// How the page is built and tested.
import { defineConfig } from "vitest/config";

export default defineConfig({
  build: {
    // The daemon lets browsers keep what is under /assets/ for good. Films' pictures are there too,
    // at /assets/{project}/{asset}; a second slash tells them apart.
    assetsDir: "assets",
    // A font as a data: URI would need its own line in the Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  // The TypeScript client stands beside this folder.
  server: { fs: { allow: [".", "../typescript"] } },
  test: {
    environment: "happy-dom",
    include: ["tests/**/*.test.{ts,tsx}"],
    setupFiles: ["tests/setup.ts"],
    // A busy machine is slow at drawing pages, which is no fault of the page.
    testTimeout: 20_000,
  },
});
