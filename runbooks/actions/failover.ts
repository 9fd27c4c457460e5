import { z } from "zod";
import { defineAction } from "#kit";
import { OpsError } from "#kit/errors.ts";
import type { Readers } from "#kit/ports.ts";
import type { DatabaseServer } from "#kit/ports/replication.ts";

/** A server of the platform's database and the machine that it runs on. */
const OnMachine = z.strictObject({ server: z.string(), machine: z.string() });

const Promotion = z.strictObject({
  server: z.string(),
  systemId: z.string(),
  /** Every other server that could take writes, with its machine: proven stopped before anything is promoted. */
  fenced: z.array(OnMachine).min(1),
});

/**
 * Reboots the machine of a server that does not answer, so that PostgreSQL starts again with it. A server that answers by then is left alone.
 * Source: csrd-production-runbook "Critical Alerts", Database Down, which fails over at once; a process that is gone on a machine that is well
 * comes back with all its data.
 */
export const restartDatabase = defineAction({
  title: "Restart a database server",
  input: OnMachine,
  risk: "disruptive",
  label: ({ server }) => `Restart ${server}`,
  preview: ({ server, machine }) =>
    `reboot ${server} (${machine}), unless it answers by then; PostgreSQL recovers by itself and loses nothing that was committed`,
  targets: ({ server }) => [server],
  within: "restart",
  before: async ({ server }, { replication }) => ({ role: (await find(server, replication)).role }),
  async run({ machine }, { instanceAdmin, before }) {
    if (before.role !== "silent") return;
    await instanceAdmin.reboot(machine);
  },
  // Whether the database is back is what is verified; that it is not is no failure of the reboot, and the next round knows it was tried.
  async confirm({ machine, server }, _before, { replication, instances }) {
    const { role } = await find(server, replication);
    if (role === "primary" || role === "replica") return { met: true, saw: `${server} answers` };
    const [seen] = await instances.describe([machine]);
    return seen?.state === "running" && seen.check === "ok"
      ? { met: true, saw: `the reboot is asked for, and the machine of ${server} runs` }
      : { met: false, saw: `${server} ${role}, its machine ${seen?.state ?? "gone"}, ${seen?.check ?? ""}` };
  },
  async settle({ machine, server }, _before, { replication, instances }) {
    const { role } = await find(server, replication);
    if (role !== "silent") return { outcome: "done", because: `${server} answers or recovers` };
    const [seen] = await instances.describe([machine]);
    return seen?.check === "initializing"
      ? { outcome: "done", because: `the machine of ${server} is starting` }
      : { outcome: "not-done", because: `${server} is silent, and a second reboot takes nothing away` };
  },
});

/**
 * Has the old primary's machine stopped, and proves it: the platform that runs it says "stopped", and the server answers nobody. Whatever it
 * was in the middle of, it takes no write after that. Source: notes, defect 31 (failover as a reflex).
 */
export const fenceServer = defineAction({
  title: "Fence the old primary",
  input: OnMachine,
  risk: "destructive",
  label: ({ server }) => `Fence ${server}`,
  preview: ({ server, machine }) =>
    `stop the machine of ${server} (${machine}) and wait until it is stopped and nobody answers there, so that it takes no write ever again`,
  targets: ({ server }) => [server],
  within: "restart",
  before: async (input, { instances, replication }) => ({
    fenced: (await fencedNow(input, { instances, replication })).fenced,
  }),
  async run({ server }, { failover, before }) {
    if (before.fenced) return;
    await failover.fence(server);
  },
  async confirm(input, _before, { instances, replication }) {
    const { fenced, saw } = await fencedNow(input, { instances, replication });
    return { met: fenced, saw };
  },
  async settle(input, _before, { instances, replication }) {
    const { fenced, state, saw } = await fencedNow(input, { instances, replication });
    if (fenced || state === "stopping") return { outcome: "done", because: saw };
    return { outcome: "not-done", because: `${saw}; stopping it twice is the same as once` };
  },
});

/**
 * Makes a replica the primary, and refuses unless every other server is proven to be stopped at that moment: two primaries are two truths,
 * and no promotion is that urgent. Done means that it is out of recovery and on a new timeline.
 */
