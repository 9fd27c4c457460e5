import { timingSafeEqual } from "node:crypto";
import { noAnswer } from "./faults.ts";
import { anthropicError, messages } from "./llm/anthropic.ts";
import { isLlmFault, type LlmFaults, llmFaultBoard, type LlmVendor } from "./llm/faults.ts";
import { chatCompletions, openAiError } from "./llm/openai.ts";
import { type Asked, type Said, serve } from "./serve.ts";

/** The stand-in while it runs: both vendors at one address, each under its own path. */
export type LlmStandin = {
  readonly url: string;
  /** Base addresses as the vendors' clients want them. */
  readonly openAiUrl: string;
  readonly anthropicUrl: string;
  /** Questions that arrived, in order; looks at the list of models are not among them. */
  readonly questions: readonly { readonly vendor: LlmVendor; readonly body: string }[];
  readonly faults: LlmFaults;
  readonly stop: () => Promise<void>;
};

/** How the stand-in is set up. */
export type LlmStandinOptions = {
  readonly keys: Readonly<Record<LlmVendor, string>>;
  readonly models?: Readonly<Record<LlmVendor, readonly string[]>>;
  readonly port?: number;
};

/** Models that the stand-in knows when nobody says otherwise. */
export const standinModels = {
  openai: ["standin-mini", "standin-reasoning"],
  anthropic: ["standin-haiku", "standin-opus"],
} as const;

/**
 * Speaks the parts of OpenAI's and Anthropic's protocols that the platform uses, strictly: keys, version header, bodies, errors, streams,
 * lists of models, usage and status pages. Answers are computed from the question. `/_control` sets faults from another process.
 */
export async function startLlmStandin(options: LlmStandinOptions): Promise<LlmStandin> {
  const { keys, models = standinModels, port = 0 } = options;
  const faults = llmFaultBoard();
  const questions: { vendor: LlmVendor; body: string }[] = [];
  const usage = new Map<string, { requests: number; input: number; output: number }>();
  const count = (model: string, input: number, output: number): void => {
    const before = usage.get(model) ?? { requests: 0, input: 0, output: 0 };
    usage.set(model, {
      requests: before.requests + 1,
      input: before.input + input,
      output: before.output + output,
    });
  };

  const openAi = async (path: string, asked: Asked): Promise<Said> => {
    const key = /^Bearer (.+)$/.exec(asked.headers.authorization ?? "")?.[1];
    if (key === undefined)
      return openAiError(
        401,
        "You didn't provide an API key. You need to provide your API key in an Authorization header.",
      );
    if (!same(key, keys.openai))
      return openAiError(401, "Incorrect API key provided.", { code: "invalid_api_key" });
    const route = `${asked.method} ${path}`;
    if (route === "POST /v1/chat/completions") {
      if (!isJson(asked)) return openAiError(415, "Unsupported content type. Use application/json.");
      questions.push({ vendor: "openai", body: asked.body.toString("utf8") });
      return chatCompletions(asked, models.openai, faults.take("openai"), count);
    }
    if (route === "GET /v1/models") {
      const looked = lookFault(faults, "openai");
      if (looked === "hang") return noAnswer();
      if (looked === "down")
        return openAiError(503, "The engine is currently overloaded.", { type: "service_unavailable_error" });
      const list = faults.peek("openai") === "retired" ? [] : models.openai;
      return ok({
        object: "list",
        data: [...list, "other-model"].map((id) => ({
          id,
          object: "model",
          created: 1_767_225_600,
          owned_by: "standin",
        })),
      });
    }
    if (route === "GET /v1/usage") {
      const date = new URLSearchParams(asked.query).get("date");
      if (date === null || !/^\d{4}-\d{2}-\d{2}$/.test(date))
        return openAiError(400, "Missing query parameter 'date'.");
      return ok({
        object: "list",
        data: [...usage]
          .filter(([model]) => models.openai.includes(model))
          .map(([model, { requests, input, output }]) => ({
            snapshot_id: model,
            n_requests: requests,
            n_context_tokens_total: input,
            n_generated_tokens_total: output,
          })),
      });
    }
    return openAiError(404, `Invalid URL (${route})`);
  };

  const anthropic = async (path: string, asked: Asked): Promise<Said> => {
    const version = asked.headers["anthropic-version"];
    if (version === undefined)
      return anthropicError(400, "invalid_request_error", "anthropic-version: header is required");
    if (version !== "2023-06-01" && version !== "2026-10-21")
      return anthropicError(
        400,
        "invalid_request_error",
        `anthropic-version: "${String(version)}" is not a valid version`,
      );
    const key = asked.headers["x-api-key"] ?? /^Bearer (.+)$/.exec(asked.headers.authorization ?? "")?.[1];
    if (typeof key !== "string")
      return anthropicError(401, "authentication_error", "x-api-key header is required");
    if (!same(key, keys.anthropic)) return anthropicError(401, "authentication_error", "invalid x-api-key");
    if (path === "/v1/messages") {
      if (asked.method !== "POST") return anthropicError(405, "invalid_request_error", "Method Not Allowed");
      if (!isJson(asked))
        return anthropicError(400, "invalid_request_error", "content-type: must be application/json");
      questions.push({ vendor: "anthropic", body: asked.body.toString("utf8") });
      return messages(asked, models.anthropic, faults.take("anthropic"), count);
    }
    if (path === "/v1/models" && asked.method === "GET") {
      const looked = lookFault(faults, "anthropic");
      if (looked === "hang") return noAnswer();
      if (looked === "down") return anthropicError(529, "overloaded_error", "Overloaded");
      const list = faults.peek("anthropic") === "retired" ? ["other-model"] : models.anthropic;
      return ok({
        data: list.map((id) => ({ type: "model", id, display_name: id, created_at: "2026-01-01T00:00:00Z" })),
        has_more: false,
        first_id: list[0] ?? null,
        last_id: list.at(-1) ?? null,
      });
    }
    return anthropicError(404, "not_found_error", "Not found");
  };

  const answer = async (asked: Asked): Promise<Said> => {
    const status = /^\/status\/(openai|anthropic)\/api\/v2\/status\.json$/.exec(asked.path)?.[1];
    if (status === "openai" || status === "anthropic") return statusPage(status, faults);
    if (asked.path === "/_control") return control(asked, faults);
    const [, vendor, path = ""] = /^\/(openai|anthropic)(\/.*)$/.exec(asked.path) ?? [];
    if (vendor === "openai") return openAi(path, asked);
    if (vendor === "anthropic") return anthropic(path, asked);
    return { status: 404, body: "" };
  };
  const { url, stop } = await serve(answer, port);
  return { url, openAiUrl: `${url}/openai/v1`, anthropicUrl: `${url}/anthropic`, questions, faults, stop };
}

