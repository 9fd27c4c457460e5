/** Words that, standing last in a name, say that its value is secret. */
const last = new Set([
  "password",
  "passwd",
  "passphrase",
  "pwd",
  "secret",
  "token",
  "credential",
  "credentials",
  "authorization",
  "cookie",
  "apikey",
  "pgpassword",
]);

/** Pairs of words that say so only together. */
const lastTwo = new Set([
  "api key",
  "access key",
  "secret key",
  "private key",
  "routing key",
  "integration key",
  "service key",
  "signing key",
  "encryption key",
]);

/** True for a name whose value must not be shown: `password`, `SLACK_BOT_TOKEN`, `routingKey`, `aws-secret-access-key`. */
export function isSecretName(name: string): boolean {
  if (name.length > 100) return false;
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "");
  const word = words.at(-1)?.replace(/\d{1,2}$/, "") ?? "";
  return last.has(word) || lastTwo.has(words.slice(-2).join(" "));
}
