import { isCodedError } from "#kit/errors.ts";
import { stoppable } from "#kit/limit.ts";

/** A part that this environment has no tool for: nothing is missing, and nothing is known. */
export const unbound = "unbound";
export type Unbound = typeof unbound;

/** What a tool says, or that the environment has none; whatever else goes wrong is not known, and stays an error. */
export async function ifBound<T>(look: () => Promise<T>): Promise<T | Unbound> {
  try {
    return await look();
  } catch (error) {
    if (isCodedError(error) && error.code === "binding-missing") return unbound;
    throw error;
  }
}

/** One of several that are asked the same: what it said, or why it did not. */
export type Told<T> =
  | { readonly of: string; readonly said: T }
  | { readonly of: string; readonly silent: string };

const patienceMs = 4_000;

/**
 * Asks each by itself, all at once, none for longer than four seconds: one that hangs or fails hides no other. Throws when not one of them
 * answers, and for a tool that the environment does not have.
 */
export async function tell<T>(
  names: readonly string[],
  ask: (name: string) => Promise<T>,
): Promise<readonly Told<T>[]> {
  const told = await Promise.all(
    names.map(async (of): Promise<Told<T>> => {
      try {
        return { of, said: await stoppable(ask(of), AbortSignal.timeout(patienceMs)) };
      } catch (error) {
        if (isCodedError(error) && error.code === "binding-missing") throw error;
        return { of, silent: reasonOf(error) };
      }
    }),
  );
  const [first] = told;
  if (first !== undefined && "silent" in first && said(told).length === 0)
    throw new Error(told.length === 1 ? first.silent : `none of ${told.length} answered: ${first.silent}`);
  return told;
}

function reasonOf(error: unknown): string {
  if (error instanceof Error && error.name === "TimeoutError") return `no answer in ${patienceMs / 1000} s`;
  return error instanceof Error ? error.message : String(error);
}

/** Those that said something. */
export function said<T>(told: readonly Told<T>[]): readonly { readonly of: string; readonly said: T }[] {
  return told.filter((one) => "said" in one);
}

/** `; not known: api (no answer in 4 s)`, or nothing. */
export function silentOnes(told: readonly Told<unknown>[]): string {
  const silent = told.filter((one) => "silent" in one);
  return silent.length === 0
    ? ""
    : `; not known: ${silent.map((one) => `${one.of} (${one.silent.slice(0, 80)})`).join(", ")}`;
}

/** True for what was answered by some of those who were asked, and not by all. */
export function isPartly(value: unknown): boolean {
  if (Array.isArray(value)) return value.some((one) => isObject(one) && "silent" in one);
  return (
    isObject(value) &&
    (("told" in value && isPartly(value.told)) || ("incomplete" in value && value.incomplete !== undefined))
  );
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