/** `POST { vendor, kind, times? }` sets a fault, `DELETE` takes all away. */
function control(asked: Asked, faults: LlmFaults): Said {
  if (asked.method === "DELETE") {
    faults.clear();
    return ok({ cleared: true });
  }
  if (asked.method !== "POST") return { status: 405, body: "" };
  const body: unknown = JSON.parse(asked.body.toString("utf8"));
  if (typeof body !== "object" || body === null) return { status: 400, body: "" };
  const { vendor, kind, times }: Readonly<Record<string, unknown>> = Object.fromEntries(Object.entries(body));
  if ((vendor !== "openai" && vendor !== "anthropic") || !isLlmFault(kind)) return { status: 400, body: "" };
  faults.set(vendor, kind, typeof times === "number" ? times : undefined);
  return ok({ vendor, kind });
}

/** A vendor's status page (Statuspage's `/api/v2/status.json`). */
function statusPage(vendor: LlmVendor, faults: LlmFaults): Said {
  const ill = lookFault(faults, vendor) !== undefined;
  return ok({
    page: {
      id: `standin-${vendor}`,
      name: vendor,
      url: `https://status.${vendor}.invalid`,
      updated_at: "2026-01-01T00:00:00.000Z",
    },
    status: ill
      ? { indicator: "major", description: "Partial System Outage" }
      : { indicator: "none", description: "All Systems Operational" },
  });
}

function lookFault(faults: LlmFaults, vendor: LlmVendor): "hang" | "down" | undefined {
  const fault = faults.peek(vendor);
  if (fault === "hang") return "hang";
  return fault === "overloaded" || fault === "unavailable" || fault === "server-error" ? "down" : undefined;
}

function ok(body: unknown): Said {
  return { status: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

function isJson(asked: Asked): boolean {
  return (asked.headers["content-type"] ?? "").split(";")[0] === "application/json";
}

function same(given: string, wanted: string): boolean {
  return given.length === wanted.length && timingSafeEqual(Buffer.from(given), Buffer.from(wanted));
}
