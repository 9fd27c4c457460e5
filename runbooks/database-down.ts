import { z } from "zod";
import { allClear, defineRunbook, escalate, eventually, handOver, plan } from "#kit";
import type { Instance, Sample } from "#kit/ports.ts";
import type { DatabaseServer, Replication } from "#kit/ports/replication.ts";
import { csrdDatabaseDown } from "#alerts/database.ts";
import { databaseWrites } from "#checks/database-writes.ts";
import { platformAnswers } from "#checks/platform-answers.ts";
import { metrics } from "#platform/contract.ts";
import { dataFull, diskText } from "#rules/disks.ts";
import { bestReplica, lossOf, mostLostKiB, primaryOf, strangersOf, writersOf } from "#rules/replication.ts";
import { fenceServer, moveDatabaseAddress, promoteReplica, restartDatabase } from "./actions/failover.ts";
import { answers } from "./probes/answers.ts";
import { dataDisks } from "./probes/data-disks.ts";
import { outside } from "./probes/outside.ts";

/** How far the primary's log had come when somebody last looked, by the platform's own account; the hour covers a long outage. */
const lastPosition = `max(max_over_time(${metrics.databasePosition}[1h]))`;

/**
 * Brings the platform's database back: by starting it again where its machine is well, by failing over where it is not, and never with two
 * primaries. Source: csrd-production-runbook "Critical Alerts", Database Down, 1 minute, P0 failover; notes, defect 31 and PG.
 */
