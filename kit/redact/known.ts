import { formsOf, least, literalForms, shortest, type Core, type Forms } from "./forms.ts";
import { maskFor, type Span } from "./spans.ts";
import type { readingsOf, View } from "./views.ts";

type Readings = ReturnType<typeof readingsOf>;

/** How a value will be masked: in every form, only where it stands alone, or not at all. */
export type Masking = "everywhere" | "alone" | "never";

type Known = {
  readonly mask: string;
  readonly forms?: Forms;
  readonly alone?: readonly string[];
};

/** The secrets that are looked for by value. */
export type KnownSecrets = {
  /** Adds a value, and what is in it: the lines of a key file, the password of an address. */
  add(value: string, name?: string): Masking;
  /** Where they stand in a text. */
  find(text: string, readings: Readings): readonly Span[];
  /** Where the text's end may be the beginning of one, in characters of the text. */
  openFrom(text: string, readings: Readings): number;
  readonly isEmpty: boolean;
};

/** A shorter beginning of a secret at a text's end is taken for chance. */
const leastCutOff = 8;

/** Starts with none. */
export function knownSecrets(): KnownSecrets {
  const known = new Map<string, Known>();

  function addOne(value: string, name: string | undefined): Masking {
    if (value.length < least || maskFor().includes(value) || value.trim() === "") return "never";
    const clean = name?.replace(/[^\w.-]/g, "").slice(0, 40);
    const mask = maskFor(clean === "" || clean?.includes(value) === true ? undefined : clean);
    const already = known.get(value);
    if (value.length < shortest) {
      known.set(value, already ?? { mask, alone: literalForms(value) });
      return "alone";
    }
    known.set(value, { mask, forms: already?.forms ?? formsOf(value) });
    return "everywhere";
  }

  return {
    add(value, name) {
      const masking = addOne(value, name);
      for (const part of partsOf(value)) addOne(part, name);
      return masking;
    },
    find(text, readings) {
      const spans: Span[] = [];
      for (const { mask, forms, alone } of known.values()) {
        if (alone !== undefined) spans.push(...standingAlone(text, alone, mask));
        if (forms === undefined) continue;
        for (const form of forms.literal) if (text.includes(form)) spans.push(...literal(text, form, mask));
        const [value = ""] = forms.literal;
        if (text.includes(value.slice(0, leastCutOff))) spans.push(...cutOff(text, value, mask));
        for (const { undoing, views } of readings) {
          for (const form of undoing === "all" ? forms.plain : forms.bare)
            if (views.plain.text.includes(form)) spans.push(...inView(views.plain, form, mask));
          for (const form of forms.hex)
            if (views.hex.text.includes(form)) spans.push(...inView(views.hex, form, mask));
          for (const core of forms.base64)
            if (views.base64.text.includes(core.text)) spans.push(...inBase64(views.base64, core, mask));
        }
      }
      return spans;
    },
    openFrom(text, readings) {
      let open = Math.min(text.length, ...readings.map(({ views }) => views.openFrom));
      for (const { forms, alone } of known.values()) {
        for (const form of alone ?? []) open = Math.min(open, text.length - overlap(text, form));
        if (forms === undefined) continue;
        for (const form of forms.literal) open = Math.min(open, text.length - overlap(text, form));
        for (const { undoing, views } of readings) {
          for (const form of undoing === "all" ? forms.plain : forms.bare)
            open = Math.min(open, openIn(views.plain, form));
          for (const form of forms.hex) open = Math.min(open, openIn(views.hex, form));
          for (const core of forms.base64) open = Math.min(open, openCore(views.base64, core));
        }
      }
      return Math.max(0, open);
    },
    get isEmpty() {
      return known.size === 0;
    },
  };
}

/** What in a secret is secret by itself. */
function partsOf(value: string): readonly string[] {
  const lines = value.includes("\n")
    ? value.split(/\r?\n/).filter((line) => line.length >= 20 && !line.startsWith("-----"))
    : [];
  const [, password] = /^[a-z][a-z0-9+.-]*:\/\/[^:@/\s]*:([^@/\s]+)@/i.exec(value) ?? [];
  if (password === undefined) return lines;
  return [...lines, password, decoded(password)];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function* literal(text: string, form: string, mask: string): Generator<Span> {
  for (let at = text.indexOf(form); at >= 0; at = text.indexOf(form, at + form.length))
    yield { start: at, end: at + form.length, mask };
}

/** What cutting left of a secret at a text's end, when that is half of it or more. */
function cutOff(text: string, form: string, mask: string): readonly Span[] {
  const end = text.endsWith("…") ? text.length - 1 : text.length;
  const length = overlap(text.slice(Math.max(0, end - form.length), end), form);
  return length >= leastCutOff && length * 2 >= form.length ? [{ start: end - length, end, mask }] : [];
}

function* inView(view: View, form: string, mask: string): Generator<Span> {
  for (const { start, end } of literal(view.text, form, mask))
    yield { start: view.start(start), end: view.end(end - 1), mask };
}

/** The characters beside a core hold the secret's last bits, and padding says its length: both go too. */
function* inBase64(view: View, core: Core, mask: string): Generator<Span> {
  for (const found of literal(view.text, core.text, mask)) {
    const start = core.before === 1 && isBase64(view.text, found.start - 1) ? found.start - 1 : found.start;
    let end = core.after === 1 && isBase64(view.text, found.end) ? found.end + 1 : found.end;
    for (let pads = 0; pads < 2 && view.text.charAt(end) === "="; pads += 1) end += 1;
    yield { start: view.start(start), end: view.end(end - 1), mask };
  }
}

function isBase64(text: string, at: number): boolean {
  return /^[A-Za-z0-9+/]$/.test(text.charAt(at));
}

/** Short secrets: only where no letter, digit or underscore stands beside them. */
function* standingAlone(text: string, forms: readonly string[], mask: string): Generator<Span> {
  for (const form of forms)
    for (const span of literal(text, form, mask))
      if (!/^\w$/.test(text.charAt(span.start - 1)) && !/^\w$/.test(text.charAt(span.end))) yield span;
}

function openIn(view: View, form: string): number {
  const length = overlap(view.text, form);
  return length === 0 ? Number.POSITIVE_INFINITY : view.start(view.text.length - length);
}

/** A core that is whole may still be followed by the character with the secret's last bits. */
function openCore(view: View, core: Core): number {
  if (core.after === 1 && view.text.endsWith(core.text))
    return view.start(view.text.length - core.text.length);
  return openIn(view, core.text);
}

/** Length of the longest end of a text that begins a form without completing it; by the failure function, so linear in the form. */
function overlap(text: string, form: string): number {
  const tail = text.slice(Math.max(0, text.length - form.length + 1));
  const failure = failureOf(form);
  let length = 0;
  for (let at = 0; at < tail.length; at += 1) {
    const unit = tail.charCodeAt(at);
    while (length > 0 && form.charCodeAt(length) !== unit) length = failure[length - 1] ?? 0;
    if (form.charCodeAt(length) === unit) length += 1;
  }
  return length;
}

const failures = new Map<string, readonly number[]>();

function failureOf(form: string): readonly number[] {
  const already = failures.get(form);
  if (already !== undefined) return already;
  const failure = [0];
  let length = 0;
  for (let at = 1; at < form.length; at += 1) {
    while (length > 0 && form.charCodeAt(at) !== form.charCodeAt(length)) length = failure[length - 1] ?? 0;
    if (form.charCodeAt(at) === form.charCodeAt(length)) length += 1;
    failure.push(length);
  }
  failures.set(form, failure);
  return failure;
}
