import { OpsError } from "#kit/errors.ts";
import {
  type Announced,
  type AnnouncementReader,
  type Announcer,
  type Audience,
  audiences,
  saidForMs,
} from "#kit/ports/announcer.ts";
import type { Profiler } from "#kit/ports/profiler.ts";
import type { Room } from "./room.ts";

/** What was said to whom in the fake world, by audience and key; and for whom nobody is named. */
export type FakeAnnouncements = Map<string, Announced & { readonly text: string }> & {
  readonly unnamed: Set<Audience>;
};

/** A fake world in which everybody can be told and nothing was said. */
export function nothingSaid(): FakeAnnouncements {
  return Object.assign(new Map<string, Announced & { readonly text: string }>(), {
    unnamed: new Set<Audience>(),
  });
}

/** The part of the world where people are told things. */
export function announcementsPart(
  said: FakeAnnouncements,
  { clock, act }: Room,
): { readonly reader: AnnouncementReader; readonly announcer: Announcer } {
  const standing = (audience: Audience, key: string): Announced | undefined => {
    const found = said.get(`${audience} ${key}`);
    const since = clock.now().getTime() - saidForMs;
    return found === undefined || Date.parse(found.at) < since
      ? undefined
      : { at: found.at, where: found.where };
  };
  return {
    reader: {
      audiences: async () => audiences.filter((audience) => !said.unnamed.has(audience)),
      said: async (audience, key) => standing(audience, key),
    },
    announcer: {
      async say(audience, key, text) {
        const name = `${audience} ${key}`;
        const before = standing(audience, key);
        if (before !== undefined) return before;
        if (said.unnamed.has(audience))
          throw new OpsError("binding-missing", {
            summary: `Nobody is named for ${audience}.`,
            hint: "Name a channel under bindings.slack.audiences.",
          });
        const made = { at: clock.now().toISOString(), where: `#${audience}` };
        act(`tell ${audience}`, () => void said.set(name, { ...made, text }));
        return made;
      },
    },
  };
}

/** A profiler of the fake world: what it finds is always the same. */
export function fakeProfiler(): Profiler {
  return {
    // No effect: a profile changes nothing, and one more of it neither.
    async capture(_service, unit, kind) {
      return {
        file: `evidence/${unit}.${kind}profile`,
        sha256: "0".repeat(64),
        bytes: 120_000,
        seconds: 10,
        hottest: [{ what: "writeFacts (platform/xbrl)", share: 0.62 }],
      };
    },
  };
}
