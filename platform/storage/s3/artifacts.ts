import type { Artifacts, ByteRange } from "../../agent.ts";
import { absent, isArtifactName, safeArtifactName } from "../../pipeline/folder-artifacts.ts";
import { download } from "./download.ts";
import { isNoSuchKey, tellS3 } from "./errors.ts";
import { objectsUnder } from "./listing.ts";
import type { S3Store } from "./store.ts";
import { S3Writer } from "./writer.ts";

/** The objects below one prefix (ending in a slash) as artifacts. */
export function s3Artifacts(store: S3Store, prefix: string): Artifacts {
  const keyOf = (name: string): string => `${prefix}${safeArtifactName(name)}`;
  const begin = (name: string): S3Writer => new S3Writer(store, { key: keyOf(name), name, onlyNew: false });
  async function* stream(name: string, range?: ByteRange): AsyncGenerator<Uint8Array> {
    try {
      yield* download(store, keyOf(name), name, range);
    } catch (error) {
      if (isNoSuchKey(error)) absent(name, error);
      tellS3(error);
    }
  }
  const find = async (name: string): Promise<number | undefined> => {
    const { sdk, client } = await store.open();
    const command = new sdk.HeadObjectCommand({ Bucket: store.place.bucket, Key: keyOf(name) });
    return client.send(command, store.soon).then(
      ({ ContentLength }) => ContentLength ?? 0,
      (error: unknown) => (isNoSuchKey(error) ? undefined : tellS3(error)),
    );
  };
  return {
    async read(name) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of stream(name)) chunks.push(chunk);
      return Buffer.concat(chunks);
    },
    stream,
    size: async (name) => (await find(name)) ?? absent(name),
    exists: async (name) => (await find(name)) !== undefined,
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
      for await (const page of objectsUnder(store, prefix))
        names.push(...page.map(({ key }) => key.slice(prefix.length)).filter(isArtifactName));
      return names.toSorted();
    },
  };
}
