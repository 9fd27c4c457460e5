/** Loaded into a process of the practice production by the fault cpu-hog: threads that do nothing, as fast as they can. */
import { Worker } from "node:worker_threads";
import { marked } from "./once.ts";

const threads = Number(process.env["SANDBOX_HOG_THREADS"] ?? 0);

if (threads > 0 && marked())
  for (let count = 0; count < threads; count += 1)
    // It may not keep a process that is told to end.
    new Worker("for (;;);", { eval: true }).unref();
