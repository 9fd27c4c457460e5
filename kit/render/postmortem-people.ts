import type { Postmortem } from "../postmortem/facts.ts";
import { shortDigest } from "../plan.ts";
import type { Block, ReportEvent, Section } from "./report.ts";
import { moment } from "./times.ts";

/** Who did what, who approved, which locks were held, what cut the run off, and what people wrote. */
export function peopleSections(facts: Postmortem): readonly Section[] {
  const { people, approvals, locks, turns, signals, beside, notes, time } = facts;
  return [
    ...events(
      "Who did what",
      people.map(({ name, host, via, did }) => ({
        kind: "events",
        caption: `${name} on ${host} (${via.join(", ")})`,
        events: did.map(({ at, what }) => ({ at: moment(at, time.from), word: "", text: what, aside: "" })),
      })),
    ),
    ...events(
      "Approvals",
      one(
        "Approvals, with names",
        approvals.map((event) => approvalEvent(event, facts)),
      ),
    ),
    ...events(
      "Locks",
      one(
        "Locks and their fences",
        locks.map((event) => lockEvent(event, facts)),
      ),
    ),
    ...events(
      "Interruptions",
      one(
        "What cut the run off, and who took it up again",
        turns.map((event) => turnEvent(event, facts)),
      ),
    ),
    ...events(
      "Reported from outside",
      one(
        "Signals",
        signals.map(({ at, signal, by, text }) => ({
          at: moment(at, time.from),
          word: "reported",
          text: `${signal} by ${by.name}${text === undefined ? "" : `: ${text}`}`,
          aside: "",
        })),
      ),
    ),
    ...events(
      "Watched beside the work",
      one(
        "Checks whose verdict changed",
        beside.map(({ at, title, health }) => ({
          at: moment(at, time.from),
          word: health.state,
          text: `${title}: ${health.says}`,
          aside: "",
        })),
      ),
    ),
    ...(notes.length === 0
      ? []
      : [
          {
            title: "Notes by people",
            blocks: [
              { kind: "text", text: "As they were written; opinions, not facts of the record." } as const,
              ...notes.map(
                ({ by, at, text }): Block => ({
                  kind: "quote",
                  who: `${by.name}, ${moment(at, time.from)}`,
                  text,
                }),
              ),
            ],
          },
        ]),
  ];
}

function events(title: string, blocks: readonly Block[]): readonly Section[] {
  return blocks.length === 0 ? [] : [{ title, blocks }];
}

function one(caption: string, list: readonly ReportEvent[]): readonly Block[] {
  return list.length === 0 ? [] : [{ kind: "events", caption, events: list }];
}

function approvalEvent(event: Postmortem["approvals"][number], { time, asked }: Postmortem): ReportEvent {
  const at = moment(event.at, time.from);
  const plan = `plan ${shortDigest(event.digest)}`;
  switch (event.type) {
    case "approval.asked":
      return {
        at,
        word: "asked",
        text: `${event.need.count} for ${plan}, until ${moment(event.expiresAt, time.from)}; if nobody answers: ${event.ifSilent} (${event.need.rule})`,
        aside: "",
      };
    case "approval.given":
      return {
        at,
        word: "given",
        text: `${plan} by ${event.by.name} on ${event.by.host} (${event.by.via})${event.by.name === asked.by.name && event.by.host === asked.by.host ? ", who also asked for it" : ""}; ${event.lookedAgain === "same" ? "looked again, the findings were the same" : "not looked again"}`,
        aside: "",
      };
    case "approval.refused":
      return { at, word: "refused", text: `${plan} by ${event.by.name}: ${event.reason}`, aside: "" };
    case "approval.revoked":
      return { at, word: "revoked", text: `${plan} by ${event.by.name}: ${event.reason}`, aside: "" };
    case "approval.escalated":
      return { at, word: "escalated", text: `${plan} to ${event.to.join(", ")}`, aside: "" };
    case "approval.expired":
      return { at, word: "expired", text: `${plan}: nobody approved in time`, aside: "" };
  }
}

function lockEvent(event: Postmortem["locks"][number], { time }: Postmortem): ReportEvent {
  const at = moment(event.at, time.from);
  const line = (word: string, text: string): ReportEvent => ({ at, word, text, aside: "" });
  switch (event.type) {
    case "lock.taken":
      return line(
        "taken",
        `${event.lock}, fence ${event.fence}, until ${moment(event.until, time.from)} at first${event.tookOver === undefined ? "" : `; taken over from ${event.tookOver.run}, whose lease ended ${moment(event.tookOver.until, time.from)}`}`,
      );
    case "lock.released":
      return line("released", `${event.lock}${event.why === undefined ? "" : `: ${event.why}`}`);
    case "lock.lost":
      return line("lost", `${event.lock}: ${event.reason}`);
    case "lock.kept":
      return line(
        "kept",
        `${event.lock}, fence ${event.fence}, until ${moment(event.until, time.from)}: ${event.reason}`,
      );
    case "lock.freed":
      return line("given back", `${event.lock} by ${event.by.name}: ${event.reason}`);
    case "lock.missing":
      return line("missing", `${event.lock}: ${event.reason}`);
  }
}

function turnEvent(event: Postmortem["turns"][number], { time }: Postmortem): ReportEvent {
  const at = moment(event.at, time.from);
  switch (event.type) {
    case "run.interrupted":
      return { at, word: "stopped", text: `by ${event.signal}`, aside: "" };
    case "run.resumed":
      return {
        at,
        word: "resumed",
        text: `by ${event.by.name} on ${event.by.host}, fence ${event.fence}${event.tookOver === undefined ? "" : `; taken over from ${event.tookOver.owner}`}`,
        aside: "",
      };
    case "undo.asked":
      return {
        at,
        word: "undo",
        text: event.because === undefined ? `asked for by ${event.by.name}` : `because ${event.because}`,
        aside: event.stays.length === 0 ? "" : `no way back: ${event.stays.join("; ")}`,
      };
  }
}
