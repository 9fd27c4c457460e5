/** What a request shows of itself: a key or token, or nothing. */
type Presented = { readonly text: string; readonly token: boolean } | undefined;

/** Largest token or key that is looked at, in characters. */
const mostCredential = 8_192;

/** The credential in `Authorization: Bearer …` or, for keys, `X-API-Key: …`; `unusable` when there is one of no known shape, or one that is too long. */
export function presented(headers: Readonly<Record<string, unknown>>): Presented | "unusable" {
  const { authorization } = headers;
  const apiKey = headers["x-api-key"];
  if (authorization === undefined && apiKey === undefined) return undefined;
  if (authorization !== undefined && apiKey !== undefined) return "unusable";
  const text =
    typeof authorization === "string"
      ? /^Bearer +([\u0021-\u007e]+)$/i.exec(authorization)?.[1]
      : typeof apiKey === "string"
        ? /^[\u0021-\u007e]+$/.exec(apiKey)?.[0]
        : undefined;
  if (text === undefined || text.length > mostCredential) return "unusable";
  return { text, token: /^[\w-]+\.[\w-]+\.[\w-]*$/.test(text) };
}
