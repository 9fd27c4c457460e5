import { z } from "zod";
import type { RunState } from "#kit/fold.ts";
import type { Delivery, Destination, Tidings } from "#kit/outbox.ts";
import { plainText } from "../foreign-text.ts";
import type { PagerDutyBinding } from "./binding.ts";
import { sendEvent } from "./events.ts";
import { PagerDutyFailure } from "./failure.ts";
import { incidentNotes, type IncidentNotes } from "./notes.ts";
import { dedupKey, lastNoted, renderNotes, renderTrigger, standing } from "./render.ts";

/** What the destination remembers about one run between deliveries. */
const Memory = z.object({
  triggered: z.boolean().default(false),
  acknowledged: z.boolean().default(false),
  resolved: z.boolean().default(false),
  incident: z.string().optional(),
  /** Entry up to which notes tell. */
  noted: z.number().default(0),
});
type Memory = z.infer<typeof Memory>;

/** PagerDuty makes the incident a moment after it accepts the event. */
const notYetMs = 2_000;

/** A service that is paged about runs which need somebody, and gets their timeline as notes. */
export function pagerDutyDestination(binding: PagerDutyBinding): Destination {
  const rest = binding.notes === undefined ? undefined : incidentNotes(binding, binding.notes);
  /** What this process told itself, so that only an unsure delivery has to look first. */
  const told = new Map<string, number>();

  return {
    name: "pagerduty",
    async deliver(tidings) {
      const { state } = tidings;
      const parsed = Memory.safeParse(tidings.memory ?? {});
      let memory: Memory = parsed.success ? parsed.data : Memory.parse({});
      const sure = told.get(state.run) === tidings.cursor;
      told.delete(state.run);
      const refusals: string[] = [];
      try {
        if (!standing(state).triggered) return { cursor: state.lastSeq, memory };
        if (!sure && rest !== undefined) memory = await recall(rest, state, memory);
        for await (const sent of send(binding, state, memory)) {
          memory = { ...memory, ...sent.memory };
          if (sent.refused !== undefined) refusals.push(sent.refused);
        }
        if (rest !== undefined)
          for await (const noted of note(rest, tidings, memory, sure)) {
            memory = { ...memory, ...noted.memory };
            if (noted.refused !== undefined) refusals.push(noted.refused);
          }
        told.set(state.run, state.lastSeq);
        return {
          cursor: state.lastSeq,
          memory,
          ...refusedText(refusals),
        };
      } catch (error) {
        return { cursor: tidings.cursor, memory, failure: failure(error), ...refusedText(refusals) };
      }
    },
  };
}

/**
 * After a crash or a lost answer: what PagerDuty has got already, so that a resolved incident is not opened a second time.
 * Paging does not depend on this look: while it fails, only a run that is solved anyway waits for it.
 */
async function recall(rest: IncidentNotes, state: RunState, memory: Memory): Promise<Memory> {
  if (memory.resolved) return memory;
  try {
    const found = await rest.find(dedupKey(state));
    if (found === undefined) return memory;
    return {
      ...memory,
      triggered: true,
      acknowledged: memory.acknowledged || found.status !== "triggered",
      resolved: found.status === "resolved",
      incident: found.id,
    };
  } catch (error) {
    if (standing(state).resolved) throw error;
    return memory;
  }
}

/** Sends what is due and not sent yet, in order. A request refused for good counts as sent, and is owned up to. */
async function* send(
  binding: PagerDutyBinding,
  state: RunState,
  memory: Memory,
): AsyncGenerator<{ readonly memory: Partial<Memory>; readonly refused?: string }> {
  const due = standing(state);
  const dedup_key = dedupKey(state);
  const events = [
    ["triggered", () => renderTrigger(state)],
    ["acknowledged", () => ({ event_action: "acknowledge", dedup_key }) as const],
    ["resolved", () => ({ event_action: "resolve", dedup_key }) as const],
  ] as const;
  for (const [stage, event] of events) {
    if (!due[stage] || memory[stage]) continue;
    try {
      await sendEvent(binding, event());
      yield { memory: { [stage]: true } };
    } catch (error) {
      if (!(error instanceof PagerDutyFailure) || !error.final) throw error;
      yield { memory: { [stage]: true }, refused: error.message };
    }
  }
}

/** Writes the notes that are missing, one after the other. */
async function* note(
  rest: IncidentNotes,
  { state, entries }: Tidings,
  memory: Memory,
  sure: boolean,
): AsyncGenerator<{ readonly memory: Pick<Memory, "incident" | "noted">; readonly refused?: string }> {
  if (renderNotes(entries, memory.noted).length === 0) return;
  const incident = memory.incident ?? (await rest.find(dedupKey(state)))?.id;
  if (incident === undefined)
    throw new PagerDutyFailure("PagerDuty has accepted the event but not made the incident yet.", {
      final: false,
      retryAfterMs: notYetMs,
      onlyThis: true,
    });
  const from = sure ? memory.noted : Math.max(memory.noted, lastNoted(await rest.read(incident), state.run));
  for (const { seq, content } of renderNotes(entries, from)) {
    try {
      await rest.add(incident, content);
      yield { memory: { incident, noted: seq } };
    } catch (error) {
      if (!(error instanceof PagerDutyFailure) || !error.final) throw error;
      yield { memory: { incident, noted: seq }, refused: `${error.message} (note up to entry ${seq})` };
    }
  }
}

function refusedText(refusals: readonly string[]): Pick<Delivery, "refused"> {
  return refusals.length === 0 ? {} : { refused: refusals.join(" ") };
}

function failure(error: unknown): NonNullable<Delivery["failure"]> {
  if (error instanceof PagerDutyFailure && error.retryAfterMs !== undefined)
    return {
      reason: error.message,
      retryAfterMs: error.retryAfterMs,
      ...(error.onlyThis ? { onlyThis: true } : {}),
    };
  return { reason: plainText(error instanceof Error ? error.message : String(error)) };
}
