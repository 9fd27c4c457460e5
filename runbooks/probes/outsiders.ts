import { z } from "zod";
import type { Probe } from "#kit/runbook.ts";
import { routes } from "#platform/contract.ts";

const State = z.enum(["reachable", "unreachable", "not configured"]);
const Page = z.object({
  checks: z.object({
    external_dependencies: z
      .object({ details: z.object({ llm_api: State.optional(), xbrl_validator: State.optional() }) })
      .optional(),
  }),
});

/** What the platform says of the services outside of it; undefined where it says nothing, which it does of what is well while something else is not. */
export type Outsiders = {
  readonly models: z.infer<typeof State> | undefined;
  readonly validator: z.infer<typeof State> | undefined;
};

/**
 * Whether language models and the XBRL validator answer the platform. Nobody needs the validator to finish a report, so what it says decides
 * nothing; a person reads it. Source: csrd-operations-manual "Scenario 2: High Error Rate", "Check external dependencies (LLM API, XBRL validator)".
 */
export const outsiders: Probe<unknown, Outsiders> = {
  ask: "Do language models and the XBRL validator answer?",
  async look({ http, inventory, signal }) {
    const answer = await http.get(`${inventory.service("api").url}${routes.health}`, {
      timeout: "4s",
      signal,
    });
    if (answer.kind === "silent") throw new Error(answer.reason);
    if (answer.status === 401 || answer.status === 403)
      throw new Error(`${routes.health} asks for a token (${answer.status}): look from where there is one`);
    return outsidersIn(answer.body);
  },
  read(seen) {
    const gone = unreachable(seen);
    if (gone.length > 0) return { state: "bad", says: `not reached by the platform: ${gone.join(", ")}` };
    const said = [
      ...(seen.models === undefined ? [] : [`language models ${seen.models}`]),
      ...(seen.validator === undefined ? [] : [`XBRL validator ${seen.validator}`]),
    ];
    return { state: "fine", says: said.length === 0 ? "nothing speaks against them" : said.join(", ") };
  },
};

/** The page of health as far as it is about others; throws for what is no such page. */
function outsidersIn(body: string): Outsiders {
  const parsed = Page.safeParse(parsedJson(body));
  if (!parsed.success) throw new Error(`${routes.health} does not say how the services outside are`);
  const details = parsed.data.checks.external_dependencies?.details;
  return { models: details?.llm_api, validator: details?.xbrl_validator };
}

function parsedJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** Those that the platform is set up to use and does not reach, and what that means for reports. */
export function unreachable({ models, validator }: Outsiders): readonly string[] {
  return [
    ...(models === "unreachable" ? ["language models: ops run llm-api-outage"] : []),
    ...(validator === "unreachable" ? ["the XBRL validator, which no report waits for"] : []),
  ];
}
