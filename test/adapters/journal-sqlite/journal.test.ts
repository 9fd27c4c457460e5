import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, onTestFinished, test } from "vitest";
import { openSqliteJournal } from "#adapters/journal-sqlite/journal.ts";
import type { Journal } from "#kit/journal.ts";
import { journalContract } from "#test/contracts/journal.ts";
import { locksContract } from "#test/contracts/locks.ts";

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "ops-journal-"));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

async function inOneFile() {
  const path = join(folder(), "journal.db");
  let now = Date.parse("2026-11-21T03:12:00.000Z");
  return {
    pass: (ms: number) => {
      now += ms;
    },
    async open() {
      const journal = openSqliteJournal(path, { now: () => new Date(now) });
      onTestFinished(() => journal.close());
      return journal;
    },
  };
}

journalContract("The SQLite journal", inOneFile);
locksContract("The SQLite journal", inOneFile);

const by = { name: "lena", host: "desk", via: "terminal" } as const;

async function withOneRun(path: string): Promise<Journal> {
  const journal = openSqliteJournal(path);
  onTestFinished(() => journal.close());
  await journal.note("ops", { type: "note.added", by, text: "one" });
  await journal.note("ops", { type: "note.added", by, text: "two" });
  return journal;
}

describe("a file that was touched by other hands", () => {
  test("cannot have an entry changed or removed through SQL", async () => {
    const path = join(folder(), "journal.db");
    await withOneRun(path);
    const raw = new DatabaseSync(path);
    onTestFinished(() => raw.close());

    expect(() => raw.exec("update entry set at = 'x'")).toThrow("append-only");
    expect(() => raw.exec("delete from entry")).toThrow("append-only");
  });

  test.for([
    ["a changed entry", "update entry set event = replace(event, 'one', 'won') where seq = 1"],
    ["a removed entry", "delete from entry where seq = 1"],
    ["a cut-off end", "delete from entry where seq = 2"],
    ["a forged hash", "update entry set hash = lower(hex(randomblob(32))) where seq = 2"],
  ] as const)("shows %s when the chain is checked", async ([, sql]) => {
    const path = join(folder(), "journal.db");
    const journal = await withOneRun(path);
    const raw = new DatabaseSync(path);
    raw.exec("drop trigger entry_is_append_only; drop trigger entry_is_kept;");
    raw.exec(sql);
    raw.close();

    expect(await journal.verify("ops")).toMatchObject({ intact: false });
  });

  test("that is no database is journal-corrupt, and is left as it was", () => {
    const path = join(folder(), "journal.db");
    writeFileSync(path, "this is not a database, and long enough to look like one ".repeat(20));

    expect(() => openSqliteJournal(path)).toThrow(
      expect.objectContaining({ code: "journal-corrupt", exit: 7 }),
    );
  });

  test("that a newer program wrote is journal-newer", () => {
    const path = join(folder(), "journal.db");
    const raw = new DatabaseSync(path);
    raw.exec("pragma user_version = 999");
    raw.close();

    expect(() => openSqliteJournal(path)).toThrow(
      expect.objectContaining({ code: "journal-newer", exit: 2 }),
    );
  });

  test("locked by another program is journal-locked, and works again afterwards", async () => {
    const path = join(folder(), "journal.db");
    await withOneRun(path);
    const hasty = openSqliteJournal(path, { busyMs: 50 });
    onTestFinished(() => hasty.close());
    const other = new DatabaseSync(path);
    other.exec("begin immediate");

    await expect(hasty.note("ops", { type: "note.added", by, text: "three" })).rejects.toMatchObject({
      code: "journal-locked",
      exit: 6,
    });
    other.exec("rollback");
    other.close();
    await expect(hasty.note("ops", { type: "note.added", by, text: "three" })).resolves.toMatchObject({
      seq: 3,
    });
  });

  test("below something that is no folder is journal-unwritable", () => {
    const path = join(folder(), "file");
    writeFileSync(path, "");

    expect(() => openSqliteJournal(join(path, "journal.db"))).toThrow(
      expect.objectContaining({ code: "journal-unwritable" }),
    );
  });
});

test("four processes that write at once lose nothing, and the chain holds", async () => {
  const path = join(folder(), "journal.db");
  const journal = await withOneRun(path);
  const writer = `
    const { openSqliteJournal } = await import(${JSON.stringify(join(import.meta.dirname, "../../../adapters/journal-sqlite/journal.ts"))});
    const journal = openSqliteJournal(process.argv[1]);
    for (let n = 0; n < 50; n += 1) await journal.note("ops", { type: "note.added", by: ${JSON.stringify(by)}, text: String(n) });
    journal.close();`;

  const codes = await Promise.all(
    [1, 2, 3, 4].map(
      () =>
        new Promise((resolve) => {
          spawn(process.execPath, ["--input-type=module", "-e", writer, path], {
            stdio: "inherit",
            cwd: join(import.meta.dirname, "../../.."),
          }).on("close", resolve);
        }),
    ),
  );

  expect(codes).toEqual([0, 0, 0, 0]);
  expect(await journal.verify("ops")).toEqual({ intact: true, entries: 202 });
});
