import { isSecretName } from "#kit/redact/names.ts";
import { createRedactor } from "#kit/redact/redactor.ts";

/** What must not stand in any line of this process: secrets by their value, once learned, and everything that is secret by its shape. */
export const secrets = createRedactor();

/** A shorter value is a setting rather than a secret. */
const shortest = 8;

/**
 * Learns the secrets among a process's variables: what has a secret's name, the password of an address, the values of headers. It is
 * called before the first line is written.
 */
export function learnSecrets(environment: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined || value.length < shortest || value.startsWith("/")) continue;
    for (const secret of secretsIn(name, value)) secrets.add(secret, name);
  }
}

function secretsIn(name: string, value: string): readonly string[] {
  if (/(?:^|_)PWD$/.test(name)) return [];
  if (isSecretName(name)) return [value];
  if (name.endsWith("_HEADERS"))
    return value.split(",").map((pair) => pair.slice(pair.indexOf("=") + 1).trim());
  const password = URL.canParse(value) ? new URL(value).password : "";
  return password === "" ? [] : [password, decoded(password)];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
