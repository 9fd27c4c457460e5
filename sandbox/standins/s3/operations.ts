import { createHash } from "node:crypto";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { xml } from "../aws/xml.ts";
import { takeBody, takeText } from "./body.ts";
import { readKeys, readParts } from "./documents.ts";
import { invalid, noSuchKey, preconditionFailed, xmlHead } from "./refusal.ts";
import type { Labels, Shelf, StoredObject } from "./shelf.ts";

const namespace = "http://s3.amazonaws.com/doc/2006-03-01/";

/** One call, understood: what it is about, and what it carries. */
export type S3Call = {
  readonly bucket: string;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly request: IncomingMessage;
};

/** An answer: text, or the bytes of an object from one place to another (the second not included). */
export type S3Answer = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly object?: { readonly stored: StoredObject; readonly from: number; readonly to: number };
};

/** What an operation works with. */
export type S3Room = { readonly shelf: Shelf; readonly pageSize: number };

type Operation = (room: S3Room, call: S3Call) => Promise<S3Answer>;

/** The operations by name. */
export const operations = {
  HeadBucket: async () => ({ status: 200, headers: { "x-amz-bucket-region": "standin" } }),
  PutObject: async ({ shelf }, { key, request }) => {
    const onlyNew = onlyNewOf(request);
    // Refused before the body is read where that is already certain.
    if (onlyNew && shelf.get(key) !== undefined) throw preconditionFailed();
    const stored = shelf.put(key, await takeBody(request, shelf.incoming), labelsOf(request), onlyNew);
    return { status: 200, headers: { etag: stored.etag, ...checksum(stored), ...encryption(stored) } };
  },
  GetObject: async ({ shelf }, { key, request }) => {
    const stored = matching(shelf, key, request);
    const range = rangeOf(request.headers.range, stored.bytes);
    const { from, to } = range ?? { from: 0, to: stored.bytes };
    return {
      status: range === undefined ? 200 : 206,
      headers: {
        ...headersOf(stored, request, range === undefined),
        "content-length": String(to - from),
        ...(range === undefined ? {} : { "content-range": `bytes ${from}-${to - 1}/${stored.bytes}` }),
      },
      object: { stored, from, to },
    };
  },
  HeadObject: async ({ shelf }, { key, request }) => {
    const stored = matching(shelf, key, request);
    return {
      status: 200,
      headers: { ...headersOf(stored, request, true), "content-length": String(stored.bytes) },
    };
  },
  DeleteObject: async ({ shelf }, { key }) => {
    shelf.remove(key);
    return { status: 204 };
  },
  DeleteObjects: async ({ shelf }, { request }) => {
    const { headers } = request;
    if (headers["content-md5"] === undefined && headers["x-amz-checksum-crc32"] === undefined)
      throw invalid("Missing required header for this request: Content-MD5 OR x-amz-checksum-*");
    const { keys, quiet } = readKeys(await takeText(request));
    for (const key of keys) shelf.remove(key);
    const deleted = quiet ? "" : keys.map((Key) => xml({ Deleted: { Key } })).join("");
    return page("DeleteResult", deleted);
  },
  ListObjectsV2: async ({ shelf, pageSize }, { bucket, query }) => {
    const prefix = query.get("prefix") ?? "";
    const token = query.get("continuation-token");
    const after = token === null ? (query.get("start-after") ?? "") : fromToken(token);
    const most = Math.min(pageSize, Number(query.get("max-keys") ?? 1_000));
    const all = shelf.keys().filter((key) => key.startsWith(prefix) && isAfter(key, after));
    const shown = all.slice(0, most);
    const contents = shown.map((key) => {
      const stored = shelf.get(key);
      if (stored === undefined) return "";
      const LastModified = new Date(stored.at).toISOString();
      return xml({ Contents: { Key: key, LastModified, ETag: stored.etag, Size: stored.bytes } });
    });
    const isTruncated = all.length > shown.length;
    return page(
      "ListBucketResult",
      xml({
        Name: bucket,
        Prefix: prefix,
        KeyCount: shown.length,
        MaxKeys: most,
        IsTruncated: isTruncated,
        NextContinuationToken: isTruncated ? toToken(shown.at(-1) ?? "") : undefined,
      }) + contents.join(""),
    );
  },
  ListMultipartUploads: async ({ shelf, pageSize }, { bucket, query }) => {
    const prefix = query.get("prefix") ?? "";
    const [keyMarker, idMarker] = [query.get("key-marker") ?? "", query.get("upload-id-marker") ?? ""];
    const all = [...shelf.uploads.values()]
      .filter(({ key }) => key.startsWith(prefix))
      .sort((a, b) => Buffer.compare(Buffer.from(`${a.key}\0${a.id}`), Buffer.from(`${b.key}\0${b.id}`)))
      .filter(
        ({ key, id }) => isAfter(key, keyMarker) || (key === keyMarker && id > idMarker && idMarker !== ""),
      );
    const shown = all.slice(0, pageSize);
    const last = all.length > shown.length ? shown.at(-1) : undefined;
    return page(
      "ListMultipartUploadsResult",
      xml({
        Bucket: bucket,
        IsTruncated: last !== undefined,
        NextKeyMarker: last?.key,
        NextUploadIdMarker: last?.id,
      }) +
        shown
          .map(({ key, id, at }) =>
            xml({ Upload: { Key: key, UploadId: id, Initiated: new Date(at).toISOString() } }),
          )
          .join(""),
    );
  },
  CreateMultipartUpload: async ({ shelf }, { bucket, key, request }) => {
    const isFull = request.headers["x-amz-checksum-type"] === "FULL_OBJECT";
    if (isFull && request.headers["x-amz-checksum-algorithm"] !== "CRC32")
      throw invalid("The FULL_OBJECT checksum type cannot be used with this algorithm.");
    const upload = shelf.begin(key, labelsOf(request), isFull);
    return page("InitiateMultipartUploadResult", xml({ Bucket: bucket, Key: key, UploadId: upload.id }));
  },
  UploadPart: async ({ shelf }, { key, query, request }) => {
    const upload = shelf.upload(query.get("uploadId") ?? "", key);
    const number = Number(query.get("partNumber"));
    if (!Number.isInteger(number) || number < 1 || number > 10_000)
      throw invalid("Part number must be an integer between 1 and 10000, inclusive", "InvalidArgument");
    const blob = await takeBody(request, shelf.incoming);
    shelf.addPart(shelf.upload(upload.id, key), number, blob);
    return { status: 200, headers: { etag: `"${blob.md5}"`, "x-amz-checksum-crc32": blob.crc32 } };
  },
  CompleteMultipartUpload: async ({ shelf }, { bucket, key, query, request }) => {
    const upload = shelf.upload(query.get("uploadId") ?? "", key);
    const named = readParts(await takeText(request, bare(request.headers)));
    const bytes = request.headers["x-amz-mp-object-size"];
    const crc32 = request.headers["x-amz-checksum-crc32"];
    const stored = await shelf.complete(
      upload,
      named,
      {
        crc32: typeof crc32 === "string" ? crc32 : undefined,
        bytes: bytes === undefined ? undefined : Number(bytes),
      },
      onlyNewOf(request),
    );
    return page(
      "CompleteMultipartUploadResult",
      xml({ Bucket: bucket, Key: key, ETag: stored.etag, ChecksumCRC32: stored.crc32 }),
    );
  },
  AbortMultipartUpload: async ({ shelf }, { key, query }) => {
    shelf.abort(shelf.upload(query.get("uploadId") ?? "", key));
    return { status: 204 };
  },
} as const satisfies Record<string, Operation>;

