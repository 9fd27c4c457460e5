import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import path from "node:path";
import type { FilesKind } from "./files-kinds.ts";
import { region } from "./names.ts";
import { keepSecret } from "./secrets.ts";
import { startS3Standin } from "./standins/start-s3-standin.ts";

/** The place, as the platform's processes are told of it. */
export type FilesPlace = {
  /** The `CSRD_*` variables that mean it. */
  readonly variables: Readonly<Record<string, string>>;
  /** What status and progress say of it. */
  readonly detail: string;
  stop(): Promise<void>;
};

/** Makes the place inside the production's own folder; what is in it goes with that. */
export async function startFilesPlace(kind: FilesKind, dir: string): Promise<FilesPlace> {
  const folder = path.join(dir, "reports");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (kind === "folder")
    return {
      variables: { CSRD_ARTIFACTS_DIR: folder },
      detail: folder,
      stop: async () => undefined,
    };
  const bucket = "practice-reports";
  const keys = { read: newKeyPair(), act: newKeyPair() };
  const standin = await startS3Standin({ dir: folder, bucket, keys, region });
  keepSecret(dir, "s3-key-id", keys.act.accessKeyId);
  keepSecret(dir, "s3-secret", keys.act.secretAccessKey);
  return {
    variables: {
      CSRD_FILES_URL: `s3://${bucket}/production`,
      CSRD_S3_ENDPOINT: standin.url,
      CSRD_S3_REGION: region,
      CSRD_S3_ACCESS_KEY_ID: keys.act.accessKeyId,
      CSRD_S3_SECRET_ACCESS_KEY: keys.act.secretAccessKey,
    },
    detail: `s3://${bucket} at ${standin.url}`,
    stop: () => standin.stop(),
  };
}

function newKeyPair() {
  return {
    accessKeyId: `AKIA${randomBytes(8).toString("hex").toUpperCase()}`,
    secretAccessKey: randomBytes(30).toString("base64"),
  };
}
