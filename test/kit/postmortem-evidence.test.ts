import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { verifyChain } from "#kit/journal.ts";
import { evidenceOf } from "#kit/postmortem/bundle.ts";
import { createRedactor } from "#kit/redact/redactor.ts";
import { platformDown } from "#runbooks/platform-down.ts";
import type { JournalEntry } from "#kit/timeline.ts";
import { bench, lena } from "#test/fakes/engine.ts";
import { situations } from "#test/scenarios/runs/index.ts";
import { stories } from "./postmortem-stories.ts";

const sha256 = (bytes: string | Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** The evidence of a run as files in a folder of its own. */
function evidenceIn(entries: readonly JournalEntry[], redact = (text: string) => text) {
  const folder = mkdtempSync(join(tmpdir(), "ops-evidence-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const run = entries[0]?.run ?? "";
  const evidence = evidenceOf(run, { entries, chain: verifyChain(entries) }, [], redact);
  for (const { name, text } of evidence.files) writeFileSync(join(folder, name), text);
  return { folder, evidence, file: (name: string) => readFileSync(join(folder, name), "utf8") };
}

const sh = (folder: string, ...args: readonly string[]) => {
  const { status, stdout } = spawnSync("sh", [...args], { cwd: folder, encoding: "utf8" });
  return { status, says: stdout.trim() };
};

describe("the record can be checked without the toolkit", () => {
  const all = { ...situations, ...stories };

  test.for(Object.entries(all))(
    "of %s: each line's hash and link, recomputed from the bytes alone",
    ([, entries]) => {
      const { file } = evidenceIn(entries);
      const lines = file("entries.ndjson").trimEnd().split("\n");
      const kept = file("chain.txt")
        .trimEnd()
        .split("\n")
        .map((line) => line.split("  ")[0]);

      let before = "0".repeat(64);
      expect(lines).toHaveLength(entries.length);
      for (const [index, line] of lines.entries()) {
        const body = JSON.parse(line) as { readonly seq: number; readonly prev: string };
        expect([body.seq, body.prev]).toEqual([index + 1, before]);
        before = sha256(line);
        expect(before).toBe(kept[index]);
      }
      expect(before).toBe(entries.at(-1)?.hash);
    },
  );

  test("by the script that comes with it, with sh and a SHA-256 tool", () => {
    const { folder } = evidenceIn(situations.approvedAndSolved);
    const last = situations.approvedAndSolved.at(-1);

    expect(sh(folder, "verify.sh")).toEqual({
      status: 0,
      says: `The chain holds: ${last?.seq} entries, last hash ${last?.hash}`,
    });
  });

  test("by the line that the README gives for one entry, as it stands there", () => {
    const { folder, file } = evidenceIn(situations.approvedAndSolved);
    const [command = ""] = /sed -n 1p entries.*/.exec(file("README.txt")) ?? [];

    expect(sh(folder, "-c", command).says).toBe(`${situations.approvedAndSolved[0]?.hash}  -`);
  });

  test.for([
    [
      "a changed name",
      (lines: string[]) =>
        lines.map((line, at) =>
          at === 10
            ? line.replace("omar", "mara").replace("lena", "anna").replace("nothing", "nobody!")
            : line,
        ),
      /^entry 11: its content/,
    ],
    ["a removed entry", (lines: string[]) => lines.filter((_, at) => at !== 5), /^entry 6/],
    [
      "two entries in another order",
      (lines: string[]) => lines.with(3, lines[4] ?? "").with(4, lines[3] ?? ""),
      /^entry 4/,
    ],
    ["a missing end", (lines: string[]) => lines.slice(0, -1), /entries, \d+ hashes$/],
  ] as const)("the script names %s", ([, change, said]) => {
    const { folder, file } = evidenceIn(situations.approvedAndSolved);
    writeFileSync(
      join(folder, "entries.ndjson"),
      `${change(file("entries.ndjson").trimEnd().split("\n")).join("\n")}\n`,
    );

    const { status, says } = sh(folder, "verify.sh");

    expect([status, says]).toEqual([1, expect.stringMatching(said)]);
  });

  test("texts that a shell or a pattern could trip over do not", () => {
    const odd = [`a\\b\\n %s $(id) \`id\` "q" 'q' *?[x]`, "–n …  two  spaces ", "\u2028\u0001\ud83d\ude00 é"];
    const entries = rechained(situations.approvedAndSolved, (text) => `${text} ${odd.join(" ")}`);
    const { folder } = evidenceIn(entries);

    expect(sh(folder, "verify.sh").status).toBe(0);
  });
});

test("the manifest lists every other file with its SHA-256", () => {
  const { folder, evidence } = evidenceIn(situations.approvedAndSolved);

  const { status, says } = sh(
    folder,
    "-c",
    "sha256sum -c MANIFEST.sha256 2>/dev/null || shasum -a 256 -c MANIFEST.sha256",
  );

  expect(status).toBe(0);
  expect(says.split("\n")).toHaveLength(evidence.files.length - 1);
});

test("the same record gives the same bytes", () => {
  const files = () => evidenceIn(structuredClone(situations.resumedAndSolved)).evidence.files;

  expect(files()).toEqual(files());
});

test("the digest that was approved is the SHA-256 of a file in it", async () => {
  const bed = bench();
  onTestFinished(() => bed.close());
  for (const machine of bed.world.machines) machine.mood = "dead";
  bed.approveSoon();
  const state = await bed.engine().run(platformDown, {}, { by: lena });
  const { file } = evidenceIn(await bed.journal.read(state.run));

  expect(state.plan?.digest).toMatch(/^[0-9a-f]{64}$/);
  expect(sha256(file("plan-1.covered.json"))).toBe(state.plan?.digest);
  expect(JSON.parse(file("approvals.json"))).toMatchObject([
    { type: "approval.asked" },
    { type: "approval.given", by: { name: "omar" } },
  ]);
  expect(JSON.parse(file("runbook.json"))).toMatchObject({ contentSha256: state.content });
});

test("what became a secret after it was written is masked, and said to be", () => {
  const redactor = createRedactor();
  redactor.add("everything-was-customer", "API_TOKEN");
  const noted = rechained(situations.approvedAndSolved, (text) =>
    text.replace("Customer mail", "everything-was-customer"),
  );

  const { evidence, file, folder } = evidenceIn(noted, (text) => redactor.text(text));

  const [note] = noted.filter(({ event }) => event.type === "note.added");
  expect(evidence.files.map(({ text }) => text).join("")).not.toContain("everything-was-customer");
  expect(evidence.masked).toEqual([note?.seq]);
  expect(file("README.txt")).toContain(`Masked: in entry ${note?.seq} `);
  expect(sh(folder, "verify.sh").says).toBe(`entry ${note?.seq}: its content does not match its hash`);
});

test("a record that does not verify is handed over as it is, and its README says so", () => {
  const altered = situations.approvedAndSolved.map((entry) =>
    entry.seq === 10 ? { ...entry, event: { type: "plan.made" } as never } : entry,
  );

  const { file, folder } = evidenceIn(altered);

  expect(file("README.txt")).toContain("DOES NOT HOLD: entry 10, its content does not match its hash");
  expect(sh(folder, "verify.sh")).toEqual({
    status: 1,
    says: "entry 10: its content does not match its hash",
  });
});

/** The same events with every remark and reason changed, chained anew without the kit's own help. */
function rechained(
  entries: readonly JournalEntry[],
  change: (text: string) => string,
): readonly JournalEntry[] {
  let prev = "0".repeat(64);
  return entries.map(({ run, seq, at, event }) => {
    const changed = event.type === "note.added" ? { ...event, text: change(event.text) } : event;
    const body = { run, seq, at, event: changed, prev };
    const hash = sha256(sorted(body));
    prev = hash;
    return { ...body, hash };
  });
}

/** JSON with sorted keys, written here a second time on purpose. */
function sorted(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    typeof member === "object" && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}
