import { isIP } from "node:net";
import { z } from "zod";
import { count } from "./shapes.ts";

/** Rights of a key or token; platform/api/caller.ts says what they allow. */
const rights = ["read", "write", "admin"] as const;
type Right = (typeof rights)[number];

const claimName = z.string().regex(/^[\u0021-\u007e]{1,200}$/, "must be the name of a claim");

/** Who may use the API, and how much of it. */
export const authSettings = {
  CSRD_API_KEYS: z.string().default("").transform(apiKeys),
  CSRD_RATE_LIMIT: count(1_000_000).default(600),
  CSRD_RATE_LIMIT_UPLOADS: count(1_000_000).optional(),
  CSRD_RATE_LIMIT_TENANT: count(10_000_000).optional(),
  CSRD_RATE_LIMIT_REFUSED: count(1_000_000).optional(),
  CSRD_REDIS_CACHE_URL: z
    .url({ protocol: /^rediss?$/, error: "must be a redis:// or rediss:// URL" })
    .optional(),
  CSRD_TRUSTED_PROXIES: z.string().default("").transform(proxies),
  CSRD_OIDC_ISSUER: z
    .string()
    .refine(isIssuer, "must be an https URL without query, fragment or password (http on loopback only)")
    .optional(),
  CSRD_OIDC_AUDIENCE: z
    .string()
    .min(1, "must not be empty")
    .max(200, "must be at most 200 characters")
    .optional(),
  CSRD_OIDC_TENANT_CLAIM: claimName.default("tenant"),
  CSRD_OIDC_SCOPE_CLAIM: claimName.default("scope"),
  CSRD_OIDC_SCOPES: z
    .string()
    .default("csrd.read=read,csrd.write=write,csrd.admin=admin")
    .transform(tokenScopes),
  CSRD_OIDC_KEY_ORIGINS: z.string().default("").transform(origins),
  CSRD_OIDC_COOLDOWN_S: count(3_600).default(30),
};

/** How tokens of an issuer are read. */
export type OidcSettings = {
  readonly issuer: string;
  readonly audience: string;
  readonly tenantClaim: string;
  readonly scopeClaim: string;
  /** What a word of the scope claim allows. */
  readonly scopes: readonly { readonly claim: string; readonly scope: Right }[];
  /** Origins beside the issuer's own that may publish its keys. */
  readonly keyOrigins: readonly string[];
  /** Milliseconds between two questions about unknown key ids. */
  readonly cooldownMs: number;
};

type Auth = z.infer<z.ZodObject<typeof authSettings>>;

/** An issuer without an audience would let in tokens that were made for somebody else. */
export function wholeOidc(settings: Auth, context: z.RefinementCtx): void {
  const { CSRD_OIDC_ISSUER: issuer, CSRD_OIDC_AUDIENCE: audience } = settings;
  if ((issuer === undefined) === (audience === undefined)) return;
  context.addIssue({
    code: "custom",
    path: [issuer === undefined ? "CSRD_OIDC_ISSUER" : "CSRD_OIDC_AUDIENCE"],
    message: `must be set when ${issuer === undefined ? "CSRD_OIDC_AUDIENCE" : "CSRD_OIDC_ISSUER"} is`,
  });
}

/** The tokens that are accepted beside keys; undefined when no issuer is configured. */
export function oidcOf(settings: Auth): OidcSettings | undefined {
  const { CSRD_OIDC_ISSUER: issuer, CSRD_OIDC_AUDIENCE: audience } = settings;
  if (issuer === undefined || audience === undefined) return undefined;
  return {
    issuer,
    audience,
    tenantClaim: settings.CSRD_OIDC_TENANT_CLAIM,
    scopeClaim: settings.CSRD_OIDC_SCOPE_CLAIM,
    scopes: settings.CSRD_OIDC_SCOPES,
    keyOrigins: settings.CSRD_OIDC_KEY_ORIGINS,
    cooldownMs: settings.CSRD_OIDC_COOLDOWN_S * 1_000,
  };
}

/** An agent that others can reach over the network answers the worker only, and the worker proves itself by the token. */
export function tokenWhenReachable(
  settings: { readonly CSRD_HOST: string; readonly CSRD_INTERNAL_TOKEN?: string | undefined },
  context: z.RefinementCtx,
): void {
  if (settings.CSRD_INTERNAL_TOKEN !== undefined || isLoopback(settings.CSRD_HOST)) return;
  context.addIssue({
    code: "custom",
    path: ["CSRD_INTERNAL_TOKEN"],
    message: "must be set when CSRD_HOST is not this machine's loopback address",
  });
}

/** A key of the configuration: whose it is, what it may do, and the SHA-256 of the key itself. */
export type ApiKey = {
  readonly owner: string;
  readonly scopes: readonly ("read" | "write")[];
  readonly sha256: string;
};

/** `acme:read+write:<sha256 of the key, hex>`, separated by commas. */
function apiKeys(text: string, context: z.RefinementCtx<string>): readonly ApiKey[] {
  const keys: ApiKey[] = [];
  for (const entry of listed(text)) {
    const match = /^([A-Za-z0-9._-]{1,63}):(read|write|read\+write):([0-9a-f]{64})$/.exec(entry);
    if (match === null) {
      context.addIssue({
        code: "custom",
        message: "must be entries like acme:read+write:<SHA-256 of the key in hex>, separated by commas",
      });
      continue;
    }
    const [, owner = "", scopes = "", sha256 = ""] = match;
    keys.push({
      owner,
      scopes: (["read", "write"] as const).filter((scope) => scopes.includes(scope)),
      sha256,
    });
  }
  return keys;
}

function tokenScopes(text: string, context: z.RefinementCtx<string>): OidcSettings["scopes"] {
  return listed(text).flatMap((entry) => {
    const at = entry.lastIndexOf("=");
    const [claim, word] = [entry.slice(0, at), entry.slice(at + 1)];
    const scope = rights.find((right) => right === word);
    if (at > 0 && scope !== undefined) return [{ claim, scope }];
    context.addIssue({
      code: "custom",
      message: "must be entries like csrd.read=read, with read, write or admin, separated by commas",
    });
    return [];
  });
}

function origins(text: string, context: z.RefinementCtx<string>): readonly string[] {
  const all = listed(text);
  if (all.some((entry) => !URL.canParse(entry) || new URL(entry).origin !== entry))
    context.addIssue({
      code: "custom",
      message: "must be origins like https://keys.example.com, separated by commas",
    });
  return all;
}

function proxies(text: string, context: z.RefinementCtx<string>): readonly string[] {
  const all = listed(text);
  for (const entry of all) {
    const [address = "", bits, ...more] = entry.split("/");
    const most = isIP(address) === 4 ? 32 : 128;
    const isWhole =
      bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) >= 1 && Number(bits) <= most);
    if (isIP(address) === 0 || !isWhole || more.length > 0)
      context.addIssue({
        code: "custom",
        message: "must be addresses or networks like 10.0.0.7 or 10.0.0.0/24, separated by commas",
      });
  }
  return all;
}

function isIssuer(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  if (url.username !== "" || url.password !== "" || url.hash !== "" || url.search !== "") return false;
  return url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url.hostname));
}

function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/.test(host);
}

function listed(text: string): readonly string[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}
