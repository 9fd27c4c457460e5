/** The part of a file that a `Range` header asks for: all of it, from a byte to a byte (both included), or none that is there. */
export type AskedRange =
  | { readonly kind: "all" }
  | { readonly kind: "part"; readonly from: number; readonly to: number }
  | { readonly kind: "none" };

/** Reads `Range: bytes=…` of one range; anything else asks for all, as RFC 9110 §14.2 has it. */
export function askedRange(header: unknown, bytes: number): AskedRange {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(
    typeof header === "string" ? header.replaceAll(" ", "") : "",
  );
  const [, first = "", last = ""] = match ?? [];
  if (match === null || (first === "" && last === "")) return { kind: "all" };
  if (first === "") {
    const length = Math.min(Number(last), bytes);
    return length === 0 ? { kind: "none" } : { kind: "part", from: bytes - length, to: bytes - 1 };
  }
  const from = Number(first);
  const to = last === "" ? bytes - 1 : Math.min(Number(last), bytes - 1);
  if (last !== "" && Number(last) < from) return { kind: "all" };
  return from >= bytes ? { kind: "none" } : { kind: "part", from, to };
}

/** Whether an `If-None-Match` names this tag, weakly compared. */
export function isKnown(header: unknown, etag: string): boolean {
  if (typeof header !== "string") return false;
  return header.trim() === "*" || header.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag);
}
