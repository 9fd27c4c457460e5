import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { Asked } from "../serve.ts";

/** A pair of keys the stand-in knows, and what it may be used for. */
type KeyPair = { readonly accessKeyId: string; readonly secretAccessKey: string };

/** The two key pairs of the practice account. */
export type Keys = { readonly read: KeyPair; readonly act: KeyPair };

/** Who signed a request, or why the signature is not good. */
export type Signer =
  | { readonly kind: "signed"; readonly key: keyof Keys; readonly service: string }
  | {
      readonly kind: "unsigned" | "unknown-key" | "wrong-signature" | "expired" | "wrong-scope";
      readonly service: string | undefined;
    };

/** AWS accepts a signature for this long around the time it carries. */
const toleranceMs = 15 * 60_000;

/**
 * Verifies AWS Signature Version 4: canonical request, scope, time and HMAC, as AWS documents them.
 * `payload` is what the body is signed as, where that is not the SHA-256 of a body at hand.
 */
export function verifySignature(
  asked: Asked,
  keys: Keys,
  region: string,
  now: Date,
  payload = sha256(asked.body),
): Signer {
  const parts =
    /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
      asked.headers.authorization ?? "",
    );
  const [, credential = "", signedHeaders = "", signature = ""] = parts ?? [];
  const [accessKeyId = "", date = "", scopeRegion = "", service = "", end = ""] = credential.split("/");
  if (parts === null) return { kind: "unsigned", service: undefined };
  if (scopeRegion !== region || end !== "aws4_request") return { kind: "wrong-scope", service };

  const key = (["read", "act"] as const).find((name) => keys[name].accessKeyId === accessKeyId);
  if (key === undefined) return { kind: "unknown-key", service };

  const stamp = String(asked.headers["x-amz-date"] ?? "");
  const at = Date.parse(stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
  if (!stamp.startsWith(date) || Number.isNaN(at)) return { kind: "wrong-signature", service };
  if (Math.abs(at - now.getTime()) > toleranceMs) return { kind: "expired", service };
  if (!signedHeaders.split(";").includes("host")) return { kind: "wrong-signature", service };

  const toSign = [
    "AWS4-HMAC-SHA256",
    stamp,
    `${date}/${scopeRegion}/${service}/aws4_request`,
    sha256(canonicalRequest(asked, signedHeaders, payload)),
  ].join("\n");
  const signingKey = [date, scopeRegion, service, "aws4_request"].reduce<Buffer | string>(
    (secret, part) => hmac(secret, part),
    `AWS4${keys[key].secretAccessKey}`,
  );
  const expected = createHmac("sha256", signingKey).update(toSign).digest();
  return timingSafeEqual(expected, Buffer.from(signature, "hex"))
    ? { kind: "signed", key, service }
    : { kind: "wrong-signature", service };
}

function canonicalRequest(asked: Asked, signedHeaders: string, payload: string): string {
  const query = asked.query
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => (pair.includes("=") ? pair : `${pair}=`))
    .sort()
    .join("&");
  const headers = signedHeaders
    .split(";")
    .map(
      (name) =>
        `${name}:${String(asked.headers[name] ?? "")
          .trim()
          .replace(/ +/g, " ")}\n`,
    )
    .join("");
  return [asked.method, asked.path, query, headers, signedHeaders, payload].join("\n");
}

function sha256(data: Buffer | string): string {
  return createHash("sha256").update(data).digest("hex");
}

function hmac(key: Buffer | string, data: string): Buffer {
  return createHmac("sha256", key).update(data).digest();
}
