import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { CreateBucketCommand, ListMultipartUploadsCommand, S3Client } from "@aws-sdk/client-s3";
import { z } from "zod";
import { filesSettings, oneStore } from "#platform/service/settings/storage.ts";
import { openArchive, openFiles } from "#platform/storage/open-files.ts";
import type { ReportFiles } from "#platform/storage/report-files.ts";
import { type S3Standin, startS3Standin } from "#sandbox/standins/start-s3-standin.ts";
import { practiceKeys } from "./aws-standin.ts";
import { startMoto } from "./aws-elsewhere.ts";
import type { FilesWorld } from "./report-files.ts";

const settingsOf = z.object(filesSettings).superRefine(oneStore);

/** The store that these variables mean, as the platform's processes open it. */
export function filesOf(environment: Readonly<Record<string, string>>): ReportFiles {
  return openFiles(settingsOf.parse(environment)).files;
}

function worldOf(
  environment: Readonly<Record<string, string>>,
): Pick<FilesWorld, "files" | "elsewhere" | "environment"> {
  const elsewhere = openArchive(settingsOf.parse(environment));
  if (elsewhere === undefined) throw new Error("the world names no archive");
  return { files: filesOf(environment), elsewhere, environment };
}

/** A folder. */
export async function openFolderWorld(): Promise<FilesWorld> {
  const folder = mkdtempSync(path.join(tmpdir(), "csrd-files-"));
  return {
    ...worldOf({
      CSRD_ARTIFACTS_DIR: path.join(folder, "files"),
      CSRD_ARCHIVE_URL: `file://${path.join(folder, "archive")}`,
    }),
    unfinished: async (id) => {
      const drafts = path.join(folder, "files", "drafts");
      return existsSync(drafts) ? readdirSync(drafts).filter((name) => name.startsWith(id)).length : 0;
    },
    close: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The stand-in for S3, with small pages. */
export async function openS3StandinWorld(): Promise<
  FilesWorld & { readonly standin: S3Standin; readonly dir: string }
> {
  const dir = mkdtempSync(path.join(tmpdir(), "csrd-s3-"));
  const standin = await startS3Standin({
    dir,
    bucket: "csrd-reports",
    keys: practiceKeys,
    region: "eu-central-1",
    pageSize: 7,
  });
  return {
    ...worldOf(variables(standin.url, practiceKeys.act)),
    standin,
    dir,
    unfinished: async () => standin.openUploads(),
    close: async () => {
      await standin.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** The `CSRD_*` variables of an endpoint that speaks S3. */
export function variables(
  endpoint: string,
  keys: { readonly accessKeyId: string; readonly secretAccessKey: string },
  bucket = "csrd-reports",
): Readonly<Record<string, string>> {
  return {
    CSRD_FILES_URL: `s3://${bucket}/production`,
    CSRD_ARCHIVE_URL: `s3://${bucket}/archive`,
    CSRD_S3_ENDPOINT: endpoint,
    CSRD_S3_REGION: "eu-central-1",
    CSRD_S3_ACCESS_KEY_ID: keys.accessKeyId,
    CSRD_S3_SECRET_ACCESS_KEY: keys.secretAccessKey,
  };
}

/** Any endpoint that speaks S3, such as moto, MinIO or Amazon's own: the bucket is made when `make` says so. */
export async function openS3World(
  environment: Readonly<Record<string, string>>,
  make: boolean,
  close: () => Promise<void>,
): Promise<FilesWorld> {
  const settings = settingsOf.parse(environment);
  const Bucket = settings.CSRD_FILES_URL?.bucket ?? "";
  const client = new S3Client({
    region: settings.CSRD_S3_REGION,
    forcePathStyle: settings.CSRD_S3_ENDPOINT !== undefined,
    ...(settings.CSRD_S3_ENDPOINT === undefined ? {} : { endpoint: settings.CSRD_S3_ENDPOINT }),
    ...(settings.CSRD_S3_ACCESS_KEY_ID === undefined || settings.CSRD_S3_SECRET_ACCESS_KEY === undefined
      ? {}
      : {
          credentials: {
            accessKeyId: settings.CSRD_S3_ACCESS_KEY_ID,
            secretAccessKey: settings.CSRD_S3_SECRET_ACCESS_KEY,
          },
        }),
  });
  if (make)
    await client.send(
      new CreateBucketCommand({
        Bucket,
        CreateBucketConfiguration: { LocationConstraint: "eu-central-1" },
      }),
    );
  return {
    ...worldOf(environment),
    unfinished: async (id) => {
      const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket }));
      return Uploads.filter(({ Key }) => Key?.includes(id)).length;
    },
    close: async () => {
      client.destroy();
      await close();
    },
  };
}

/** moto, on a port of its own. */
export async function openMotoFilesWorld(): Promise<FilesWorld> {
  const { endpoint, stop } = await startMoto();
  return openS3World(variables(endpoint, practiceKeys.act), true, stop);
}
