import path from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { count, httpUrl } from "./shapes.ts";

/** A bucket, and the part of it that is used: the prefix ends in a slash or is empty. */
export type BucketUrl = { readonly bucket: string; readonly prefix: string };

/** Where the files of reports live: a folder or an object store, exactly one of them; and where archived reports go. */
export const filesSettings = {
  CSRD_ARTIFACTS_DIR: z
    .string()
    .transform((dir) => path.resolve(dir))
    .optional(),
  CSRD_FILES_URL: z.string().transform(bucketUrl).optional(),
  CSRD_ARCHIVE_URL: z.string().transform(archiveUrl).optional(),
  CSRD_S3_ENDPOINT: httpUrl.optional(),
  CSRD_S3_REGION: z
    .string()
    .regex(/^[a-z0-9-]{1,40}$/, "must be a region such as eu-central-1")
    .default("us-east-1"),
  CSRD_S3_PATH_STYLE: z.enum(["yes", "no"], { error: "must be yes or no" }).optional(),
  CSRD_S3_ACCESS_KEY_ID: z.string().optional(),
  CSRD_S3_SECRET_ACCESS_KEY: z.string().optional(),
  CSRD_S3_ENCRYPTION: z.enum(["AES256", "aws:kms"], { error: "must be AES256 or aws:kms" }).optional(),
  CSRD_S3_KMS_KEY: z.string().optional(),
};

const files = z.object(filesSettings);

/** What the settings say of the places of files. */
export type FilesSettings = z.infer<typeof files>;

/** Refuses none or both of folder and store, half a pair of keys, and a key of encryption that nothing is encrypted with. */
export function oneStore(settings: FilesSettings, context: z.RefinementCtx): void {
  const refuse = (name: keyof FilesSettings, message: string): void => {
    context.addIssue({ code: "custom", path: [name], message });
  };
  if (settings.CSRD_ARTIFACTS_DIR === undefined && settings.CSRD_FILES_URL === undefined)
    refuse("CSRD_ARTIFACTS_DIR", "or CSRD_FILES_URL must be set");
  if (settings.CSRD_ARTIFACTS_DIR !== undefined && settings.CSRD_FILES_URL !== undefined)
    refuse("CSRD_ARTIFACTS_DIR", "and CSRD_FILES_URL exclude each other; set one of them");
  if ((settings.CSRD_S3_ACCESS_KEY_ID === undefined) !== (settings.CSRD_S3_SECRET_ACCESS_KEY === undefined))
    refuse("CSRD_S3_ACCESS_KEY_ID", "and CSRD_S3_SECRET_ACCESS_KEY go together; set both or neither");
  if (settings.CSRD_S3_KMS_KEY !== undefined && settings.CSRD_S3_ENCRYPTION !== "aws:kms")
    refuse("CSRD_S3_KMS_KEY", "needs CSRD_S3_ENCRYPTION=aws:kms");
}

/** The database that knows every report. */
export const databaseSettings = {
  CSRD_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: "must be a postgresql:// URL" }),
  CSRD_DATABASE_POOL: count(100).default(10),
};

/** `s3://bucket` or `s3://bucket/a/prefix`, with plain characters. */
function bucketUrl(text: string, context: z.RefinementCtx<string>): BucketUrl {
  const match =
    /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/([A-Za-z0-9][A-Za-z0-9._-]*(?:\/[A-Za-z0-9][A-Za-z0-9._-]*)*))?\/?$/.exec(
      text,
    );
  const [, bucket = "", prefix = ""] = match ?? [];
  if (match === null || prefix.length > 200 || bucket.includes(".."))
    context.addIssue({ code: "custom", message: "must be s3://bucket or s3://bucket/prefix" });
  return { bucket, prefix: prefix === "" ? "" : `${prefix}/` };
}

/** The same, or `file:///a/folder`. */
function archiveUrl(text: string, context: z.RefinementCtx<string>): BucketUrl | { readonly folder: string } {
  if (!text.startsWith("file://")) return bucketUrl(text, context);
  try {
    return { folder: path.resolve(fileURLToPath(text)) };
  } catch {
    context.addIssue({ code: "custom", message: "must be s3://bucket/prefix or file:///folder" });
    return { folder: "" };
  }
}
