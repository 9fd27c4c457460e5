import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { makeFolder } from "#kit/make-folder.ts";

function folder(): string {
  const made = mkdtempSync(path.join(tmpdir(), "csrd-folder-"));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

test("makes what is missing and says where that began", () => {
  const root = folder();

  const first = makeFolder(path.join(root, "a/b/c"), 0o700);
  const again = makeFolder(path.join(root, "a/b/c"), 0o700);

  expect(first).toBe(path.join(root, "a"));
  expect(again).toBeUndefined();
  expect(statSync(path.join(root, "a/b/c")).mode & 0o777).toBe(0o700);
});

test("a file in the way is refused", () => {
  const root = folder();
  writeFileSync(path.join(root, "file"), "");

  expect(() => makeFolder(path.join(root, "file"))).toThrow(/EEXIST/);
  expect(() => makeFolder(path.join(root, "file/below"))).toThrow(/ENOTDIR/);
});

test.runIf(process.platform === "linux")("below /proc it is refused, and does not hang", () => {
  expect(() => makeFolder("/proc/csrd-ops/state")).toThrow(/ENOENT/);
});
