import { statfs } from "node:fs/promises";
import type { FastifyReply, FastifyRequest } from "fastify";
import { CsrdError } from "../errors.ts";
import { Problem } from "../service/problem.ts";
import { refuse } from "../service/refusal.ts";
import type { Seats } from "./seats.ts";

/** An upload that was let in. */
type Admission = {
  /** All of it is here: from now on it is not refused any more. Throws when it has been, in the middle. */
  seal(): void;
};

/** What lets uploads in, one by one. */
export type UploadGate = {
  /** Before the body is read. Throws `too-many-at-once`, `busy`, `store-full`, `body-too-large`. */
  admit(request: FastifyRequest, reply: FastifyReply, tenant: string): Promise<void>;
  admissionOf(request: FastifyRequest): Admission;
  /** Refuses, as a whole, what is still coming in. */
  refuseAll(problem: Problem): void;
};

/** What the gate keeps to. */
export type GateRules = {
  readonly seats: Seats;
  /** Bytes of one body; a little more than the data, for the rest of it. */
  readonly mostBytes: number;
  /** Bytes per second below which an upload is given up; 0 never. */
  readonly leastRate: number;
  /** The folder whose disk takes the data, and bytes to be left free on it; undefined when no disk of this machine does. */
  readonly disk: { readonly folder: string; readonly reserve: number } | undefined;
  /** Milliseconds of one look at an upload's speed; five seconds. */
  readonly lookMs?: number;
};

/** A folder that is not there now, as when its share is not mounted: the upload comes too early, and nothing of ours is wrong. */
function notThere(cause: unknown): never {
  throw new CsrdError("files-unreachable", {
    summary: "The folder of the reports' files cannot be looked at.",
    hint: "Look at the disk or network share under CSRD_ARTIFACTS_DIR.",
    cause,
  });
}

/** A gate over these rules. */
export function uploadGate({ seats, mostBytes, leastRate, disk, lookMs = 5_000 }: GateRules): UploadGate {
  const admissions = new WeakMap<FastifyRequest, Admission>();
  const underWay = new Set<(problem: Problem) => void>();
  let reserved = 0;

  const requireRoom = async (bytes: number): Promise<void> => {
    if (disk === undefined) return;
    const { bavail, bsize } = await statfs(disk.folder).catch(notThere);
    if (bavail * bsize - reserved - bytes < disk.reserve)
      throw new Problem("store-full", "Nothing was kept; the operator has to make room.");
  };
  return {
    admit: async (request, reply, tenant) => {
      const told = Number(request.headers["content-length"] ?? 0);
      if (told > mostBytes)
        throw new Problem("body-too-large", "The data is larger than this platform takes.");
      const leave = seats.take(tenant);
      try {
        await requireRoom(told);
      } catch (error) {
        leave();
        throw error;
      }
      reserved += told;
      let isSealed = false;
      let refusal: Problem | undefined;
      admissions.set(request, {
        seal: () => {
          if (refusal !== undefined) throw refusal;
          isSealed = true;
        },
      });
      const giveUp = (problem: Problem): void => {
        if (isSealed || request.raw.complete || reply.sent) return;
        refusal = problem;
        void refuse(request, reply, problem);
      };
      underWay.add(giveUp);
      const stopWatching = watch(request, { leastRate, lookMs, mostBytes }, giveUp);
      reply.raw.once("close", () => {
        leave();
        stopWatching();
        underWay.delete(giveUp);
        reserved -= told;
      });
    },
    admissionOf: (request) => {
      const admission = admissions.get(request);
      if (admission === undefined) throw new Problem("defect", "The upload was not let in.");
      return admission;
    },
    refuseAll: (problem) => {
      for (const giveUp of underWay) giveUp(problem);
    },
  };
}

/** Gives an upload up that brings more than there may be, also where it belongs to no part and nobody counts it, or less than the least rate for one whole look, unless it is we who do not read. */
function watch(
  { raw }: FastifyRequest,
  { leastRate, lookMs, mostBytes }: Required<Pick<GateRules, "leastRate" | "lookMs" | "mostBytes">>,
  giveUp: (problem: Problem) => void,
): () => void {
  const { socket } = raw;
  const atFirst = socket.bytesRead;
  let seen = atFirst;
  const timer = setInterval(() => {
    if (raw.complete) return clearInterval(timer);
    const came = socket.bytesRead - seen;
    seen = socket.bytesRead;
    // Twice as much, because the frames of chunks are counted here as well.
    if (seen - atFirst > 2 * mostBytes)
      giveUp(new Problem("body-too-large", "The data is larger than this platform takes."));
    else if (came < (leastRate * lookMs) / 1_000 && raw.readableLength === 0 && !socket.isPaused())
      giveUp(
        new Problem(
          "request-timeout",
          `The body came slower than ${leastRate} bytes per second; nothing of it was kept.`,
        ),
      );
  }, lookMs);
  timer.unref();
  return () => clearInterval(timer);
}
