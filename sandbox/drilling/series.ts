import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { z } from "zod";
import type { DrillShown } from "#kit/render/drill.ts";
import type { Drill } from "../drills.ts";

/** One drill as it was held last: what came of it, or why it could not be held. */
export type Held = {
  readonly runbook: string;
  readonly drill: string;
  /** ISO, when it was over. */
  readonly at: string;
  /** With its command, its fault and what mends it. */
  readonly tookMs: number;
  readonly asExpected: boolean;
  readonly shown?: DrillShown | undefined;
  /** The last words of a command that did not get to its end. */
  readonly failed?: string | undefined;
};

const Record = z.array(
  z.object({
    runbook: z.string(),
    drill: z.string(),
    at: z.iso.datetime(),
    tookMs: z.number(),
    asExpected: z.boolean(),
    shown: z.custom<DrillShown>().optional(),
    failed: z.string().optional(),
  }),
);

/** Every drill's last result, from the file that the page is made of; nothing where there is none yet or it cannot be read. */
export function readHeld(file: string): readonly Held[] {
  if (!existsSync(file)) return [];
  try {
    return Record.safeParse(JSON.parse(readFileSync(file, "utf8"))).data ?? [];
  } catch {
    return [];
  }
}

/** Writes it whole or not at all, so that a series which is stopped goes on where it was. */
export function writeHeld(file: string, held: readonly Held[]): void {
  writeFileSync(`${file}.part`, `${JSON.stringify(held, undefined, 2)}\n`);
  renameSync(`${file}.part`, file);
}

/** A result in place of the one before it; drills that there are no more are dropped, the order is that of the drills. */
export function withResult(
  drills: readonly Drill[],
  held: readonly Held[],
  result: Held | undefined,
): readonly Held[] {
  return drills.flatMap(({ runbook, name }) => {
    const isThis = (one: Held) => one.runbook === runbook && one.drill === name;
    const found = result !== undefined && isThis(result) ? result : held.find(isThis);
    return found === undefined ? [] : [found];
  });
}

/** A drill that came out right this lately is not held again by a series that goes on. */
const freshMs = 12 * 3_600_000;

/**
 * The drills that words name, by runbook or by `runbook/drill`; all without words. A series that goes on leaves out what came out right within
 * half a day. Undefined when a word names none.
 */
export function chosenDrills(
  drills: readonly Drill[],
  words: readonly string[],
  goOn: { readonly held: readonly Held[]; readonly now: number } | undefined,
): readonly Drill[] | undefined {
  const isNamed = (word: string, { runbook, name }: Drill) =>
    word === runbook || word === `${runbook}/${name}`;
  if (words.some((word) => !drills.some((drill) => isNamed(word, drill)))) return undefined;
  const named = drills.filter((drill) => words.length === 0 || words.some((word) => isNamed(word, drill)));
  if (goOn === undefined) return named;
  return named.filter(
    ({ runbook, name }) =>
      !goOn.held.some(
        (one) =>
          one.runbook === runbook &&
          one.drill === name &&
          one.asExpected &&
          goOn.now - Date.parse(one.at) < freshMs,
      ),
  );
}

/** What a drill takes that was never held. */
const usualMs = 20_000;
/** Until the practice production is up, and gone again. */
const aroundMs = 40_000;

/** How long a series will take, from how long each drill took last. */
export function estimateMs(chosen: readonly Drill[], held: readonly Held[]): number {
  return chosen.reduce((sum, { runbook, name }) => {
    const last = held.find((one) => one.runbook === runbook && one.drill === name);
    return sum + (last?.tookMs ?? usualMs);
  }, aroundMs);
}
