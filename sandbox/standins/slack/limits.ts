import { z } from "zod";

const text = (most: number) =>
  z.object({ type: z.enum(["mrkdwn", "plain_text"]), text: z.string().min(1).max(most) });

/** The blocks this stand-in draws, with Slack's limits; anything else is refused as `invalid_blocks`. */
const Block = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("section"),
    text: text(3_000).optional(),
    fields: z.array(text(2_000)).min(1).max(10).optional(),
  }),
  z.object({ type: z.literal("context"), elements: z.array(text(3_000)).min(1).max(10) }),
  z.object({ type: z.literal("header"), text: text(150) }),
  z.object({ type: z.literal("divider") }),
  z.object({
    type: z.literal("actions"),
    elements: z
      .array(z.object({ type: z.string() }))
      .min(1)
      .max(25),
  }),
]);

const Blocks = z.array(Block).max(50);

/** All blocks of a message together; more is refused as `msg_blocks_too_long`. */
const mostBlockCharacters = 13_200;

/** Slack's own error code for blocks that are not acceptable; undefined for good ones. */
export function blockFault(blocks: unknown): string | undefined {
  if (!Array.isArray(blocks)) return "invalid_blocks_format";
  if (!Blocks.safeParse(blocks).success) return "invalid_blocks";
  return JSON.stringify(blocks).length > mostBlockCharacters ? "msg_blocks_too_long" : undefined;
}

/** What a person sees of the blocks, line by line, with Slack's three entities undone. */
export function shownText(blocks: unknown): string {
  const parsed = Blocks.safeParse(blocks);
  if (!parsed.success) return "";
  const parts = parsed.data.flatMap((block) => {
    switch (block.type) {
      case "section":
        return [
          ...(block.text === undefined ? [] : [block.text.text]),
          ...(block.fields ?? []).map((field) => field.text),
        ];
      case "context":
        return block.elements.map((element) => element.text);
      case "header":
        return [block.text.text];
      case "divider":
      case "actions":
        return [];
    }
  });
  return undo(parts.join("\n"));
}

/** Text as people see it: entities undone. */
export function undo(escaped: string): string {
  return escaped.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}
