import { OpsError } from "#kit/errors.ts";
import { plainText } from "../foreign-text.ts";
import type { KubernetesApi } from "./api.ts";
import { mainContainer } from "./deployment.ts";
import { kinds } from "./kinds.ts";
import type { ContainerStatus, Pod } from "./objects.ts";

/** Of one container's log so many bytes at most. */
const limitBytes = 4 * 1024 * 1024;
const together = 6;

/** A row of a pod's log, and when the node took it in, in milliseconds of the epoch. */
type PodText = { readonly text: string; readonly unit: string; readonly keptAt: number };

/** What the logs of some pods hold, and what of them could not be read. */
export type PodTexts = { readonly texts: readonly PodText[]; readonly missing: readonly string[] };

/** The logs of pods since an instant, a few at a time, until `until` (of `performance.now`) at most. One that cannot be read hides no other. */
export async function podTexts(
  api: KubernetesApi,
  pods: readonly Pod[],
  from: Date,
  until: number,
): Promise<PodTexts> {
  const waiting = pods.flatMap(logsOf);
  const texts: PodText[] = [];
  const missing: string[] = [];
  const sinceSeconds = String(Math.max(1, Math.ceil((Date.now() - from.getTime()) / 1_000) + 1));
  const readNext = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      if (performance.now() > until) {
        missing.push(`${next.unit} was not reached in time`);
        continue;
      }
      const text = await read(api, next, sinceSeconds);
      if (typeof text === "object") missing.push(text.why);
      else if (text !== undefined) {
        // The node stops after so many bytes, so that what is newest is what is left out.
        if (Buffer.byteLength(text) >= limitBytes)
          missing.push(
            `of ${next.unit} only the first ${limitBytes / 1024 ** 2} MB were given; ask for a shorter time`,
          );
        for (const row of text.split("\n")) texts.push(...rowOf(row, next.unit));
      }
    }
  };
  await Promise.all(Array.from({ length: together }, readNext));
  if (texts.length === 0 && missing.length > 0 && missing.length === pods.length)
    throw new OpsError("tool-unreachable", {
      summary: `No pod's log could be read: ${missing.slice(0, 3).join("; ")}.`,
      hint: "Look at the pods' nodes, and at the rights to get pods/log.",
    });
  return { texts, missing };
}

type OneLog = { readonly unit: string; readonly container: string; readonly previous: boolean };

async function read(
  api: KubernetesApi,
  { unit, container, previous }: OneLog,
  sinceSeconds: string,
): Promise<string | undefined | { readonly why: string }> {
  try {
    return await api.text(
      { kind: kinds.pods, name: unit, part: "log" },
      {
        container,
        sinceSeconds,
        limitBytes: String(limitBytes),
        timestamps: "true",
        ...(previous ? { previous: "true" } : {}),
      },
    );
  } catch (error) {
    if (!OpsError.is(error)) throw error;
    // What was before the last start may be gone by now, and then there is nothing to tell.
    if (previous && error.code === "tool-refused") return undefined;
    return { why: `the log of ${unit}: ${plainText(error.summary, 160)}` };
  }
}

/** Which logs there are: of a pod's main container, and of the one before it where it was started again, whose last words say why. */
function logsOf({ metadata, status }: Pod): readonly OneLog[] {
  const owner = metadata.ownerReferences?.find(({ kind }) => kind === "ReplicaSet")?.name;
  const statuses = status.containerStatuses ?? [];
  const main = mainContainer(statuses, metadata.annotations, owner?.replace(/-[^-]+$/, "") ?? "");
  if (main === undefined) return [];
  const log = { unit: metadata.name, container: main.name };
  return [
    ...(isSet(main.lastState?.terminated) ? [{ ...log, previous: true }] : []),
    ...(hasLog(main) ? [{ ...log, previous: false }] : []),
  ];
}

/** A container that waits to be started again has only the log of the one before it; asking for its own may be refused. */
function hasLog({ state }: ContainerStatus): boolean {
  return isSet(state?.running) || isSet(state?.terminated);
}

/** A row with the node's own time before it. */
function rowOf(row: string, unit: string): readonly PodText[] {
  const space = row.indexOf(" ");
  const keptAt = Date.parse(row.slice(0, space));
  return space < 0 || Number.isNaN(keptAt) ? [] : [{ text: row.slice(space + 1), unit, keptAt }];
}

function isSet<T>(value: T | null | undefined): value is T {
  return value !== null && value !== undefined;
}
