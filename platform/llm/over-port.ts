import type { MessagePort } from "node:worker_threads";
import type { Heard, Models, ModelsHealth, Question } from "./port.ts";

/** What crosses the port. Both ends are ours. */
type Sent =
  | { readonly id: number; readonly question: Question }
  | { readonly id: number; readonly gone: true };
type Back = { readonly id: number; readonly heard: Heard };

/** What a thread has to know of the chain before it asks. */
export type ModelsFacts = Pick<Models, "chain" | "models" | "budgetMs" | "manner">;

/** Answers a thread's questions with the models of this process, whose breakers and limits hold over all reports. */
export function serveModels(models: Models, port: MessagePort): void {
  const asked = new Map<number, AbortController>();
  port.on("message", (sent: Sent) => {
    if ("gone" in sent) {
      asked.get(sent.id)?.abort();
      return;
    }
    const giveUp = new AbortController();
    asked.set(sent.id, giveUp);
    void models
      .ask(sent.question, giveUp.signal)
      .then((heard) => port.postMessage({ id: sent.id, heard } satisfies Back))
      .finally(() => asked.delete(sent.id));
  });
  // A thread that has ended waits for nothing any more.
  port.on("close", () => asked.forEach((one) => one.abort()));
}

/** The models at the other end of a port, as a stage in a thread is handed them. */
export function modelsOver(port: MessagePort, facts: ModelsFacts): Models {
  const waiting = new Map<number, (heard: Heard) => void>();
  let next = 0;
  port.on("message", ({ id, heard }: Back) => {
    waiting.get(id)?.(heard);
    waiting.delete(id);
  });
  port.unref();
  return {
    ...facts,
    ask: (question, signal) =>
      new Promise((resolve) => {
        const id = next++;
        waiting.set(id, resolve);
        port.postMessage({ id, question } satisfies Sent);
        const gone = (): void => port.postMessage({ id, gone: true } satisfies Sent);
        if (signal.aborted) gone();
        else signal.addEventListener("abort", gone, { once: true });
      }),
    health: (): Promise<ModelsHealth> => Promise.reject(new Error("a stage does not look at health")),
  };
}
