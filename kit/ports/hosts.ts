import type { Service } from "../ports.ts";

/** One process as `ps` sees it. Arguments are left out: they may hold secrets. */
export type HostProcess = {
  readonly pid: number;
  readonly command: string;
  readonly rssBytes: number;
  /** In cores: 1 is one core wholly used. */
  readonly cpus: number;
  /** Seconds since it was started. */
  readonly ageSeconds: number;
};

/** One file system. */
export type Disk = {
  readonly mount: string;
  readonly sizeBytes: number;
  readonly usedBytes: number;
  /** What can be made larger under it, by its id; undefined where nothing can. */
  readonly volume: string | undefined;
};

/** What one unit uses, seen from where it runs. */
export type Host = {
  readonly at: string;
  readonly memory: { readonly usedBytes: number; readonly limitBytes: number };
  /** In cores. */
  readonly cpu: { readonly used: number; readonly limit: number };
  readonly disks: readonly Disk[];
  /** The largest by memory first, at most 20; empty where they cannot be seen. */
  readonly processes: readonly HostProcess[];
};

export interface HostReader {
  /** One unit of a service, by its id; throws `tool-unreachable` when nobody there answers. */
  look(service: Service, unit: string): Promise<Host>;
}
