/** What a program needs to run at all: where things are, who runs it, in which language and time zone. */
const needed = new Set([
  "PATH",
  "HOME",
  "USER",
  "LOGNAME",
  "SHELL",
  "LANG",
  "LANGUAGE",
  "TZ",
  "TERM",
  "TERMINFO",
  "COLORTERM",
  "NO_COLOR",
  "FORCE_COLOR",
  "COLUMNS",
  "LINES",
  "TMPDIR",
  "XDG_RUNTIME_DIR",
  "XDG_STATE_HOME",
  "XDG_CONFIG_HOME",
  "XDG_CACHE_HOME",
  "NODE_EXTRA_CA_CERTS",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
]);

/**
 * The environment a child process gets: what every program needs, and what the caller names; nothing else is inherited, so a
 * secret reaches a child only by name. A name ending in `*` stands for all that begin so.
 */
export function childEnvironment(
  source: Readonly<Record<string, string | undefined>>,
  named: readonly string[] = [],
): Record<string, string> {
  const prefixes = named.filter((name) => name.endsWith("*")).map((name) => name.slice(0, -1));
  const allowed = (name: string) =>
    needed.has(name) ||
    name.startsWith("LC_") ||
    named.includes(name) ||
    prefixes.some((prefix) => name.startsWith(prefix));
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(source))
    if (value !== undefined && allowed(name)) environment[name] = value;
  return environment;
}
