import { z } from "zod";
import { noAnswer } from "../faults.ts";
import type { Asked, Said } from "../serve.ts";
import { AnySchema, looseness, piecesOf, tokensOf } from "./body.ts";
import type { LlmFault } from "./faults.ts";
import { think } from "./think.ts";

const Tool = z.object({
  type: z.literal("function"),
  function: z.object({ name: z.string(), strict: z.boolean().optional(), parameters: AnySchema }),
});
const Body = z.object({
  model: z.string(),
  messages: z
    .array(z.object({ role: z.enum(["system", "developer", "user", "assistant"]), content: z.string() }))
    .min(1),
  stream: z.boolean().default(false),
  stream_options: z.object({ include_usage: z.boolean() }).optional(),
  max_completion_tokens: z.int().min(1).optional(),
  max_tokens: z.int().min(1).optional(),
  temperature: z.number().min(0).max(2).optional(),
  seed: z.int().optional(),
  response_format: z
    .object({
      type: z.literal("json_schema"),
      json_schema: z.object({ name: z.string(), strict: z.boolean(), schema: AnySchema }),
    })
    .optional(),
  tools: z.array(Tool).optional(),
  tool_choice: z.object({ type: z.literal("function"), function: z.object({ name: z.string() }) }).optional(),
});
type Body = z.infer<typeof Body>;

const json = { "content-type": "application/json" };

/** An error as OpenAI writes it. */
export function openAiError(
  status: number,
  message: string,
  { type = "invalid_request_error", code = null as string | null, headers = {} } = {},
): Said {
  return {
    status,
    headers: { ...json, ...headers },
    body: JSON.stringify({ error: { message, type, param: null, code } }),
  };
}

const refusals: Partial<Record<LlmFault, () => Said>> = {
  overloaded: () =>
    openAiError(503, "The engine is currently overloaded, please try again later.", {
      type: "service_unavailable_error",
    }),
  unavailable: () => ({ status: 503, headers: { "content-type": "text/html" }, body: "<h1>503</h1>" }),
  "rate-limited": () =>
    openAiError(429, "Rate limit reached.", {
      type: "requests",
      code: "rate_limit_exceeded",
      headers: { "retry-after": "1", "retry-after-ms": "40" },
    }),
  "server-error": () =>
    openAiError(500, "The server had an error while processing your request.", { type: "server_error" }),
  "quota-exhausted": () =>
    openAiError(429, "You exceeded your current quota, please check your plan and billing details.", {
      type: "insufficient_quota",
      code: "insufficient_quota",
    }),
  "key-revoked": () => openAiError(401, "Incorrect API key provided.", { code: "invalid_api_key" }),
  garbled: () => ({
    status: 200,
    headers: { "content-type": "text/event-stream" },
    body: "data: <html>moved</html>\n\n",
  }),
};