export const promoteReplica = defineAction({
  title: "Promote a replica",
  input: Promotion,
  risk: "destructive",
  label: ({ server }) => `Promote ${server}`,
  preview: ({ server, fenced }) =>
    `make ${server} the primary, only if ${fenced.map((one) => one.server).join(" and ")} is proven to be stopped; what it had not received is lost, and the old primary can only come back as a copy`,
  targets: ({ server }) => [server],
  within: "restart",
  // The proof is looked for here, right before the act, and stands in the record.
  async before({ server, fenced }, { instances, replication }) {
    const { role, timeline } = await find(server, replication);
    const proofs = await Promise.all(fenced.map((one) => fencedNow(one, { instances, replication })));
    return { role, timeline, proven: proofs.every((one) => one.fenced), saw: proofs.map(({ saw }) => saw) };
  },
  async run({ server, systemId }, { failover, before }) {
    if (before.role === "primary") return;
    if (!before.proven) throw unproven(server, before.saw.join("; "));
    await failover.promote(server, systemId);
  },
  async confirm({ server }, before, { replication }) {
    const { role, timeline } = await find(server, replication);
    return role === "primary" && (before.role === "primary" || timeline !== before.timeline)
      ? { met: true, saw: `${server} takes writes, timeline ${before.timeline ?? "?"} → ${timeline ?? "?"}` }
      : { met: false, saw: `${server} is ${role}, timeline ${timeline ?? "?"}` };
  },
  async settle({ server }, _before, { replication }) {
    const { role } = await find(server, replication);
    return role === "primary"
      ? { outcome: "done", because: `${server} takes writes` }
      : { outcome: "not-done", because: `${server} still follows; promoting it twice is the same as once` };
  },
});

/** Lets the platform's one address lead to the server that takes writes, and to no other. */
export const moveDatabaseAddress = defineAction({
  title: "Move the database's address",
  input: z.strictObject({ to: z.string() }),
  risk: "disruptive",
  label: ({ to }) => `Move the address to ${to}`,
  preview: ({ to }) =>
    `let the address at which the platform reaches its database lead to ${to}, only if that server takes writes`,
  targets: ({ to }) => [to],
  within: "restart",
  async before({ to }, { replication }) {
    const { leadsTo, servers } = await replication.look();
    return { leadsTo, role: servers.find(({ name }) => name === to)?.role ?? "silent" };
  },
  async run({ to }, { failover, before }) {
    if (before.leadsTo === to) return;
    if (before.role !== "primary")
      throw new OpsError("guard-refused", {
        summary: `The address was not moved: ${to} is ${before.role} and takes no writes.`,
        hint: "Look at that server; ops run database-down looks again.",
      });
    await failover.moveAddress(to);
  },
  async confirm({ to }, _before, { replication }) {
    const { leadsTo, address } = await replication.look();
    return leadsTo === to && address.state === "takes-writes"
      ? { met: true, saw: `the address leads to ${to} and takes writes` }
      : {
          met: false,
          saw: `the address leads to ${leadsTo ?? "nobody"}: ${address.reason ?? address.state}`,
        };
  },
  async settle({ to }, _before, { replication }) {
    const { leadsTo } = await replication.look();
    return leadsTo === to
      ? { outcome: "done", because: `the address leads to ${to}` }
      : { outcome: "not-done", because: `the address leads to ${leadsTo ?? "nobody"}` };
  },
});

/** The proof of fencing: two witnesses, of whom the platform that runs the machine is one. */
async function fencedNow(
  { server, machine }: z.infer<typeof OnMachine>,
  { instances, replication }: Pick<Readers, "instances" | "replication">,
): Promise<{ readonly fenced: boolean; readonly state: string; readonly saw: string }> {
  const [[seen], { role }] = await Promise.all([instances.describe([machine]), find(server, replication)]);
  const state = seen?.state ?? "unknown";
  const stopped = state === "stopped" || state === "terminated";
  return {
    fenced: stopped && role === "silent",
    state,
    saw: `the machine of ${server} is ${state}, and ${role === "silent" ? "nobody answers there" : `the server is ${role}`}`,
  };
}

async function find(name: string, replication: Readers["replication"]): Promise<DatabaseServer> {
  const { servers } = await replication.look();
  const server = servers.find((one) => one.name === name);
  if (server !== undefined) return server;
  throw new OpsError("tool-refused", {
    summary: `The environment names no database server ${name} any more.`,
    hint: "Look at bindings.database.servers in its file.",
  });
}

function unproven(server: string, saw: string): OpsError {
  return new OpsError("guard-refused", {
    summary: `${server} was not promoted, because the old primary is not proven to be fenced: ${saw}.`,
    hint: "Two primaries are two truths. Stop that machine by hand, see that it is stopped, then ops run database-down again.",
  });
}
