const factors: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** A quantity of Kubernetes as a number, `250m` as 0.25 and `2Gi` as bytes; undefined for what is none. Source: Kubernetes API reference, "Quantity". */
export function quantityOf(text: string | number | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, number = "", suffix = ""] =
    /^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)([numkMGTPE]|[KMGTPE]i)?$/.exec(String(text).trim()) ?? [];
  const factor = factors[suffix];
  return number === "" || factor === undefined ? undefined : Number(number) * factor;
}

/** Cores as a quantity, to the thousandth: 0.25 is `250m`. */
export function cpuQuantity(cpus: number): string {
  const milli = Math.round(cpus * 1_000);
  return milli % 1_000 === 0 ? String(milli / 1_000) : `${milli}m`;
}

/** Bytes as a quantity, in the largest binary unit that says it exactly. */
export function memoryQuantity(bytes: number): string {
  for (const unit of ["Gi", "Mi", "Ki"] as const) {
    const factor = factors[unit] ?? 1;
    if (bytes >= factor && bytes % factor === 0) return `${bytes / factor}${unit}`;
  }
  return String(Math.round(bytes));
}
