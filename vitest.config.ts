import { defineConfig } from "vitest/config";

// Two workers: the suites start real servers, and the smallest machine that runs them has two cores.
export default defineConfig({
  test: {
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: { name: "unit", include: ["test/**/*.test.ts"], exclude: ["test/live/**", "test/bench/**"] },
      },
      { extends: true, test: { name: "live", include: ["test/live/**/*.test.ts"] } },
    ],
  },
});
