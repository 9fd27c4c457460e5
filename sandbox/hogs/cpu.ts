/** Loaded into a process of the practice production by the fault cpu-hog: threads that do nothing, as fast as they can. */
import { setPriority } from "node:os";
import { Worker } from "node:worker_threads";
import { marked } from "./once.ts";

const cores = Number(process.env["SANDBOX_HOG_CORES"] ?? 0);

if (cores > 0 && marked()) {
  // Where it may step forward, one thread for each core takes it from whoever else wants it; elsewhere more of them have to.
  const threads = mayStepForward() ? cores : cores * 4;
  for (let count = 0; count < threads; count += 1)
    // It may not keep a process that is told to end.
    new Worker(`try { require("node:os").setPriority(-10); } catch {} for (;;);`, { eval: true }).unref();
}

/** Priorities are a thread's own on Linux: the main thread tries, and goes back to where it was. */
function mayStepForward(): boolean {
  try {
    setPriority(-1);
    setPriority(0);
    return true;
  } catch {
    return false;
  }
}
