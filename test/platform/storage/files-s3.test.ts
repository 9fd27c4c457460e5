import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { newReportId, type ReportFiles } from "#platform/storage/report-files.ts";
import { practiceKeys } from "../../contracts/aws-standin.ts";
import { filesOf, openS3StandinWorld, variables } from "../../contracts/report-files-worlds.ts";

// What a store does wrong, and what the platform makes of it. Waiting times are the SDK's own.

let world: Awaited<ReturnType<typeof openS3StandinWorld>>;
let files: ReportFiles;

beforeAll(async () => {
  world = await openS3StandinWorld();
  files = world.files;
});
afterEach(() => world.standin.faults.clear());
afterAll(() => world.close());

const piece = Buffer.alloc(1 << 20, "abcdefg");
async function* megabytes(count: number): AsyncGenerator<Uint8Array> {
  for (let sent = 0; sent < count; sent += 1) yield piece;
}
const anId = (): string => newReportId(new Date());
const seen = (operation: string, id: string): readonly (number | "dropped")[] =>
  world.standin.calls
    .filter((call) => call.operation === operation && call.key.includes(id))
    .map((call) => call.status);

test.each(["throttled", "unavailable"] as const)(
  "a store that is %s for a moment is waited for",
  async (kind) => {
    const id = anId();
    for (const action of ["PutObject", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"])
      world.standin.faults.add({ action, kind, times: 1 });

    await files.of(id).write("company.json", "{}");
    await files.keep(id, megabytes(9), "rows.csv");
    for (const action of ["GetObject", "ListObjectsV2", "HeadObject"])
      world.standin.faults.add({ action, kind, times: 1 });

    expect(String(await files.of(id).read("company.json"))).toBe("{}");
    expect(await files.of(id).list()).toEqual(["company.json", "inputs/rows.csv"]);
    expect(await files.of(id).size?.("inputs/rows.csv")).toBe(9 * piece.byteLength);
    expect(seen("PutObject", id)).toEqual([kind === "throttled" ? 503 : 500, 200]);
  },
);

test("a store that throttles without end is told as away, and nothing is left of the upload", async () => {
  const id = anId();
  world.standin.faults.add({ action: "UploadPart", kind: "throttled", times: 50 });

  await expect(files.keep(id, megabytes(9), "rows.csv")).rejects.toMatchObject({
    code: "files-unreachable",
    retry: "later",
    summary: "The store of the reports' files did not answer: it throttles.",
  });

  expect(seen("UploadPart", id)).toHaveLength(5);
  expect(await files.of(id).list()).toEqual([]);
  expect(world.standin.openUploads()).toBe(0);
});

test.each([
  ["PutObject", "reply-lost", 1],
  ["CompleteMultipartUpload", "reply-lost", 9],
  ["CompleteMultipartUpload", "late-error", 9],
] as const)("%s with %s: done once, and known to be our own", async (action, kind, size) => {
  const id = anId();
  world.standin.faults.add({ action, kind, times: 1 });

  const kept = await files.keep(id, megabytes(size), "rows.csv");

  expect(await files.of(id).size?.(kept.name)).toBe(size * piece.byteLength);
  expect(seen(action, id)).toEqual([kind === "reply-lost" ? "dropped" : 200, size === 1 ? 412 : 404]);
  await expect(files.keep(id, megabytes(size), "rows.csv")).rejects.toMatchObject({
    code: "artifact-exists",
  });
});

test("a lost answer to a part, to a deletion and to the end of an upload changes nothing", async () => {
  const id = anId();
  world.standin.faults.add({ action: "UploadPart", kind: "reply-lost", times: 1 });
  world.standin.faults.add({ action: "DeleteObjects", kind: "reply-lost", times: 1 });

  await files.keep(id, megabytes(9), "rows.csv");
  await files.drop(id);

  expect(await files.of(id).list()).toEqual([]);
});

test("a download that breaks is gone on with where it broke", async () => {
  const id = anId();
  await files.keep(id, megabytes(9), "rows.csv");
  world.standin.faults.add({ action: "GetObject", kind: "cut", times: 3 });

  const bytes = await files.of(id).read("inputs/rows.csv");

  expect(Buffer.concat(Array.from({ length: 9 }, () => piece)).equals(bytes)).toBe(true);
  expect(seen("GetObject", id)).toEqual([200, 206, 206, 206]);
});

test("a download that breaks is not gone on with in another version", async () => {
  const id = anId();
  await files.keep(id, megabytes(9), "rows.csv");
  world.standin.faults.add({ action: "GetObject", kind: "cut", times: 1 });

  const reading = files.of(id).stream("inputs/rows.csv")[Symbol.asyncIterator]();
  await reading.next();
  await files.of(id).write("inputs/rows.csv", "another");
  const rest = (async () => {
    for (let next = await reading.next(); next.done !== true; next = await reading.next());
  })();

  await expect(rest).rejects.toMatchObject({ code: "files-unreachable" });
});

test("bytes that changed in the store are found when they are read", async () => {
  const id = anId();
  await files.of(id).write("company.json", '{"name":"Acme"}');
  const blobs = path.join(world.dir, "blobs");
  const blob = readdirSync(blobs)
    .map((name) => path.join(blobs, name))
    .find((file) => readFileSync(file, "utf8") === '{"name":"Acme"}');
  writeFileSync(blob ?? "", '{"name":"Acne"}');

  await expect(files.of(id).read("company.json")).rejects.toMatchObject({ code: "artifact-damaged" });
});

test("a store without room is told as full, and keeps nothing", async () => {
  const id = anId();
  world.standin.faults.add({ action: "UploadPart", kind: "full", times: 9 });
  world.standin.faults.add({ action: "PutObject", kind: "full", times: 9 });

  for (const size of [1, 9])
    await expect(files.keep(id, megabytes(size), "rows.csv")).rejects.toMatchObject({
      code: "storage-full",
      retry: "later",
    });

  expect(await files.of(id).list()).toEqual([]);
  expect(world.standin.openUploads()).toBe(0);
});

test.each([
  ["a wrong secret", { CSRD_S3_SECRET_ACCESS_KEY: "wrong" }, "SignatureDoesNotMatch"],
  ["an unknown key", { CSRD_S3_ACCESS_KEY_ID: "AKIAUNKNOWN00000000" }, "InvalidAccessKeyId"],
  ["another region", { CSRD_S3_REGION: "us-west-2" }, "AuthorizationHeaderMalformed"],
  ["no such bucket", { CSRD_FILES_URL: "s3://another-bucket" }, "NoSuchBucket"],
  [
    "a key that may only read",
    {
      CSRD_S3_ACCESS_KEY_ID: practiceKeys.read.accessKeyId,
      CSRD_S3_SECRET_ACCESS_KEY: practiceKeys.read.secretAccessKey,
    },
    "AccessDenied",
  ],
])("%s is a refusal by the store's own name, and no secret is in it", async (_, change, code) => {
  const refused = filesOf({ ...world.environment, ...change });

  const error: unknown = await refused
    .of(anId())
    .write("company.json", "{}")
    .catch((cause: unknown) => cause);

  expect(error).toMatchObject({
    code: "files-refused",
    retry: "later",
    summary: `The store of the reports' files refused: ${code}.`,
  });
  expect(JSON.stringify(error)).not.toContain(practiceKeys.act.secretAccessKey);
  expect(await refused.accessible()).toBe(false);
});

test("nobody listening is told as away", async () => {
  const away = filesOf(variables("http://127.0.0.1:9", practiceKeys.act));

  await expect(away.of(anId()).read("company.json")).rejects.toMatchObject({
    code: "files-unreachable",
    summary: "The store of the reports' files did not answer: ECONNREFUSED.",
  });
  await expect(away.keep(anId(), megabytes(9), "rows.csv")).rejects.toMatchObject({
    code: "files-unreachable",
  });
  expect(await away.accessible()).toBe(false);
});

test("a store that never answers is not accessible, and says so in time for a health page", async () => {
  const fresh = filesOf(world.environment);
  world.standin.faults.add({ action: "PutObject", kind: "hang", times: 1 });

  expect(await fresh.accessible()).toBe(false);
});

test("whether it is accessible is asked of the store once, however many want to know", async () => {
  const fresh = filesOf(world.environment);
  const before = world.standin.calls.length;

  const answers = await Promise.all(Array.from({ length: 20 }, () => fresh.accessible()));

  expect(new Set(answers)).toEqual(new Set([true]));
  expect(world.standin.calls.length - before).toBe(2);
});

test("encryption where it lies is asked for with every object, small or in parts", async () => {
  const id = anId();
  const encrypted = filesOf({
    ...world.environment,
    CSRD_S3_ENCRYPTION: "aws:kms",
    CSRD_S3_KMS_KEY: "alias/reports",
  });

  await encrypted.of(id).write("company.json", "{}");
  await encrypted.keep(id, megabytes(9), "rows.csv");

  const labels = readdirSync(path.join(world.dir, "labels"))
    .map((name) => readFileSync(path.join(world.dir, "labels", name), "utf8"))
    .filter((label) => label.includes(id));
  expect(labels).toHaveLength(2);
  for (const label of labels) expect(label).toContain('"encryption":"aws:kms"');
});
