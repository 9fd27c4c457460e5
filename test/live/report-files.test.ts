import { reportFilesContract } from "../contracts/report-files.ts";
import { openS3World } from "../contracts/report-files-worlds.ts";

/** `s3://bucket/prefix` of a bucket that may be written to; its endpoint and keys by the `CSRD_S3_*` variables, or the SDK's own chain. */
const url = process.env["OPS_TEST_S3_URL"];

const given = Object.fromEntries(
  Object.entries(process.env).flatMap(([name, value]) =>
    name.startsWith("CSRD_S3_") && value !== undefined ? [[name, value]] : [],
  ),
);

reportFilesContract(
  "the bucket in OPS_TEST_S3_URL",
  () =>
    openS3World(
      { ...given, CSRD_FILES_URL: url ?? "", CSRD_ARCHIVE_URL: `${url ?? ""}/archive` },
      false,
      async () => undefined,
    ),
  url === undefined ? "OPS_TEST_S3_URL is not set" : undefined,
);
