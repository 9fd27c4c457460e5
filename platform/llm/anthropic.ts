import type { MessageCreateParamsStreaming } from "@anthropic-ai/sdk/resources/messages";
import type { Spoken, Vendor, VendorPlace, WireRequest } from "./wire.ts";

/** Anthropic's messages. The client is read only when the first question is asked. */
export function anthropic({ url, key, timeoutMs }: VendorPlace): Vendor {
  const client = async () => {
    const { default: Anthropic } = await import("@anthropic-ai/sdk");
    return new Anthropic({
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
    load: async () => void (await import("@anthropic-ai/sdk")),
    async speak(request, signal, onPiece) {
      const stream = await (await client()).messages.create(bodyOf(request), { signal });
      onPiece();
      let text = "";
      let reason: string | null = null;
      let whole = false;
      let [input, output] = [0, 0];
      let model = "";
      for await (const event of stream) {
        onPiece();
        if (event.type === "message_start") {
          model = event.message.model;
          input = event.message.usage.input_tokens;
          output = event.message.usage.output_tokens;
        } else if (event.type === "content_block_delta") {
          if (event.delta.type === "text_delta") text += event.delta.text;
          else if (event.delta.type === "input_json_delta") text += event.delta.partial_json;
        } else if (event.type === "message_delta") {
          reason = event.delta.stop_reason;
          output = event.usage.output_tokens;
        } else if (event.type === "message_stop") whole = true;
      }
      return { text, end: endOf(reason, whole), tokens: { input, output }, model };
    },
    async models(signal) {
      const page = await (await client()).models.list({ limit: 1000 }, { signal });
      return page.data.map(({ id }) => id);
    },
  };
}

function endOf(reason: string | null, whole: boolean): Spoken["end"] {
  if (reason === null || !whole) return "cut";
  if (reason === "refusal") return "refusal";
  return reason === "max_tokens" || reason === "model_context_window_exceeded" ? "length" : "complete";
}

/** Since its version of 2026-10-21 the vendor's protocol takes no temperature, and it never took a seed. */
function bodyOf({
  model,
  name,
  system,
  prompt,
  schema,
  mostTokens,
  format,
}: WireRequest): MessageCreateParamsStreaming {
  return {
    model,
    stream: true,
    max_tokens: mostTokens,
    system,
    messages: [{ role: "user", content: prompt }],
    ...(format === "schema"
      ? { output_config: { format: { type: "json_schema", schema: { ...schema } } } }
      : {
          tools: [
            { name, description: "Hands over the answer.", input_schema: { ...schema, type: "object" } },
          ],
          tool_choice: { type: "tool", name },
        }),
  };
}
