import { hostname } from "node:os";
import type { S3Store } from "./store.ts";

const written = { everyMs: 60_000 } as const;
const looked = { everyMs: 5_000, withinMs: 1_800 } as const;

/**
 * Whether the store can be written and read: a tiny object is put and got once a minute, and in between the bucket is asked for,
 * every five seconds at most however often somebody wants to know. One attempt, and never longer than two seconds.
 */
export function accessProbe(store: S3Store): () => Promise<boolean> {
  let lastWritten = Number.NEGATIVE_INFINITY;
  let last: { readonly at: number; readonly answer: Promise<boolean> } | undefined;
  const look = async (): Promise<boolean> => {
    const { sdk, client } = await store.open();
    const options = { abortSignal: AbortSignal.timeout(looked.withinMs) };
    const { bucket: Bucket, prefix } = store.place;
    try {
      if (performance.now() - lastWritten < written.everyMs) {
        await client.send(new sdk.HeadBucketCommand({ Bucket }), options);
        return true;
      }
      const Key = `${prefix}probe/${hostname().replaceAll(/[^A-Za-z0-9.-]/g, "-")}`;
      await client.send(new sdk.PutObjectCommand({ ...store.target, Key, Body: "ok\n" }), options);
      const got = await client.send(new sdk.GetObjectCommand({ Bucket, Key }), options);
      if ((await got.Body?.transformToString()) !== "ok\n") return false;
      lastWritten = performance.now();
      return true;
    } catch {
      lastWritten = Number.NEGATIVE_INFINITY;
      return false;
    }
  };
  return async () => {
    if (last === undefined || performance.now() - last.at > looked.everyMs)
      last = { at: performance.now(), answer: look() };
    return last.answer;
  };
}
