import { onTestFinished } from "vitest";

/** One event as it came. */
type Came = { readonly event: string; readonly id: string | undefined; readonly data: any };

/** An open stream of events. */
export type Stream = {
  readonly response: Response;
  readonly events: readonly Came[];
  /** Everything that came, as text. */
  text(): string;
  /** Waits until an event of this name is there. */
  until(event: string): Promise<Came>;
  /** Waits for the end. */
  readonly ended: Promise<void>;
  leave(): void;
};

/** Opens a stream of events and reads it until it ends, or the test does. */
export async function follow(url: string, key: string, after?: string): Promise<Stream> {
  const leaving = new AbortController();
  onTestFinished(() => leaving.abort());
  const response = await fetch(url, {
    headers: {
      authorization: `Bearer ${key}`,
      ...(after === undefined ? {} : { "last-event-id": after }),
    },
    signal: leaving.signal,
  });
  const events: Came[] = [];
  const waiting = new Set<() => void>();
  let text = "";
  let rest = "";
  let isOver = false;
  const reading = async (): Promise<void> => {
    const decoder = new TextDecoder();
    try {
      for await (const chunk of response.body ?? []) {
        const piece = decoder.decode(chunk, { stream: true });
        text += piece;
        const blocks = (rest + piece).split("\n\n");
        rest = blocks.pop() ?? "";
        for (const block of blocks) {
          const line = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(block)?.[1];
          const event = line("event");
          if (event !== undefined)
            events.push({ event, id: line("id"), data: JSON.parse(line("data") ?? "null") });
        }
        for (const look of waiting) look();
      }
    } catch (error) {
      if (!leaving.signal.aborted) throw error;
    } finally {
      isOver = true;
      for (const look of waiting) look();
    }
  };
  const ended = reading();
  return {
    response,
    events,
    text: () => text,
    ended,
    leave: () => leaving.abort(),
    until: (event) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = events.find((came) => came.event === event);
          if (found === undefined && !isOver) return;
          waiting.delete(look);
          if (found === undefined) reject(new Error(`ended without ${event}:\n${text}`));
          else resolve(found);
        };
        waiting.add(look);
        look();
      }),
  };
}