/** The operations that only look; the others need the key that may write. */
export const looking: ReadonlySet<string> = new Set<keyof typeof operations>([
  "HeadBucket",
  "GetObject",
  "HeadObject",
  "ListObjectsV2",
  "ListMultipartUploads",
]);

/** Which operation a request is; undefined for those that are not played here. */
export function operationOf(
  method: string,
  key: string,
  query: URLSearchParams,
): keyof typeof operations | undefined {
  const has = (name: string): boolean => query.has(name);
  if (key === "") {
    if (method === "HEAD") return "HeadBucket";
    if (method === "GET" && query.get("list-type") === "2") return "ListObjectsV2";
    if (method === "GET" && has("uploads")) return "ListMultipartUploads";
    return method === "POST" && has("delete") ? "DeleteObjects" : undefined;
  }
  if (method === "PUT") return has("partNumber") && has("uploadId") ? "UploadPart" : "PutObject";
  if (method === "POST")
    return has("uploads") ? "CreateMultipartUpload" : has("uploadId") ? "CompleteMultipartUpload" : undefined;
  if (method === "DELETE") return has("uploadId") ? "AbortMultipartUpload" : "DeleteObject";
  if (method === "HEAD") return "HeadObject";
  return method === "GET" ? "GetObject" : undefined;
}

