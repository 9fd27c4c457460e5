import { rmSync } from "node:fs";

/**
 * True the first time it is asked for a mark that a fault left; the mark is then gone. So a process that is started again by whoever cures it runs
 * as it should.
 */
export function marked(): boolean {
  const mark = process.env["SANDBOX_HOG"];
  if (mark === undefined) return false;
  try {
    rmSync(mark);
    return true;
  } catch {
    return false;
  }
}
