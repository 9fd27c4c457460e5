import type { Artifacts, ArtifactWriter } from "../agent.ts";
import { CsrdError } from "../errors.ts";
import { messageOf, vendorCode } from "../service/error-facts.ts";
import { isCodedError } from "#kit/errors.ts";

const full = /^(ENOSPC|EDQUOT|EFBIG)$/;
const refused = /^(EACCES|EPERM|EROFS)$/;
const away =
  /^(EIO|ESTALE|ENOTCONN|ETIMEDOUT|EHOSTDOWN|EHOSTUNREACH|ENXIO|ENODEV|EMFILE|ENFILE|EAGAIN|EBUSY)$/;

/** Throws what a disk or network share threw as `storage-full`, `files-refused` or `files-unreachable`; anything else as it is. */
export function tellDisk(error: unknown): never {
  if (isCodedError(error)) throw error;
  const code = vendorCode(error) ?? "";
  if (full.test(code)) throw storageFull(error);
  if (refused.test(code))
    throw new CsrdError("files-refused", {
      summary: `The store of the reports' files refused this process: ${code}.`,
      hint: "Look at the owner, the rights and the mount of the folder in CSRD_ARTIFACTS_DIR.",
      details: messageOf(error),
      cause: error,
    });
  if (away.test(code))
    throw new CsrdError("files-unreachable", {
      summary: `The store of the reports' files did not answer: ${code}.`,
      hint: "Look at the disk or network share under CSRD_ARTIFACTS_DIR; what waits goes on by itself.",
      details: messageOf(error),
      cause: error,
    });
  throw error;
}

/** A store without room. */
export function storageFull(cause: unknown): CsrdError {
  return new CsrdError("storage-full", {
    summary: "The store of the reports' files is full.",
    hint: "Make room; what waits goes on by itself, and nothing half-written was left.",
    details: messageOf(cause),
    cause,
  });
}

/** The same artifacts, with a disk's failures told as the platform's own. */
export function tellingArtifacts(artifacts: Artifacts): Artifacts {
  return {
    read: (name) => artifacts.read(name).catch(tellDisk),
    async *stream(name, range) {
      try {
        yield* artifacts.stream(name, range);
      } catch (error) {
        tellDisk(error);
      }
    },
    ...(artifacts.size === undefined ? {} : { size: (name) => sizeOf(artifacts, name) }),
    exists: (name) => artifacts.exists(name).catch(tellDisk),
    write: (name, content) => artifacts.write(name, content).catch(tellDisk),
    writer: async (name) => tellingWriter(await artifacts.writer(name).catch(tellDisk)),
    list: () => artifacts.list().catch(tellDisk),
  };
}

async function sizeOf(artifacts: Artifacts, name: string): Promise<number> {
  return (await artifacts.size?.(name).catch(tellDisk)) ?? 0;
}

function tellingWriter(writer: ArtifactWriter): ArtifactWriter {
  return {
    write: (piece) => writer.write(piece).catch(tellDisk),
    close: () => writer.close().catch(tellDisk),
    abort: () => writer.abort().catch(tellDisk),
  };
}