/** `POST /v1/chat/completions`, streamed or whole. */
export async function chatCompletions(
  asked: Asked,
  models: readonly string[],
  fault: LlmFault | undefined,
  count: (model: string, input: number, output: number) => void,
): Promise<Said> {
  if (fault === "hang") return noAnswer();
  const refused = fault === undefined ? undefined : refusals[fault];
  if (refused !== undefined) return refused();
  let given: unknown;
  try {
    given = JSON.parse(asked.body.toString("utf8"));
  } catch {
    return openAiError(400, "We could not parse the JSON body of your request.");
  }
  const parsed = Body.safeParse(given);
  if (!parsed.success) return openAiError(400, `Invalid '${parsed.error.issues[0]?.path.join(".") ?? ""}'.`);
  const body = parsed.data;
  if (!models.includes(body.model) || fault === "retired")
    return openAiError(404, `The model \`${body.model}\` does not exist or you do not have access to it.`, {
      code: "model_not_found",
    });
  const wrong = faulty(body);
  if (wrong !== undefined) return wrong;

  const tool = body.tools?.find((one) => one.function.name === body.tool_choice?.function.name);
  const schema = body.response_format?.json_schema.schema ?? tool?.function.parameters;
  const of = (roles: readonly string[]): string =>
    body.messages
      .filter(({ role }) => roles.includes(role))
      .map(({ content }) => content)
      .join("\n");
  const whole = think(
    { model: body.model, system: of(["system", "developer"]), prompt: of(["user"]), schema },
    fault,
  );
  const most = (body.max_completion_tokens ?? body.max_tokens ?? 4_096) * 4;
  const text = fault === "endless" ? whole.slice(0, Math.ceil(whole.length / 2)) : whole.slice(0, most);
  const input = tokensOf(body.messages.map(({ content }) => content).join(""));
  const output = fault === "refusal" ? 9 : tokensOf(text);
  count(body.model, input, output);
  const usage = { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
  const reason =
    fault === "endless" || text.length < whole.length ? "length" : tool === undefined ? "stop" : "tool_calls";
  const head = { id: "chatcmpl-standin", created: 1_767_225_600, model: body.model };
  const refusal = "I'm sorry, I can't assist with that request.";

  if (!body.stream) {
    const message =
      fault === "refusal"
        ? { role: "assistant", content: null, refusal }
        : tool === undefined
          ? { role: "assistant", content: text, refusal: null }
          : {
              role: "assistant",
              content: null,
              refusal: null,
              tool_calls: [
                { id: "call_1", type: "function", function: { name: tool.function.name, arguments: text } },
              ],
            };
    return {
      status: 200,
      headers: json,
      body: JSON.stringify({
        ...head,
        object: "chat.completion",
        choices: [{ index: 0, message, logprobs: null, finish_reason: reason }],
        usage,
      }),
    };
  }
  const chunk = (delta: object, finish: string | null): string =>
    `data: ${JSON.stringify({ ...head, object: "chat.completion.chunk", choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }] })}\n\n`;
  const pieces = async function* (): AsyncGenerator<string> {
    yield chunk({ role: "assistant", content: tool === undefined ? "" : null }, null);
    const parts = fault === "refusal" ? piecesOf(refusal) : piecesOf(text);
    for (const [at, part] of parts.entries()) {
      if (at === 3 && fault === "hang-midway") await noAnswer();
      if (at === 3 && fault === "cut") await new Promise((resolve) => setTimeout(resolve, 30));
      if (at === 3 && fault === "cut") throw new Error("cut");
      if (at === 3 && fault === "ended-early") return;
      if (at === 3 && fault === "stream-error") {
        yield `data: ${JSON.stringify({ error: { message: "The server had an error.", type: "server_error", param: null, code: null } })}\n\n`;
        return;
      }
      if (fault === "slow") await new Promise((resolve) => setTimeout(resolve, 60));
      if (fault === "refusal") yield chunk({ refusal: part }, null);
      else if (tool === undefined) yield chunk({ content: part }, null);
      else
        yield chunk(
          {
            tool_calls: [
              {
                index: 0,
                ...(at === 0 ? { id: "call_1", type: "function" } : {}),
                function: { ...(at === 0 ? { name: tool.function.name } : {}), arguments: part },
              },
            ],
          },
          null,
        );
    }
    yield chunk({}, reason);
    if (body.stream_options?.include_usage === true)
      yield `data: ${JSON.stringify({ ...head, object: "chat.completion.chunk", choices: [], usage })}\n\n`;
    yield "data: [DONE]\n\n";
  };
  return { status: 200, headers: { "content-type": "text/event-stream; charset=utf-8" }, pieces: pieces() };
}

function faulty(body: Body): Said | undefined {
  if (body.max_tokens !== undefined && body.max_completion_tokens !== undefined)
    return openAiError(
      400,
      "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
    );
  // Models that reason take no temperature, as the vendor's do.
  if (/^o\d|reasoning/.test(body.model) && body.temperature !== undefined && body.temperature !== 1)
    return openAiError(400, "Unsupported value: 'temperature' does not support 0 with this model.", {
      code: "unsupported_value",
    });
  const strict = body.response_format?.json_schema;
  const named = strict?.name ?? body.tools?.[0]?.function.name ?? "x";
  if (!/^[\w-]{1,64}$/.test(named)) return openAiError(400, "Invalid 'response_format.json_schema.name'.");
  const schemas = [
    ...(strict?.strict === true ? [strict.schema] : []),
    ...(body.tools ?? []).filter((one) => one.function.strict === true).map((one) => one.function.parameters),
  ];
  const loose = schemas.map(looseness).find((one) => one !== undefined);
  if (loose !== undefined)
    return openAiError(400, `Invalid schema for response_format '${named}': In context=(), ${loose}.`, {
      code: "invalid_json_schema",
    });
  return undefined;
}