export const databaseDown = defineRunbook({
  id: "database-down",
  title: "Database down",
  summary:
    "The platform's database takes no writes. Restarts it where its machine is well; else fences the old primary, proves that, promotes the replica and moves the address. Never promotes without that proof.",
  severity: "P0",
  owner: "platform-oncall",
  implements: ["PR/monitoring-and-alerting/critical-alerts"],
  symptoms: [
    "database down",
    "connection refused on 5432",
    "cannot execute INSERT in a read-only transaction",
    "the database system is starting up",
    "primary lost",
  ],
  trigger: [csrdDatabaseDown],
  params: {
    lose: z
      .string()
      .regex(/^(\d{1,7}|any)$/, "must be a number of KiB, or any")
      .default(String(mostLostKiB))
      .describe("Most KiB of the database's log that a failover may lose; any: whatever it is"),
  },
  lock: "database",
  within: "30m",

  diagnose: {
    database: {
      ask: "Which servers are there, who takes writes, and where does the address lead?",
      within: "10s",
      look: ({ replication }) => replication.look(),
      read: (seen: Replication) => ({
        state: seen.address.state === "takes-writes" && writersOf(seen).length < 2 ? "fine" : "bad",
        says: `address ${seen.leadsTo === undefined ? "" : `→ ${seen.leadsTo} `}${said(seen.address.state)}${seen.servers.length === 0 ? "" : `; ${seen.servers.map(shown).join(", ")}`}`,
      }),
    },
  },

  optional: {
    machines: {
      ask: "How are the machines under the servers?",
      within: "10s",
      async look({ replication, instances }) {
        const { servers } = await replication.look();
        const ids = servers.flatMap(({ machine }) => (machine === undefined ? [] : [machine]));
        const seen = await Promise.allSettled(ids.map((id) => instances.describe([id])));
        return seen.flatMap((one) => (one.status === "fulfilled" ? one.value : []));
      },
      read: (machines: readonly Instance[]) => ({
        state: machines.every(({ state, check }) => state === "running" && check === "ok") ? "fine" : "bad",
        says:
          machines.length === 0
            ? "none is known"
            : machines.map(({ name, state, check }) => `${name} ${state}, check ${check}`).join("; "),
      }),
    },
    disks: dataDisks,
    position: {
      ask: "How far had the primary come when it was last seen?",
      look: ({ metrics: prometheus }) => prometheus.query(lastPosition),
      read: (samples: readonly Sample[]) => {
        const last = lastOf(samples);
        return last === undefined
          ? { state: "note", says: "nobody has written it down" }
          : { state: "fine", says: `${Math.round(last / 1024)} KiB of log written` };
      },
    },
    outside,
  },

  rules: {
    "split-brain": "two servers take writes for the same data: nothing is touched, everybody is called",
    calm: "the address takes writes: all clear",
    "no-connections": "the database is there and has no connection left: hands over to db-pool-exhaustion",
    full: "the database cannot write for want of space: hand over to disk-full",
    "primary-full":
      "the primary does not serve and the disk under it is full, so it would not start: hand over to disk-full",
    starting: "the database recovers or shuts down by itself: wait; a failover now loses what it brings back",
    network:
      "the server takes writes and the platform's address does not reach it: a person looks at the network",
    "address-astray": "a server takes writes and the address leads elsewhere: fence the others, move it",
    "no-primary": "nobody can say which server is the primary: a person does",
    "cannot-fence": "nobody here can prove that the old primary is stopped: no promotion, a person does it",
    booting: "its machine is starting: wait for it",
    "process-down": "the server is silent and its machine is well: restart it first, it loses nothing",
    stranger: "the only server that answers holds other data: never promoted",
    "no-replica": "there is no replica to promote: a person restores",
    "replica-full":
      "the disk under the replica is full, so it would take no writes either: hand over to disk-full",
    "others-unproven": "another server might take writes and cannot be stopped from here: a person does",
    "cannot-move": "the address is not ours to move: a person does, after the same proof",
    "loss-unknown": "nobody knows what the replica lacks: a person decides",
    behind: "the replica lacks more than may be lost: a person decides what that is worth",
    failover: "the primary is gone and a replica has its data: fence, prove, promote, move the address",
  },
  handsOverTo: ["db-pool-exhaustion", "disk-full"],
  decide(
    { database, machines, disks, position },
    { lose },
    { restart, fence, promote, move },
    { tried = [] },
  ) {
    const { address, servers, leadsTo, movable, systemId } = database;
    const writers = writersOf(database);
    if (writers.length > 1)
      return escalate({
        rule: "split-brain",
        because: `${names(writers)} both take writes for the same data; stop everything that writes (switch the platform off: ops run agent-kill-switch --param scope=all, and stop the API), let no server be restarted or rebuilt, and call the database's owner: only people can say which of the two truths holds`,
      });
    if (address.state === "takes-writes")
      return allClear({ rule: "calm", because: `a commit was kept at the platform's address` });
    if (address.state === "no-connections")
      return handOver(
        { id: "db-pool-exhaustion" },
        {},
        { rule: "no-connections", because: "the database is there and has no connection left" },
      );
    if (address.state === "full")
      return handOver(
        { id: "disk-full" },
        {},
        {
          rule: "full",
          because: `the database says that its disk is full (${address.reason ?? ""}); neither a restart nor a failover makes room`,
        },
      );
    const old = primaryOf(database);
    const full = disks.known ? dataFull(disks.value) : [];
    const under = (server: DatabaseServer) => full.find(({ units }) => units.includes(server.name));
    const underOld = old === undefined ? undefined : under(old);
    if (underOld !== undefined && old?.role !== "replica" && writers.length === 0)
      return handOver(
        { id: "disk-full" },
        {},
        {
          rule: "primary-full",
          because: `${old?.name ?? "the primary"} does not serve and its disk is full (${diskText(underOld)}); it does not start without room, and a failover would lose what it alone has`,
        },
      );
    const starting = address.state === "starting" ? address.reason : refusal(old);
    if (starting !== undefined)
      return escalate({
        rule: "starting",
        because: `the database says "${starting}": it recovers what was committed; look again in a minute, and read its log if it says so for more than ten`,
      });

    const [writer] = writers;
    if (writer !== undefined) {
      if (writer.name === leadsTo || (leadsTo === undefined && !movable))
        return escalate({
          rule: "network",
          because: `${writer.name} takes writes, and the platform's address gives ${address.reason ?? address.state}; look at the network, the firewall and the name between them; a failover would not help`,
        });
      const others = unsafe(servers, writer);
      const unknown = others.find(({ machine }) => machine === undefined);
      if (unknown !== undefined || !movable)
        return escalate({
          rule: movable ? "cannot-fence" : "cannot-move",
          because: `${writer.name} takes writes and the address leads to ${leadsTo ?? "nobody"}; let it lead to ${writer.name} once ${names(others) || "no other"} is stopped for certain`,
        });
      return plan(
        {
          rule: "address-astray",
          because: `${writer.name} takes writes and the address leads to ${leadsTo ?? "nobody"}, not to it`,
          leavesAlone: ["the data", "the replicas"],
        },
        [...others.map((one) => fence(onMachine(one))), move({ to: writer.name })],
      );
    }

    const lost = whyNoPrimary(database, old);
    if (old === undefined || lost !== undefined)
      return escalate({ rule: "no-primary", because: lost ?? "nobody can say which server is the primary" });
    const machine = machines.known ? machines.value.find(({ id }) => id === old.machine) : undefined;
    if (machine === undefined)
      return escalate({
        rule: "cannot-fence",
        because: `${old.name} is silent and nobody here can see or stop its machine (${old.machine ?? "none is named in bindings.database.servers"}); stop it by whoever runs it, prove that (a managed service: its own failover, which fences for you), then promote by hand`,
      });
    if (machine.state === "pending" || machine.check === "initializing")
      return escalate({
        rule: "booting",
        because: `the machine of ${old.name} is starting; look again in a minute`,
      });
    const restarted = tried.some(({ kind, action }) => kind === "step" && action === "restart");
    if (machine.state === "running" && machine.check === "ok" && !restarted)
      return plan(
        {
          rule: "process-down",
          because: `${old.name} is silent (${old.reason ?? "no answer"}) and its machine is well; a restart loses nothing, a failover may`,
          leavesAlone: ["the replicas", "the address", "the data"],
        },
        [restart({ server: old.name, machine: machine.id })],
      );

    const roomy = servers.filter((server) => under(server) === undefined);
    const next = bestReplica({ ...database, servers: roomy }) ?? bestReplica(database);
    if (next === undefined) {
      const [stranger] = strangersOf(database);
      if (stranger !== undefined)
        return escalate({
          rule: "stranger",
          because: `${stranger.name} holds other data (system ${stranger.systemId ?? "?"}, the platform's is ${systemId ?? "?"}); it is never promoted, restore from the newest backup`,
        });
      return escalate({
        rule: "no-replica",
        because: `${old.name} is gone (machine ${machine.state}, check ${machine.check}) and no replica answers; restore from the newest backup on a new machine`,
      });
    }
    const underNext = under(next);
    if (underNext !== undefined)
      return handOver(
        { id: "disk-full" },
        {},
        {
          rule: "replica-full",
          because: `${next.name} could be promoted, and its own disk is full (${diskText(underNext)}): it would take no writes; make room there, then ops run database-down again`,
        },
      );
    const others = unsafe(servers, next);
    const unnamed = others.find((one) => one.machine === undefined);
    if (unnamed !== undefined)
      return escalate({
        rule: "others-unproven",
        because: `${next.name} could be promoted, and nobody here can prove that ${unnamed.name} is stopped; stop its machine, prove that, then promote by hand`,
      });
    if (!movable)
      return escalate({
        rule: "cannot-move",
        because: `${next.name} could be promoted, and the platform's address is not ours to move (bindings.database.address); fence ${names(others)}, promote, then move the name or the proxy by hand`,
      });
    const lacks = lossOf(next, position.known ? lastOf(position.value) : undefined);
    if (lacks === undefined && lose !== "any")
      return escalate({
        rule: "loss-unknown",
        because: `${next.name} could be promoted, and nobody knows what it lacks of ${old.name}; with the business's word: ops run database-down --param lose=any`,
      });
    if (lacks !== undefined && lose !== "any" && lacks > Number(lose) * 1024)
      return escalate({
        rule: "behind",
        because: `${next.name} lacks ${Math.ceil(lacks / 1024)} KiB of what ${old.name} had written, more than ${lose} KiB; that data is lost if it is promoted. With the business's word: ops run database-down --param lose=${Math.ceil(lacks / 1024)}`,
      });
    return plan(
      {
        rule: "failover",
        because: `${old.name} is gone (machine ${machine.state}, check ${machine.check}${restarted ? ", a restart did not help" : ""}) and ${next.name} ${lacks === undefined ? "follows it as far as anybody can say" : lacks === 0 ? "has all that was seen of it" : `lacks ${Math.ceil(lacks / 1024)} KiB of it`}`,
        leavesAlone: ["the old primary's data", "other replicas", "the platform's processes"],
      },
      [
        ...others.map((one) => fence(onMachine(one))),
        promote({ server: next.name, systemId: systemId ?? "", fenced: others.map(onMachine) }),
        move({ to: next.name }),
      ],
    );
  },

  mitigate: {
    restart: restartDatabase,
    fence: fenceServer,
    promote: promoteReplica,
    move: moveDatabaseAddress,
  },

  vitals: [
    {
      label: "take writes",
      async look({ replication }) {
        const seen = await replication.look();
        return { value: writersOf(seen).length, of: 1 };
      },
    },
    answers,
  ],

  verify: [
    eventually(databaseWrites, { within: "restart", steadyFor: "steady" }),
    eventually(platformAnswers, { within: "verify", steadyFor: "steady" }),
  ],
  notVerified: "again",
  afterwards: [
    "Find out why it stopped: the server's log, the kernel's (out of memory), the disk",
    "After a failover: never start the fenced primary as it is; rebuild it as a replica (pg_rewind, or a new pg_basebackup)",
    "After a failover: until a replica follows again, the next failure is an outage; do it today",
    "After a failover: compare what the old primary had and the new one lacks before its disk is thrown away",
  ],
});

