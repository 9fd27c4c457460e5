import { describe, expect, onTestFinished, test } from "vitest";
import type { Instance } from "#kit/ports.ts";
import type { DatabaseAddress, DatabaseServer, Replication } from "#kit/ports/replication.ts";
import { decideWith } from "#kit/run/decide.ts";
import { databaseDown } from "#runbooks/database-down.ts";
import { fakeServer, fakeSystemId } from "#runbooks/scenarios/worlds/replication.ts";
import { bench, lena } from "../fakes/engine.ts";
import { productionTimes } from "#test/fakes/world.ts";

type Server = Partial<DatabaseServer>;

const db = (name: string, role: "primary" | "replica", parts: Server = {}): DatabaseServer => {
  const { mood: _mood, backAt: _backAt, ...server } = fakeServer(name, role);
  return { ...server, ...parts };
};
const gone = (name: string, parts: Server = {}) =>
  db(name, "primary", { role: "silent", systemId: undefined, position: undefined, slots: [], ...parts });
const silent: DatabaseAddress = { state: "silent", systemId: undefined, reason: "connection refused" };
const at = (state: DatabaseAddress["state"]): DatabaseAddress => ({ ...silent, state });

function machine(id: string, state: Instance["state"], check: Instance["check"]): Instance {
  return { id, name: id === "i-0d1" ? "db-1" : "db-2", state, check };
}
const well = [machine("i-0d1", "running", "ok"), machine("i-0d2", "running", "ok")];
const impaired = [machine("i-0d1", "running", "impaired"), machine("i-0d2", "running", "ok")];
const known = <T>(value: T) => ({ known: true, value });
const unknown = { known: false, reason: "no answer in 5 s" };

function seen(
  servers: readonly DatabaseServer[],
  machines: readonly Instance[] | undefined,
  parts: Partial<Replication> & { readonly position?: number; readonly filled?: readonly string[] } = {},
) {
  const { position = 50_331_648, filled = [], ...rest } = parts;
  return {
    database: { address: silent, leadsTo: "db-1", movable: true, systemId: fakeSystemId, servers, ...rest },
    machines: machines === undefined ? unknown : known(machines),
    position: position === 0 ? known([]) : known([{ labels: {}, value: position }]),
    disks: known({
      disks: servers.map(({ name }) => ({
        mount: "/var/lib/postgresql",
        sizeBytes: 1_000,
        usedBytes: filled.includes(name) ? 999 : 400,
        volume: undefined,
        units: [name],
      })),
      silent: [],
    }),
    outside: unknown,
  };
}

const pair = [gone("db-1"), db("db-2", "replica")];
const restart = { kind: "step", action: "restart", input: { server: "db-1", machine: "i-0d1" } } as const;

describe("database-down decides", () => {
  test.for([
    [
      "all-clear",
      "calm",
      "a commit is kept",
      seen([db("db-1", "primary")], well, { address: at("takes-writes") }),
    ],
    [
      "escalate",
      "split-brain",
      "two servers take writes, though the address answers",
      seen([db("db-1", "primary"), db("db-2", "primary")], well, { address: at("takes-writes") }),
    ],
    [
      "hand-over",
      "no-connections",
      "no connection is left",
      seen(pair, well, { address: at("no-connections") }),
    ],
    ["hand-over", "full", "its disk is full", seen(pair, well, { address: at("full") })],
    [
      "hand-over",
      "primary-full",
      "it stopped and its disk is full, though its machine is well",
      seen(pair, well, { filled: ["db-1"] }),
    ],
    [
      "hand-over",
      "primary-full",
      "it starts and stops again, for its disk is full",
      seen([gone("db-1", { role: "refuses" }), db("db-2", "replica")], well, {
        address: at("starting"),
        filled: ["db-1"],
      }),
    ],
    [
      "hand-over",
      "primary-full",
      "its disk is full, whatever is under the replica",
      seen(pair, well, { filled: ["db-1", "db-2"] }),
    ],
    [
      "plan",
      "address-astray",
      "the old primary's disk is full, and another server takes writes",
      seen([gone("db-1"), db("db-2", "primary")], impaired, { filled: ["db-1"] }),
    ],
    [
      "hand-over",
      "replica-full",
      "the only replica's own disk is full",
      seen(pair, impaired, { filled: ["db-2"] }),
    ],
    [
      "plan",
      "process-down",
      "its machine is well, and only the replica's disk is full",
      seen(pair, well, { filled: ["db-2"] }),
    ],
    [
      "plan",
      "failover",
      "nobody on the machines says how full the disks are",
      { ...seen(pair, impaired), disks: unknown },
    ],
    ["escalate", "starting", "it recovers", seen(pair, well, { address: at("starting") })],
    [
      "plan",
      "address-astray",
      "the replica is promoted and the address is not moved",
      seen([gone("db-1"), db("db-2", "primary")], impaired),
    ],
    [
      "escalate",
      "network",
      "the primary takes writes and is not reached",
      seen([db("db-1", "primary"), db("db-2", "replica")], well),
    ],
    ["escalate", "no-primary", "no server is named", seen([], [], { leadsTo: undefined })],
    ["escalate", "no-primary", "the address leads to a replica", seen(pair, impaired, { leadsTo: "db-2" })],
    ["plan", "process-down", "its machine is well", seen(pair, well)],
    [
      "escalate",
      "booting",
      "its machine is starting",
      seen(pair, [machine("i-0d1", "running", "initializing")]),
    ],
    ["escalate", "cannot-fence", "nobody says how its machine is", seen(pair, undefined)],
    [
      "escalate",
      "others-unproven",
      "another server that might take writes has no machine here",
      seen([...pair, gone("db-3", { machine: undefined })], impaired),
    ],
    ["escalate", "no-replica", "nothing else answers", seen([gone("db-1")], impaired)],
    [
      "escalate",
      "stranger",
      "what answers holds other data",
      seen([gone("db-1"), db("db-2", "replica", { systemId: "7399999999999999999" })], impaired),
    ],
    ["escalate", "cannot-move", "the address is not ours", seen(pair, impaired, { movable: false })],
    ["escalate", "behind", "the replica lacks much", seen(pair, impaired, { position: 90_000_000 })],
    ["escalate", "loss-unknown", "nobody saw how far it came", seen(pair, impaired, { position: 0 })],
    ["plan", "failover", "its machine is impaired and the replica has all", seen(pair, impaired)],
    [
      "plan",
      "failover",
      "its machine is stopped already",
      seen(pair, [machine("i-0d1", "stopped", "not-applicable")]),
    ],
  ] as const)("%s (%s) when %s", ([kind, rule, , findings]) => {
    expect(decide(findings)).toMatchObject({ kind, rule });
  });
});

