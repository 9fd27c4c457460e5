import { calculator } from "#platform/agents/calculator.ts";
import { folderArtifacts } from "#platform/pipeline/folder-artifacts.ts";

/** Run in a process of its own with a small heap: works a report folder out and prints how many figures and rows there were. */
const [folder = ""] = process.argv.slice(2);
const { figures } = await calculator.run({
  reportId: "R-1",
  artifacts: folderArtifacts({ folder }),
  now: () => new Date("2025-03-01T09:00:00Z"),
  log: () => undefined,
});
process.stdout.write(JSON.stringify(figures));
