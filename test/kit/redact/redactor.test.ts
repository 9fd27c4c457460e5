import * as fc from "fast-check";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { createRedactor } from "#kit/redact/redactor.ts";
import { encodings, wrapped } from "./encodings.ts";
import { leaks } from "./leaks.ts";

const value = `p@ss"wo'rd/<+&=%0001é😀\\end`;

describe("a secret's value", () => {
  it.for(Object.keys(encodings))("is found as %s, alone and inside other text", (how) => {
    const redactor = createRedactor();
    redactor.add(value, "DB_PASSWORD");
    const encode = encodings[how] ?? String;

    for (const text of [value, `a${value}`, `ab${value}z`, `user:${value}@db`]) {
      const shown = redactor.text(`before ${encode(text)} after`);

      expect(leaks(shown, value)).toEqual([]);
      expect(shown).toContain("[secret DB_PASSWORD]");
      expect(shown).toMatch(/^before .* after$/);
    }
  });

  it.for([
    ["base64", 20],
    ["base64url", 7],
    ["raw", 5],
    ["json", 9],
    ["url", 4],
    ["hex", 10],
  ] as const)("is found as %s wrapped at %i characters", ([how, width]) => {
    const redactor = createRedactor();
    redactor.add(value);
    const encode = encodings[how] ?? String;

    const shown = redactor.text(wrapped(encode(`user:${value}@db`), width, "  "));

    expect(leaks(shown, value)).toEqual([]);
    expect(shown).toContain("[secret]");
  });

  it("is found with a colour, a zero-width space or a line end inside it", () => {
    const redactor = createRedactor();
    redactor.add("hunter2-hunter2");

    for (const text of ["hunt\u001b[31mer2-hunter2", "hunter2\u200b-hunter2", "hunter2-\r\n\thunter2"])
      expect(redactor.text(`<${text}>`)).toBe("<[secret]>");
  });

  it("never survives any encoding, any neighbours and any wrapping", () => {
    fc.assert(
      fc.property(
        secrets,
        neighbours,
        neighbours,
        fc.constantFrom(...Object.keys(encodings)),
        fc.option(fc.integer({ min: 4, max: 80 }), { nil: undefined }),
        (secret, before, after, how, width) => {
          const redactor = createRedactor();
          redactor.add(secret);
          // Something that looks like an escape, glued to a secret and broken over lines, is one guess too many.
          const [left, right] = width === undefined ? [before, after] : [calm(before), calm(after)];
          const encoded = encodings[how]?.(`${left}${secret}${right}`) ?? "";

          const shown = redactor.text(width === undefined ? encoded : wrapped(encoded, width));

          expect(leaks(shown, secret), `${how}: ${encoded}`).toEqual([]);
          expect(redactor.text(shown), "masking twice changes nothing").toBe(shown);
        },
      ),
      { numRuns: 1_500, seed: 20261121 },
    );
  });

  it("leaves text alone that does not hold it", () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[A-Za-z0-9]{16,24}$/), { minLength: 1, maxLength: 5 }),
        fc.lorem({ mode: "sentences", maxCount: 6 }),
        fc.json({ depthSize: "small" }),
        fc.webUrl(),
        (values, prose, json, url) => {
          const redactor = createRedactor();
          for (const one of values) redactor.add(one);
          const text = `${prose}\n${json}\n${url}\n2026-11-21T03:12:00Z r-7f2a 9f3c-1e77 100% of 2 steps\\n`;

          fc.pre(values.every((one) => leaks(text, one).length === 0));

          expect(redactor.text(text)).toBe(text);
        },
      ),
      { numRuns: 400, seed: 20261121 },
    );
  });

  it.for([
    ["abc", "never", "abc alphabet abc", "abc alphabet abc"],
    [
      "abcd",
      "alone",
      "abcd=abcd xabcd abcd1 (abcd) YWJjZA== YWJjZA",
      "[secret]=[secret] xabcd abcd1 ([secret]) [secret] [secret]",
    ],
    ["abcdef", "everywhere", "xabcdefx", "x[secret]x"],
    ["secret", "never", "a secret", "a secret"],
    ["       ", "never", "a       b", "a       b"],
  ] as const)("%j is masked %s", ([short, masking, text, shown]) => {
    const redactor = createRedactor();

    expect(redactor.add(short)).toBe(masking);
    expect(redactor.text(text)).toBe(shown);
  });

  it("takes what is secret in it with it: the password of an address, the lines of a key file", () => {
    const redactor = createRedactor();
    redactor.add("postgres://csrd:s3cr%2Ft-pw@db.internal:5432/csrd", "OPS_DATABASE_URL");
    redactor.add("first\nMIIEvQIBADANBgkqhkiG9w0BAQ\nlast");

    expect(redactor.text("password authentication failed with s3cr/t-pw")).not.toContain("s3cr/t-pw");
    expect(redactor.text("line 2: MIIEvQIBADANBgkqhkiG9w0BAQ")).toBe("line 2: [secret]");
  });

  it("is found where cutting left half of it or more", () => {
    const redactor = createRedactor();
    redactor.add("correct-horse-battery");

    expect(redactor.text("denied for correct-horse-b…")).toBe("denied for [secret]…");
    expect(redactor.text("denied for correct-horse")).toBe("denied for [secret]");
    expect(redactor.text("all is correct")).toBe("all is correct");
  });

  it("names the secret only when the name is harmless", () => {
    const redactor = createRedactor();
    redactor.add("hunter2-hunter2", "x-hunter2-hunter2");
    redactor.add("correct-horse", "../etc/[tok]en\n");

    expect(redactor.text("hunter2-hunter2 correct-horse")).toBe("[secret] [secret ..etctoken]");
  });

  it("shows nothing of itself", () => {
    const redactor = createRedactor();
    redactor.add(value);

    const shown = [inspect(redactor, { depth: 9, showHidden: true }), JSON.stringify(redactor)];

    expect(leaks(shown.join("\n"), value)).toEqual([]);
  });
});

const printable = fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code));
const secrets = fc
  .oneof(
    fc.string({ unit: printable, minLength: 6, maxLength: 40 }),
    fc.string({ unit: "grapheme", minLength: 6, maxLength: 20 }),
    fc.base64String({ minLength: 8, maxLength: 44 }),
    fc.stringMatching(/^[0-9a-f]{8,40}$/),
    fc.stringMatching(/^[%&\\u0-9;"' +]{6,12}$/),
  )
  // What is nearly all quotes, white space and escapes has no form by which it could be told from text.
  .filter((secret) => secret.replace(/[\s"'+\\]|%[0-9a-f]{2}/gi, "").length >= 6)
  .filter((secret) => secret.trim() === secret && !"[secret]".includes(secret) && new Set(secret).size > 3);
const neighbours = fc.string({ unit: printable, maxLength: 12 });
const calm = (text: string) => text.replace(/[%\\&]/g, "=");