test("fails over only in the second round of a process that does not come back", () => {
  expect(decide(seen(pair, well))).toMatchObject({ rule: "process-down", items: [restart] });

  expect(decide(seen(pair, well), {}, [restart])).toMatchObject({ rule: "failover" });
});

test("fences before it promotes, promotes before it moves the address, and promotes the replica that has the most", () => {
  const third = db("db-3", "replica", { machine: "i-0d3", position: 60_000_000 });

  expect(decide(seen([...pair, third], impaired))).toMatchObject({
    items: [
      { action: "fence", input: { server: "db-1", machine: "i-0d1" } },
      {
        action: "promote",
        input: { server: "db-3", systemId: fakeSystemId, fenced: [{ server: "db-1", machine: "i-0d1" }] },
      },
      { action: "move", input: { to: "db-3" } },
    ],
  });
});

test("of two replicas the one with room on its disk is promoted, even when the other has more of the data", () => {
  const third = db("db-3", "replica", { machine: "i-0d3", position: 50_331_648 });
  const fullest = db("db-2", "replica", { position: 60_000_000 });

  expect(decide(seen([gone("db-1"), fullest, third], impaired, { filled: ["db-2"] }))).toMatchObject({
    rule: "failover",
    items: [{ action: "fence" }, { action: "promote", input: { server: "db-3" } }, { action: "move" }],
  });
});

test("loses what a person says may be lost, and no more", () => {
  const behind = seen(pair, impaired, { position: 50_331_648 + 4096 * 1024 });

  expect(decide(behind, { lose: "4095" })).toMatchObject({ rule: "behind" });
  expect(decide(behind, { lose: "4096" })).toMatchObject({ rule: "failover" });
  expect(decide(seen(pair, impaired, { position: 0 }), { lose: "any" })).toMatchObject({ rule: "failover" });
});

describe("defect 31: failover as a reflex", () => {
  test("nothing is promoted while the old primary is not proven to be stopped, even when its platform said yes to stopping it", async () => {
    const made = bench({ journalIn: "memory" });
    onTestFinished(() => made.close());
    const { world } = made;
    const [first] = world.replication.servers;
    if (first === undefined) throw new TypeError("no server");
    first.mood = "broken";
    made.approveSoon();
    // The cloud says OK and does nothing.
    const operators = {
      ...world.operators,
      failover: { ...world.operators.failover, fence: async () => undefined },
    };

    const state = await made
      .engine({ runbooks: [databaseDown], operators: async () => operators })
      .run(databaseDown, { lose: "any" }, { by: lena });

    expect(state.ended?.outcome).toBe("step-failed");
    expect(world.replication.servers.map(({ role }) => role)).toEqual(["primary", "replica"]);
    expect(world.effects).toEqual([]);
  });

  test("a primary that comes back between fencing and promoting is noticed, and nothing is promoted", async () => {
    const made = bench({ journalIn: "memory" });
    onTestFinished(() => made.close());
    const { world } = made;
    const [first] = world.replication.servers;
    if (first === undefined) throw new TypeError("no server");
    first.mood = "stopped";
    const { promote } = databaseDown.mitigate;
    const input = {
      server: "db-2",
      systemId: fakeSystemId,
      fenced: [{ server: "db-1", machine: "i-0d1" }],
    };
    expect(await promote.before(input, world.readers)).toMatchObject({ proven: true });

    first.mood = "up";
    const before = await promote.before(input, world.readers);

    expect(before).toMatchObject({ proven: false });
    await expect(
      promote.run(input, {
        ...world.operators,
        readers: world.readers,
        before,
        clock: world.clock,
        signal: new AbortController().signal,
      }),
    ).rejects.toMatchObject({ code: "guard-refused" });
    expect(world.effects).toEqual([]);
  });
});

function decide(
  findings: Readonly<Record<string, unknown>>,
  params: Readonly<Record<string, string>> = {},
  tried: readonly (typeof restart)[] = [],
) {
  return decideWith(
    databaseDown,
    findings,
    { lose: "1024", ...params },
    { now: "2026-11-21T03:12:00.000Z", times: productionTimes, tried },
  );
}
