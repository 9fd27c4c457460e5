import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRedactor } from "#kit/redact/redactor.ts";
import { encodings, wrapped } from "./encodings.ts";
import { leaks } from "./leaks.ts";

const value = `p@ss"wo'rd/<+&=%0001é\\end`;
const key = `-----BEGIN EC PRIVATE KEY-----\n${"MHcCAQEEIBase64Base64\n".repeat(6)}-----END EC PRIVATE KEY-----`;

describe("text in pieces", () => {
  it("is redacted as it would be whole, wherever it is cut", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.lorem({ maxCount: 4 }),
            fc.constantFrom(...Object.values(encodings)).map((encode) => encode(`u:${value}@h`)),
            fc.constantFrom(5, 16, 64).map((width) => wrapped(encodings["base64url"]?.(value) ?? "", width)),
            fc.constantFrom(
              `password=${"x".repeat(30)}`,
              "token: abc",
              "Authorization: Bearer abc.def.ghi",
              key,
            ),
          ),
          { minLength: 1, maxLength: 6 },
        ),
        fc.constantFrom("\n", "\r\n", " ", "\n\n"),
        fc.array(fc.nat(2_000), { maxLength: 8 }),
        (parts, between, cuts) => {
          const redactor = createRedactor();
          redactor.add(value);
          const text = parts.join(between);

          const shown = pushed(redactor.stream(), cut(text, cuts));

          expect(leaks(shown, value)).toEqual([]);
          expect(shown).toBe(redactor.text(text));
        },
      ),
      { numRuns: 400, seed: 20261121 },
    );
  });

  it("hides a secret that comes one character at a time", () => {
    const redactor = createRedactor();
    redactor.add(value);

    for (const encode of Object.values(encodings)) {
      const shown = pushed(redactor.stream(), `a ${encode(value)} b\n`.split(""));

      expect(leaks(shown, value)).toEqual([]);
    }
  });

  it("shows whole lines at once and keeps the unfinished one", () => {
    const redactor = createRedactor();
    redactor.add("hunter2-hunter2");
    const stream = redactor.stream();

    const shown = [stream.push("one\ntwo hunt"), stream.push("er2-hunter2 three\nfour"), stream.end()];

    expect(shown).toEqual(["one\n", "two [secret] three\n", "four"]);
  });

  it.for([
    ["one endless line", "word "],
    ["one endless word", "word"],
    ["an endless beginning of a secret", "hunter2-hunter"],
    ["escapes without end", "%25"],
  ] as const)("keeps at most 64 Ki characters back: %s", ([, piece]) => {
    const redactor = createRedactor();
    redactor.add("hunter2-hunter2");
    const stream = redactor.stream();
    const chunk = piece.repeat(1_000);
    let given = 0;
    let shown = 0;
    let most = 0;

    for (let times = 0; times < 60; times += 1) {
      given += chunk.length;
      shown += stream.push(chunk).length;
      most = Math.max(most, given - shown);
    }

    expect(most).toBeLessThan(64 * 1024 + chunk.length);
    expect(shown + stream.push(" .").length + stream.end().length).toBe(given + 2);
  });

  it("does not hold back lines that each end in a secret", () => {
    const redactor = createRedactor();
    redactor.add("hunter2-hunter2");
    const stream = redactor.stream();

    const shown = Array.from({ length: 5_000 }, () => stream.push("denied for hunter2-hunter2\n"));

    expect(shown.join("").length).toBeGreaterThan(4_990 * "denied for [secret]\n".length);
    expect(shown.join("") + stream.end()).toBe("denied for [secret]\n".repeat(5_000));
  });

  it("masks a private key that never ends instead of keeping it", () => {
    const stream = createRedactor().stream();
    const body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEA\n".repeat(200);
    let shown = stream.push("-----BEGIN PRIVATE KEY-----\n");

    for (let times = 0; times < 10; times += 1) shown += stream.push(body);

    expect(shown.slice(0, 30)).toContain("[secret");
    expect(shown.length).toBeLessThan(200);
  });
});

function cut(text: string, at: readonly number[]): readonly string[] {
  const places = [...new Set([0, ...at.map((place) => place % (text.length + 1)), text.length])].sort(
    (a, b) => a - b,
  );
  return places.slice(1).map((place, index) => text.slice(places[index], place));
}

function pushed(stream: { push(chunk: string): string; end(): string }, chunks: readonly string[]): string {
  return chunks.map((chunk) => stream.push(chunk)).join("") + stream.end();
}
