/** Those who have to be told, by role; the environment says where each is reached. */
export type Audience = "users" | "ai-platform-owner" | "compliance-manager" | "data-quality" | "engineering";

/** What was said, and where it stands: a link, or the message's own name. */
export type Announced = { readonly at: string; readonly where: string };

export interface AnnouncementReader {
  /** What stands under this key for this audience; undefined when nothing was said yet. */
  said(audience: Audience, key: string): Promise<Announced | undefined>;
}

export interface Announcer {
  /** Says it once: the same key to the same audience is one message. Throws `tool-refused` when nobody is named for the audience. */
  say(audience: Audience, key: string, text: string): Promise<Announced>;
}
