import { OpsError } from "#kit/errors.ts";
import type { Journal } from "#kit/journal.ts";
import type { RunEvent } from "#kit/timeline.ts";
import { overOperators } from "#kit/uses.ts";
import type { Bench } from "../fakes/engine.ts";

const gone = () => new OpsError("journal-unwritable", { summary: "The process is dead.", hint: "It is." });

/** A process that dies at its nth append: just before it is on disk, or just after. From then on it does nothing at all. */
export function mortal(
  made: Bench,
  at: number,
  when: "before" | "after",
  onAppend: () => void = () => undefined,
) {
  let appends = 0;
  let dead = false;
  const wrote: RunEvent[] = [];
  const mustLive = () => {
    if (dead) throw gone();
  };
  const journal = new Proxy(made.journal, {
    get(target, name, receiver) {
      const member: unknown = Reflect.get(target, name, receiver);
      if (typeof member !== "function") return member;
      return async (...args: readonly unknown[]) => {
        mustLive();
        const mine = name === "append";
        if (mine) {
          appends += 1;
          wrote.push(eventOf(args));
          onAppend();
        }
        if (mine && appends === at && when === "before") dead = true;
        mustLive();
        const answer: unknown = await Reflect.apply(member, target, args);
        if (mine && appends === at) dead = true;
        mustLive();
        return answer;
      };
    },
  }) satisfies Journal;
  const living = <T extends object>(port: T): T =>
    new Proxy(port, {
      get(target, name, receiver) {
        const member: unknown = Reflect.get(target, name, receiver);
        if (typeof member !== "function") return member;
        return async (...args: readonly unknown[]) => {
          mustLive();
          const answer: unknown = await Reflect.apply(member, target, args);
          mustLive();
          return answer;
        };
      },
    });
  const operators = overOperators(made.world.operators, living);
  return { journal, operators, lived: () => !dead, wrote: (): readonly RunEvent[] => wrote };
}

/** The event among what `append` is handed: the lease, then the event. */
function eventOf([, event]: readonly unknown[]): RunEvent {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the journal's own signature
  return event as RunEvent;
}
