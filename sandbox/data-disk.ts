import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, statfsSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { childEnvironment } from "#kit/redact/child-environment.ts";
import type { Cloud, CloudVolume } from "./cloud.ts";
import type { MachineDisk } from "./machine-host.ts";
import { newVolumeSerial } from "./names.ts";

/** One MiB that is really there stands for so many that machines see: a disk of 20 GiB that fills and grows, and costs 20 MiB. */
const scale = 1024;
const firstMiB = 20;
const optimizingMs = 2_000;

/**
 * A data disk that every practice machine sees once it is mounted. As root on Linux it is a file system of its own, whose limit the kernel
 * keeps and whose growth is a remount; elsewhere it is a folder whose limit is counted and kept by this stand-in alone.
 */
export type DataDisk = {
  /** Mounts it, empty, and fills it to this share; what held it before is gone. */
  fill(share: number): void;
  /** How its limit is kept, or undefined while it is not mounted. */
  readonly kept: () => "by the kernel" | "by counting" | undefined;
  unmount(): void;
  /** As the cloud sees what is under it. */
  volumes(): readonly CloudVolume[];
  grow(id: string, sizeGiB: number): void;
};

/** The disk of a practice production's folder; not mounted yet. `disks` are those that its machines see. */
export function dataDisk(dir: string, disks: MachineDisk[]): DataDisk {
  const folder = path.join(dir, "data-disk");
  let mounted:
    | { disk: MachineDisk; id: string; mib: number; kernel: boolean; changedAt: Date | undefined }
    | undefined;

  const unmount = (): void => {
    const disk = mounted?.disk;
    mounted = undefined;
    const at = disks.findIndex((one) => one === disk);
    if (at >= 0) disks.splice(at, 1);
    detach(folder);
    rmSync(folder, { recursive: true, force: true });
  };
  const measure = (): { readonly size: number; readonly used: number } => {
    const { mib, kernel } = mounted ?? { mib: firstMiB, kernel: false };
    if (!kernel) return { size: mib * 1024 * scale, used: Math.round((countedBytes(folder) / 1024) * scale) };
    const { bsize, blocks, bfree } = statfsSync(folder);
    const kib = (count: number) => Math.round(((count * bsize) / 1024) * scale);
    return { size: kib(blocks), used: kib(blocks - bfree) };
  };

  return {
    fill(share) {
      unmount();
      mkdirSync(folder, { recursive: true, mode: 0o755 });
      const kernel = attach(folder, firstMiB);
      const serial = newVolumeSerial();
      const disk = { folder, mount: "/var/lib/csrd", device: "/dev/nvme1n1", serial, measure };
      mounted = { disk, id: `vol-${serial.slice(3)}`, mib: firstMiB, kernel, changedAt: undefined };
      disks.push(disk);
      writeFileSync(
        path.join(folder, "esg-export.csv"),
        Buffer.alloc(Math.floor(share * firstMiB * 1024 ** 2)),
      );
    },
    kept: () => (mounted === undefined ? undefined : mounted.kernel ? "by the kernel" : "by counting"),
    unmount,
    volumes() {
      if (mounted === undefined) return [];
      const { id, mib, changedAt } = mounted;
      const isFresh = changedAt !== undefined && Date.now() - changedAt.getTime() < optimizingMs;
      return [
        {
          id,
          sizeGiB: mib,
          change: changedAt && { state: isFresh ? "optimizing" : "completed", startedAt: changedAt },
        },
      ];
    },
    grow(id, sizeGiB) {
      if (mounted?.id !== id) return;
      if (mounted.kernel) mount(["-o", `remount,size=${sizeGiB}m`, folder]);
      mounted = { ...mounted, mib: sizeGiB, changedAt: new Date() };
    },
  };
}

/** The practice cloud with the volume under the data disk, while it is mounted. */
export function withVolumes(cloud: Cloud, disk: DataDisk): Cloud {
  return { ...cloud, volumes: { list: () => disk.volumes(), grow: (id, size) => disk.grow(id, size) } };
}

/** A small file system in memory, mounted there; false where this user or this system cannot. */
function attach(folder: string, mib: number): boolean {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return false;
  try {
    mount(["-t", "tmpfs", "-o", `size=${mib}m,mode=755`, "tmpfs", folder]);
    return true;
  } catch {
    return false;
  }
}

function detach(folder: string): void {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return;
  try {
    execFileSync("umount", ["-l", folder], { stdio: "ignore", env: childEnvironment(process.env) });
  } catch {
    // It was not mounted.
  }
}

function mount(args: readonly string[]): void {
  execFileSync("mount", args, { stdio: "ignore", env: childEnvironment(process.env) });
}

function countedBytes(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(path.join(folder, name)).size, 0);
}
