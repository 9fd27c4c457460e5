import type { SwitchedOff } from "../service/switches.ts";
import type { Heard, Models, Provider, Question } from "./port.ts";

/** What a stage's process sends to its service: a question, or that it waits for the answer no longer. */
export type ModelsSent =
  | { readonly id: number; readonly question: Question }
  | { readonly id: number; readonly gone: true };
/** What it gets back. */
export type ModelsBack = { readonly id: number; readonly heard: Heard };

/** What a stage has to know of the chain before it asks. */
export type ModelsFacts = Pick<Models, "chain" | "models" | "budgetMs" | "manner">;

/** The part of a chain that crosses to another process. */
export function factsOf({ chain, models, budgetMs, manner }: Models): ModelsFacts {
  return { chain, models, budgetMs, manner };
}

/** Answers a stage's questions with the models of this process, whose breakers, limits and cache hold over all reports. */
export function serveModels(
  models: Models,
  back: (answer: ModelsBack) => void,
): { hear(sent: ModelsSent): void; close(): void } {
  const asked = new Map<number, AbortController>();
  return {
    hear(sent) {
      if ("gone" in sent) {
        asked.get(sent.id)?.abort();
        return;
      }
      const giveUp = new AbortController();
      asked.set(sent.id, giveUp);
      void models
        .ask(sent.question, giveUp.signal)
        .then((heard) => back({ id: sent.id, heard }))
        .finally(() => asked.delete(sent.id));
    },
    close: () => asked.forEach((one) => one.abort()),
  };
}

/** The models of the service, as a stage in a process of its own is handed them. */
export function remoteModels(
  facts: ModelsFacts,
  send: (sent: ModelsSent) => void,
  off: (provider?: Provider) => SwitchedOff | undefined,
): Models & { hear(back: ModelsBack): void } {
  const waiting = new Map<number, (heard: Heard) => void>();
  let next = 0;
  return {
    ...facts,
    off,
    hear({ id, heard }) {
      waiting.get(id)?.(heard);
      waiting.delete(id);
    },
    ask: (question, signal) =>
      new Promise((resolve) => {
        next += 1;
        const id = next;
        const gone = (): void => send({ id, gone: true });
        waiting.set(id, (heard) => {
          signal.removeEventListener("abort", gone);
          resolve(heard);
        });
        send({ id, question });
        if (signal.aborted) gone();
        else signal.addEventListener("abort", gone, { once: true });
      }),
    health: () => Promise.reject(new Error("a stage does not look at health")),
  };
}
