import { isSecretName } from "./names.ts";
import { maskFor } from "./spans.ts";

const deepest = 64;

/**
 * Any value as JSON data with every text in it passed through `text`: keys and values, Errors with their causes, Maps, Sets,
 * dates, bytes. What a secret name holds is masked whole. Circles, depths and members that throw become words; never throws.
 */
export function redactedData(
  value: unknown,
  text: (text: string) => string,
  name: (name: string) => string = text,
): unknown {
  const known = new WeakMap<object, { result: unknown }>();

  function visit(value: unknown, depth: number): unknown {
    switch (typeof value) {
      case "string":
        return text(value);
      case "number":
        return masksNumber(value, text) ? maskFor() : value;
      case "bigint":
        return text(String(value));
      case "boolean":
      case "undefined":
        return value;
      case "symbol":
      case "function":
        return undefined;
      case "object":
        return value === null ? value : object(value, depth);
    }
  }

  function object(value: object, depth: number): unknown {
    const seen = known.get(value);
    if (seen !== undefined) return seen.result;
    if (depth >= deepest) return "[too deep]";
    const entry: { result: unknown } = { result: "[circular]" };
    known.set(value, entry);
    try {
      entry.result = content(value, depth + 1);
    } catch {
      entry.result = "[unreadable]";
    }
    return entry.result;
  }

  function content(value: object, depth: number): unknown {
    if (value instanceof Error)
      return members(
        { name: value.name, message: value.message, stack: value.stack, ...own(value), ...hidden(value) },
        depth,
      );
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
    if (value instanceof URL || value instanceof RegExp) return text(String(value));
    if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
    if (value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
    if (value instanceof Map) return mapped(value, depth);
    if (value instanceof Set) return [...value].map((item) => visit(item, depth) ?? null);
    if (Array.isArray(value))
      return holdsSecretBytes(value, text) ? [maskFor()] : value.map((item) => visit(item, depth) ?? null);
    if ("toJSON" in value && typeof value.toJSON === "function") return visit(value.toJSON(), depth);
    return members(own(value), depth);
  }

  function mapped(map: ReadonlyMap<unknown, unknown>, depth: number): unknown {
    const entries = [...map];
    if (entries.every(([key]) => typeof key === "string")) return members(Object.fromEntries(entries), depth);
    return entries.map(([key, item]) => [visit(key, depth) ?? null, visit(item, depth) ?? null]);
  }

  function members(from: Readonly<Record<string, unknown>>, depth: number): unknown {
    const result: Record<string, unknown> = {};
    for (const [key, item] of Object.entries(from)) {
      const shown = hides(key, item) ? maskFor() : visit(item, depth);
      if (shown === undefined) continue;
      Object.defineProperty(result, freeName(result, name(key)), {
        value: shown,
        enumerable: true,
        configurable: true,
        writable: true,
      });
    }
    return result;
  }

  return visit(value, 0);
}

/** A secret name hides text and numbers; what has members shows them, because a reference to a secret is none. */
function hides(name: string, value: unknown): boolean {
  if (typeof value === "string") return value !== "" && !value.startsWith("[secret") && isSecretName(name);
  return (typeof value === "number" || typeof value === "bigint") && isSecretName(name);
}

/** Own enumerable members, each read once; one that throws is said to be unreadable. */
function own(value: object): Readonly<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const name of Object.keys(value)) {
    let item: unknown;
    try {
      item = Reflect.get(value, name);
    } catch {
      item = "[unreadable]";
    }
    Object.defineProperty(found, name, { value: item, enumerable: true, configurable: true, writable: true });
  }
  return found;
}

/** What an Error carries without showing it among its members. */
function hidden(error: Error): Readonly<Record<string, unknown>> {
  return {
    ...(error.cause === undefined ? {} : { cause: error.cause }),
    ...(error instanceof AggregateError ? { errors: error.errors } : {}),
  };
}

/** Two keys that become the same once masked keep both their values. */
function freeName(result: Readonly<Record<string, unknown>>, name: string): string {
  if (!Object.hasOwn(result, name)) return name;
  let count = 2;
  while (Object.hasOwn(result, `${name} ${count}`)) count += 1;
  return `${name} ${count}`;
}

function masksNumber(value: number, text: (text: string) => string): boolean {
  const digits = String(value);
  return digits.length >= 4 && text(digits) !== digits;
}

/** Bytes written as a list of numbers, as JSON does with buffers. */
function holdsSecretBytes(items: readonly unknown[], text: (text: string) => string): boolean {
  if (items.length < 4 || items.length > 100_000) return false;
  if (!items.every((item) => typeof item === "number" && Number.isInteger(item) && item >= 0 && item <= 255))
    return false;
  const read = Buffer.from(items.filter((item) => typeof item === "number")).toString("utf8");
  return text(read) !== read;
}
