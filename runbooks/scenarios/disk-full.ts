import type { Scenarios } from "./scenario.ts";
import { innerServices, type World } from "./world.ts";

const gib = 1024 ** 3;
const services = innerServices;
const data = "vol-0d0000000000000a1";

/** The worker's data disk, this full, of this size, on a volume of that size. */
function fills(
  world: World,
  share: number,
  options: {
    readonly sizeGiB?: number;
    readonly volumeGiB?: number;
    readonly state?: "steady" | "changing" | "resting";
    readonly extends?: boolean;
    readonly volume?: string | undefined;
    readonly units?: readonly string[];
  } = {},
): void {
  const { sizeGiB = 20, volumeGiB = sizeGiB, state = "steady", units = ["u-worker-1"] } = options;
  const volume = "volume" in options ? options.volume : data;
  for (const unit of units)
    world.hosts.set(unit, {
      disks: [
        { mount: "/", sizeBytes: 20 * gib, usedBytes: 6 * gib, volume: undefined },
        { mount: "/var/lib/csrd", sizeBytes: sizeGiB * gib, usedBytes: share * sizeGiB * gib, volume },
      ],
    });
  world.volumes.set(data, { id: data, sizeBytes: volumeGiB * gib, state, extends: options.extends ?? true });
}

/** What can fill a disk: each row of the decision table, and what making it larger can run into. */
export const diskFull: Scenarios = {
  "nearly-full": {
    title: "The worker's data disk has three per cent left",
    rule: "grow",
    outcome: "solved",
    services,
    prepare: (world) => fills(world, 0.97),
  },
  "shared-disk": {
    title: "One volume is seen by several units; it is made larger once",
    rule: "grow",
    outcome: "solved",
    services,
    prepare: (world) => fills(world, 0.96, { units: ["u-worker-1", "u-audit-1", "u-calculator-1"] }),
  },
  "not-extended": {
    title: "The volume is made larger and the file system on it does not follow",
    rule: "not-extended",
    outcome: "not-verified",
    services,
    prepare: (world) => fills(world, 0.97, { extends: false }),
  },
  "forgotten-slot": {
    title: "The database keeps 14 GiB of log for a replica that never comes",
    rule: "slot",
    outcome: "escalated",
    services,
    prepare(world) {
      fills(world, 0.4);
      const [primary] = world.replication.servers;
      if (primary !== undefined)
        primary.slots = [{ name: "old_report_copy", active: false, keptBytes: 14 * gib }];
    },
  },
  "database-full": {
    title: "The database's own disk is full",
    rule: "database-full",
    outcome: "escalated",
    services,
    prepare(world) {
      world.replication.says = "full";
    },
  },
  "database-stopped": {
    title: "The primary stopped on its full disk, and says nothing any more",
    rule: "database-full",
    outcome: "escalated",
    services,
    prepare(world) {
      const [first] = world.replication.servers;
      if (first !== undefined) first.mood = "corrupt";
      const disk = { sizeBytes: 200 * gib, volume: "vol-0d000000000000d11" };
      world.hosts.set("i-0d1", {
        disks: [{ ...disk, mount: "/var/lib/postgresql", usedBytes: 199.9 * gib }],
      });
    },
  },
  "no-volume": {
    title: "Nothing is known under the full disk",
    rule: "no-volume",
    outcome: "escalated",
    services,
    prepare: (world) => fills(world, 0.95, { volume: undefined }),
  },
  "cloud-silent": {
    title: "The cloud does not say how the volume is",
    rule: "not-known",
    outcome: "escalated",
    services,
    prepare(world) {
      fills(world, 0.95);
      world.volumes.silent = true;
    },
  },
  "grown-lately": {
    title: "It was made larger an hour ago and is full again",
    rule: "changing",
    outcome: "escalated",
    services,
    prepare: (world) => fills(world, 0.95, { state: "resting" }),
  },
  "at-its-bound": {
    title: "It would have to be larger than it may be",
    rule: "at-its-bound",
    outcome: "escalated",
    services,
    prepare: (world) => fills(world, 0.95, { sizeGiB: 480 }),
  },
  "nothing-seen": {
    title: "No unit lets itself be looked into",
    rule: "not-seen",
    outcome: "escalated",
    services,
    prepare(world) {
      if (world.workloads.services !== "silent") world.workloads.services.clear();
      for (const { id } of world.machines) world.hosts.set(id, "silent");
    },
  },
  calm: {
    title: "Every disk has room; it is over",
    rule: "calm",
    outcome: "all-clear",
    services,
    prepare: (world) => fills(world, 0.5),
  },
};
