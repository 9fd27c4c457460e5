import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Cloud } from "./cloud.ts";
import { type Line, startLine } from "./line.ts";
import { region } from "./names.ts";
import { type AwsStandin, startAwsStandin } from "./standins/start-aws-standin.ts";

/** The vendors' clouds, as the practice production has them: stand-ins that speak the real protocols, each behind a line that can be cut. */
export type Vendors = {
  readonly aws: AwsStandin;
  readonly lines: Readonly<Record<"aws", Line>>;
  /** The `bindings` of the environment file; secrets by the file that holds them. */
  readonly bindings: Readonly<Record<string, unknown>>;
  stop(): Promise<void>;
};

/** Starts the stand-ins over the practice cloud; their credentials are made up here and written to files only the owner can read. */
export async function startVendors(dir: string, cloud: Cloud): Promise<Vendors> {
  const secrets = path.join(dir, "secrets");
  mkdirSync(secrets, { recursive: true, mode: 0o700 });
  const keep = (name: string, value: string): { readonly file: string } => {
    const file = path.join(secrets, name);
    writeFileSync(file, `${value}\n`, { mode: 0o600 });
    return { file };
  };

  const keys = { read: newKeyPair(), act: newKeyPair() };
  const aws = await startAwsStandin({ cloud, keys });
  const lines = { aws: await startLine(aws.url) };
  const pair = (name: "read" | "act") => ({
    accessKeyId: keep(`aws-${name}-key-id`, keys[name].accessKeyId),
    secretAccessKey: keep(`aws-${name}-secret`, keys[name].secretAccessKey),
  });
  return {
    aws,
    lines,
    bindings: {
      aws: { region, endpoint: lines.aws.url, read: pair("read"), act: pair("act") },
    },
    stop: async () => {
      await Promise.all(Object.values(lines).map((line) => line.stop()));
      await aws.stop();
    },
  };
}

function newKeyPair() {
  return {
    accessKeyId: `AKIA${randomBytes(8).toString("hex").toUpperCase()}`,
    secretAccessKey: randomBytes(30).toString("base64"),
  };
}
