import { readFile, stat } from "node:fs/promises";
import { inspect } from "node:util";
import { OpsError } from "#kit/errors.ts";
import type { SecretRef } from "#kit/environment.ts";

const largest = 64 * 1024;

/** A value that shows itself to nobody: printing, logging, JSON and inspection all say `[secret]`; only `reveal` gives it. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
    if (value.length >= 8) revealed.add(value);
  }

  /** The value itself; call it where it goes on the wire, and nowhere else. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return "[secret]";
  }

  toJSON(): string {
    return "[secret]";
  }

  [inspect.custom](): string {
    return "[secret]";
  }
}

/** Every secret this process has read, so that foreign text which echoes one can be masked. */
const revealed = new Set<string>();

/** Text with every secret read so far masked, also where it stands URL-encoded, in base64 or escaped as JSON. */
export function maskSecrets(text: string): string {
  let masked = text;
  for (const value of revealed)
    for (const form of [
      value,
      encodeURIComponent(value),
      JSON.stringify(value).slice(1, -1),
      Buffer.from(value).toString("base64"),
    ])
      masked = masked.replaceAll(form, "[secret]");
  return masked;
}

/**
 * Reads a secret from where its reference points, now; nothing is read before it is needed.
 * Throws `binding-missing` when it is not there and `environment-invalid` when what is there cannot be a secret.
 */
export async function readSecret(
  ref: SecretRef,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<Secret> {
  const found = "env" in ref ? environment[ref.env] : await readSecretFile(ref.file);
  const place = "env" in ref ? `The environment variable ${ref.env}` : `The secret file ${ref.file}`;
  if (found === undefined || found === "")
    throw new OpsError("binding-missing", {
      summary: `${place} ${found === "" ? "is empty" : "env" in ref ? "is not set" : "does not exist"}.`,
      hint: "Provide it for this process; a secret is never written into the environment's YAML itself.",
    });
  if (hasControlCharacter(found))
    throw new OpsError("environment-invalid", {
      summary: `${place} holds line breaks or control characters, so it cannot be a credential.`,
      hint: "Store the bare value, one line, nothing around it.",
    });
  return new Secret(found);
}

/** The file's content without its last line break; undefined when there is no such file. */
async function readSecretFile(file: string): Promise<string | undefined> {
  try {
    const { size } = await stat(file);
    if (size > largest)
      throw new OpsError("environment-invalid", {
        summary: `The secret file ${file} has ${size} bytes; a credential has at most ${largest}.`,
        hint: "Point the binding at the file that holds the bare value.",
      });
    return (await readFile(file, "utf8")).replace(/\r?\n$/, "");
  } catch (error) {
    if (OpsError.is(error)) throw error;
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown reason";
    if (code === "ENOENT") return undefined;
    throw new OpsError("binding-missing", {
      summary: `The secret file ${file} cannot be read (${code}).`,
      hint: "Let this user read it, and nobody else.",
      cause: error,
    });
  }
}

function hasControlCharacter(text: string): boolean {
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    if (point < 32 || point === 127) return true;
  }
  return false;
}
