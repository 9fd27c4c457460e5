import {
  createHash,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  timingSafeEqual,
} from "node:crypto";
import { type Asked, type Said, serve } from "./serve.ts";

/** A program that may ask for tokens with its secret, and what its tokens say of it. */
export type OidcClient = {
  readonly id: string;
  readonly secret: string;
  readonly claims: Readonly<Record<string, unknown>>;
};

/** How the stand-in behaves until it is told otherwise. */
type OidcMood = "well" | "away" | "silent" | "redirecting" | "swollen";

/** An OpenID Connect issuer on this machine: discovery, published keys, and tokens for programs (RFC 6749 §4.4, RFC 7517, RFC 9068). */
export type OidcStandin = {
  readonly issuer: string;
  /** How often its keys were asked for. */
  readonly keyQuestions: () => number;
  /** The public half of the key that signs now, as PEM and as its id. */
  readonly publicKey: () => { readonly pem: string; readonly kid: string };
  /** A token with any header and claims, signed by the key that signs now: for what an honest issuer would never say. */
  readonly forge: (
    claims: Readonly<Record<string, unknown>>,
    header?: Readonly<Record<string, unknown>>,
  ) => string;
  /** Signs with a new key from now on, and publishes it; the old one is published too unless it is to be withdrawn. */
  readonly rotate: (how: { readonly withdraw: boolean }) => void;
  readonly behave: (mood: OidcMood) => void;
  /** Publishes its keys at this address instead of its own. */
  readonly publishAt: (address: string) => void;
  readonly stop: () => Promise<void>;
};

type SigningKey = { readonly kid: string; readonly privateKey: KeyObject; readonly publicKey: KeyObject };

/** Starts an issuer for these clients; its tokens are for `audience` and last five minutes. */
export async function startOidcStandin(
  audience: string,
  clients: readonly OidcClient[],
): Promise<OidcStandin> {
  let keys: readonly SigningKey[] = [newKey()];
  let mood: OidcMood = "well";
  let keysAt: string | undefined;
  let asked = 0;
  const current = (): SigningKey => {
    const [first] = keys;
    if (first === undefined) throw new TypeError("an issuer has a key");
    return first;
  };
  const forge: OidcStandin["forge"] = (claims, header = {}) => {
    const { kid, privateKey } = current();
    const head = { alg: "RS256", typ: "at+jwt", kid, ...header };
    const body = `${encode(head)}.${encode(claims)}`;
    return `${body}.${sign("sha256", Buffer.from(body), privateKey).toString("base64url")}`;
  };

  const answer = async (request: Asked): Promise<Said> => {
    if (mood === "away") return { status: 503, body: "" };
    if (mood === "silent") return new Promise(() => undefined);
    if (mood === "redirecting")
      return { status: 302, headers: { location: `${serving.url}/elsewhere${request.path}` }, body: "" };
    const path = request.path.replace(/^\/elsewhere/, "");
    if (request.method === "GET" && path === "/.well-known/openid-configuration")
      return json(200, {
        issuer: serving.url,
        jwks_uri: keysAt ?? `${serving.url}/keys`,
        token_endpoint: `${serving.url}/token`,
        grant_types_supported: ["client_credentials"],
        token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post"],
        id_token_signing_alg_values_supported: ["RS256"],
        response_types_supported: [],
        subject_types_supported: ["public"],
      });
    if (request.method === "GET" && path === "/keys") {
      asked += 1;
      if (mood === "swollen") return { status: 200, body: `{"keys":[],"x":"${"x".repeat(400_000)}"}` };
      return json(200, {
        keys: keys.map(({ kid, publicKey }) => ({
          ...publicKey.export({ format: "jwk" }),
          kid,
          alg: "RS256",
          use: "sig",
        })),
      });
    }
    if (request.method === "POST" && path === "/token") return token(request);
    return json(404, { error: "not_found" });
  };
  const token = (request: Asked): Said => {
    const form = new URLSearchParams(request.body.toString("utf8"));
    if (form.get("grant_type") !== "client_credentials")
      return json(400, { error: "unsupported_grant_type" });
    const [id, secret] = basic(request.headers.authorization) ?? [
      form.get("client_id"),
      form.get("client_secret"),
    ];
    const client = clients.find((one) => one.id === id);
    if (client === undefined || !same(client.secret, secret ?? ""))
      return json(401, { error: "invalid_client" }, { "www-authenticate": "Basic" });
    const now = Math.floor(Date.now() / 1_000);
    const claims = { iss: serving.url, aud: audience, sub: client.id, iat: now, nbf: now, exp: now + 300 };
    return json(
      200,
      { access_token: forge({ ...claims, ...client.claims }), token_type: "Bearer", expires_in: 300 },
      { "cache-control": "no-store" },
    );
  };
  const serving = await serve(answer);
  return {
    issuer: serving.url,
    keyQuestions: () => asked,
    publicKey: () => ({
      kid: current().kid,
      pem: current().publicKey.export({ format: "pem", type: "spki" }).toString(),
    }),
    forge,
    rotate: ({ withdraw }) => {
      keys = [newKey(), ...(withdraw ? [] : keys)];
    },
    behave: (next) => {
      mood = next;
    },
    publishAt: (address) => {
      keysAt = address;
    },
    stop: serving.stop,
  };
}

function newKey(): SigningKey {
  return { kid: randomBytes(8).toString("hex"), ...generateKeyPairSync("rsa", { modulusLength: 2_048 }) };
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function json(status: number, body: object, headers: Readonly<Record<string, string>> = {}): Said {
  return { status, headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) };
}

function basic(header: string | undefined): readonly [string, string] | undefined {
  const encoded = /^Basic ([A-Za-z0-9+/=]+)$/.exec(header ?? "")?.[1];
  if (encoded === undefined) return undefined;
  const [id = "", ...rest] = Buffer.from(encoded, "base64").toString("utf8").split(":");
  return [decodeURIComponent(id), decodeURIComponent(rest.join(":"))];
}

function same(one: string, other: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
