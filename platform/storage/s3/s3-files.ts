import { createHash } from "node:crypto";
import { inputNames, isReportId, type Kept, plainName, type ReportFiles } from "../report-files.ts";
import { s3Artifacts } from "./artifacts.ts";
import { objectsUnder, removeKey, removeUnder } from "./listing.ts";
import type { S3Place } from "./place.ts";
import { accessProbe } from "./probe.ts";
import { type S3Store, s3Store } from "./store.ts";
import { S3Writer } from "./writer.ts";

/** Report files in a bucket of S3, or of any store that speaks its protocol; semantics as in a folder. */
export function s3Files(place: S3Place): ReportFiles {
  const store = s3Store(place);
  const marks = s3Artifacts(store, `${place.prefix}uploading/`);
  const prefixOf = (id: string): string => `${place.prefix}reports/${checked(id)}/`;
  return {
    of: (id) => s3Artifacts(store, prefixOf(id)),
    notes: s3Artifacts(store, `${place.prefix}agents/`),
    keep: async (id, chunks, sentAs) => keepData(store, prefixOf(id), chunks, sentAs),
    begin: (id) => marks.write(checked(id), ""),
    accepted: async (id) => removeKey(store, `${place.prefix}uploading/${checked(id)}`),
    unaccepted: async function* (olderThanMs) {
      for await (const page of objectsUnder(store, `${place.prefix}uploading/`))
        for (const { key, at } of page) {
          const id = key.slice(key.lastIndexOf("/") + 1);
          if (isReportId(id) && Date.now() - at.getTime() > olderThanMs) yield id;
        }
    },
    drop: async (id) => {
      await removeUnder(store, prefixOf(id));
      await removeKey(store, `${place.prefix}uploading/${id}`);
    },
    accessible: accessProbe(store),
  };
}

function checked(id: string): string {
  if (!isReportId(id)) throw new TypeError("not a report id");
  return id;
}

async function keepData(
  store: S3Store,
  prefix: string,
  chunks: AsyncIterable<Uint8Array | string>,
  sentAs = "data.csv",
): Promise<Kept> {
  const name = `${inputNames.data}${plainName(sentAs)}`;
  const writer = new S3Writer(store, { key: `${prefix}${name}`, name, onlyNew: true });
  const hash = createHash("sha256");
  let bytes = 0;
  try {
    for await (const chunk of chunks) {
      const data = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
      hash.update(data);
      bytes += data.byteLength;
      await writer.write(data);
    }
    await writer.close();
  } catch (error) {
    await writer.abort();
    throw error;
  }
  return { name, sha256: hash.digest("hex"), bytes };
}
