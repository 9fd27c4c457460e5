import { type Command, Option } from "commander";
import { readSecret } from "#adapters/secret.ts";
import type { SecretRef } from "#kit/environment.ts";
import { CsrdError } from "#platform/errors.ts";
import { PlatformBinding } from "#platform/probe/binding.ts";
import { chooseEnvironment } from "../environment-names.ts";
import { loadEnvironment } from "../environment.ts";

/** The options by which a command is told which running platform is meant. */
export type PlaceOptions = { readonly env?: string; readonly url?: string };

/** Gives a command those options. */
export function withPlace(command: Command): Command {
  return command
    .addOption(new Option("--env <name>", "the environment, by its file; the same ones as for ops"))
    .addOption(
      new Option("--url <address>", "the platform's address, with the key in CSRD_API_KEY").conflicts("env"),
    );
}

/** A running platform: where it is, what it is called, and the keys that are bound for it. */
export type Place = {
  readonly name: string;
  readonly url: string;
  /** `unknown` for a bare address: nobody said what it is. */
  readonly tier: "sandbox" | "development" | "staging" | "production" | "unknown";
  /** The key to send trials with. */
  readonly key: string;
  /** Whether that is the key of a tenant that is there for trials. */
  readonly forTrials: boolean;
  readonly otherKey: string | undefined;
  /** For `/health` and `/metrics` where they ask for one. */
  readonly probeToken: string | undefined;
};

/** The platform that a command line names; throws `binding-missing` and the like when there is no way to ask it. */
export async function placeOf({ env, url }: PlaceOptions): Promise<Place> {
  if (url !== undefined) return bare(url);
  const file = loadEnvironment(chooseEnvironment(env));
  const service = file.services.find(({ name }) => name === "api") ?? file.services[0];
  if (service === undefined)
    throw new CsrdError("csrd-usage", {
      summary: `The environment ${file.name} lists no service to ask.`,
      hint: "List the API under `services` in its file, or name an address with --url.",
    });
  const bound = PlatformBinding.safeParse(file.bindings["platform"] ?? {});
  if (!bound.success)
    throw new CsrdError("csrd-usage", {
      summary: `bindings.platform of ${file.name} is not valid: ${bound.error.issues[0]?.path.join(".") ?? ""} ${bound.error.issues[0]?.message ?? ""}.`,
      hint: "It takes apiKey, smokeApiKey, otherApiKey and probeToken, each { file: path } or { env: NAME }.",
    });
  const { apiKey, smokeApiKey, otherApiKey, probeToken } = bound.data;
  const ref = smokeApiKey ?? apiKey;
  if (ref === undefined)
    throw new CsrdError("csrd-usage", {
      summary: `The environment ${file.name} names no key for the platform's API.`,
      hint: "Add bindings: platform: { smokeApiKey: { file: /where/only/you/can/read } } to its file.",
    });
  return {
    name: file.name,
    url: service.url.replace(/\/+$/, ""),
    tier: file.tier,
    key: await secret(ref),
    forTrials: smokeApiKey !== undefined,
    otherKey: otherApiKey === undefined ? undefined : await secret(otherApiKey),
    probeToken: probeToken === undefined ? undefined : await secret(probeToken),
  };
}

async function secret(ref: SecretRef): Promise<string> {
  return (await readSecret(ref)).reveal();
}

async function bare(text: string): Promise<Place> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "")
    throw new CsrdError("csrd-usage", {
      summary: "--url takes an http or https address without a name or password in it.",
      hint: "For instance --url http://127.0.0.1:8000, with the key in CSRD_API_KEY.",
    });
  return {
    name: url.host,
    url: `${url.origin}${url.pathname}`.replace(/\/+$/, ""),
    tier: "unknown",
    key: await secret({ env: "CSRD_API_KEY" }),
    forTrials: false,
    otherKey: process.env["CSRD_OTHER_API_KEY"] || undefined,
    probeToken: process.env["CSRD_PROBE_TOKEN"] || undefined,
  };
}

/** Whether writing there needs `--yes`: production does, and a bare address of which nobody said that it is none, other than this machine's. */
export function needsConsent({ tier, url }: Pick<Place, "tier" | "url">): boolean {
  if (tier === "production") return true;
  return tier === "unknown" && !/^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/.test(new URL(url).hostname);
}

/** Ends with Ctrl-C, with SIGTERM, and after `withinMs`; `why` says which it was. */
export function stopSignal(withinMs: number): { readonly signal: AbortSignal; why(): "time" | "asked" } {
  const stop = new AbortController();
  const late = AbortSignal.timeout(withinMs);
  process.once("SIGINT", () => stop.abort()).once("SIGTERM", () => stop.abort());
  return {
    signal: AbortSignal.any([stop.signal, late]),
    why: () => (stop.signal.aborted ? "asked" : "time"),
  };
}
