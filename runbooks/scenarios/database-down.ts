import { metrics } from "#platform/contract.ts";
import type { Scenarios } from "./scenario.ts";
import type { World } from "./world.ts";
import { type FakeServer, fakeServer } from "./worlds/replication.ts";

const seenIn = `max(max_over_time(${metrics.databasePosition}[1h]))`;

/** The primary, db-1, in this state; and how far the platform saw it come. */
function primary(world: World, mood: FakeServer["mood"], position: number | "unseen" = 50_331_648): void {
  server(world, "db-1").mood = mood;
  if (position !== "unseen") world.metrics.set(seenIn, [{ labels: {}, value: position }]);
}

function server({ replication }: World, name: string): FakeServer {
  const found = replication.servers.find((one) => one.name === name);
  if (found === undefined) throw new TypeError(`the fake world has no ${name}`);
  return found;
}

/** A machine of the database whose data disk has next to nothing left. */
function fills(world: World, machine: string): void {
  const disk = (mount: string, share: number) => ({
    mount,
    sizeBytes: 200 * 1024 ** 3,
    usedBytes: share * 200 * 1024 ** 3,
    volume: `vol-0d000000000000${machine.slice(-2)}1`,
  });
  world.hosts.set(machine, { disks: [disk("/", 0.3), disk("/var/lib/postgresql", 0.999)] });
}

/** What a database that takes no writes can have as its cause: each row of the decision table, and what a cure can run into. */
export const databaseDown: Scenarios = {
  "process-gone": {
    title: "PostgreSQL is gone and its machine is well",
    rule: "process-down",
    outcome: "solved",
    prepare: (world) => primary(world, "dead"),
  },
  "machine-gone": {
    title: "The primary's machine is impaired and the replica has everything",
    rule: "failover",
    outcome: "solved",
    prepare: (world) => primary(world, "broken"),
  },
  "restart-does-not-help": {
    title: "PostgreSQL does not come back with its machine; the second round fails over",
    rule: "failover",
    outcome: "solved",
    prepare: (world) => primary(world, "corrupt"),
  },
  "address-left-behind": {
    title: "The replica was promoted, and the address still leads to the old primary",
    rule: "address-astray",
    outcome: "solved",
    prepare(world) {
      primary(world, "stopped");
      server(world, "db-2").role = "primary";
    },
  },
  "two-primaries": {
    title: "Somebody promoted the replica while the primary went on: two truths",
    rule: "split-brain",
    outcome: "escalated",
    prepare(world) {
      server(world, "db-2").role = "primary";
    },
  },
  "not-provable": {
    title: "The cloud does not say how the primary's machine is",
    rule: "cannot-fence",
    outcome: "escalated",
    prepare: (world) => primary(world, "unknown"),
  },
  "another-unproven": {
    title: "A third server that might take writes is silent, and nobody here can stop its machine",
    rule: "others-unproven",
    outcome: "escalated",
    prepare(world) {
      primary(world, "broken");
      world.replication.servers.push({
        ...fakeServer("db-3", "primary"),
        machine: undefined,
        mood: "stopped",
      });
    },
  },
  "managed-address": {
    title: "The address is a name that only other people can move",
    rule: "cannot-move",
    outcome: "escalated",
    prepare(world) {
      primary(world, "broken");
      world.replication.movable = false;
    },
  },
  behind: {
    title: "The replica lacks more than may be lost",
    rule: "behind",
    outcome: "escalated",
    prepare: (world) => primary(world, "broken", 80_000_000),
  },
  "nobody-knows": {
    title: "Nobody wrote down how far the primary had come",
    rule: "loss-unknown",
    outcome: "escalated",
    prepare(world) {
      primary(world, "broken", "unseen");
    },
  },
  "foreign-replica": {
    title: "The only server that answers holds other data",
    rule: "stranger",
    outcome: "escalated",
    prepare(world) {
      primary(world, "broken");
      server(world, "db-2").systemId = "7399999999999999999";
    },
  },
  "no-replica": {
    title: "The primary is gone and there is no replica",
    rule: "no-replica",
    outcome: "escalated",
    prepare(world) {
      primary(world, "broken");
      server(world, "db-2").mood = "stopped";
    },
  },
  "led-to-a-replica": {
    title: "The address leads to a server that only reads, and the primary is nowhere",
    rule: "no-primary",
    outcome: "escalated",
    prepare(world) {
      primary(world, "broken");
      world.replication.leadsTo = "db-2";
    },
  },
  recovering: {
    title: "The primary is recovering by itself",
    rule: "starting",
    outcome: "escalated",
    prepare: (world) => primary(world, "recovering"),
  },
  booting: {
    title: "The primary's machine is starting",
    rule: "booting",
    outcome: "escalated",
    prepare(world) {
      primary(world, "booting");
      server(world, "db-1").backAt = world.clock.now().getTime() + 600_000;
    },
  },
  full: {
    title: "The database's disk is full",
    rule: "full",
    outcome: "handed-over",
    prepare(world) {
      world.replication.says = "full";
    },
  },
  "full-and-stopped": {
    title: "The primary stopped on a full disk and does not start again; the replica follows nobody",
    rule: "primary-full",
    outcome: "handed-over",
    prepare(world) {
      primary(world, "corrupt");
      fills(world, "i-0d1");
    },
  },
  "replica-full": {
    title: "The primary's machine is impaired, and the replica's disk is as full as its own was",
    rule: "replica-full",
    outcome: "handed-over",
    prepare(world) {
      primary(world, "broken");
      fills(world, "i-0d2");
    },
  },
  "no-connections": {
    title: "The database has no connection left",
    rule: "no-connections",
    outcome: "handed-over",
    prepare(world) {
      world.replication.says = "no-connections";
    },
  },
  "not-reached": {
    title: "The database takes writes, and the platform's address does not reach it",
    rule: "network",
    outcome: "escalated",
    prepare(world) {
      world.replication.says = "silent";
    },
  },
  calm: {
    title: "It takes writes; it is over",
    rule: "calm",
    outcome: "all-clear",
    prepare: () => undefined,
  },
  "hand-is-refused": {
    title: "The platform that runs the machine refuses to stop it: nothing is promoted",
    rule: "failover",
    outcome: "step-failed",
    prepare(world) {
      primary(world, "broken");
      world.trouble.push("refused");
    },
  },
};
