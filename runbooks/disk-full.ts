import { z } from "zod";
import { allClear, defineRunbook, escalate, eventually, plan } from "#kit";
import { type AllDisks, disksEverywhere } from "#kit/disks.ts";
import type { DatabaseAddress, DatabaseServer } from "#kit/ports/replication.ts";
import type { Volume } from "#kit/ports/volumes.ts";
import { csrdDiskFilling, csrdDiskFull } from "#alerts/disk.ts";
import { disk } from "#checks/disk.ts";
import {
  dataFull,
  diskLines,
  diskText,
  forgottenSlots,
  fullDisks,
  fullness,
  judgeDisks,
  readDisks,
  roomySize,
} from "#rules/disks.ts";
import { growVolume } from "./actions/volumes.ts";
import { dataDisks } from "./probes/data-disks.ts";

const gib = 1024 ** 3;

/** A volume may be this much larger than the file system on it, for what the file system keeps for itself. */
const overhead = 1.1;

/**
 * Makes room on a full disk by making its volume larger, and says what only people may clear away. Nothing is ever deleted.
 * Source: csrd-production-runbook "Critical Alerts", Disk Full; csrd-operations-manual "Daily Maintenance", whose `find -delete` runs before
 * the copy it was to make (notes, defect 33).
 */
export const diskFull = defineRunbook({
  id: "disk-full",
  title: "Disk full",
  summary:
    "A disk is nearly full. Makes its volume larger within bounds while it is in use; says what else fills it: log kept for a replica that never comes, what is past its time. Never deletes anything.",
  severity: "P1",
  owner: "platform-oncall",
  implements: ["PR/monitoring-and-alerting/critical-alerts"],
  symptoms: [
    "no space left on device",
    "ENOSPC",
    "disk usage above 90 %",
    "could not extend file",
    "reports fail while being written",
  ],
  trigger: [csrdDiskFull, csrdDiskFilling],
  params: {
    most: z
      .string()
      .regex(/^[1-9]\d{0,4}$/, "must be a number of GiB")
      .default("500")
      .describe("Most GiB that any volume may have"),
  },
  lock: "volumes",
  within: "30m",

  diagnose: {
    disks: {
      ask: "Which disk is full, and who sees it?",
      within: "25s",
      look: ({ workloads, hosts, inventory }) => disksEverywhere({ workloads, hosts, inventory }),
      read: (all: AllDisks) => {
        const { state, says } = judgeDisks(all);
        if (state === "unhealthy") return { state: "bad", says };
        return { state: state === "healthy" && all.silent.length === 0 ? "fine" : "note", says };
      },
    },
  },
  optional: {
    volumes: {
      ask: "What is under the full ones, and may it be made larger?",
      within: "30s",
      async look({ workloads, hosts, inventory, volumes }) {
        const ids = idsOf(await disksEverywhere({ workloads, hosts, inventory }));
        return ids.length === 0 ? [] : volumes.look(ids);
      },
      read: (seen: readonly Volume[]) => ({
        state: seen.every(({ state }) => state === "steady") ? "fine" : "note",
        says:
          seen.length === 0
            ? "none is full, or none is known"
            : seen
                .map(({ id, sizeBytes, state }) => `${id} ${Math.round(sizeBytes / gib)} GiB, ${state}`)
                .join("; "),
      }),
    },
    slots: {
      ask: "Does the database keep log for a replica that does not come for it?",
      within: "10s",
      async look({ replication }) {
        return (await replication.look()).servers;
      },
      read: (servers: readonly DatabaseServer[]) => {
        const kept = servers.flatMap(({ slots }) => slots);
        const forgotten = forgottenSlots(servers);
        const [first] = forgotten;
        return first === undefined
          ? { state: "fine", says: `${kept.length} slots, none forgotten` }
          : {
              state: "bad",
              says: `${first.name} on ${first.server} keeps ${sized(first.keptBytes)} for nobody`,
            };
      },
    },
    database: {
      ask: "Can the database write?",
      within: "10s",
      look: ({ replication }) => replication.address(),
      read: ({ state, reason }: DatabaseAddress) => ({
        state: state === "takes-writes" ? "fine" : "bad",
        says: state === "takes-writes" ? "a commit was kept" : `${state}: ${reason ?? ""}`,
      }),
    },
    data: dataDisks,
  },

  rules: {
    slot: "the database keeps log for a replica that never comes: a person drops the slot, or brings the replica back",
    "database-full":
      "the database cannot write for want of space: a person makes its disk larger, nothing on it is cleaned",
    "not-seen": "no disk could be seen: a person looks",
    calm: "every disk has room: all clear",
    "no-volume": "what is under the full disk cannot be made larger from here: a person makes room",
    "not-known": "the cloud does not say how the volume is: a person looks",
    "not-extended": "the volume is larger than the file system on it: a person extends that",
    changing: "the volume is being made larger, or was a short while ago: wait",
    "at-its-bound": "it would have to be larger than it may be: a person decides",
    grow: "a volume is nearly full and may be larger: make it larger, while it is in use",
  },
  decide({ disks, volumes, slots, database, data }, { most }, { grow }) {
    const [forgotten] = slots.known ? forgottenSlots(slots.value) : [];
    if (forgotten !== undefined)
      return escalate({
        rule: "slot",
        because: `the slot ${forgotten.name} on ${forgotten.server} keeps ${sized(forgotten.keptBytes)} of log for a replica that does not come for it, and more by the hour; bring that replica back, or, if it is gone for good, drop the slot: select pg_drop_replication_slot('${forgotten.name}'); that replica can then never catch up and has to be made anew`,
      });
    // A disk that units see as well is theirs, and may be made larger below.
    const theirs = new Set(disks.disks.flatMap(({ volume }) => volume ?? []));
    const full = data.known
      ? dataFull(data.value).filter(({ volume }) => volume === undefined || !theirs.has(volume))
      : [];
    if (full.length > 0 || (database.known && database.value.state === "full")) {
      const says =
        database.known && database.value.state === "full"
          ? `the database says "${database.value.reason ?? "no space left"}"`
          : "the database has no room left";
      const where = full.map((one) => `${diskText(one)}, ${one.volume ?? "its volume"}`).join("; ");
      return escalate({
        rule: "database-full",
        because: `${says}${where === "" ? "" : ` (${where})`}; make the volume under its data larger (it is never cleaned by hand: pg_wal is the data), then extend the file system; where it stopped, ops run database-down starts it`,
      });
    }
    if (disks.disks.length === 0)
      return escalate({
        rule: "not-seen",
        because: `no disk could be seen (${disks.silent.join(", ") || "no unit is known"}); look with df -h on the machines`,
      });
    const filled = fullDisks(disks);
    if (filled.length === 0)
      return allClear({ rule: "calm", because: `no disk has less than a tenth free: ${readDisks(disks)}` });
    const texts = filled.map(diskText).join(", ");
    const bare = filled.find(({ volume }) => volume === undefined);
    if (bare !== undefined)
      return escalate({
        rule: "no-volume",
        because: `${texts}, and nothing is known under ${bare.mount} that could be made larger from here; look what fills it (du -x -d 2 ${bare.mount}), and let the platform clear away what is past its time: csrd retention shows it, --apply archives, compares the copy, then deletes`,
      });
    const there = volumes.known ? volumes.value : [];
    const pairs = filled.map((one) => ({ disk: one, volume: there.find(({ id }) => id === one.volume) }));
    const missing = pairs.find(({ volume }) => volume === undefined);
    if (missing !== undefined)
      return escalate({
        rule: "not-known",
        because: `${texts}; ${volumes.known ? `the cloud says nothing of ${missing.disk.volume ?? "the volume"}` : `the volumes could not be asked for: ${volumes.reason}`}; look at it in the cloud's own console, and make it larger there`,
      });
    const known = pairs.flatMap(({ disk: one, volume }) =>
      volume === undefined ? [] : [{ disk: one, volume }],
    );
    const larger = known.find((one) => one.volume.sizeBytes > one.disk.sizeBytes * overhead);
    if (larger !== undefined)
      return escalate({
        rule: "not-extended",
        because: `${larger.volume.id} has ${sized(larger.volume.sizeBytes)} and the file system ${larger.disk.mount} on it ${sized(larger.disk.sizeBytes)}; extend it on ${larger.disk.units[0] ?? "its machine"}, in use: growpart where it has partitions, then resize2fs (ext4) or xfs_growfs (xfs)`,
      });
    const busy = known.find(({ volume }) => volume.state !== "steady");
    if (busy !== undefined)
      return escalate({
        rule: "changing",
        because: `${texts}; ${busy.volume.id} ${busy.volume.state === "changing" ? "is being made larger now" : "was changed lately and the cloud takes no other change for some hours"}; until then only clearing away helps: csrd retention`,
      });
    const bound = known.find((one) => roomySize(one.disk) > Number(most) * gib);
    if (bound !== undefined)
      return escalate({
        rule: "at-its-bound",
        because: `${texts}; ${bound.volume.id} would need ${sized(roomySize(bound.disk))} and may have ${most} GiB; find out what fills it, or say more: ops run disk-full --param most=${Math.ceil(roomySize(bound.disk) / gib)}`,
      });
    return plan(
      {
        rule: "grow",
        because: texts,
        leavesAlone: ["every file", "the database's disks", "the number of units"],
      },
      known
        .toSorted((a, b) => fullness(b.disk) - fullness(a.disk) || a.volume.id.localeCompare(b.volume.id))
        .map(({ disk: one, volume }) =>
          grow({
            volume: volume.id,
            mount: one.mount,
            units: [...one.units],
            fromBytes: volume.sizeBytes,
            toBytes: roomySize(one),
          }),
        ),
    );
  },

  mitigate: { grow: growVolume },

  vitals: [
    {
      label: "fullest disk",
      async look({ workloads, hosts, inventory }) {
        const [first] = (await disksEverywhere({ workloads, hosts, inventory })).disks;
        return { value: first === undefined ? 0 : Math.floor(fullness(first) * 100), of: 100, unit: "%" };
      },
    },
  ],

  verify: [eventually(disk, { within: "verify", steadyFor: "steady" })],
  notVerified: "again",
  afterwards: [
    `Find what grew: a disk that reached ${diskLines.critical * 100} % once reaches it again`,
    "csrd retention shows what is past its time; --apply archives it, compares the copy, minds holds, then deletes; never find -delete",
    "Raise the volume's size where it is written down (template, Terraform), or the next machine is small again",
  ],
});

/** Ids of the volumes under full disks, sorted. */
function idsOf(all: AllDisks): readonly string[] {
  const ids = fullDisks(all).flatMap(({ volume }) => (volume === undefined ? [] : [volume]));
  return [...new Set(ids)].toSorted((a, b) => a.localeCompare(b));
}

function sized(bytes: number): string {
  return bytes >= gib ? `${Math.round(bytes / gib)} GiB` : `${Math.round(bytes / 1024 ** 2)} MiB`;
}
