import type { Announced, AnnouncementReader, Announcer } from "#kit/ports/announcer.ts";
import type { Profiler } from "#kit/ports/profiler.ts";
import type { Room } from "./room.ts";

/** What was said to whom in the fake world, by audience and key. */
export type FakeAnnouncements = Map<string, Announced & { readonly text: string }>;

/** The part of the world where people are told things. */
export function announcementsPart(
  said: FakeAnnouncements,
  { clock, act }: Room,
): { readonly reader: AnnouncementReader; readonly announcer: Announcer } {
  return {
    reader: {
      async said(audience, key) {
        const found = said.get(`${audience} ${key}`);
        return found === undefined ? undefined : { at: found.at, where: found.where };
      },
    },
    announcer: {
      async say(audience, key, text) {
        const name = `${audience} ${key}`;
        const before = said.get(name);
        if (before !== undefined) return { at: before.at, where: before.where };
        const made = { at: clock.now().toISOString(), where: `#${audience}` };
        act(`tell ${audience}`, () => void said.set(name, { ...made, text }));
        return made;
      },
    },
  };
}

/** A profiler of the fake world: what it finds is always the same. */
export function fakeProfiler({ act }: Room): Profiler {
  return {
    async capture(_service, unit, kind) {
      act(`profile ${unit}`, () => undefined);
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