/** A checksum that comes with `CompleteMultipartUpload` is the object's, not the body's. */
function bare(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return { ...headers, "x-amz-checksum-crc32": undefined };
}

function matching(shelf: Shelf, key: string, { headers }: IncomingMessage): StoredObject {
  const stored = shelf.get(key);
  if (stored === undefined) throw noSuchKey();
  const wanted = headers["if-match"];
  if (wanted !== undefined && wanted !== stored.etag) throw preconditionFailed();
  return stored;
}

function onlyNewOf({ headers }: IncomingMessage): boolean {
  const condition = headers["if-none-match"];
  if (condition !== undefined && condition !== "*")
    throw invalid(
      "A header you provided implies functionality that is not implemented",
      "NotImplemented",
      501,
    );
  return condition === "*";
}

function labelsOf({ headers }: IncomingMessage): Labels {
  const metadata = Object.entries(headers).flatMap(([name, value]) =>
    name.startsWith("x-amz-meta-") ? [[name.slice(11), String(value)]] : [],
  );
  const encryption = headers["x-amz-server-side-encryption"];
  if (encryption !== undefined && encryption !== "AES256" && encryption !== "aws:kms")
    throw invalid("The encryption method specified is not supported", "InvalidEncryptionAlgorithmError");
  return {
    metadata: Object.fromEntries(metadata),
    ...(encryption === undefined ? {} : { encryption }),
  };
}

function headersOf(stored: StoredObject, request: IncomingMessage, isWhole: boolean) {
  const wantsChecksum = request.headers["x-amz-checksum-mode"] === "ENABLED" && isWhole;
  return {
    etag: stored.etag,
    "last-modified": new Date(stored.at).toUTCString(),
    "accept-ranges": "bytes",
    "content-type": "application/octet-stream",
    ...(wantsChecksum ? checksum(stored) : {}),
    ...encryption(stored),
    ...Object.fromEntries(
      Object.entries(stored.metadata).map(([name, value]) => [`x-amz-meta-${name}`, value]),
    ),
  };
}

function checksum({ crc32 }: StoredObject): Readonly<Record<string, string>> {
  return crc32 === undefined ? {} : { "x-amz-checksum-crc32": crc32, "x-amz-checksum-type": "FULL_OBJECT" };
}

function encryption({ encryption }: StoredObject): Readonly<Record<string, string>> {
  return { "x-amz-server-side-encryption": encryption ?? "AES256" };
}

function rangeOf(
  header: string | undefined,
  bytes: number,
): { readonly from: number; readonly to: number } | undefined {
  const match = /^bytes=(\d+)-(\d*)$/.exec(header ?? "");
  if (match === null) return undefined;
  const from = Number(match[1]);
  const to = match[2] === "" ? bytes : Math.min(bytes, Number(match[2]) + 1);
  if (from >= bytes || to <= from)
    throw invalid("The requested range is not satisfiable", "InvalidRange", 416);
  return { from, to };
}

function page(root: string, inner: string): S3Answer {
  return {
    status: 200,
    headers: { "content-type": "application/xml" },
    body: `${xmlHead}<${root} xmlns="${namespace}">${inner}</${root}>`,
  };
}

function isAfter(key: string, marker: string): boolean {
  return Buffer.compare(Buffer.from(key), Buffer.from(marker)) > 0;
}

/** Tokens are opaque: a key with a mark that this stand-in made them. */
function toToken(key: string): string {
  return Buffer.from(`${markOf(key)}${key}`).toString("base64");
}

function fromToken(token: string): string {
  const text = Buffer.from(token, "base64").toString("utf8");
  const key = text.slice(8);
  if (text.slice(0, 8) !== markOf(key))
    throw invalid("The continuation token provided is incorrect", "InvalidArgument");
  return key;
}

function markOf(key: string): string {
  return createHash("sha256").update(`token ${key}`).digest("hex").slice(0, 8);
}