/** Why nobody can say which server the primary is; undefined where it is known. */
function whyNoPrimary(database: Replication, old: DatabaseServer | undefined): string | undefined {
  const all = database.servers.map(shown).join(", ");
  if (old === undefined)
    return `${all === "" ? "the environment names no servers (bindings.database.servers)" : `no server takes writes and nobody can say who last did: ${all}`}; find the primary by hand before anything is promoted`;
  if (old.role === "replica" && bestReplica(database)?.name === old.name)
    return `the address leads to ${old.name}, which only reads; find out whom it follows (${all}) before anything is promoted`;
  return undefined;
}

/** Every other server that could take writes by itself: all that are no replica following somebody. */
function unsafe(servers: readonly DatabaseServer[], chosen: DatabaseServer): readonly DatabaseServer[] {
  return servers.filter(({ name, role }) => name !== chosen.name && role !== "replica");
}

/** What a server says that is there and lets nobody in. */
function refusal(server: DatabaseServer | undefined): string | undefined {
  return server?.role === "refuses" ? (server.reason ?? "not now") : undefined;
}

function onMachine({ name, machine }: DatabaseServer) {
  return { server: name, machine: machine ?? "" };
}

function lastOf(samples: readonly Sample[]): number | undefined {
  const values = samples.map(({ value }) => value).filter((value) => Number.isFinite(value) && value > 0);
  return values.length === 0 ? undefined : Math.max(...values);
}

function names(servers: readonly DatabaseServer[]): string {
  return servers.map(({ name }) => name).join(" and ");
}

function said(state: Replication["address"]["state"]): string {
  return state.replaceAll("-", " ");
}

function shown({ name, role, following }: DatabaseServer): string {
  if (role !== "replica") return `${name} ${role}`;
  return `${name} replica${following ? "" : " that follows nobody now"}`;
}
