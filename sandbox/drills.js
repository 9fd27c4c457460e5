#!/usr/bin/env node
// The drills' door: checks what has to be here, then runs them under the Node the project brings along.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
const { status } = spawnSync(process.execPath, [path.join(here, "prerequisites.js")], { stdio: "inherit" });
if (status !== 0) process.exit(status ?? 1);

if (Number(process.versions.node.split(".")[0]) >= 24) await import("./drilling/all.ts");
else {
  const bundled = path.join(here, "..", "node_modules", ".bin", "node");
  const node = existsSync(bundled) ? bundled : "node";
  const ended = spawnSync(node, [path.join(here, "drilling", "all.ts"), ...process.argv.slice(2)], {
    stdio: "inherit",
  });
  process.exit(ended.status ?? 1);
}
