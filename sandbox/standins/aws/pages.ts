import { ServiceError } from "./service-error.ts";

/** One page of a list and the token for the next; a token that this list did not give out is refused with `code`. */
export function page<T>(
  all: readonly T[],
  token: string | undefined,
  size: number,
  code: string,
): { readonly page: readonly T[]; readonly next: string | undefined } {
  const start = token === undefined ? 0 : Number(decode(token));
  if (!Number.isInteger(start) || start < 0 || (token !== undefined && start >= all.length))
    throw new ServiceError(code, "The specified nextToken is invalid.");
  const end = start + size;
  return { page: all.slice(start, end), next: end < all.length ? encode(end) : undefined };
}

function encode(start: number): string {
  return Buffer.from(`page:${start}`).toString("base64url");
}

function decode(token: string): string {
  return /^page:(\d+)$/.exec(Buffer.from(token, "base64url").toString())?.[1] ?? "NaN";
}
