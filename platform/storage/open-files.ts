import { tmpdir } from "node:os";
import path from "node:path";
import type { Artifacts } from "../agent.ts";
import { folderArtifacts } from "../pipeline/folder-artifacts.ts";
import type { BucketUrl, FilesSettings } from "../service/settings/storage.ts";
import { folderFiles, type ReportFiles, sweepDrafts } from "./report-files.ts";
import { s3Artifacts } from "./s3/artifacts.ts";
import type { S3Place } from "./s3/place.ts";
import { s3Files } from "./s3/s3-files.ts";
import { s3Store } from "./s3/store.ts";
import { makeFolder } from "#kit/make-folder.ts";

/** The store of the reports' files, and the folder of this machine whose disk matters to this process. */
export type OpenFiles = { readonly files: ReportFiles; readonly disk: string };

/** The store that the settings name: a folder, made when it is missing, or a bucket. Nothing is connected to yet. */
export function openFiles(settings: FilesSettings): OpenFiles {
  if (settings.CSRD_FILES_URL !== undefined)
    return { files: inBucket(settings.CSRD_FILES_URL, settings), disk: tmpdir() };
  const { CSRD_ARTIFACTS_DIR: folder } = settings;
  if (folder === undefined) throw new TypeError("the settings were not checked");
  return inFolder(folder);
}

/** The store for archived reports; undefined when none is named. */
export function openArchive(settings: FilesSettings): ReportFiles | undefined {
  const { CSRD_ARCHIVE_URL: url } = settings;
  if (url === undefined) return undefined;
  return "folder" in url ? inFolder(url.folder).files : inBucket(url, settings);
}

/** Beside the archived reports: what is kept of the platform itself, such as anchors of the audit log; undefined when no archive is named. */
export function openRecords(settings: FilesSettings): Artifacts | undefined {
  const { CSRD_ARCHIVE_URL: url } = settings;
  if (url === undefined) return undefined;
  if ("folder" in url) return folderArtifacts({ folder: path.join(url.folder, "records") });
  return s3Artifacts(s3Store(placeOf(url, settings)), `${url.prefix}records/`);
}

function inFolder(folder: string): OpenFiles {
  makeFolder(folder);
  // What cannot be removed now is removed when the next process starts.
  sweepDrafts(folder).catch(() => undefined);
  return { files: folderFiles(folder), disk: folder };
}

function inBucket(url: BucketUrl, settings: FilesSettings): ReportFiles {
  return s3Files(placeOf(url, settings));
}

function placeOf({ bucket, prefix }: BucketUrl, settings: FilesSettings): S3Place {
  const { CSRD_S3_ACCESS_KEY_ID: accessKeyId, CSRD_S3_SECRET_ACCESS_KEY: secretAccessKey } = settings;
  const algorithm = settings.CSRD_S3_ENCRYPTION;
  return {
    bucket,
    prefix,
    region: settings.CSRD_S3_REGION,
    endpoint: settings.CSRD_S3_ENDPOINT,
    // Only Amazon has a name in the DNS for each bucket.
    pathStyle:
      (settings.CSRD_S3_PATH_STYLE ?? (settings.CSRD_S3_ENDPOINT === undefined ? "no" : "yes")) === "yes",
    credentials:
      accessKeyId === undefined || secretAccessKey === undefined
        ? undefined
        : { accessKeyId, secretAccessKey },
    encryption: algorithm === undefined ? undefined : { algorithm, kmsKey: settings.CSRD_S3_KMS_KEY },
  };
}
