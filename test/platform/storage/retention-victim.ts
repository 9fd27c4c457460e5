import { folderFiles, type ReportFiles } from "#platform/storage/report-files.ts";
import { folderArtifacts } from "#platform/pipeline/folder-artifacts.ts";
import { openDatabase } from "#platform/storage/database.ts";
import { applyRetention, loadRetention } from "#platform/storage/retention.ts";

// A process that stops for ever at a chosen point of `applyRetention`, so that it can be killed exactly there.
const [url = "", root = "", archive = "", point = ""] = process.argv.slice(2);
const files = folderFiles(root);
const here = async (): Promise<never> => {
  process.stdout.write(`${point}\n`);
  setInterval(() => undefined, 1_000);
  return new Promise(() => undefined);
};
const stopping: ReportFiles = {
  ...files,
  drop: async (id) => {
    if (point === "after drop") await files.drop(id);
    await here();
  },
};
await applyRetention({
  database: openDatabase({ url, name: "victim", most: 3, onError: () => undefined }),
  files: stopping,
  archive: folderFiles(archive),
  records: folderArtifacts({ folder: `${archive}/records` }),
  logs: undefined,
  environment: "production",
  rules: await loadRetention(),
  now: new Date(),
  actor: "operator:victim",
  host: "host-1",
  most: 10,
});
