/** Looks for secrets in a text by undoing encodings with Node's own decoders, twice over; knows nothing of how masking works. */
export function leaks(text: string, ...secrets: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  const found: string[] = [];
  const look = (how: string, reading: string, deeper: number) => {
    if (seen.has(reading)) return;
    seen.add(reading);
    for (const secret of secrets) if (reading.includes(secret)) found.push(`${how || "as it is"}: ${secret}`);
    if (deeper > 0)
      for (const [again, next] of readings(reading)) look(`${how} ${again}`.trim(), next, deeper - 1);
  };
  look("", text, 2);
  return found;
}

function readings(text: string): readonly (readonly [string, string])[] {
  const unwrapped = text.replace(/\s+/g, "");
  return [
    ["unwrapped", text.replace(/\r?\n[ \t]*/g, "")],
    ["percent-decoded", percentDecoded(text)],
    ["form-decoded", percentDecoded(text.replaceAll("+", " "))],
    ["backslashes undone", backslashesUndone(text)],
    ["HTML undone", htmlUndone(text)],
    ["shell quotes undone", text.replaceAll(`'\\''`, "'").replaceAll(`'"'"'`, "'")],
    ...[0, 1, 2, 3].map(
      (skip) => [`base64 at ${skip}`, decodedRuns(text, /[A-Za-z0-9+/_-]{6,}/g, "base64", skip)] as const,
    ),
    ...[0, 1, 2, 3].map(
      (skip) =>
        [
          `wrapped base64 at ${skip}`,
          decodedRuns(unwrapped, /[A-Za-z0-9+/_-]{6,}/g, "base64", skip),
        ] as const,
    ),
    ...[0, 1].map(
      (skip) => [`hex at ${skip}`, decodedRuns(unwrapped, /[0-9A-Fa-f]{8,}/g, "hex", skip)] as const,
    ),
  ];
}

function decodedRuns(text: string, runs: RegExp, encoding: "base64" | "hex", skip: number): string {
  return [...text.matchAll(runs)]
    .map(([run]) => Buffer.from(run.slice(skip), encoding).toString("utf8"))
    .join("\n");
}

function percentDecoded(text: string): string {
  return text.replace(/(?:%[0-9A-Fa-f]{2})+/g, (run) =>
    Buffer.from(run.replaceAll("%", ""), "hex").toString("utf8"),
  );
}

function backslashesUndone(text: string): string {
  const spaces: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", b: "\b", f: "\f" };
  return text.replace(
    /\\(?:u([0-9a-fA-F]{4})|(.))/gs,
    (_, unit: string | undefined, one: string | undefined) =>
      unit === undefined ? (spaces[one ?? ""] ?? one ?? "") : String.fromCharCode(Number.parseInt(unit, 16)),
  );
}

function htmlUndone(text: string): string {
  const named: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
  return text.replace(
    /&(?:#x([0-9a-f]+)|#(\d+)|([a-z]+));/gi,
    (whole, hex?: string, digits?: string, name?: string) => {
      if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
      if (digits !== undefined) return String.fromCodePoint(Number.parseInt(digits, 10));
      return named[name ?? ""] ?? whole;
    },
  );
}
