/** The vendor's own code of a failure (`ECONNREFUSED`, `57P01`), also when it is the cause's; undefined when it has none. */
export function vendorCode(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  if ("code" in error && typeof error.code === "string") return error.code;
  return "cause" in error ? vendorCode(error.cause) : undefined;
}

/** What a failure says of itself, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
