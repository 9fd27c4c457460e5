import type { CloudHost } from "../../cloud.ts";

const ticks = 100;
const page = 4_096;
const sampled = 1;

/** What the script for looking would print on a machine like this one. */
export function reportOf({ cores, coresUsed, memory, disks, processes }: CloudHost): string {
  const up = Math.max(3_600, ...processes.map(({ age }) => age));
  const lines = processes.map(
    ({ pid, command, resident, cores: used, age }) =>
      `p ${pid} ${Math.round(used * ticks * sampled)} ${Math.round((resident * 1024) / page)} ${Math.round(
        (up - age) * ticks,
      )} ${command.replace(/[^\x20-\x7e]/g, "?").slice(0, 15) || "?"}`,
  );
  return [
    `@units ${ticks} ${page} ${cores}`,
    "@memory",
    `MemTotal: ${memory.total} kB`,
    `MemAvailable: ${memory.available} kB`,
    "@volumes",
    ...disks.flatMap(({ device, serial }) =>
      serial === undefined ? [] : [`${device.replace("/dev/", "").replace(/p\d+$/, "")} ${serial}`],
    ),
    "@disks",
    "Filesystem 1024-blocks Used Available Capacity Mounted on",
    ...disks.map(
      ({ device, mount, size, used }) =>
        `${device} ${size} ${used} ${size - used} ${size === 0 ? 0 : Math.round((used / size) * 100)}% ${mount}`,
    ),
    "@processors",
    `c ${Math.round(coresUsed * ticks * sampled)} ${cores * ticks * sampled} ${sampled} ${up}`,
    "@processes",
    ...lines,
    "",
  ].join("\n");
}
