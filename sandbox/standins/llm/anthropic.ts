import { z } from "zod";
import { noAnswer } from "../faults.ts";
import type { Asked, Said } from "../serve.ts";
import { AnySchema, looseness, piecesOf, tokensOf } from "./body.ts";
import type { LlmFault } from "./faults.ts";
import { think } from "./think.ts";

const Body = z.object({
  model: z.string(),
  max_tokens: z.int().min(1),
  system: z.string().default(""),
  messages: z.array(z.object({ role: z.enum(["user", "assistant"]), content: z.string().min(1) })).min(1),
  stream: z.boolean().default(false),
  temperature: z.number().min(0).max(1).optional(),
  output_config: z
    .object({ format: z.object({ type: z.literal("json_schema"), schema: AnySchema }).optional() })
    .optional(),
  tools: z
    .array(z.object({ name: z.string(), description: z.string().optional(), input_schema: AnySchema }))
    .optional(),
  tool_choice: z.object({ type: z.literal("tool"), name: z.string() }).optional(),
});

const json = { "content-type": "application/json", "request-id": "req_standin" };

/** An error as Anthropic writes it. */
export function anthropicError(status: number, type: string, message: string, headers = {}): Said {
  return {
    status,
    headers: { ...json, ...headers },
    body: JSON.stringify({ type: "error", error: { type, message }, request_id: "req_standin" }),
  };
}

const refusals: Partial<Record<LlmFault, () => Said>> = {
  overloaded: () => anthropicError(529, "overloaded_error", "Overloaded"),
  unavailable: () => ({ status: 503, headers: { "content-type": "text/html" }, body: "<h1>503</h1>" }),
  "rate-limited": () =>
    anthropicError(429, "rate_limit_error", "This request would exceed your rate limit.", {
      "retry-after": "1",
      "retry-after-ms": "40",
    }),
  "server-error": () => anthropicError(500, "api_error", "Internal server error"),
  "quota-exhausted": () =>
    anthropicError(402, "billing_error", "There is an issue with your billing or payment information."),
  "key-revoked": () => anthropicError(401, "authentication_error", "invalid x-api-key"),
  garbled: () => ({
    status: 200,
    headers: { "content-type": "text/event-stream" },
    body: "event: message_start\ndata: <html>moved</html>\n\n",
  }),
};

/** `POST /v1/messages`, streamed or whole. */
export async function messages(
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
    return anthropicError(400, "invalid_request_error", "The request body is not valid JSON");
  }
  const parsed = Body.safeParse(given);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return anthropicError(
      400,
      "invalid_request_error",
      `${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`,
    );
  }
  const body = parsed.data;
  if (!models.includes(body.model) || fault === "retired")
    return anthropicError(404, "not_found_error", `model: ${body.model}`);
  // Version 2026-10-21 takes no sampling parameters any more.
  if (body.temperature !== undefined && asked.headers["anthropic-version"] !== "2023-06-01")
    return anthropicError(400, "invalid_request_error", "temperature: Extra inputs are not permitted");
  const tool = body.tools?.find(({ name }) => name === body.tool_choice?.name);
  if (body.tool_choice !== undefined && tool === undefined)
    return anthropicError(
      400,
      "invalid_request_error",
      `Tool '${body.tool_choice.name}' not found in provided tools`,
    );
  const schema = body.output_config?.format?.schema ?? tool?.input_schema;
  const loose = schema === undefined ? undefined : looseness(schema);
  if (loose !== undefined && tool === undefined)
    return anthropicError(400, "invalid_request_error", `output_config.format.schema: ${loose}`);

  const prompt = body.messages.map(({ content }) => content).join("\n");
  const whole = think({ model: body.model, system: body.system, prompt, schema }, fault);
  const most = body.max_tokens * 4;
  const text = fault === "endless" ? whole.slice(0, Math.ceil(whole.length / 2)) : whole.slice(0, most);
  const input = tokensOf(body.system + prompt);
  const output = fault === "refusal" ? 1 : tokensOf(text);
  count(body.model, input, output);
  const reason =
    fault === "refusal"
      ? "refusal"
      : fault === "endless" || text.length < whole.length
        ? "max_tokens"
        : tool === undefined
          ? "end_turn"
          : "tool_use";
  const head = { id: "msg_standin", type: "message", role: "assistant", model: body.model };

  if (!body.stream) {
    const content =
      fault === "refusal"
        ? []
        : tool === undefined
          ? [{ type: "text", text }]
          : [{ type: "tool_use", id: "toolu_1", name: tool.name, input: JSON.parse(text) }];
    return {
      status: 200,
      headers: json,
      body: JSON.stringify({
        ...head,
        content,
        stop_reason: reason,
        stop_sequence: null,
        usage: { input_tokens: input, output_tokens: output },
      }),
    };
  }
  const event = (data: { readonly type: string; readonly [key: string]: unknown }): string =>
    `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
  const pieces = async function* (): AsyncGenerator<string> {
    yield event({
      type: "message_start",
      message: {
        ...head,
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { input_tokens: input, output_tokens: 1 },
      },
    });
    yield event({ type: "ping" });
    if (fault !== "refusal") {
      yield event({
        type: "content_block_start",
        index: 0,
        content_block:
          tool === undefined
            ? { type: "text", text: "" }
            : { type: "tool_use", id: "toolu_1", name: tool.name, input: {} },
      });
      for (const [at, part] of piecesOf(text).entries()) {
        if (at === 3 && fault === "hang-midway") await noAnswer();
        if (at === 3 && fault === "cut") await new Promise((resolve) => setTimeout(resolve, 30));
        if (at === 3 && fault === "cut") throw new Error("cut");
        if (at === 3 && fault === "ended-early") return;
        if (at === 3 && fault === "stream-error") {
          yield event({ type: "error", error: { type: "overloaded_error", message: "Overloaded" } });
          return;
        }
        if (fault === "slow") await new Promise((resolve) => setTimeout(resolve, 60));
        yield event({
          type: "content_block_delta",
          index: 0,
          delta:
            tool === undefined
              ? { type: "text_delta", text: part }
              : { type: "input_json_delta", partial_json: part },
        });
      }
      yield event({ type: "content_block_stop", index: 0 });
    }
    yield event({
      type: "message_delta",
      delta: { stop_reason: reason, stop_sequence: null },
      usage: { output_tokens: output },
    });
    yield event({ type: "message_stop" });
  };
  return {
    status: 200,
    headers: { "content-type": "text/event-stream; charset=utf-8", "request-id": "req_standin" },
    pieces: pieces(),
  };
}
