import { chmodSync, chownSync, cpSync, mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { freshOps } from "./ops.ts";

const example = join(import.meta.dirname, "../../docs/own-runbooks/our-ops");

/** A team's folder, a copy of the documented one, and an environment without anything behind it. */
function team() {
  const folder = mkdtempSync(join(tmpdir(), "ops-team-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const dir = join(folder, "our-ops");
  cpSync(example, dir, { recursive: true });
  writeFileSync(
    join(folder, "staging.yaml"),
    `name: staging
tier: production
identity: { account: "000012345678" }
bindings:
  aws: { region: eu-central-1, read: { profile: reader }, act: { profile: operator } }
services: [{ name: imports, url: "http://127.0.0.1:9", instances: [i-0a1], floor: 0 }]
times: { restart: 3m, poll: 5s, steady: 1m, verify: 5m, planExpiry: 15m, lease: 1m, freshDeploy: 1h }
locks: host
approvers: [omar, ana, lena]
`,
  );
  const { ops } = freshOps();
  const env = { OPS_ENVIRONMENTS: folder };
  return {
    dir,
    write: (path: string, text: string) => writeFileSync(join(dir, path), text),
    ops: (args: readonly string[], more: Readonly<Record<string, string>> = {}) =>
      ops(args, { env: { ...env, ...more } }),
  };
}

type Listed = {
  readonly runbooks: readonly { readonly id: string }[];
  readonly broken: readonly { readonly id: string; readonly code: string; readonly summary: string }[];
};

describe("a team's own folder", () => {
  test("stands beside the shipped definitions in every command that looks for one", async () => {
    const { ops, dir } = team();

    const list = await ops(["--dir", dir, "list", "--json"]);
    const shown = await ops(["show", "imports-stuck"], { OPS_DIR: dir });
    const help = await ops(["help", "imports-stuck", `--dir=${dir}`]);
    const checks = await ops(["check", "imports-move", "--dir", dir, "--json"]);
    const without = await ops(["show", "imports-stuck"]);

    const { runbooks, broken } = JSON.parse(list.stdout) as Listed;
    expect(runbooks.map(({ id }) => id)).toEqual(expect.arrayContaining(["platform-down", "imports-stuck"]));
    expect(broken).toEqual([]);
    expect(shown).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("Imports do not move") as string,
    });
    expect(help.code).toBe(0);
    expect(JSON.parse(checks.stdout)).toMatchObject({ checks: [{ id: "imports-move" }] });
    expect(without).toMatchObject({ code: 2, stderr: expect.stringContaining("no runbook") as string });
  });

  test("is planned and waits for approval like any other, and its run says where it came from when the folder is missing", async () => {
    const { ops, dir } = team();

    const run = await ops(["run", "imports-stuck", "--no-wait", "--json", "--env", "staging", "--dir", dir]);
    const id = /"run":"(r-[0-9a-f]+)"/.exec(run.stdout)?.[1] ?? "";
    const lost = await ops(["resume", id, "--no-wait", "--env", "staging"]);
    const found = await ops(["resume", id, "--no-wait", "--env", "staging", "--dir", dir]);

    expect(run.code).toBe(9);
    expect(lost.code).toBe(2);
    expect(lost.stderr.replaceAll(/\s+/g, " ")).toContain(
      `The runbook imports-stuck came from ${dir}, and that folder is not loaded now. Add --dir ${dir}`,
    );
    expect(found.code).toBe(9);
  });

  // Two dozen broken files against a watch for idle time: the one test here that a starved machine was seen to fail once.
  test("cannot break or replace what is shipped; what is broken is listed, and says why when it is asked for", {
    retry: 1,
  }, async () => {
    const { ops, dir, write } = team();
    write("runbooks/late.ts", '\n\nthrow new Error("no QUEUE_URL");\n');
    write("runbooks/leaves.ts", "\nprocess.exit(0);\n");
    write("runbooks/forgets.ts", 'void Promise.reject(new Error("x"));\n');
    write("runbooks/slip.ts", "export const x = {\n  a: 1,,\n};\n");
    write(
      "runbooks/reaches.ts",
      '\nimport { httpReader } from "#adapters/http.ts";\nexport const x = httpReader;\n',
    );
    write("runbooks/platform-down.ts", 'throw new Error("never run");\n');
    write("checks/shaky.ts", 'import "../lib.ts";\n');
    write("checks/api-targets.ts", "export const mine = 1;\n");
    write("lib.ts", "\nexport const x = (undefined as unknown as { y: number }).y;\n");

    const list = await ops(["list", "--json", "--dir", dir]);
    const late = await ops(["run", "late", "--env", "staging", "--dir", dir]);
    const shipped = await ops(["show", "platform-down", "--dir", dir]);
    const checks = await ops(["check", "--env", "staging", "--dir", dir, "--json"]);

    const { runbooks, broken } = JSON.parse(list.stdout) as Listed;
    const says = Object.fromEntries(broken.map(({ id, summary }) => [id, summary.replace(dir, "our-ops")]));
    expect(runbooks.map(({ id }) => id)).toEqual(expect.arrayContaining(["platform-down", "imports-stuck"]));
    expect(says["late"]).toBe("our-ops/runbooks/late.ts, line 3: it cannot be loaded: no QUEUE_URL.");
    expect(says["leaves"]).toContain("leaves.ts, line 2: it cannot be loaded: it would end the process");
    expect(list.stderr).toContain("runbooks/forgets.ts:1: what it began and did not wait for failed");
    expect(says["slip"]).toMatch(
      /^our-ops\/runbooks\/slip\.ts, line 2: it cannot be loaded: Unexpected token/,
    );
    expect(says["reaches"]).toMatch(
      /^our-ops\/runbooks\/reaches\.ts, line 2: .*"#adapters\/http\.ts" is nothing that a definition may import/,
    );
    expect(says["platform-down"]).toContain(
      'there already is a runbook "platform-down" in runbooks/platform-down.ts',
    );
    expect(says["shaky"]).toMatch(/checks\/shaky\.ts: it cannot be loaded \(.*lib\.ts, line 2\)/);
    expect(late).toMatchObject({ code: 2, stderr: expect.stringContaining("no QUEUE_URL") as string });
    expect(shipped).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("Users get no answer") as string,
    });
    expect(shipped.stderr).toContain("which stays in use");
    expect(checks.code).not.toBe(0);
    expect(JSON.parse(checks.stdout)).toMatchObject({
      checks: expect.arrayContaining([
        expect.objectContaining({ id: "api-targets", title: "Every API instance takes traffic" }),
        expect.objectContaining({ id: expect.stringMatching(/checks\/api-targets\.ts$/) as string }),
        expect.objectContaining({
          id: "shaky",
          health: expect.objectContaining({ state: "unknown" }) as unknown,
        }),
      ]) as unknown,
    });
  });
});

