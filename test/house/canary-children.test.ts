import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const rooms = "{adapters,bin,control,kit,runbooks,checks,alerts,schedules}/**/*.{ts,js}";

/** The launcher starts this very program on another Node, so its child is the program itself. */
const itself = new Set(["bin/launch.js"]);

const starts = (text: string) =>
  /from "(?:node:child_process|execa|zx)"|import\("(?:node:child_process|execa|zx)"\)/.test(text);
const chooses = (text: string) => text.includes("childEnvironment(") && !/\.\.\.process\.env/.test(text);

/** Files that start processes without choosing what they inherit. */
function careless(files: readonly (readonly [string, string])[]): readonly string[] {
  return files
    .filter(([file, text]) => !itself.has(file) && starts(text) && !chooses(text))
    .map(([file]) => file);
}

describe("child processes", () => {
  it("inherit only what their caller names, wherever the toolkit starts one", () => {
    const files = globSync(rooms, { cwd: root }).map(
      (file) => [file, readFileSync(join(root, file), "utf8")] as const,
    );

    expect(files.length).toBeGreaterThan(100);
    expect(files.filter(([, text]) => starts(text)).length).toBeGreaterThan(0);
    expect(careless(files)).toEqual([]);
  });

  it.for([
    ['import { spawn } from "node:child_process";\nspawn("ls");', true],
    ['import { execa } from "execa";\nexeca("ls", { env: { ...process.env } });', true],
    ['import { execa } from "execa";\nexeca("ls", { env: childEnvironment(process.env) });', false],
    ['import { join } from "node:path";', false],
  ] as const)("are noticed when planted: %j", ([text, isCareless]) => {
    expect(careless([["adapters/planted.ts", text]]).length === 1).toBe(isCareless);
  });
});
