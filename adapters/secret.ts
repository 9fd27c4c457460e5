import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import { inspect } from "node:util";
import { OpsError } from "#kit/errors.ts";
import { SecretRef } from "#kit/environment.ts";
import { redactor } from "./redactor.ts";

const largest = 64 * 1024;

/** A value that shows itself to nobody: printing, logging, JSON and inspection all say `[secret]`; only `reveal` gives it. */
export class Secret {
  readonly #value: string;

  constructor(value: string, name?: string) {
    this.#value = value;
    redactor.add(value, name);
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
  return new Secret(found, "env" in ref ? ref.env : basename(ref.file));
}

/**
 * Tells the redactor every secret that bindings refer to, before anything is looked at, so that a vendor who echoes one is masked
 * from the first line on. What cannot be read now is left to the one who needs it. The values go nowhere else.
 */
export async function learnSecrets(bindings: unknown): Promise<void> {
  const reference = SecretRef.safeParse(bindings);
  if (reference.success) await readSecret(reference.data).catch(() => undefined);
  else if (typeof bindings === "object" && bindings !== null)
    for (const member of Object.values(bindings)) await learnSecrets(member);
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
