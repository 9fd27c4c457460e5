import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Makes a folder and those above it, and returns the first that was missing. Node's own recursive mkdir never comes back below
 * /proc, where a folder that is there refuses every child as missing; this one throws the system's error.
 */
export function makeFolder(path: string, mode = 0o777): string | undefined {
  if (isFolder(path)) return undefined;
  try {
    mkdirSync(path, mode);
    return path;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    // Made by somebody else in this moment.
    if (code === "EEXIST" && isFolder(path)) return undefined;
    const above = dirname(path);
    if (code !== "ENOENT" || above === path || isFolder(above)) throw error;
    const first = makeFolder(above, mode);
    mkdirSync(path, mode);
    return first;
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
