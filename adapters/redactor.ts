import { isSecretName } from "#kit/redact/names.ts";
import { createRedactor } from "#kit/redact/redactor.ts";

/** The one redactor of this process: every secret it reads is masked at every sink from then on. */
export const redactor = createRedactor();

/** A variable's value shorter than this is a setting rather than a secret. */
const shortest = 8;

/** Tells the redactor what the environment's variables hold under names that say it is secret, and addresses with a password. */
export function learnVariables(environment: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(environment))
    if (value !== undefined && value.length >= shortest && isSecret(name, value)) redactor.add(value, name);
}

/** `PWD` is a folder, and the path of a file with a secret is none. */
function isSecret(name: string, value: string): boolean {
  if (/(?:^|_)PWD$/.test(name) || value.startsWith("/")) return false;
  return isSecretName(name) || /^[a-z][a-z0-9+.-]*:\/\/[^:@/\s]*:[^@\s]+@/i.test(value);
}
