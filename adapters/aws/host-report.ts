import { OpsError } from "#kit/errors.ts";
import type { Disk, Host, HostProcess } from "#kit/ports/hosts.ts";
import { plainText } from "../foreign-text.ts";

const most = 20;

/** Reads what the script for looking printed; throws `tool-refused` when that is no such report. */
export function readHostReport(text: string, about: string): Omit<Host, "at"> {
  const parts = sections(text);
  const [ticks, page, cores] = numbers(parts.get("units")?.[0] ?? "");
  const [busy, total, sampled, up] = numbers(parts.get("processors")?.[0]?.replace(/^c /, "") ?? "");
  const memory = readMemory(parts.get("memory") ?? []);
  if (
    memory === undefined ||
    ticks === undefined ||
    page === undefined ||
    cores === undefined ||
    busy === undefined ||
    total === undefined ||
    sampled === undefined ||
    up === undefined ||
    ticks <= 0 ||
    cores <= 0
  )
    throw new OpsError("tool-refused", {
      summary: `What ${plainText(about, 60)} answered is no report of a machine.`,
      hint: "It needs Linux with /proc, awk and df; look at the machine itself.",
      details: plainText(text, 500),
    });
  return {
    memory,
    cpu: { used: total > 0 ? rounded((Math.max(0, busy) / total) * cores) : 0, limit: cores },
    disks: readDisks(parts.get("disks") ?? [], parts.get("volumes") ?? []),
    processes: readProcesses(parts.get("processes") ?? [], { ticks, page, sampled, up }),
  };
}

/** Lines by the marker above them. What stands under a marker that was seen before is left out: no name of a process opens a part again. */
function sections(text: string): ReadonlyMap<string, readonly string[]> {
  const parts = new Map<string, string[]>();
  let current: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    const [, marker, rest = ""] = /^@([a-z]+)(?: (.*))?$/.exec(line) ?? [];
    if (marker === undefined) {
      current.push(line);
      continue;
    }
    current = [];
    if (parts.has(marker)) continue;
    parts.set(marker, current);
    if (rest !== "") current.push(rest);
  }
  return parts;
}

function numbers(line: string): readonly (number | undefined)[] {
  const all = line.trim().split(/\s+/).map(Number);
  return all.map((number) => (Number.isFinite(number) ? number : undefined));
}

/** What programs hold, without what the kernel would give back at once; kernels before 3.14 do not say it themselves. */
function readMemory(lines: readonly string[]): Host["memory"] | undefined {
  const kib = (name: string) => {
    const found = lines.map((line) => new RegExp(`^${name}:\\s+(\\d+) kB$`).exec(line.trim())?.[1]);
    const value = found.find((one) => one !== undefined);
    return value === undefined ? undefined : Number(value);
  };
  const total = kib("MemTotal");
  const free = kib("MemAvailable") ?? (kib("MemFree") ?? 0) + (kib("Buffers") ?? 0) + (kib("Cached") ?? 0);
  if (total === undefined || total <= 0) return undefined;
  return { usedBytes: Math.max(0, total - free) * 1024, limitBytes: total * 1024 };
}

/** File systems on disks, each device once, where it is mounted highest. Pictures of packages and what lives in memory are left out. */
function readDisks(lines: readonly string[], volumes: readonly string[]): readonly Disk[] {
  const serials = new Map(
    volumes.flatMap((line) => {
      const [, disk, serial] = /^(nvme\d+n\d+) +vol-?([0-9a-f]{8,17})\s*$/.exec(line) ?? [];
      return disk === undefined || serial === undefined ? [] : [[disk, `vol-${serial}`] as const];
    }),
  );
  const disks = new Map<string, Disk>();
  for (const line of lines) {
    const [, device = "", size, used, mount = ""] =
      /^(\S.*?)\s+(\d+)\s+(\d+)\s+-?\d+\s+(?:\d+%|-)\s+(\/.*)$/.exec(line) ?? [];
    const isDisk = /^\/dev\/(?!loop)/.test(device) || /^[^/]+:\//.test(device) || mount === "/";
    if (!isDisk || size === undefined || used === undefined || Number(size) === 0) continue;
    const known = disks.get(device);
    if (known !== undefined && known.mount.length <= mount.length) continue;
    const volume = serials.get(/^\/dev\/(nvme\d+n\d+)/.exec(device)?.[1] ?? "");
    disks.set(device, {
      mount: plainText(mount, 120),
      sizeBytes: Number(size) * 1024,
      usedBytes: Number(used) * 1024,
      volume,
    });
  }
  return [...disks.values()].sort((a, b) => (a.mount < b.mount ? -1 : 1));
}

/** The machine's own measures. */
type Measures = {
  /** Ticks of processor time in a second. */
  readonly ticks: number;
  /** Bytes of a page. */
  readonly page: number;
  /** Seconds between the two samples, and since the machine started. */
  readonly sampled: number;
  readonly up: number;
};

/** The largest by memory, and among them the busiest, so that a small process that eats a processor is seen as well. */
function readProcesses(lines: readonly string[], measures: Measures): readonly HostProcess[] {
  const { ticks, page, sampled, up } = measures;
  const found = new Map<number, HostProcess>();
  for (const line of lines) {
    const [, pid, used, pages, started, command = ""] =
      /^p (\d+) (-?\d+) (\d+) (\d+) (.{1,64})$/.exec(line) ?? [];
    if (pid === undefined || (Number(pages) === 0 && Number(used) <= 0)) continue;
    found.set(Number(pid), {
      pid: Number(pid),
      command: plainText(command, 64),
      rssBytes: Number(pages) * page,
      cpus: sampled > 0 ? rounded(Math.max(0, Number(used)) / ticks / sampled) : 0,
      ageSeconds: Math.max(0, Math.round(up - Number(started) / ticks)),
    });
  }
  const all = [...found.values()].sort((a, b) => b.rssBytes - a.rssBytes || a.pid - b.pid);
  const busiest = all
    .filter(({ cpus }) => cpus >= 0.1)
    .sort((a, b) => b.cpus - a.cpus || a.pid - b.pid)
    .slice(0, 5);
  return [...new Set([...busiest, ...all])]
    .slice(0, most)
    .sort((a, b) => b.rssBytes - a.rssBytes || a.pid - b.pid);
}

function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
