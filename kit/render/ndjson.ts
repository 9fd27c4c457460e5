import type { JournalEntry } from "../timeline.ts";

/** Version of everything `--json` prints. A new field is a minor change; readers must ignore what they do not know and refuse an unknown major. */
export const uiVersion = "1.0";

/** The first line of a stream. */
export function versionLine(): string {
  return JSON.stringify({ type: "version", ui: uiVersion });
}

/** One line per entry, byte for byte what the journal keeps. */
export function entryLine(entry: JournalEntry): string {
  return JSON.stringify(entry);
}

/** A whole answer as one document. */
export function document(members: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ ui: uiVersion, ...members }, undefined, 2);
}
