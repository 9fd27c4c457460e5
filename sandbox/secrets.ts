import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

const folderIn = (dir: string): string => path.join(dir, "secrets");

/** Writes a made-up credential to a file only the owner can read, and gives back a reference to it for an environment file. */
export function keepSecret(dir: string, name: string, value: string): { readonly file: string } {
  mkdirSync(folderIn(dir), { recursive: true, mode: 0o700 });
  const file = path.join(folderIn(dir), name);
  writeFileSync(file, `${value}\n`, { mode: 0o600 });
  return { file };
}

/** Credentials go with their production. */
export function removeSecrets(dir: string): void {
  rmSync(folderIn(dir), { recursive: true, force: true });
}
