import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Session } from "#kit/ports.ts";
import { applications, blockers, chooseStuck } from "#rules/sessions.ts";

const session = (parts: Partial<Session> & Pick<Session, "pid">): Session => ({
  startedAt: "2026-11-21T03:00:00.000000Z",
  application: "export",
  user: "csrd_app",
  state: "idle in transaction",
  stateFor: 600,
  transactionFor: 600,
  waitsFor: undefined,
  blockedBy: [],
  protected: undefined,
  ...parts,
});

const anySessions = fc
  .array(
    fc.record({
      application: fc.constantFrom("csrd-api", "export", "pg_dump", "psql"),
      state: fc.constantFrom<Session["state"]>("active", "idle", "idle in transaction", "other"),
      stateFor: fc.integer({ min: 0, max: 1_000 }),
      isProtected: fc.boolean(),
      blockedBy: fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 2 }),
    }),
    { maxLength: 30 },
  )
  .map((list) =>
    list.map(({ isProtected, ...parts }, index) =>
      session({ pid: index + 1, ...parts, protected: isProtected ? "it is protected" : undefined }),
    ),
  );

test("whatever the sessions: none that works, rests, is young or protected is chosen; at most half of an application, and never more than asked", () => {
  fc.assert(
    fc.property(anySessions, fc.integer({ min: 1, max: 20 }), (sessions, most) => {
      const chosen = chooseStuck(sessions, { seconds: 300, most });
      const ended = chosen.flatMap(({ stuck }) => stuck);

      expect(ended.every((one) => one.state === "idle in transaction" && one.stateFor >= 300)).toBe(true);
      expect(ended.every((one) => one.protected === undefined)).toBe(true);
      expect(ended.length).toBeLessThanOrEqual(most);
      expect(new Set(ended).size).toBe(ended.length);
      for (const { application, stuck, of } of chosen) {
        expect(of).toBe(sessions.filter((one) => one.application === application).length);
        expect(stuck.length).toBeLessThanOrEqual(Math.max(1, Math.floor(of / 2)));
      }
    }),
  );
});

test("the same sessions in another order lead to the same choice", () => {
  fc.assert(
    fc.property(anySessions, (sessions) => {
      const pids = (list: readonly Session[]) =>
        chooseStuck(list, { seconds: 300, most: 10 })
          .flatMap(({ stuck }) => stuck.map(({ pid }) => pid))
          .toSorted((a, b) => a - b);

      expect(pids(sessions.toReversed())).toEqual(pids(sessions));
    }),
  );
});

describe("a session that others wait for", () => {
  test("goes before an older one that nobody waits for", () => {
    const sessions = [
      session({ pid: 1, stateFor: 900 }),
      session({ pid: 2, stateFor: 400 }),
      session({ pid: 3, application: "csrd-api", state: "active", blockedBy: [2] }),
    ];

    expect(chooseStuck(sessions, { seconds: 300, most: 1 })[0]?.stuck.map(({ pid }) => pid)).toEqual([2]);
  });

  test("is found at the head of a queue, with everybody behind it", () => {
    const sessions = [
      session({ pid: 1 }),
      session({ pid: 2, state: "active", blockedBy: [1] }),
      session({ pid: 3, state: "active", blockedBy: [2] }),
      session({ pid: 4, state: "active", blockedBy: [2, 1] }),
    ];

    expect(blockers(sessions, 300)).toEqual([{ session: sessions[0], waiters: 3 }]);
  });

  test("is not looked for in a circle", () => {
    const sessions = [session({ pid: 1, blockedBy: [2] }), session({ pid: 2, blockedBy: [1] })];

    expect(blockers(sessions, 300)).toEqual([]);
  });
});

test("the only session of an application may be ended, or nobody could free what it holds", () => {
  expect(chooseStuck([session({ pid: 1, application: "psql" })], { seconds: 300, most: 10 })).toHaveLength(1);
});

test("applications are counted, the largest first", () => {
  expect(
    applications([session({ pid: 1 }), session({ pid: 2, application: "a" }), session({ pid: 3 })]),
  ).toEqual([
    { application: "export", sessions: 2 },
    { application: "a", sessions: 1 },
  ]);
});
