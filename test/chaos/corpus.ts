import * as fc from "fast-check";
import type { RunDetails } from "fast-check";
import { createEngine } from "#kit/engine.ts";
import { brokenIn } from "./invariants.ts";
import { cases, faultKinds, runs, type CaseSpec, type RunSpec } from "./spec.ts";
import { play, type EngineMaker } from "./story.ts";

/** A part of the corpus: strewn faults, or every boundary of a few runs in turn; on a real file or in memory. */
export type Part = {
  readonly kind: "strewn" | "boundaries";
  readonly seed: number;
  /** Generated values; one of `boundaries` is a run with as many cases as it has boundaries. */
  readonly values: number;
  readonly disk: boolean;
};

/** What became of a part. */
export type PartResult = {
  readonly cases: number;
  readonly failure?: {
    readonly path: string;
    readonly broken: string;
    readonly counterexample: CaseSpec;
  };
};

/** How a part is played. */
type Playing = {
  /** Another engine than the real one: one with a defect planted. */
  readonly make?: EngineMaker;
  /** Of a case that was found before. */
  readonly path?: string;
  readonly played?: () => void;
  /** False: the first broken promise is enough. */
  readonly shrink?: boolean;
};

/** A promise of the engine that a case broke. */
class PromiseBroken extends Error {
  readonly spec: CaseSpec;
  constructor(spec: CaseSpec, text: string) {
    super(text);
    this.spec = spec;
  }
}

/** Errors that nobody heard would end a real process, so they are a broken promise too. */
const unheard: unknown[] = [];
process.on("unhandledRejection", (error) => unheard.push(error));

/** Plays one case; throws when a promise was broken. Gives how often its first process touched the outside. */
async function hold(spec: CaseSpec, make: EngineMaker): Promise<number> {
  const story = await play(spec, make);
  try {
    const broken = [...(await brokenIn(story))];
    // One more turn of the loop: only then is a rejection known to be unheard.
    await new Promise((resolve) => setImmediate(resolve));
    for (const error of unheard.splice(0))
      broken.push({
        promise: "no error goes unheard",
        saw: String(error instanceof Error ? error.stack : error),
      });
    if (broken.length === 0) return story.touches;
    throw new PromiseBroken(spec, broken.map(({ promise, saw }) => `${promise}: ${saw}`).join("\n"));
  } finally {
    story.close();
  }
}

/** What one case breaks; undefined when every promise was kept. */
export async function playOne(spec: CaseSpec, make: EngineMaker = createEngine): Promise<string | undefined> {
  try {
    await hold(spec, make);
    return undefined;
  } catch (error) {
    if (error instanceof PromiseBroken) return error.message;
    throw error;
  }
}

/** Every case of one part, until one breaks a promise; then the smallest that still does. */
export async function playPart(
  part: Part,
  { make = createEngine, path, played, shrink = true }: Playing = {},
): Promise<PartResult> {
  let count = 0;
  const tried = async (spec: CaseSpec) => {
    const touches = await hold({ ...spec, disk: part.disk }, make);
    count += 1;
    played?.();
    return touches;
  };
  const options = {
    seed: part.seed,
    numRuns: part.values,
    endOnFailure: !shrink,
    interruptAfterTimeLimit: 120_000,
    ...(path === undefined ? {} : { path }),
  };
  const details: RunDetails<[CaseSpec]> | RunDetails<[RunSpec]> =
    part.kind === "strewn"
      ? await fc.check(
          fc.asyncProperty(cases(), async (spec) => void (await tried(spec))),
          options,
        )
      : await fc.check(
          fc.asyncProperty(runs(), (run) => everyBoundary(run, tried)),
          options,
        );
  if (!details.failed) return { cases: count };
  const error = details.errorInstance;
  // Not a broken promise of the engine: this room itself is broken.
  if (!(error instanceof PromiseBroken)) throw error instanceof Error ? error : new Error(String(error));
  return {
    cases: count,
    failure: {
      path: details.counterexamplePath ?? "",
      broken: error.message,
      counterexample: error.spec,
    },
  };
}

/** A run once undisturbed, and then once for each touch of the outside, where its process is killed or loses its disk. */
async function everyBoundary(run: RunSpec, tried: (spec: CaseSpec) => Promise<number>): Promise<void> {
  const touches = await tried(calm(run));
  for (let at = 1; at <= Math.min(touches, mostBoundaries); at += 1) {
    const kind = faultKinds[at % faultKinds.length] ?? "kill-after";
    for (const one of ["kill-before", "kill-after", kind] as const)
      await tried({ ...calm(run), lives: [[{ at, kind: one, lasts: 2 }]], undoAfter: at % 2 === 0 });
  }
}

const mostBoundaries = 40;

function calm(run: RunSpec): CaseSpec {
  return { run, lives: [[]], beside: "nobody", undoAfter: false, disk: false, secret: false };
}
