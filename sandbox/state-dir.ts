import { accessSync, constants } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";

/** Folder of the toolkit's own state: `OPS_STATE_DIR`, else the machine's where it is writable, else the user's. */
export function stateDir(env: NodeJS.ProcessEnv = process.env): string {
  if (env["OPS_STATE_DIR"]) return path.resolve(env["OPS_STATE_DIR"]);
  const shared = "/var/lib/csrd-ops";
  if (isWritable(shared)) return shared;
  return path.join(env["XDG_STATE_HOME"] || path.join(homedir(), ".local", "state"), "csrd-ops");
}

/** Folder of the practice production below it. */
export function sandboxDir(env: NodeJS.ProcessEnv = process.env): string {
  return path.join(stateDir(env), "sandbox");
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
