import { describe, expect, test } from "vitest";
import { decideAscii, decideColor } from "#kit/render/palette.ts";
import { usableColumns } from "#kit/render/screen.ts";

describe("colour", () => {
  test.for([
    ["a terminal", undefined, {}, true, true, true],
    ["a pipe", undefined, {}, false, false, false],
    ["--color=always into a pipe", "always", {}, false, true, false],
    ["--color=never on a terminal", "never", { FORCE_COLOR: "1" }, true, false, true],
    ["--color=always over NO_COLOR", "always", { NO_COLOR: "1" }, true, true, true],
    ["--color=auto decides by the rest", "auto", { NO_COLOR: "1" }, true, false, true],
    ["NO_COLOR", undefined, { NO_COLOR: "1" }, true, false, true],
    ["NO_COLOR over FORCE_COLOR", undefined, { NO_COLOR: "1", FORCE_COLOR: "1" }, true, false, true],
    ["an empty NO_COLOR says nothing", undefined, { NO_COLOR: "" }, true, true, true],
    ["FORCE_COLOR into a pipe", undefined, { FORCE_COLOR: "1" }, false, true, false],
    ["an empty FORCE_COLOR is on", undefined, { FORCE_COLOR: "" }, false, true, false],
    ["FORCE_COLOR=0 on a terminal", undefined, { FORCE_COLOR: "0" }, true, false, true],
    ["TERM=dumb", undefined, { TERM: "dumb" }, true, false, false],
    ["TERM=dumb with COLORTERM", undefined, { TERM: "dumb", COLORTERM: "truecolor" }, true, false, false],
    [
      "TERM=dumb with FORCE_COLOR colours and still never redraws",
      undefined,
      { TERM: "dumb", FORCE_COLOR: "1" },
      true,
      true,
      false,
    ],
    ["TERM=dumb with --color=always", "always", { TERM: "dumb" }, true, true, false],
  ] as const)("%s", ([, flag, env, isTerminal, color, redraw]) => {
    expect(decideColor(flag, env, isTerminal)).toMatchObject({ color, redraw });
  });
});

describe("ASCII", () => {
  test.for([
    [{ OPS_ASCII: "1" }, true],
    [{ OPS_ASCII: "0", LANG: "C" }, false],
    [{ TERM: "linux" }, true],
    [{ LANG: "C" }, true],
    [{ LC_ALL: "POSIX", LANG: "en_US.UTF-8" }, true],
    [{ LANG: "en_US.UTF-8" }, false],
    [{ LANG: "de_DE.utf8" }, false],
    [{ LANG: "de_DE.ISO-8859-1" }, true],
    [{}, false],
  ] as const)("%j is %s", ([env, ascii]) => {
    expect(decideAscii(env)).toBe(ascii);
  });
});

test.for([
  [undefined, 80],
  [0, 80],
  [Number.NaN, 80],
  [-1, 80],
  [1, 40],
  [40, 40],
  [200, 200],
] as const)("a window of %s columns is laid out for %s", ([columns, usable]) => {
  expect(usableColumns(columns)).toBe(usable);
});
