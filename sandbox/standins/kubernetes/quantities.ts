const factors: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 1024,
  Mi: 1024 ** 2,
  Gi: 1024 ** 3,
  Ti: 1024 ** 4,
};

/** A quantity as the API server reads it; undefined for what is none. */
export function quantity(text: unknown): number | undefined {
  const found = /^(\d+(?:\.\d+)?)([numkMGT]|[KMGT]i)?$/.exec(String(text));
  return found === null ? undefined : Number(found[1]) * (factors[found[2] ?? ""] ?? 1);
}
