import type { ChatCompletionCreateParamsStreaming } from "openai/resources/chat/completions";
import type { Vendor, VendorPlace, WireRequest } from "./wire.ts";

/** The seed sent with every fixed request. */
const seed = 20_260_101;

/** OpenAI's chat completions, and every server that is compatible with them. The client is read only when the first question is asked. */
export function openAi({ url, key, timeoutMs }: VendorPlace): Vendor {
  const client = async () => {
    const { default: OpenAI } = await import("openai");
    return new OpenAI({
      apiKey: await key(),
      ...(url === undefined ? {} : { baseURL: url }),
      maxRetries: 0,
      timeout: timeoutMs,
      logLevel: "off",
      // A redirect would carry the key and the question to somebody else.
      fetchOptions: { redirect: "error" },
    });
  };
  return {
    load: async () => void (await import("openai")),
    async speak(request, signal, onPiece) {
      const stream = await (await client()).chat.completions.create(bodyOf(request), { signal });
      onPiece();
      let text = "";
      let refused = false;
      let reason: string | null = null;
      let tokens = { input: 0, output: 0 };
      let model = "";
      for await (const { choices, usage, model: says } of stream) {
        onPiece();
        model = says || model;
        if (usage) tokens = { input: usage.prompt_tokens, output: usage.completion_tokens };
        const [choice] = choices;
        if (choice === undefined) continue;
        const { delta } = choice;
        text += delta.content ?? "";
        text += delta.tool_calls?.[0]?.function?.arguments ?? "";
        refused ||= (delta.refusal ?? "") !== "";
        reason = choice.finish_reason ?? reason;
      }
      const end =
        refused || reason === "content_filter"
          ? "refusal"
          : reason === null
            ? "cut"
            : reason === "length"
              ? "length"
              : "complete";
      return { text, end, tokens, model };
    },
    async models(signal) {
      const page = await (await client()).models.list({ signal });
      return page.data.map(({ id }) => id);
    },
  };
}

function bodyOf({
  model,
  name,
  system,
  prompt,
  schema,
  mostTokens,
  format,
  fixed,
}: WireRequest): ChatCompletionCreateParamsStreaming {
  return {
    model,
    stream: true,
    stream_options: { include_usage: true },
    max_completion_tokens: mostTokens,
    messages: [
      { role: "system", content: system },
      { role: "user", content: prompt },
    ],
    ...(fixed ? { temperature: 0, seed } : {}),
    ...(format === "schema"
      ? {
          response_format: {
            type: "json_schema",
            json_schema: { name, strict: true, schema: { ...schema } },
          },
        }
      : {
          tools: [{ type: "function", function: { name, strict: true, parameters: { ...schema } } }],
          tool_choice: { type: "function", function: { name } },
        }),
  };
}
