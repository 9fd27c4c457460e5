import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat, readdir, rm } from "node:fs/promises";
import path from "node:path";
import { isCodedError } from "#kit/errors.ts";
import { isHeld } from "#rules/retention.ts";
import type { Artifacts } from "../agent.ts";
import { messageOf, vendorCode } from "../service/error-facts.ts";
import { type LogClass, logClasses } from "../telemetry/log-classes.ts";
import { recordAudit } from "./audit-log.ts";
import { type Database, inTransaction } from "./database.ts";
import { holdsWhileDeleting } from "./holds.ts";
import type { Outcome } from "./retention-reports.ts";

/** A log file that was put aside: one class's lines of one day. */
export type LogFile = {
  readonly class: LogClass;
  readonly name: string;
  readonly path: string;
  /** When its last line can have been written: the end of its day, UTC. */
  readonly until: Date;
  readonly bytes: number;
};

const shape = new RegExp(`^(${logClasses.join("|")})-(\\d{4}-\\d\\d-\\d\\d)\\.ndjson$`);

/** The rotated log files of a folder, oldest first; none when the folder is not there. What is no plain file is none of ours. */
export async function listLogFiles(dir: string): Promise<readonly LogFile[]> {
  const names = await readdir(dir).catch((error: unknown) => {
    if (vendorCode(error) === "ENOENT") return [];
    throw error;
  });
  const files: LogFile[] = [];
  for (const name of names) {
    const [, found, day] = shape.exec(name) ?? [];
    const which = logClasses.find((one) => one === found);
    const until = new Date(Date.parse(`${day ?? ""}T00:00:00Z`) + 24 * 60 * 60 * 1000);
    if (which === undefined || Number.isNaN(until.getTime())) continue;
    const facts = await lstat(path.join(dir, name));
    if (facts.isFile())
      files.push({ class: which, name, path: path.join(dir, name), until, bytes: facts.size });
  }
  return files.toSorted((a, b) => a.until.getTime() - b.until.getTime() || (a.name < b.name ? -1 : 1));
}

/** Copies a log file to the records of the archive, reads the copy back, and deletes the file unless its class is held at that moment. */
export async function retireLogFile(
  parts: {
    readonly database: Database;
    readonly records: Artifacts | undefined;
    readonly actor: string;
    readonly host: string;
  },
  file: LogFile,
): Promise<Outcome> {
  const { database, records, actor, host } = parts;
  try {
    const sha256 = records === undefined ? undefined : await archived(records, host, file);
    return await inTransaction(database, async (client) => {
      if (isHeld({ kind: "logs", class: file.class }, await holdsWhileDeleting(client)))
        return { kind: "held" };
      await rm(file.path, { force: true });
      await recordAudit(client, {
        actor,
        tenant: undefined,
        action: "retention.applied",
        subject: `logs ${host}/${file.name}`,
        detail: {
          bytes: file.bytes,
          archived: sha256 !== undefined,
          ...(sha256 === undefined ? {} : { sha256 }),
        },
      });
      return { kind: "deleted", files: 1, bytes: file.bytes };
    });
  } catch (error) {
    return {
      kind: "failed",
      code: isCodedError(error) ? error.code : "csrd-defect",
      sentence: isCodedError(error) ? error.summary : messageOf(error),
    };
  }
}

/** Copies it under a name that says what it holds, so that a second file of the same day does not replace the first. */
async function archived(records: Artifacts, host: string, file: LogFile): Promise<string> {
  const sha256 = await digest(createReadStream(file.path));
  const name = `logs/${host}/${file.name.replace(/\.ndjson$/, "")}.${sha256.slice(0, 12)}.ndjson`;
  if (!(await records.exists(name)) || (await digest(records.stream(name))) !== sha256) {
    const writer = await records.writer(name);
    try {
      for await (const chunk of createReadStream(file.path)) await writer.write(bytesOfChunk(chunk));
      await writer.close();
    } catch (error) {
      await writer.abort();
      throw error;
    }
  }
  if ((await digest(records.stream(name))) !== sha256)
    throw new Error(`The archive's copy of ${file.name} is not what was written`);
  return sha256;
}

async function digest(chunks: AsyncIterable<unknown>): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of chunks) hash.update(bytesOfChunk(chunk));
  return hash.digest("hex");
}

function bytesOfChunk(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  throw new TypeError("a stream of bytes gave something else");
}
