import { redactedData } from "./deep.ts";
import { least } from "./forms.ts";
import { knownSecrets, type Masking } from "./known.ts";
import { openPrivateKey, secretShapes } from "./patterns.ts";
import { masked, merged } from "./spans.ts";
import { redactedStream, type Inspected, type RedactedStream } from "./stream.ts";
import { readingsOf } from "./views.ts";

/**
 * Masks secrets in everything that leaves the tool: by value, in every form in which they may come back, and by shape.
 * A value of six characters or more is masked wherever it stands; one of four or five only where it stands alone; shorter ones
 * are no secrets. Nothing here throws. Source: DESIGN §5.9.
 */
export type Redactor = {
  /** Adds a secret's value, with the name that the mask may show; says how it will be masked. */
  add(value: string, name?: string): Masking;
  text(text: string): string;
  /** Any value as JSON data without secrets: keys, values, Errors, Maps, circles. */
  value(value: unknown): unknown;
  /** For text that comes in pieces. */
  stream(): RedactedStream;
};

const mostNames = 1_000;

/** A redactor that knows no values yet, and every shape. */
export function createRedactor(): Redactor {
  const known = knownSecrets();
  const names = new Map<string, string>();

  function inspect(text: string): Inspected {
    const shapes = [...secretShapes(text)];
    if (known.isEmpty) return { spans: merged(shapes), openFrom: openPrivateKey(text) ?? text.length };
    const readings = readingsOf(text);
    return {
      spans: merged([...shapes, ...known.find(text, readings)]),
      openFrom: Math.min(known.openFrom(text, readings), openPrivateKey(text) ?? text.length),
    };
  }

  function text(text: string): string {
    if (text.length < least) return text;
    const found = [...secretShapes(text)];
    if (!known.isEmpty) found.push(...known.find(text, readingsOf(text)));
    return masked(text, merged(found));
  }

  /** Names of members come again and again, so what they become is remembered until another secret is known. */
  function name(name: string): string {
    const already = names.get(name);
    if (already !== undefined) return already;
    const shown = text(name);
    if (names.size < mostNames) names.set(name, shown);
    return shown;
  }

  return {
    add(value, name) {
      names.clear();
      return known.add(value, name);
    },
    text,
    value: (value) => redactedData(value, text, name),
    stream: () => redactedStream(inspect),
  };
}
