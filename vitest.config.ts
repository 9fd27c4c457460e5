import { defineConfig } from "vitest/config";

// Two workers: the suites start real servers, and the smallest machine that runs them has two cores.
export default defineConfig({
  test: {
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Real servers and hundreds of processes on a machine that others use too: a second try tells a slow moment from a broken promise.
    retry: process.env["CI"] === undefined ? 0 : 1,
    projects: [
      {
        extends: true,
        test: { name: "unit", include: ["test/**/*.test.ts"], exclude: ["test/live/**", "test/bench/**"] },
      },
      { extends: true, test: { name: "live", include: ["test/live/**/*.test.ts"] } },
    ],
  },
});
