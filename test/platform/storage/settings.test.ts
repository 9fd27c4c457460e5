import path from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { filesSettings, oneStore } from "#platform/service/settings/storage.ts";

const settings = z.object(filesSettings).superRefine(oneStore);

/** What is wrong with these variables, as a process says it. */
function refusals(variables: Readonly<Record<string, string>>): readonly string[] {
  const result = settings.safeParse(variables);
  return result.success
    ? []
    : result.error.issues.map(({ path, message }) => `${String(path[0])} ${message}.`);
}

test("a folder, or a bucket with all that belongs to it", () => {
  expect(settings.parse({ CSRD_ARTIFACTS_DIR: "reports" }).CSRD_ARTIFACTS_DIR).toBe(path.resolve("reports"));
  expect(
    settings.parse({
      CSRD_FILES_URL: "s3://csrd-reports/a/b/",
      CSRD_ARCHIVE_URL: "s3://csrd-archive",
      CSRD_S3_ENDPOINT: "http://minio:9000",
      CSRD_S3_PATH_STYLE: "yes",
    }),
  ).toMatchObject({
    CSRD_FILES_URL: { bucket: "csrd-reports", prefix: "a/b/" },
    CSRD_ARCHIVE_URL: { bucket: "csrd-archive", prefix: "" },
    CSRD_S3_REGION: "us-east-1",
  });
  expect(
    settings.parse({ CSRD_ARTIFACTS_DIR: "/srv", CSRD_ARCHIVE_URL: "file:///srv/archive" }).CSRD_ARCHIVE_URL,
  ).toEqual({ folder: "/srv/archive" });
});

const folder = { CSRD_ARTIFACTS_DIR: "/srv" };

test.for([
  [{}, "CSRD_ARTIFACTS_DIR or CSRD_FILES_URL must be set."],
  [
    { ...folder, CSRD_FILES_URL: "s3://bucket" },
    "CSRD_ARTIFACTS_DIR and CSRD_FILES_URL exclude each other; set one of them.",
  ],
  [{ CSRD_FILES_URL: "https://bucket" }, "CSRD_FILES_URL must be s3://bucket or s3://bucket/prefix."],
  [{ CSRD_FILES_URL: "s3://Bucket" }, "CSRD_FILES_URL must be s3://bucket or s3://bucket/prefix."],
  [{ CSRD_FILES_URL: "s3://bucket/../x" }, "CSRD_FILES_URL must be s3://bucket or s3://bucket/prefix."],
  [{ CSRD_FILES_URL: "s3://key:secret@bucket" }, "CSRD_FILES_URL must be s3://bucket or s3://bucket/prefix."],
  [
    { ...folder, CSRD_ARCHIVE_URL: "file://other/x" },
    "CSRD_ARCHIVE_URL must be s3://bucket/prefix or file:///folder.",
  ],
  [{ ...folder, CSRD_S3_ENDPOINT: "ftp://minio" }, "CSRD_S3_ENDPOINT must be an http or https URL."],
  [{ ...folder, CSRD_S3_REGION: "Frankfurt!" }, "CSRD_S3_REGION must be a region such as eu-central-1."],
  [{ ...folder, CSRD_S3_PATH_STYLE: "maybe" }, "CSRD_S3_PATH_STYLE must be yes or no."],
  [
    { ...folder, CSRD_S3_ACCESS_KEY_ID: "AKIA" },
    "CSRD_S3_ACCESS_KEY_ID and CSRD_S3_SECRET_ACCESS_KEY go together; set both or neither.",
  ],
  [{ ...folder, CSRD_S3_ENCRYPTION: "rot13" }, "CSRD_S3_ENCRYPTION must be AES256 or aws:kms."],
  [{ ...folder, CSRD_S3_KMS_KEY: "alias/x" }, "CSRD_S3_KMS_KEY needs CSRD_S3_ENCRYPTION=aws:kms."],
] as const)("%j is refused with a sentence", ([variables, sentence]) => {
  expect(refusals(variables)).toEqual([sentence]);
});
