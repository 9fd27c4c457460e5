import { describe, expect, test } from "vitest";
import type { Readers, Session } from "#kit/ports.ts";
import { decideWith } from "#kit/run/decide.ts";
import { dbPoolExhaustion } from "#runbooks/db-pool-exhaustion.ts";
import { productionTimes } from "#test/fakes/world.ts";

const many = (
  count: number,
  from: number,
  application: string,
  state: Session["state"],
  parts: Partial<Session> = {},
): readonly Session[] =>
  Array.from({ length: count }, (_, index) => ({
    pid: from + index,
    startedAt: "2026-11-21T02:00:00.000000Z",
    application,
    user: "csrd_app",
    state,
    stateFor: 600,
    transactionFor: 600,
    waitsFor: undefined,
    blockedBy: [],
    protected: undefined,
    ...parts,
  }));

const answering = { known: true, value: { kind: "answered", status: 200, body: "", tookMs: 3 } };
const silent = { known: true, value: { kind: "silent", reason: "timed out", tookMs: 3_000 } };
const notKnown = { known: false, reason: "no answer in 5 s" };
const nothingLogged = { known: true, value: [] };

function seen(most: number, outside: object, ...groups: readonly (readonly Session[])[]) {
  const sessions = groups.flat();
  return { connections: { sessions, most, used: sessions.length }, outside, errors: nothingLogged };
}

const stuck = (count: number) => many(count, 500, "export", "idle in transaction");
const resting = (count: number) => many(count, 100, "csrd-api", "idle", { transactionFor: undefined });
const backup = { protected: "pg_dump is never cut off" };

describe("db-pool-exhaustion decides", () => {
  test.for([
    ["plan", "stuck", "stuck transactions hold most connections", seen(20, silent, resting(4), stuck(15))],
    [
      "plan",
      "stuck",
      "one stuck session holds up others, with connections to spare",
      seen(90, answering, stuck(1), many(3, 700, "csrd-api", "active", { blockedBy: [500] })),
    ],
    [
      "all-clear",
      "calm",
      "a stuck session hinders nobody and connections are free",
      seen(90, answering, stuck(1)),
    ],
    [
      "escalate",
      "stuck-protected",
      "what is stuck is a backup",
      seen(20, silent, resting(10), many(9, 500, "pg_dump", "idle in transaction", backup)),
    ],
    [
      "escalate",
      "behind-work",
      "others wait for a session that works",
      seen(
        90,
        answering,
        many(1, 500, "import", "active"),
        many(2, 700, "csrd-api", "active", { blockedBy: [500] }),
      ),
    ],
    [
      "escalate",
      "not-yet",
      "transactions have been idle for seconds",
      seen(20, silent, many(18, 500, "export", "idle in transaction", { stateFor: 12 })),
    ],
    ["escalate", "busy", "all of them work", seen(20, silent, many(19, 500, "csrd-worker", "active"))],
    ["escalate", "resting", "all of them rest in pools", seen(20, answering, resting(19))],
    ["escalate", "elsewhere", "the database is calm and nobody gets an answer", seen(90, silent, resting(5))],
    ["all-clear", "calm", "nothing is wrong", seen(90, answering, resting(5))],
    ["all-clear", "calm", "nobody knows whether the platform answers", seen(90, notKnown, resting(5))],
  ] as const)("%s (%s) when %s", ([kind, rule, , findings]) => {
    expect(decide(findings)).toMatchObject({ kind, rule });
  });
});

test("defect 18: the manual's query for idle sessions would end resting ones; here a pool's resting connections are never named", () => {
  const decision = decide(seen(20, silent, resting(4), stuck(15)));

  expect(JSON.stringify(decision)).not.toContain('"pid":10');
  expect(JSON.stringify(decision).match(/"pid":5\d\d/g)).toHaveLength(7);
});

test("a session that has worked meanwhile was spared by the server, and is not waited for", async () => {
  const { endStuck } = dbPoolExhaustion.mitigate;
  const [first] = stuck(1);
  const { pid = 0, startedAt = "" } = first ?? {};
  const input = { application: "export", sessions: [{ pid, startedAt }], of: 2, stuckFor: "5m" as const };
  const after = (stateFor: number): Readers =>
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the one reader that the action takes, and no other
    ({
      database: {
        connections: async () => ({
          sessions: many(1, 500, "export", "idle in transaction", { stateFor }),
          most: 20,
          used: 1,
        }),
      },
    }) as unknown as Readers;

  expect(await endStuck.confirm?.(input, { there: [pid] }, after(620))).toMatchObject({ met: false });
  expect(await endStuck.confirm?.(input, { there: [pid] }, after(2))).toMatchObject({ met: true });
  expect(await endStuck.settle?.(input, { there: [pid] }, after(620))).toMatchObject({ outcome: "not-done" });
  expect(await endStuck.settle?.(input, { there: [pid] }, after(2))).toMatchObject({ outcome: "done" });
});

function decide(findings: Readonly<Record<string, unknown>>) {
  return decideWith(
    dbPoolExhaustion,
    findings,
    { most: "10" },
    { now: "2026-11-21T03:12:00.000Z", times: productionTimes },
  );
}
