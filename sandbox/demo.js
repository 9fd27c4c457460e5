#!/usr/bin/env node
// The demo's door: checks what has to be here, then plays it under the Node the project brings along.

import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
const { status } = spawnSync(process.execPath, [path.join(here, "prerequisites.js")], { stdio: "inherit" });
if (status !== 0) process.exit(status ?? 1);

if (Number(process.versions.node.split(".")[0]) >= 24) await import("./demo/demo.ts");
else {
  const bundled = path.join(here, "..", "node_modules", ".bin", "node");
  const child = spawn(existsSync(bundled) ? bundled : "node", [path.join(here, "demo", "demo.ts")], {
    stdio: "inherit",
  });
  // Ctrl-C reaches the child by itself; this process waits for it to clean up.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
    process.on(signal, () => signal === "SIGINT" || child.kill(signal));
  child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 1)));
}
