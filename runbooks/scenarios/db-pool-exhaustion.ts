import type { Session } from "#kit/ports.ts";
import type { Scenarios } from "./scenario.ts";
import type { World } from "./world.ts";

/** Sessions of one application, numbered from `from`; what they do is the same for all. */
function sessions(
  count: number,
  from: number,
  parts: Pick<Session, "application" | "state"> & Partial<Session>,
): readonly Session[] {
  return Array.from({ length: count }, (_, index) => ({
    pid: from + index,
    startedAt: `2026-11-21T02:${String(index % 60).padStart(2, "0")}:00.000000Z`,
    user: "csrd_app",
    stateFor: 1_200 - index,
    transactionFor: parts.state === "idle" ? undefined : 1_200 - index,
    waitsFor: undefined,
    blockedBy: [],
    protected: undefined,
    ...parts,
  }));
}

const platform = sessions(12, 100, { application: "csrd-api/api-1", state: "idle", stateFor: 20 });

function fill(world: World, ...groups: readonly (readonly Session[])[]): void {
  world.database = { sessions: [...platform, ...groups.flat()], most: 40 };
}

/** What a short supply of connections can have as its cause: each row of the decision table. */
export const dbPoolExhaustion: Scenarios = {
  "leaked-transactions": {
    title: "An export script leaves its transactions open and has taken most connections",
    rule: "stuck",
    outcome: "solved",
    prepare: (world) =>
      fill(world, sessions(20, 500, { application: "esg-export", state: "idle in transaction" })),
  },
  "one-holds-all": {
    title: "One forgotten session holds a lock that all others wait for",
    rule: "stuck",
    outcome: "solved",
    prepare: (world) =>
      fill(
        world,
        sessions(1, 500, { application: "psql", state: "idle in transaction" }),
        sessions(6, 600, {
          application: "csrd-api/api-2",
          state: "active",
          stateFor: 40,
          waitsFor: "Lock/transactionid",
          blockedBy: [500],
        }),
      ),
  },
  "backup-holds": {
    title: "Everything waits for a backup",
    rule: "stuck-protected",
    outcome: "escalated",
    prepare: (world) =>
      fill(
        world,
        sessions(1, 500, {
          application: "pg_dump",
          state: "idle in transaction",
          protected: "pg_dump is never cut off",
        }),
        sessions(6, 600, { application: "csrd-api/api-2", state: "active", blockedBy: [500] }),
      ),
  },
  "not-yet": {
    title: "Many transactions have been idle, but only for seconds",
    rule: "not-yet",
    outcome: "escalated",
    prepare: (world) =>
      fill(
        world,
        sessions(20, 500, { application: "esg-export", state: "idle in transaction", stateFor: 20 }),
      ),
  },
  "behind-work": {
    title: "Sessions wait for one that is working",
    rule: "behind-work",
    outcome: "escalated",
    prepare: (world) =>
      fill(
        world,
        sessions(1, 500, { application: "esg-import", state: "active" }),
        sessions(3, 600, { application: "csrd-api/api-2", state: "active", blockedBy: [500] }),
      ),
  },
  busy: {
    title: "Every connection works",
    rule: "busy",
    outcome: "escalated",
    prepare: (world) => fill(world, sessions(26, 500, { application: "csrd-worker/w1", state: "active" })),
  },
  resting: {
    title: "Too many pools rest on their connections",
    rule: "resting",
    outcome: "escalated",
    prepare: (world) => fill(world, sessions(26, 500, { application: "csrd-api/api-3", state: "idle" })),
  },
  elsewhere: {
    title: "The platform does not answer, and it is not the database",
    rule: "elsewhere",
    outcome: "escalated",
    prepare(world) {
      fill(world);
      world.cutOff = true;
    },
  },
  calm: {
    title: "Connections are free; it is over",
    rule: "calm",
    outcome: "all-clear",
    prepare: (world) => fill(world),
  },
  "too-many-for-one-round": {
    title: "More leaked sessions than one round may end",
    rule: "stuck",
    outcome: "solved",
    prepare(world) {
      const leaked = sessions(60, 500, { application: "esg-export", state: "idle in transaction" });
      world.database = { sessions: [...platform, ...leaked], most: 75 };
    },
  },
  "database-silent": {
    title: "The database server does not answer at all",
    rule: "not-known",
    outcome: "escalated",
    prepare(world) {
      world.database = "silent";
    },
  },
};
