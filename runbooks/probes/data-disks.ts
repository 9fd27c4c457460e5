import { stoppable } from "#kit/limit.ts";
import type { Readers, Service } from "#kit/ports.ts";
import type { DatabaseServer } from "#kit/ports/replication.ts";
import type { Probe } from "#kit/runbook.ts";
import { type DataDisks, dataDisksOf, dataFull, diskText } from "#rules/disks.ts";

/** A machine that hangs keeps nobody waiting for longer than this. */
const patienceMs = 8_000;

/** The disks under the servers of the platform's database. One whose machine does not answer is named, never taken for roomy. */
export const dataDisks: Probe<unknown, DataDisks> = {
  ask: "Is there room on the disks under the database?",
  within: "10s",
  look: ({ replication, hosts }) => dataDisksNow({ replication, hosts }),
  read(all) {
    const full = dataFull(all);
    const silent = all.silent.length === 0 ? "" : `; not seen: ${all.silent.join(", ")}`;
    if (full.length > 0) return { state: "bad", says: `${full.map(diskText).join(", ")}${silent}` };
    const [fullest] = all.disks;
    return {
      state: all.silent.length === 0 ? "fine" : "note",
      says: `${fullest === undefined ? "none was seen" : `fullest: ${diskText(fullest)}`}${silent}`,
    };
  },
};

async function dataDisksNow({
  replication,
  hosts,
}: Pick<Readers, "replication" | "hosts">): Promise<DataDisks> {
  const { servers } = await replication.look();
  const placed = servers.flatMap(({ name, machine }) => (machine === undefined ? [] : [{ name, machine }]));
  const service = serviceOf(servers);
  const seen = await Promise.allSettled(
    placed.map(({ machine }) => stoppable(hosts.look(service, machine), AbortSignal.timeout(patienceMs))),
  );
  const named = placed.map(({ name }, at) => ({ name, one: seen[at] }));
  return {
    disks: named
      .flatMap(({ name, one }) =>
        one?.status === "fulfilled"
          ? dataDisksOf(one.value.disks).map((disk) => ({ ...disk, units: [name] }))
          : [],
      )
      .toSorted((a, b) => b.usedBytes / b.sizeBytes - a.usedBytes / a.sizeBytes),
    silent: named.flatMap(({ name, one }) => (one?.status === "fulfilled" ? [] : [name])),
  };
}

/** The servers' machines as a service of their own: they are nobody's units, and only those that the environment names are looked into. */
function serviceOf(servers: readonly DatabaseServer[]): Service {
  return {
    name: "database",
    url: "",
    instances: servers.flatMap(({ machine }) => (machine === undefined ? [] : [machine])),
    firewallGroups: [],
    floor: 1,
  };
}
