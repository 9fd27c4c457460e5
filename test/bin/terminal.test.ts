import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { displayWidth } from "#kit/render/width.ts";

const launcher = join(import.meta.dirname, "../../bin/ops.js");
const hasScript = spawnSync("script", ["--version"]).status === 0;
if (!hasScript) process.stderr.write("skipped: terminal tests need util-linux script(1)\n");

/** Runs `ops` in a pseudo-terminal of the given size and returns what the terminal received. */
async function inTerminal(
  args: string,
  columns: number,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const stateDir = mkdtempSync(join(tmpdir(), "ops-pty-"));
  onTestFinished(() => rmSync(stateDir, { recursive: true, force: true }));
  const command = `stty cols ${columns} rows 24; exec '${process.execPath}' '${launcher}' ${args}`;
  const { stdout } = await promisify(execFile)("script", ["-qefc", command, "/dev/null"], {
    env: {
      PATH: process.env["PATH"],
      HOME: stateDir,
      OPS_STATE_DIR: stateDir,
      TERM: "xterm-256color",
      LANG: "C.UTF-8",
      OPS_PAGER: "cat",
      ...env,
    },
  });
  return stdout.replaceAll("\r\n", "\n");
}

// oxlint-disable-next-line no-control-regex -- an escape byte is what is looked for
const escape = /\u001b/;

describe.skipIf(!hasScript)("on a terminal", () => {
  test.for([40, 80, 200])(
    "%s columns wide no line is longer than the window, and verdicts are coloured",
    async (columns) => {
      const text = await inTerminal("list", columns);

      expect(text).toMatch(escape);
      expect(text.split("\n").filter((line) => displayWidth(line) > columns)).toEqual([]);
      expect(text).toContain("platform-down");
    },
  );

  test("of width 0 the text is laid out for 80, in line mode, without an escape byte", async () => {
    const text = await inTerminal("list", 0);

    expect(text).not.toMatch(escape);
    const widths = text.split("\n").map((line) => displayWidth(line));
    expect(Math.max(...widths)).toBeLessThanOrEqual(80);
    expect(Math.max(...widths)).toBeGreaterThan(60);
  });

  test.for([
    ["NO_COLOR", { NO_COLOR: "1" }],
    ["TERM=dumb", { TERM: "dumb", COLORTERM: "truecolor" }],
    ["CI", { CI: "true" }],
    ["OPS_ACCESSIBLE", { OPS_ACCESSIBLE: "1" }],
  ] as const)("with %s no escape byte is sent", async ([, env]) => {
    expect(await inTerminal("list", 80, env)).not.toMatch(escape);
  });

  test("with --plain no escape byte is sent", async () => {
    expect(await inTerminal("list --plain", 80)).not.toMatch(escape);
  });

  test("with OPS_ASCII the shapes are letters", async () => {
    const text = await inTerminal("help accessibility", 80, { OPS_ASCII: "1", NO_COLOR: "1" });

    expect(text).toContain("[FAIL]");
    expect(text).toMatch(/^[\n\u0020-\u007e]*$/);
  });
});
