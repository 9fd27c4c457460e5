import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { situations } from "#test/scenarios/runs/index.ts";
import { freshOps } from "./ops.ts";
import { alter, recorded } from "./recorded.ts";

const solved = { "r-0001": situations.approvedAndSolved };

async function withRun() {
  const { ops, stateDir } = freshOps();
  await recorded(stateDir, solved);
  return { ops, stateDir, at: (name: string) => join(stateDir, name) };
}

describe("ops postmortem", () => {
  test("prints Markdown, and as JSON the facts", async () => {
    const { ops } = await withRun();

    const markdown = await ops(["postmortem", "r-0001"]);
    const json = await ops(["postmortem", "r-0001", "--json"]);

    expect([markdown.code, markdown.stdout.split("\n")[0]]).toEqual([0, "# Post-mortem: Platform down (P0)"]);
    expect(JSON.parse(json.stdout)).toMatchObject({
      ui: "1.0",
      run: "r-0001",
      ended: { outcome: "solved" },
      record: { chain: { intact: true } },
      time: { totalMs: 1_195_000 },
    });
  });

  test("writes the format that the file's name says, for its owner alone and without a secret that is known now", async () => {
    const { ops, at } = await withRun();
    const env = { ACME_TOKEN: "Customer mail answered" };
    const begins = { "a.html": "<!DOCTYPE html>", "a.json": '{\n  "ui"' };

    for (const [name, begin] of Object.entries(begins)) {
      const { code, stdout } = await ops(["postmortem", "r-0001", "--out", at(name)], { env });
      expect([code, stdout.replace(/\s+/g, " ")]).toEqual([0, expect.stringContaining("4 gaps to fill in")]);
      expect(readFileSync(at(name), "utf8").startsWith(begin), name).toBe(true);
      expect(readFileSync(at(name), "utf8")).not.toContain("Customer mail answered");
      expect(statSync(at(name)).mode & 0o777).toBe(0o600);
    }
  });

  test("leaves a file that exists as it was, and replaces it with --force", async () => {
    const { ops, at } = await withRun();
    writeFileSync(at("mine.md"), "gaps filled in by hand");

    const kept = await ops(["postmortem", "r-0001", "--out", at("mine.md")]);
    expect([kept.code, kept.stderr, readFileSync(at("mine.md"), "utf8")]).toEqual([
      2,
      expect.stringContaining("output-exists"),
      "gaps filled in by hand",
    ]);

    const forced = await ops(["postmortem", "r-0001", "--out", at("mine.md"), "--force"]);
    expect([forced.code, readFileSync(at("mine.md"), "utf8").slice(0, 5)]).toEqual([0, "# Pos"]);
  });

  test("leaves nothing half written where it cannot write", async () => {
    const { ops, at } = await withRun();
    mkdirSync(at("folder"));
    mkdirSync(at("folder/is-a-folder.md"));
    chmodSync(at("folder"), 0o755);

    for (const [path, ...more] of [
      [at("nosuch/a.md")],
      [at("folder/is-a-folder.md"), "--force"],
      [`${at("a")}${"x".repeat(300)}`],
    ] as const) {
      const { code, stderr } = await ops(["postmortem", "r-0001", "--out", path, ...more]);
      expect([code, stderr]).toEqual([6, expect.stringContaining("output-unwritable")]);
    }
    expect(readdirSync(at("folder"))).toEqual(["is-a-folder.md"]);
    expect(readdirSync(at(".")).filter((name) => name.endsWith(".part"))).toEqual([]);
  });

  test("says which run is meant when there is none of that name", async () => {
    const { ops } = await withRun();

    const { code, stderr } = await ops(["postmortem", "r-0011"]);

    expect([code, stderr.replace(/\s+/g, " ")]).toEqual([
      2,
      expect.stringContaining('There is no run "r-0011". Did you mean r-0001?'),
    ]);
  });

  test("of an altered record prints all the same, says at the head where it breaks, and ends with 7", async () => {
    const { ops, stateDir, at } = await withRun();
    alter(stateDir, "r-0001", 12, (event) => event.replace("omar", "mallory"));

    const { code, stdout, stderr } = await ops(["postmortem", "r-0001"]);
    const written = await ops(["postmortem", "r-0001", "--out", at("a.html")]);

    expect([code, stderr.replace(/\s+/g, " ")]).toEqual([
      7,
      expect.stringContaining("altered: entry 12, its content does not match its hash"),
    ]);
    expect(stdout.slice(0, stdout.indexOf("## ")).replace(/\s+>?\s*/g, " ")).toContain(
      "The record does not verify: entry 12",
    );
    expect([written.code, existsSync(at("a.html"))]).toEqual([7, true]);
  });

  test("of a record with an entry that is no JSON any more says so, and prints nothing as if it were true", async () => {
    const { ops, stateDir } = await withRun();
    alter(stateDir, "r-0001", 12, () => "{");

    const { code, stdout, stderr } = await ops(["postmortem", "r-0001"]);

    expect([code, stdout, stderr]).toEqual([
      7,
      "",
      expect.stringContaining("Entry 12 of r-0001 is not readable."),
    ]);
  });
});
