import type { Artifacts } from "../agent.ts";

/** Lays a few texts over a store, readable by name and never written to it; for settings of one run. */
export function overlay(under: Artifacts, texts: Readonly<Record<string, string>>): Artifacts {
  const bytes = (name: string): Uint8Array | undefined => {
    const text = Object.hasOwn(texts, name) ? texts[name] : undefined;
    return text === undefined ? undefined : new TextEncoder().encode(text);
  };
  return {
    read: async (name) => bytes(name) ?? under.read(name),
    async *stream(name) {
      const held = bytes(name);
      if (held === undefined) yield* under.stream(name);
      else yield held;
    },
    exists: async (name) => bytes(name) !== undefined || under.exists(name),
    write: (name, content) => under.write(name, content),
    writer: (name) => under.writer(name),
    list: async () => [...new Set([...(await under.list()), ...Object.keys(texts)])].toSorted(),
  };
}
