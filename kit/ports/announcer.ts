/** Those who have to be told, by role; the environment says where each is reached. */
export type Audience = (typeof audiences)[number];

/** Every audience, in the order in which they are told. */
export const audiences = [
  "users",
  "compliance-manager",
  "ai-platform-owner",
  "data-quality",
  "engineering",
] as const;

/** How long what was said under a key stands for it: within one incident nothing is repeated, and who is still waiting hears again after it. */
export const saidForMs = 4 * 60 * 60_000;

/** What was said, and where it stands: a link, or the message's own name. */
export type Announced = { readonly at: string; readonly where: string };

export interface AnnouncementReader {
  /** The audiences for whom the environment names a place; empty where it names none. */
  audiences(): Promise<readonly Audience[]>;
  /** What was said under this key to this audience within `saidForMs`; undefined when nothing was. Throws `tool-refused` when that cannot be looked up. */
  said(audience: Audience, key: string): Promise<Announced | undefined>;
}

export interface Announcer {
  /** Says it once: the same key to the same audience is one message within `saidForMs`. Throws `binding-missing` when nobody is named for the audience. */
  say(audience: Audience, key: string, text: string): Promise<Announced>;
}
