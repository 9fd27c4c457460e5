import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

/**
 * What the tests' reports say.
 *   node .ci/verdict.js failed FIRST          the test files in which something failed, one a line
 *   node .ci/verdict.js count FIRST [SECOND]  "N passed, N failed", where a file of the second run replaces the same file of the first
 * A file that cannot even be loaded has no failed test in it; it counts as one. So does a report that is missing.
 */
const say = (line) => process.stdout.write(`${line}\n`);
const [what, first, second] = process.argv.slice(2);
const read = (file) =>
  file !== undefined && existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
const filesOf = (run) =>
  new Map((run?.testResults ?? []).map((file) => [path.relative(".", file.name), file]));

const run = read(first);
const files = filesOf(run);
if (what === "failed") {
  for (const [name, { status }] of files) if (status === "failed") say(name);
} else {
  for (const [name, file] of filesOf(read(second))) {
    if (files.get(name)?.status === "failed" && file.status === "passed")
      say(`    ${name} failed beside others and passed alone: it starves on a busy machine, look at it`);
    files.set(name, file);
  }
  let passed = 0;
  let failed = run === undefined || files.size === 0 ? 1 : 0;
  for (const { status, assertionResults } of files.values()) {
    const bad = assertionResults.filter((test) => test.status === "failed").length;
    passed += assertionResults.filter((test) => test.status === "passed").length;
    failed += bad > 0 ? bad : status === "failed" ? 1 : 0;
  }
  say(`${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
}
