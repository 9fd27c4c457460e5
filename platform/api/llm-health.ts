import { z } from "zod";
import { routes } from "../contract.ts";

const Seen = z.object({ provider: z.string(), llm_api_reachable: z.boolean() });

/**
 * Whether the materiality agents reach a language model, as they say it themselves: they hold the keys. Undefined when none of them is set up
 * to ask one, or none answers.
 */
export async function lookAtModels(
  urls: readonly string[],
  token: string | undefined,
): Promise<boolean | undefined> {
  const seen = (await Promise.all(urls.map((url) => askOne(url, token)))).filter((one) => one !== undefined);
  return seen.length === 0 ? undefined : seen.some(Boolean);
}

async function askOne(url: string, token: string | undefined): Promise<boolean | undefined> {
  try {
    const response = await fetch(`${url}${routes.health}`, {
      redirect: "error",
      ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
      signal: AbortSignal.timeout(2_000),
    });
    const { provider, llm_api_reachable } = Seen.parse(await response.json());
    return provider === "offline-rules" ? undefined : llm_api_reachable;
  } catch {
    return undefined;
  }
}
