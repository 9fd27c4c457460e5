/** `1 person`, `2 people`. */
export function people(count: number): string {
  return `${count} ${count === 1 ? "person" : "people"}`;
}

/** `03:12:07 UTC`. */
export function clock(at: string): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? "an unknown time" : `${date.toISOString().slice(11, 19)} UTC`;
}
