import type { Owed } from "../run/deliver.ts";
import type { Screen } from "./screen.ts";
import { mark } from "./states.ts";
import { clockTime, roughly } from "./times.ts";
import { clean, hang } from "./width.ts";

/** Who was told, what is still owed to whom and why, when it is tried again, and what was refused for good. */
export function renderOwed(
  screen: Screen,
  destinations: readonly string[],
  told: number,
  owed: readonly Owed[],
  now: Date,
): readonly string[] {
  return [
    ...(told === 0
      ? []
      : hang(screen, mark(screen, "done"), `Told now: ${told} ${told === 1 ? "run" : "runs"}.`)),
    ...destinations.flatMap((destination) => {
      const theirs = owed.filter((one) => one.destination === destination);
      const name = clean(destination, 80);
      if (theirs.length === 0) return hang(screen, mark(screen, "done"), `${name}: told everything`);
      return theirs.flatMap((one) =>
        hang(screen, mark(screen, one.entries === 0 ? "failed" : "waiting"), `${name}: ${lineOf(one, now)}`),
      );
    }),
  ];
}

function lineOf({ run, entries, attempts, nextAt, why }: Owed, now: Date): string {
  const because = why === undefined ? "" : `: ${clean(why, 300)}`;
  if (entries === 0) return `${clean(run, 40)} was told, but not all of it${because}`;
  const count = `${entries} ${entries === 1 ? "entry" : "entries"} of ${clean(run, 40)}`;
  if (nextAt === undefined) return `${count} not told yet${because}`;
  const wait = Date.parse(nextAt) - now.getTime();
  const when = wait <= 0 ? "with the next command" : `after ${clockTime(nextAt)} UTC, in ${roughly(wait)}`;
  return `${count} not told after ${attempts} ${attempts === 1 ? "try" : "tries"}${because}; again ${when}`;
}

/** The same for programs. */
export function owedFacts(destinations: readonly string[], owed: readonly Owed[]) {
  return { destinations, owed };
}
