import type { Host, HostReader } from "#kit/ports/hosts.ts";
import { noAnswer } from "./room.ts";

/** What one unit of the fake world uses, by the unit's id; one that is not listed rests. "silent": it does not answer. A function says it for a moment. */
export type FakeHosts = Map<string, Partial<Host> | "silent" | ((at: Date) => Partial<Host>)>;

/** A unit that has little to do. */
const restingHost: Omit<Host, "at"> = {
  memory: { usedBytes: 600 * 1024 ** 2, limitBytes: 2 * 1024 ** 3 },
  cpu: { used: 0.1, limit: 1 },
  disks: [{ mount: "/", sizeBytes: 20 * 1024 ** 3, usedBytes: 6 * 1024 ** 3, volume: undefined }],
  processes: [{ pid: 100, command: "node", rssBytes: 400 * 1024 ** 2, cpus: 0.1, ageSeconds: 86_400 }],
};

/** The part of the world that looks into machines. */
export function hostsPart(
  hosts: FakeHosts,
  now: () => Date,
  /** True for a unit of which nobody would answer. */
  isGone: (unit: string) => boolean,
): HostReader {
  const began = now().getTime();
  return {
    async look(_service, unit) {
      const host = hosts.get(unit);
      if (host === "silent" || (host === undefined && isGone(unit))) throw noAnswer(unit);
      const used = typeof host === "function" ? host(now()) : host;
      const seen = { at: now().toISOString(), ...restingHost, ...used };
      // Processes grow older while the world is there.
      const lasted = Math.round((now().getTime() - began) / 1_000);
      return {
        ...seen,
        processes: seen.processes.map((one) => ({ ...one, ageSeconds: one.ageSeconds + lasted })),
      };
    },
  };
}
