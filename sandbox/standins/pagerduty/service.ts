import { randomBytes } from "node:crypto";
import { z } from "zod";

/** One line of an incident's history. */
export type LogEntry = {
  readonly id: string;
  readonly type: "trigger_log_entry" | "acknowledge_log_entry" | "resolve_log_entry" | "annotate_log_entry";
  readonly at: string;
  readonly summary: string;
};

/** An incident as a person sees it. */
export type SeenIncident = {
  readonly id: string;
  readonly number: number;
  readonly key: string;
  readonly title: string;
  readonly severity: string;
  readonly status: "triggered" | "acknowledged" | "resolved";
  readonly createdAt: string;
  readonly log: readonly LogEntry[];
  readonly notes: readonly { readonly at: string; readonly by: string; readonly content: string }[];
};

type Incident = { -readonly [Name in keyof SeenIncident]: SeenIncident[Name] } & {
  log: LogEntry[];
  notes: { id: string; at: string; by: string; content: string }[];
};

const shared = { routing_key: z.string(), client: z.string().optional(), client_url: z.url().optional() };

/** An event as PagerDuty accepts it; source: PagerDuty developer docs, "Events API v2". */
export const Event = z.discriminatedUnion("event_action", [
  z.object({
    ...shared,
    event_action: z.literal("trigger"),
    dedup_key: z.string().min(1).max(255).optional(),
    payload: z.object({
      summary: z.string().min(1).max(1024),
      source: z.string().min(1),
      severity: z.enum(["critical", "error", "warning", "info"]),
      timestamp: z.iso.datetime({ offset: true }).optional(),
      component: z.string().optional(),
      group: z.string().optional(),
      class: z.string().optional(),
      custom_details: z.unknown().optional(),
    }),
  }),
  z.object({
    ...shared,
    event_action: z.enum(["acknowledge", "resolve"]),
    dedup_key: z.string().min(1).max(255),
  }),
]);
export type Event = z.infer<typeof Event>;

/** One paged service, kept in memory only. */
export type Service = {
  /** Takes an accepted event; gives its dedup key. */
  readonly take: (event: Event) => string;
  readonly list: (filter: {
    readonly key: string | undefined;
    readonly statuses: readonly string[];
  }) => readonly SeenIncident[];
  readonly find: (id: string) => SeenIncident | undefined;
  /** Adds a note to an incident; undefined when there is none of that id. */
  readonly annotate: (
    id: string,
    by: string,
    content: string,
  ) => { readonly id: string; readonly at: string } | undefined;
};

const id = (): string => `P${randomBytes(7).toString("hex").toUpperCase().slice(0, 13)}`;
const now = (): string => new Date().toISOString();

/** A service without incidents. */
export function service(): Service {
  const incidents: Incident[] = [];
  const open = (key: string) =>
    incidents.find((incident) => incident.key === key && incident.status !== "resolved");
  const log = (incident: Incident, type: LogEntry["type"], summary: string) => {
    incident.log.push({ id: id(), type, at: now(), summary });
  };

  return {
    take(event) {
      if (event.event_action === "trigger") {
        const key = event.dedup_key ?? randomBytes(16).toString("hex");
        let incident = open(key);
        if (incident === undefined) {
          incident = {
            id: id(),
            number: incidents.length + 1,
            key,
            title: event.payload.summary,
            severity: event.payload.severity,
            status: "triggered",
            createdAt: now(),
            log: [],
            notes: [],
          };
          incidents.push(incident);
        }
        log(incident, "trigger_log_entry", "Triggered through the API.");
        return key;
      }
      const incident = open(event.dedup_key);
      // Without an open incident, PagerDuty accepts the event and drops it.
      if (incident === undefined) return event.dedup_key;
      if (event.event_action === "acknowledge" && incident.status === "triggered") {
        incident.status = "acknowledged";
        log(incident, "acknowledge_log_entry", "Acknowledged through the API.");
      }
      if (event.event_action === "resolve") {
        incident.status = "resolved";
        log(incident, "resolve_log_entry", "Resolved through the API.");
      }
      return event.dedup_key;
    },

    list: ({ key, statuses }) =>
      incidents
        .filter((incident) => key === undefined || incident.key === key)
        .filter((incident) => statuses.length === 0 || statuses.includes(incident.status)),

    find: (wanted) => incidents.find((incident) => incident.id === wanted),

    annotate(wanted, by, content) {
      const incident = incidents.find((each) => each.id === wanted);
      if (incident === undefined) return undefined;
      const note = { id: id(), at: now(), by, content };
      incident.notes.push(note);
      log(incident, "annotate_log_entry", `Note added by ${by}.`);
      return note;
    },
  };
}
