import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Readable } from "node:stream";
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type S3Standin, startS3Standin } from "#sandbox/standins/start-s3-standin.ts";
import { practiceKeys } from "../../contracts/aws-standin.ts";

let dir: string;
let standin: S3Standin;
let client: S3Client;
const Bucket = "practice";
const region = "eu-central-1";

beforeAll(async () => {
  dir = mkdtempSync(path.join(tmpdir(), "s3-standin-"));
  standin = await startS3Standin({ dir, bucket: Bucket, keys: practiceKeys, region, pageSize: 3 });
  client = clientOf(standin.url);
});
afterAll(async () => {
  client.destroy();
  await standin.stop();
  rmSync(dir, { recursive: true, force: true });
});

function clientOf(endpoint: string): S3Client {
  return new S3Client({
    endpoint,
    region,
    forcePathStyle: true,
    maxAttempts: 1,
    credentials: practiceKeys.act,
  });
}

/** Sends a request that the SDK would not send, signed as it is. */
async function sendWith(change: (headers: Record<string, string>) => void): Promise<Response> {
  const recorder = clientOf(standin.url);
  let asked: { readonly headers: Record<string, string>; readonly path: string } | undefined;
  recorder.middlewareStack.add(
    () =>
      async ({ request }) => {
        asked = request as { headers: Record<string, string>; path: string };
        return { response: { statusCode: 200, headers: {} }, output: { $metadata: {} } };
      },
    { step: "finalizeRequest", priority: "low" },
  );
  await recorder.send(new PutObjectCommand({ Bucket, Key: "forged", Body: "as signed" }));
  const { host: _host, "content-length": _length, ...headers } = asked?.headers ?? {};
  change(headers);
  return fetch(`${standin.url}${asked?.path ?? ""}?x-id=PutObject`, {
    method: "PUT",
    headers,
    body: "as signed",
  });
}

test("a body that the SDK streams in chunks with a checksum after it is taken, and checked", async () => {
  const bytes = Buffer.alloc(3_000_001, "streamed");

  await client.send(
    new PutObjectCommand({
      Bucket,
      Key: "streamed",
      Body: Readable.from([bytes.subarray(0, 10), bytes.subarray(10)]),
      ContentLength: bytes.byteLength,
      ChecksumAlgorithm: "CRC32",
    }),
  );
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: "streamed" }));

  const got = Buffer.from((await Body?.transformToByteArray()) ?? []);
  expect(createHash("md5").update(got).digest("hex")).toBe(createHash("md5").update(bytes).digest("hex"));
});

test.each([
  ["another time than the one signed", "x-amz-date", "20200101T000000Z", "SignatureDoesNotMatch"],
  ["a header that was not signed", "x-amz-meta-extra", "1", "AccessDenied"],
  ["no signature", "authorization", "", "AccessDenied"],
])("a request with %s is refused", async (_, name, value, code) => {
  const response = await sendWith((headers) => {
    headers[name] = value;
  });

  expect(response.status).toBe(403);
  expect(await response.text()).toContain(`<Code>${code}</Code>`);
});

test("bytes that are not what the checksum promises are refused, and nothing is stored", async () => {
  const wrong = new PutObjectCommand({ Bucket, Key: "wrong", Body: "abc", ChecksumCRC32: "AAAAAA==" });

  await expect(client.send(wrong)).rejects.toMatchObject({ name: "BadDigest" });
  await expect(client.send(new GetObjectCommand({ Bucket, Key: "wrong" }))).rejects.toMatchObject({
    name: "NoSuchKey",
  });
});

test("parts are held to their least size, their order, their checksums and that of the whole", async () => {
  const Key = "parts";
  const { UploadId } = await client.send(
    new CreateMultipartUploadCommand({
      Bucket,
      Key,
      ChecksumAlgorithm: "CRC32",
      ChecksumType: "FULL_OBJECT",
    }),
  );
  const sent: { readonly PartNumber: number; readonly ETag: string | undefined }[] = [];
  for (const [place, size] of [5 * 2 ** 20, 1_000, 1_000].entries()) {
    const PartNumber = place + 1;
    const Body = Buffer.alloc(size, "x");
    const { ETag } = await client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }));
    sent.push({ PartNumber, ETag });
  }
  const [first, second, third] = sent;
  const complete = (Parts: typeof sent, ChecksumCRC32?: string) =>
    client.send(
      new CompleteMultipartUploadCommand({
        Bucket,
        Key,
        UploadId,
        MultipartUpload: { Parts },
        ...(ChecksumCRC32 === undefined ? {} : { ChecksumCRC32, ChecksumType: "FULL_OBJECT" as const }),
      }),
    );
  if (first === undefined || second === undefined || third === undefined) throw new Error("three were sent");

  await expect(complete([first, second, third])).rejects.toMatchObject({ name: "EntityTooSmall" });
  await expect(complete([second, first])).rejects.toMatchObject({ name: "InvalidPartOrder" });
  await expect(complete([{ PartNumber: 1, ETag: '"0"' }])).rejects.toMatchObject({ name: "InvalidPart" });
  await expect(complete([first, second], "AAAAAA==")).rejects.toMatchObject({ name: "BadDigest" });
  const { ETag } = await complete([first, third]);

  expect(ETag).toMatch(/^"[0-9a-f]{32}-2"$/);
  expect(standin.openUploads()).toBe(0);
});

test("pages hold what they may, and a token that was made up is refused", async () => {
  for (const name of ["a", "b", "c", "d", "é", "z"])
    await client.send(new PutObjectCommand({ Bucket, Key: `list/${name}`, Body: name }));

  const first = await client.send(new ListObjectsV2Command({ Bucket, Prefix: "list/" }));
  const second = await client.send(
    new ListObjectsV2Command({ Bucket, Prefix: "list/", ContinuationToken: first.NextContinuationToken }),
  );
  const forged = client.send(new ListObjectsV2Command({ Bucket, ContinuationToken: "bGlzdC9h" }));

  expect(first.Contents?.map(({ Key }) => Key)).toEqual(["list/a", "list/b", "list/c"]);
  expect(second.Contents?.map(({ Key }) => Key)).toEqual(["list/d", "list/z", "list/é"]);
  expect([first.IsTruncated, second.IsTruncated]).toEqual([true, false]);
  await expect(forged).rejects.toMatchObject({ name: "InvalidArgument" });
});

test("objects outlive the stand-in; uploads that were open do not", async () => {
  await client.send(new PutObjectCommand({ Bucket, Key: "lasting", Body: "still here" }));
  await client.send(new CreateMultipartUploadCommand({ Bucket, Key: "open" }));
  await standin.stop();

  standin = await startS3Standin({ dir, bucket: Bucket, keys: practiceKeys, region });
  client = clientOf(standin.url);
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: "lasting" }));

  expect(await Body?.transformToString()).toBe("still here");
  expect(standin.openUploads()).toBe(0);
});
