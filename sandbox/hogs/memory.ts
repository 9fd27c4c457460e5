/** Loaded into a process of the practice production by the fault memory-hog: it holds on to memory, and to a little more every second. */
import { marked } from "./once.ts";

const mib = 1024 ** 2;
const wanted = Number(process.env["SANDBOX_HOG_MIB"] ?? 0) * mib;
/** Past what is wanted it leaks slowly, and no further than this. */
const most = wanted + 40 * mib;

if (wanted > 0 && marked()) {
  const held: Buffer[] = [];
  const grow = setInterval(() => {
    const used = process.memoryUsage.rss();
    // Filled, so that the kernel really gives it.
    if (used < wanted) held.push(Buffer.alloc(Math.min(64 * mib, wanted - used + mib), held.length % 250));
    else if (used < most) held.push(Buffer.alloc(mib / 4, 1));
  }, 100);
  grow.unref();
}
