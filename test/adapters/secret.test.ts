import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { format, inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { plainText } from "#adapters/foreign-text.ts";
import { redactor } from "#adapters/redactor.ts";
import { readSecret, Secret } from "#adapters/secret.ts";
import { failure } from "../contracts/aws.ts";

describe("secret", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "ops-secret-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("comes from a variable or a file, without the file's last line break", async () => {
    const file = join(folder, "token");
    writeFileSync(file, "from-a-file-0001\n");

    expect((await readSecret({ file })).reveal()).toBe("from-a-file-0001");
    expect((await readSecret({ env: "T" }, { T: "from-a-variable-0001" })).reveal()).toBe(
      "from-a-variable-0001",
    );
  });

  it("shows itself to nobody", () => {
    const secret = new Secret("hunter2-hunter2");
    const shown = [
      String(secret),
      JSON.stringify({ secret }),
      inspect(secret),
      inspect({ deep: { secret } }, { depth: 9, showHidden: true }),
      format("%s %o %j", secret, secret, secret),
      Object.values(secret).join(),
    ];

    expect(shown.join("\n")).not.toContain("hunter2");
  });

  it("is masked in foreign text, in every form in which it may come back", () => {
    const value = 'p@ss"word/+&=0001';
    const secret = new Secret(value);
    const echoes = [
      value,
      encodeURIComponent(value),
      JSON.stringify({ value }),
      Buffer.from(value).toString("base64"),
    ];

    for (const echo of echoes) {
      expect(redactor.text(`denied for ${echo}`)).toContain("[secret]");
      expect(plainText(`denied for ${echo}`)).not.toContain(secret.reveal().slice(0, 8));
    }
  });

  it("is refused by name when it is missing, empty, unreadable or no credential", async () => {
    const broken = join(folder, "broken");
    const large = join(folder, "large");
    writeFileSync(broken, "two\nlines");
    writeFileSync(large, "x".repeat(65_537));

    const errors = await Promise.all([
      failure(readSecret({ env: "OPS_TEST_NOT_SET" }, {})),
      failure(readSecret({ env: "OPS_TEST_EMPTY" }, { OPS_TEST_EMPTY: "" })),
      failure(readSecret({ file: join(folder, "nobody") })),
      failure(readSecret({ file: folder })),
      failure(readSecret({ file: broken })),
      failure(readSecret({ file: large })),
    ]);

    expect(
      errors.map(({ code, summary }) => `${code}: ${summary.replaceAll(folder, "…")}`),
    ).toMatchInlineSnapshot(`
      [
        "binding-missing: The environment variable OPS_TEST_NOT_SET is not set.",
        "binding-missing: The environment variable OPS_TEST_EMPTY is empty.",
        "binding-missing: The secret file …/nobody does not exist.",
        "binding-missing: The secret file … cannot be read (EISDIR).",
        "environment-invalid: The secret file …/broken holds line breaks or control characters, so it cannot be a credential.",
        "environment-invalid: The secret file …/large has 65537 bytes; a credential has at most 65536.",
      ]
    `);
  });
});

describe("foreign text", () => {
  it.for([
    ["two\r\nlines\tand a tab", "two lines and a tab"],
    ["\u001b[31mred\u001b[0m \u001b]0;title\u0007plain", "red plain"],
    ["a\u202eb\u200bc\u0000d", "a b c d"],
    ["x".repeat(400), `${"x".repeat(299)}…`],
  ] as const)("%j becomes %j", ([foreign, plain]) => {
    expect(plainText(foreign)).toBe(plain);
  });

  it("is never cut through a character", () => {
    expect(plainText("😀".repeat(20), 8)).toBe("😀😀😀…");
  });
});
