import { defineConfig } from "vitest/config";

// Two workers: the suites start real servers, and the smallest machine that runs them has two cores.
export default defineConfig({
  test: {
    maxWorkers: 2,
    // Many tests start processes of their own; on a machine that others use too these wait for their turn.
    testTimeout: 90_000,
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        test: { name: "unit", include: ["test/**/*.test.ts"], exclude: ["test/live/**", "test/bench/**"] },
      },
      { extends: true, test: { name: "live", include: ["test/live/**/*.test.ts"] } },
    ],
  },
});
