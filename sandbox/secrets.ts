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

/** Names of the files in which the platform's own keys are kept. */
export const apiKeyFiles = {
  apiKey: "api-key",
  smokeApiKey: "smoke-api-key",
  otherApiKey: "other-api-key",
  probeToken: "probe-token",
} as const;

/** References to them, as `bindings.platform` has them. */
export function platformBinding(dir: string): Readonly<Record<keyof typeof apiKeyFiles, { file: string }>> {
  const at = (name: string) => ({ file: path.join(folderIn(dir), name) });
  return {
    apiKey: at(apiKeyFiles.apiKey),
    smokeApiKey: at(apiKeyFiles.smokeApiKey),
    otherApiKey: at(apiKeyFiles.otherApiKey),
    probeToken: at(apiKeyFiles.probeToken),
  };
}
