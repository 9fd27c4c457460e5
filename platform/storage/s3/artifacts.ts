import type { Artifacts } from "../../agent.ts";
import { absent, isArtifactName, safeArtifactName } from "../../pipeline/folder-artifacts.ts";
import { download } from "./download.ts";
import { isNoSuchKey, tellS3 } from "./errors.ts";
import { keysUnder } from "./listing.ts";
import type { S3Store } from "./store.ts";
import { S3Writer } from "./writer.ts";

/** The objects below one prefix (ending in a slash) as artifacts. */
export function s3Artifacts(store: S3Store, prefix: string): Artifacts {
  const keyOf = (name: string): string => `${prefix}${safeArtifactName(name)}`;
  const begin = (name: string): S3Writer => new S3Writer(store, { key: keyOf(name), name, onlyNew: false });
  async function* stream(name: string): AsyncGenerator<Uint8Array> {
    try {
      yield* download(store, keyOf(name), name);
    } catch (error) {
      if (isNoSuchKey(error)) absent(name, error);
      tellS3(error);
    }
  }
  return {
    async read(name) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of stream(name)) chunks.push(chunk);
      return Buffer.concat(chunks);
    },
    stream,
    async exists(name) {
      const { sdk, client } = await store.open();
      const command = new sdk.HeadObjectCommand({ Bucket: store.place.bucket, Key: keyOf(name) });
      return client.send(command, store.soon).then(
        () => true,
        (error: unknown) => (isNoSuchKey(error) ? false : tellS3(error)),
      );
    },
    async write(name, content) {
      const writer = begin(name);
      try {
        await writer.write(content);
        await writer.close();
      } catch (error) {
        await writer.abort();
        throw error;
      }
    },
    writer: async (name) => begin(name),
    async list() {
      const names: string[] = [];
      for await (const keys of keysUnder(store, prefix))
        names.push(...keys.map((key) => key.slice(prefix.length)).filter(isArtifactName));
      return names.toSorted();
    },
  };
}
