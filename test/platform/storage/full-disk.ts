import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** A small disk of its own, really mounted. */
export type SmallDisk = { readonly folder: string; unmount(): void };

/** Mounts a disk of so many KiB in memory, or says why this machine cannot. */
export function smallDisk(kib: number): SmallDisk | string {
  if (process.platform !== "linux") return "only Linux mounts a tmpfs";
  if (process.getuid?.() !== 0) return "only root may mount";
  const folder = mkdtempSync(path.join(tmpdir(), "csrd-small-disk-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${kib}k`, "csrd-small-disk", folder], {
      stdio: "pipe",
    });
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    return `mounting is refused: ${String(error).split("\n")[0]}`;
  }
  return {
    folder,
    unmount: () => {
      execFileSync("umount", ["-l", folder]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
