import { createHash, randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";

/**
 * An API key is `csrd_live_<8>_<26><6>`: an id that may be shown, logged and looked up; a secret of 26 characters of 62 (154 bits); and a
 * checksum, so that a mistyped key is told from an unknown one without asking anybody, and secret scanners find it:
 * `csrd_live_[0-9A-Za-z]{8}_[0-9A-Za-z]{32}`.
 */
const shape = /^(csrd_live_[0-9A-Za-z]{8})_([0-9A-Za-z]{26})([0-9A-Za-z]{6})$/;
const idShape = /^csrd_live_[0-9A-Za-z]{8}$/;
const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** A key that has just been made. `key` is shown once and kept nowhere. */
export type NewKey = { readonly id: string; readonly key: string; readonly sha256: Buffer };

/** A new key from the system's random source. */
export function newApiKey(): NewKey {
  const id = `csrd_live_${random(8)}`;
  const body = `${id}_${random(26)}`;
  const key = `${body}${checksum(body)}`;
  return { id, key, sha256: digestOf(key) };
}

/**
 * What is kept of a key. A plain SHA-256 is right here: slow, salted hashes protect what people think up; a secret of 154 random bits
 * cannot be guessed at any speed, and a fast one keeps the check cheap under a flood.
 */
export function digestOf(key: string): Buffer {
  return createHash("sha256").update(key).digest();
}

/** What somebody presents as a key: the id of one that is well formed, `mistyped` when it is meant to be ours and is not, `foreign` otherwise. */
export function readApiKey(text: string): { readonly id: string } | "mistyped" | "foreign" {
  const match = shape.exec(text);
  if (match === null) return /^csrd_live/i.test(text) ? "mistyped" : "foreign";
  const [, id = "", secret = "", check] = match;
  return checksum(`${id}_${secret}`) === check ? { id } : "mistyped";
}

/** True for what may be a key's id. */
export function isKeyId(text: string): boolean {
  return idShape.test(text);
}

function checksum(body: string): string {
  let rest = crc32(body);
  let text = "";
  for (let i = 0; i < 6; i += 1) {
    text = `${digits.charAt(rest % 62)}${text}`;
    rest = Math.floor(rest / 62);
  }
  return text;
}

function random(length: number): string {
  let text = "";
  while (text.length < length)
    // 248 is the largest multiple of 62 in a byte: what is above would make some characters likelier.
    for (const byte of randomBytes(length * 2))
      if (byte < 248 && text.length < length) text += digits.charAt(byte % 62);
  return text;
}
