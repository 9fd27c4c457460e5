import { assignments } from "./assignments.ts";
import { maskFor, type Span } from "./spans.ts";

/**
 * Secrets that give themselves away by their shape. Every expression begins where no earlier match of it could have begun and
 * repeats one class at a time, so that none can take more than linear time.
 */
const shapes: readonly { readonly shape: RegExp; readonly name: string }[] = [
  {
    name: "aws-access-key-id",
    shape:
      /(?<![A-Za-z0-9])A(?:KIA|SIA|BIA|CCA)[A-Z0-9]{16}(?![A-Za-z0-9])(?:[\s:,;"'|]{1,4}[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+]))?/g,
  },
  { name: "slack-token", shape: /(?<![A-Za-z0-9])xox[a-z](?:\.xox[a-z])?-[A-Za-z0-9-]{10,}/g },
  { name: "slack-token", shape: /(?<![A-Za-z0-9])xapp-[A-Za-z0-9-]{10,}/g },
  {
    name: "slack-webhook",
    shape: /(?<=hooks\.slack\.com\/)(?:services|workflows|triggers)\/[A-Za-z0-9/_-]{10,}/g,
  },
  {
    name: "github-token",
    shape: /(?<![A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,})/g,
  },
  { name: "model-api-key", shape: /(?<![A-Za-z0-9])sk-(?:ant-|proj-)?[A-Za-z0-9_-]{20,}/g },
  // The id before it stays, so that a line still says which key it was.
  { name: "platform-api-key", shape: /(?<=csrd_live_[A-Za-z0-9]{8}_)[A-Za-z0-9]{20,}/g },
  { name: "jwt", shape: /(?<![\w-])eyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*){0,3}/g },
];

/** Some part of every shape and of every name: a text without any of these holds none, and most texts hold none. */
const hint =
  /A(?:KIA|SIA|BIA|CCA)|xox|xapp-|hooks\.slack|gh[pousr]_|github_pat_|sk-|csrd_live_|eyJ|bearer|basic|private key|:\/\/|pass|pwd|secret|token|key|credential|authorization|cookie|signature/i;

const bearer = /\b(?:Bearer|Basic)[ \t]{1,4}(?!\[secret)([A-Za-z0-9._~+/=-]{8,})/gi;

const keyBegin = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g;
const keyEnd = "PRIVATE KEY";

/** Where a text holds something that is secret by its shape or by the name it is given to. */
export function* secretShapes(text: string): Generator<Span> {
  if (!hint.test(text)) return;
  for (const { shape, name } of shapes)
    for (const match of text.matchAll(shape))
      yield { start: match.index, end: match.index + match[0].length, mask: maskFor(name) };
  for (const match of text.matchAll(bearer)) {
    const value = match[1] ?? "";
    // "Bearer authentication" is prose; a credential has digits or signs, or is longer than words are.
    if (!/[\d._~+/=]/.test(value.replace(/[.]+$/, "")) && value.length < 20) continue;
    const end = match.index + match[0].length;
    yield { start: end - value.length, end, mask: maskFor() };
  }
  yield* privateKeys(text);
  yield* passwordsInUrls(text);
  yield* assignments(text);
}

/** From a private key's first line to its last; to the text's end when the last is missing. */
function* privateKeys(text: string): Generator<Span> {
  const begin = new RegExp(keyBegin.source, "g");
  for (let found = begin.exec(text); found !== null; found = begin.exec(text)) {
    const ending = text.indexOf("-----END ", begin.lastIndex);
    const named = ending < 0 ? -1 : text.indexOf(keyEnd, ending);
    const dashes = named < 0 ? -1 : text.indexOf("-----", named);
    const end = dashes < 0 ? text.length : dashes + 5;
    yield { start: found.index, end, mask: maskFor("private-key") };
    begin.lastIndex = end;
  }
}

/** Where a private key begins that has not ended yet; undefined when there is none. */
export function openPrivateKey(text: string): number | undefined {
  for (const { start, end } of privateKeys(text))
    if (end === text.length && !text.endsWith("-----")) return start;
  return undefined;
}

const longestUserInfo = 512;

/** `scheme://user:password@host`: the password; a user part alone when it is as long as a token. */
function* passwordsInUrls(text: string): Generator<Span> {
  for (let at = text.indexOf("://"); at >= 0; at = text.indexOf("://", at + 3)) {
    const from = at + 3;
    const info = text.slice(from, from + longestUserInfo);
    const host = info.search(/[/?#\s"'<>`\\,]/);
    const part = host < 0 ? info : info.slice(0, host);
    const colon = part.indexOf(":");
    const wide = colon >= 0 && !/^\d{1,5}$/.test(part.slice(colon + 1)) ? untilBlank(info) : part;
    const sign = wide.lastIndexOf("@");
    if (sign < 0) continue;
    if (colon >= 0 && colon < sign) {
      if (!wide.startsWith("[secret", colon + 1))
        yield { start: from + colon + 1, end: from + sign, mask: maskFor() };
    } else if (sign >= 20 && colon < 0) yield { start: from, end: from + sign, mask: maskFor() };
  }
}

function untilBlank(text: string): string {
  const blank = text.search(/[\s"'<>`\\]/);
  return blank < 0 ? text : text.slice(0, blank);
}
