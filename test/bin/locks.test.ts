import { userInfo } from "node:os";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openSqliteJournal } from "#adapters/journal-sqlite/journal.ts";
import { freshOps } from "./ops.ts";

const me = userInfo().username;

/** A staging environment with locks on this host, and its journal's lock store. */
function staging(approvers: readonly string[] = [me]) {
  const { ops, stateDir } = freshOps();
  writeFileSync(
    join(stateDir, "staging.yaml"),
    `name: staging
tier: staging
identity: { account: "000012345678" }
bindings: {}
services: []
times: { restart: 1s, poll: 1s, steady: 1s, verify: 1s, planExpiry: 15m, lease: 30s, freshDeploy: 1h }
locks: host
approvers: [${approvers.join(", ")}]
`,
  );
  const env = { OPS_ENVIRONMENTS: stateDir, OPS_ENV: "staging" };
  return {
    ops: (...words: readonly string[]) => ops(words, { env }),
    async inJournal<T>(work: (journal: ReturnType<typeof openSqliteJournal>) => Promise<T>): Promise<T> {
      const journal = openSqliteJournal(join(stateDir, "journal.db"));
      try {
        return await work(journal);
      } finally {
        journal.close();
      }
    },
  };
}

const holder = { run: "r-7f2a", owner: "desk:1:aaaaaa", reason: "Platform down" };

/** A sticky lock that its run has left behind. */
const leaveBehind = (place: ReturnType<typeof staging>) =>
  place.inJournal(async (journal) => {
    const sticky = { ...holder, kind: "sticky", staysMs: 3_600_000 } as const;
    const { fence } = await journal.takeLock("staging/deploy", sticky, 60_000);
    await journal.keepLock("staging/deploy", "r-7f2a", fence, "Platform down ended as step-failed");
  });

describe("ops locks", () => {
  test("shows kind, owner, reason, fence and whether anybody still works under a lock", async () => {
    const place = staging();
    await leaveBehind(place);
    await place.inJournal(async (journal) => {
      await journal.takeLock("staging/queue", { ...holder, run: "r-0002" }, 60_000);
      await journal.takeLock("staging/database", { ...holder, run: "r-0001" }, -1_000);
      await journal.takeLock("outbox/slack", { ...holder, run: "tells" }, 60_000);
    });

    const { code, stdout } = await place.ops("locks", "--json");

    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      locks: [
        { lock: "staging/database", run: "r-0001", kind: "automatic", state: "over" },
        {
          lock: "staging/deploy",
          run: "r-7f2a",
          kind: "sticky",
          state: "kept",
          fence: 1,
          owner: "desk:1:aaaaaa",
          reason: "Platform down ended as step-failed",
        },
        { lock: "staging/queue", run: "r-0002", state: "held" },
      ],
    });
  });

  test("take holds a lock by hand, free gives it back, and both are written down", async () => {
    const place = staging([]);

    const taken = await place.ops("locks", "take", "deploy", "--reason", "moving DNS", "--for", "2h");
    const held = await place.ops("locks", "--no-header");
    const freed = await place.ops("locks", "free", "deploy", "--reason", "moved", "--yes");
    const after = await place.ops("locks", "--json");

    expect([taken.code, freed.code]).toEqual([0, 0]);
    expect(held.stdout.split("\t").slice(0, 3)).toEqual(["staging/deploy", `by-hand:${me}`, "moving DNS"]);
    expect(JSON.parse(after.stdout)).toMatchObject({ locks: [] });
    const told = await place.inJournal((journal) => journal.read("ops"));
    expect(told.map(({ event }) => event)).toMatchObject([
      { type: "note.added", by: { name: me } },
      { type: "lock.freed", lock: "staging/deploy", by: { name: me }, reason: "moved" },
    ]);
  });

  test("free without a terminal asks for nothing: it names the command that needs no answer", async () => {
    const place = staging();
    await leaveBehind(place);

    const { code, stderr } = await place.ops("locks", "free", "staging/deploy", "--reason", "looked at it");

    expect(code).toBe(5);
    expect(stderr).toContain("approval-needs-terminal");
    expect(stderr.replaceAll(/\s+/g, " ")).toContain("--reason 'looked at it' --yes");
  });

  test("free is for those who may approve here, and needs a reason", async () => {
    const place = staging(["somebody-else"]);
    await leaveBehind(place);

    const forbidden = await place.ops("locks", "free", "deploy", "--reason", "x", "--yes");
    const unreasoned = await place.ops("locks", "free", "deploy", "--yes");

    expect(forbidden.code).toBe(5);
    expect(forbidden.stderr).toContain("somebody-else can.");
    expect(unreasoned.code).toBe(2);
    expect(await place.inJournal((journal) => journal.locks())).toHaveLength(1);
  });

  test.for([
    ["a lock under which somebody works", ["free", "queue", "--reason", "x", "--yes"], 6],
    ["a lock that nobody holds", ["free", "nothing", "--reason", "x", "--yes"], 2],
    ["a length of time that is none", ["take", "deploy", "--reason", "x", "--for", "long"], 2],
    ["a lock that a run holds", ["take", "queue", "--reason", "x", "--for", "1h"], 6],
  ] as const)("%s is refused", async ([, words, exit]) => {
    const place = staging();
    await place.inJournal((journal) => journal.takeLock("staging/queue", holder, 60_000));

    const { code } = await place.ops("locks", ...words);

    expect(code).toBe(exit);
    expect(await place.inJournal((journal) => journal.locks())).toHaveLength(1);
  });
});