describe("a folder that somebody else could have written", () => {
  const isRoot = process.getuid?.() === 0;
  if (!isRoot) process.stderr.write("skipped: folders of another owner need root to make them\n");

  test("is refused before any of it runs", async () => {
    const { ops, dir, write } = team();
    write("runbooks/proof.ts", 'process.stderr.write("IT RAN");\n');
    chmodSync(dir, 0o777);

    const open = await ops(["list", "--dir", dir]);
    chmodSync(dir, 0o755);
    chmodSync(join(dir, "runbooks"), 0o757);
    const openBelow = await ops(["list", "--dir", dir]);

    for (const refused of [open, openBelow]) {
      expect(refused).toMatchObject({ code: 6, stdout: "" });
      expect(refused.stderr).toContain("can be written by everybody");
      expect(refused.stderr).not.toContain("IT RAN");
    }
  });

  test("when it is one file, also one that is imported, only what needs it is broken", async () => {
    const { ops, dir, write } = team();
    mkdirSync(join(dir, "lib"));
    write("lib/words.ts", 'process.stderr.write("IT RAN");\nexport const words = "w";\n');
    write("checks/worded.ts", 'import { words } from "../lib/words.ts";\nexport const x = words;\n');
    chmodSync(join(dir, "lib/words.ts"), 0o666);

    const list = await ops(["list", "--json", "--dir", dir]);

    const { runbooks, broken } = JSON.parse(list.stdout) as Listed;
    expect(runbooks.map(({ id }) => id)).toContain("imports-stuck");
    expect(broken).toMatchObject([
      { id: "worded", summary: expect.stringContaining("words.ts can be written by everybody") as string },
    ]);
    expect(list.stderr).not.toContain("IT RAN");
  });

  test.skipIf(!isRoot)("also when it belongs to another user", async () => {
    const { ops, dir } = team();
    chownSync(dir, 12_345, 12_345);

    const refused = await ops(["list", "--dir", dir]);

    expect(refused).toMatchObject({
      code: 6,
      stderr: expect.stringContaining("belongs to another user (uid 12345)") as string,
    });
  });
});

test.for([
  ["that is not there", "/nowhere/our-ops", "There is no folder"],
  ["without any definitions", tmpdir(), "can be written by everybody"],
] as const)("a folder %s is a slip in usage", async ([, dir, says]) => {
  const { ops } = freshOps();

  const refused = await ops(["list", "--dir", dir]);

  expect(refused.code).toBeGreaterThan(1);
  expect(refused.stderr.replaceAll(/\s+/g, " ")).toContain(says);
});
