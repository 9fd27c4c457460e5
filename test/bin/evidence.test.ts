import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { situations } from "#test/scenarios/runs/index.ts";
import { freshOps } from "./ops.ts";
import { alter, recorded } from "./recorded.ts";

async function withRun() {
  const { ops, stateDir } = freshOps();
  await recorded(stateDir, { "r-0001": situations.approvedAndSolved });
  const at = (name: string) => join(stateDir, name);
  const shell = (command: string) => spawnSync("sh", ["-c", command], { cwd: stateDir, encoding: "utf8" });
  return { ops, stateDir, at, shell };
}

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

describe("ops evidence", () => {
  test("makes a tar that unpacks, adds up and verifies with what every machine has", async () => {
    const { ops, at, shell } = await withRun();

    const { code, stdout } = await ops(["evidence", "r-0001", "--out", at("e.tar")]);
    const { status, stdout: says } = shell(
      "tar xf e.tar && cd evidence-r-0001 && sha256sum -c MANIFEST.sha256 && sh verify.sh",
    );

    expect([code, stdout.replace(/\s+/g, " ")]).toEqual([0, expect.stringContaining("The chain holds: ")]);
    expect([status, says]).toEqual([0, expect.stringContaining("The chain holds: ")]);
    expect(readdirSync(at("evidence-r-0001"))).toEqual(
      expect.arrayContaining(["README.txt", "entries.ndjson", "plan-1.json", "postmortem.html"]),
    );
  });

  test("holds a page of what was found, worst first, and the hash of the tar is told", async () => {
    const { ops, at } = await withRun();

    await ops(["evidence", "r-0001", "--out", at("e")]);
    const { stdout } = await ops(["evidence", "r-0001", "--out", at("e.tar"), "--json"]);

    const page = readFileSync(at("e/found.md"), "utf8");
    const rows = page.split("\n").filter((line) => /^\| (bad|unknown|note|fine) /.test(line));
    const states = rows.map((row) => row.split(" ")[1] ?? "");
    const order = ["bad", "unknown", "note", "fine"];
    expect(states.length).toBeGreaterThan(2);
    expect(states).toEqual(states.toSorted((a, b) => order.indexOf(a) - order.indexOf(b)));
    expect(page).toContain("```json");
    expect(JSON.parse(stdout).sha256).toBe(sha256(readFileSync(at("e.tar"))));
  });

  test("has the same bytes each time, as a tar and as a folder", async () => {
    const { ops, at } = await withRun();

    for (const name of ["one.tar", "two.tar", "three"]) await ops(["evidence", "r-0001", "--out", at(name)]);
    const { stdout } = await ops(["evidence", "r-0001", "--out", at("four.tar"), "--json"]);

    expect(sha256(readFileSync(at("one.tar")))).toBe(sha256(readFileSync(at("two.tar"))));
    const { files } = JSON.parse(stdout) as {
      readonly files: readonly { readonly name: string; readonly sha256: string }[];
    };
    expect(files.map(({ name }) => name).sort()).toEqual(readdirSync(at("three")).sort());
    for (const { name, sha256: told } of files)
      expect(sha256(readFileSync(join(at("three"), name))), name).toBe(told);
  });

  test("leaves what is there as it was, and replaces a whole folder with --force", async () => {
    const { ops, at } = await withRun();
    mkdirSync(at("there"));
    writeFileSync(at("there/old.txt"), "old");

    const kept = await ops(["evidence", "r-0001", "--out", at("there")]);
    expect([kept.code, readdirSync(at("there"))]).toEqual([2, ["old.txt"]]);

    const forced = await ops(["evidence", "r-0001", "--out", at("there"), "--force"]);
    expect([forced.code, readdirSync(at("there"))]).toEqual([0, expect.arrayContaining(["README.txt"])]);
    expect(readdirSync(at("there"))).not.toContain("old.txt");
    expect(readdirSync(at(".")).filter((name) => name.endsWith(".part"))).toEqual([]);
  });

  test("of an altered record is written all the same, says where it breaks, and ends with 7", async () => {
    const { ops, stateDir, at, shell } = await withRun();
    alter(stateDir, "r-0001", 12, (event) => event.replace("omar", "mallory"));

    const { code, stdout } = await ops(["evidence", "r-0001", "--out", at("e")]);

    expect([code, stdout]).toEqual([7, expect.stringContaining("The chain does not hold: entry 12")]);
    expect(shell("sh e/verify.sh").stdout).toBe("entry 12: its content does not match its hash\n");
  });

  test("holds no secret that this process knows", async () => {
    const { ops, at, shell } = await withRun();

    const { code, stdout } = await ops(["evidence", "r-0001", "--out", at("e")], {
      env: { ACME_TOKEN: "Customer mail answered" },
    });

    expect([code, stdout.replace(/\s+/g, " ")]).toEqual([
      0,
      expect.stringContaining("Masked on the way out: entry"),
    ]);
    expect(shell("grep -rl 'Customer mail answered' e").stdout).toBe("");
  });

  test("of an unknown run, or where it cannot write, leaves nothing", async () => {
    const { ops, at } = await withRun();

    const unknown = await ops(["evidence", "r-9999", "--out", at("x.tar")]);
    const nowhere = await ops(["evidence", "r-0001", "--out", at("no/such/x.tar")]);

    expect([unknown.code, nowhere.code]).toEqual([2, 6]);
    expect(readdirSync(at(".")).filter((name) => /x\.tar|\.part$/.test(name))).toEqual([]);
  });
});
