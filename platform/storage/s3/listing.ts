import { tellS3 } from "./errors.ts";
import type { S3Store } from "./store.ts";

/** One object, and when it was last written by the store's clock. */
type Found = { readonly key: string; readonly at: Date };

/** All objects below a prefix, page by page as the store gives them. */
export async function* objectsUnder(store: S3Store, prefix: string): AsyncGenerator<readonly Found[]> {
  const { sdk, client } = await store.open();
  let next: string | undefined;
  do {
    const page = await client
      .send(
        new sdk.ListObjectsV2Command({
          Bucket: store.place.bucket,
          Prefix: prefix,
          ...(next === undefined ? {} : { ContinuationToken: next }),
        }),
        store.soon,
      )
      .catch(tellS3);
    yield (page.Contents ?? []).flatMap(({ Key, LastModified }) =>
      Key === undefined ? [] : [{ key: Key, at: LastModified ?? new Date() }],
    );
    next = page.IsTruncated === true ? page.NextContinuationToken : undefined;
  } while (next !== undefined);
}

/** A multipart upload that was begun and neither completed nor aborted. */
type Begun = { readonly Key: string; readonly UploadId: string };

/** The uploads that are open below a prefix. */
async function* uploadsUnder(store: S3Store, prefix: string): AsyncGenerator<readonly Begun[]> {
  const { sdk, client } = await store.open();
  let after: { readonly KeyMarker?: string; readonly UploadIdMarker?: string } | undefined = {};
  while (after !== undefined) {
    const page: Awaited<ReturnType<typeof ask>> = await ask(after);
    yield (page.Uploads ?? []).flatMap(({ Key, UploadId }) =>
      Key === undefined || UploadId === undefined ? [] : [{ Key, UploadId }],
    );
    after =
      page.IsTruncated === true && page.NextKeyMarker !== undefined
        ? {
            KeyMarker: page.NextKeyMarker,
            ...(page.NextUploadIdMarker === undefined ? {} : { UploadIdMarker: page.NextUploadIdMarker }),
          }
        : undefined;
  }
  function ask(markers: { readonly KeyMarker?: string; readonly UploadIdMarker?: string }) {
    return client.send(
      new sdk.ListMultipartUploadsCommand({ Bucket: store.place.bucket, Prefix: prefix, ...markers }),
      store.soon,
    );
  }
}

/** Removes everything below a prefix, a thousand keys with each call, and ends the uploads that were left open there. Throws when one key stays. */
export async function removeUnder(store: S3Store, prefix: string): Promise<void> {
  const { sdk, client } = await store.open();
  const { bucket } = store.place;
  for await (const found of objectsUnder(store, prefix))
    for (let from = 0; from < found.length; from += 1_000) {
      const Objects = found.slice(from, from + 1_000).map(({ key }) => ({ Key: key }));
      const answer = await client
        .send(new sdk.DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }), store.soon)
        .catch(tellS3);
      const [kept] = answer.Errors ?? [];
      if (kept !== undefined) tellS3(refusal(kept.Code ?? "InternalError", kept.Message ?? ""));
    }
  try {
    for await (const uploads of uploadsUnder(store, prefix))
      for (const upload of uploads)
        await client.send(new sdk.AbortMultipartUploadCommand({ Bucket: bucket, ...upload }), store.soon);
  } catch (error) {
    // Some stores cannot list uploads, and some credentials may not; the bucket's lifecycle rule ends them.
    if (!isRefused(error)) tellS3(error);
  }
}

/** Removes one object; one that is not there is removed already. */
export async function removeKey(store: S3Store, Key: string): Promise<void> {
  const { sdk, client } = await store.open();
  const command = new sdk.DeleteObjectCommand({ Bucket: store.place.bucket, Key });
  await client.send(command, store.soon).catch(tellS3);
}

function isRefused(error: unknown): boolean {
  return (
    error instanceof Error && /^(AccessDenied|NotImplemented|MethodNotAllowed|NoSuchUpload)$/.test(error.name)
  );
}

/** What the store says of one key among many, as it would have said it of one alone. */
function refusal(code: string, message: string): Error {
  const status = code === "AccessDenied" ? 403 : code === "SlowDown" ? 503 : 500;
  return Object.assign(new Error(message), { name: code, $metadata: { httpStatusCode: status } });
}
