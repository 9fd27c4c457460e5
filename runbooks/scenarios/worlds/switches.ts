import type { KillSwitch, SwitchAdmin, SwitchReader, SwitchSeen } from "#kit/ports/switches.ts";
import { noAnswer, type Room } from "./room.ts";

/** The kill switches of the fake world, and which processes obey them. */
export type FakeSwitches = {
  switches: KillSwitch[] | "silent";
  /** Processes, and how long each takes to see a change; undefined: it never does. */
  readonly processes: Map<string, number | undefined>;
  /** Processes that go on whatever the switches say, until they are taken out of here. */
  readonly deaf: Set<string>;
};

/** The part of the world that holds the kill switches; a change is seen by each process after its own time. */
export function switchesPart(
  fake: FakeSwitches,
  { clock, act }: Room,
): { readonly reader: SwitchReader; readonly admin: SwitchAdmin } {
  const seen = new Map<string, readonly string[]>();
  let changes: { readonly at: number; readonly off: readonly string[] }[] = [];
  const all = () => {
    if (fake.switches === "silent") throw noAnswer("The place of the kill switches");
    return fake.switches;
  };
  const offNow = () => all().flatMap(({ off, scope }) => (off ? [scope] : []));
  const change = (scope: string, off: boolean, reason: string): void => {
    const others = all().filter((one) => one.scope !== scope);
    fake.switches = [...others, { scope, off, reason, by: "ops", since: clock.now().toISOString() }];
    changes = [...changes, { at: clock.now().getTime(), off: offNow() }];
  };
  const isOff = (scope: string): boolean => all().some((one) => one.scope === scope && one.off);
  return {
    reader: {
      all: async () => [...all()],
      async seen(): Promise<readonly SwitchSeen[]> {
        const now = clock.now().getTime();
        for (const [process, afterMs] of fake.processes) {
          if (afterMs === undefined) continue;
          const heard = changes.findLast(({ at }) => at + afterMs <= now);
          seen.set(process, heard?.off ?? seen.get(process) ?? (changes.length === 0 ? offNow() : []));
        }
        return [...fake.processes.keys()].map((process) => ({
          process,
          off: fake.deaf.has(process) ? [] : (seen.get(process) ?? []),
        }));
      },
    },
    admin: {
      async off(scope, reason) {
        if (isOff(scope)) return;
        act(`switch ${scope} off`, () => change(scope, true, reason));
      },
      async on(scope, reason) {
        if (!isOff(scope)) return;
        act(`switch ${scope} on`, () => change(scope, false, reason));
      },
    },
  };
}
