/** Loaded into a process of the practice production by the fault cpu-hog: threads that do nothing, as fast as they can. */
import { setPriority } from "node:os";
import { Worker } from "node:worker_threads";
import { marked } from "./once.ts";

const cores = Number(process.env["SANDBOX_HOG_CORES"] ?? 0);

/** Asks for the session's share again and again, because the platform's own start sets it. A kernel that knows no sessions has no such file. */
const spin = `
  const { writeFileSync } = require("node:fs");
  for (;;) {
    try { writeFileSync("/proc/self/autogroup", "-10"); } catch {}
    for (const until = Date.now() + 500; Date.now() < until; );
  }`;

if (cores > 0 && marked()) {
  // Where it may step forward, one thread for each core takes it from whoever else wants it; elsewhere more of them have to.
  const threads = mayStepForward() ? cores : cores * 4;
  for (let count = 0; count < threads; count += 1)
    // It may not keep a process that is told to end.
    new Worker(spin, { eval: true }).unref();
}

/** A thread begins with the priority of the one that starts it. */
function mayStepForward(): boolean {
  try {
    setPriority(-10);
    return true;
  } catch {
    return false;
  }
}
