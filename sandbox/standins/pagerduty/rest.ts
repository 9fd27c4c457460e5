import { z } from "zod";
import type { Asked } from "../serve.ts";
import type { LogEntry, SeenIncident, Service } from "./service.ts";

/** An answer of the REST API. */
export type RestAnswer = { readonly status: number; readonly body: unknown };

const NewNote = z.object({ note: z.object({ content: z.string().min(1).max(25_000) }) });

/** REST v2 as far as it is used: incidents, their notes and their log entries. The token was checked before. */
export function rest(service: Service, asked: Asked): RestAnswer {
  const query = new URLSearchParams(asked.query);
  const [, incidents, id = "", part] = asked.path.split("/");
  if (asked.path === "/log_entries" && asked.method === "GET")
    return page(
      "log_entries",
      service.list({ key: undefined, statuses: [] }).flatMap(logOf).sort(newest),
      query,
    );
  if (incidents !== "incidents") return notFound;
  if (id === "")
    return asked.method === "GET"
      ? page("incidents", listed(service, query).map(describe), query)
      : { status: 405, body: undefined };

  const incident = service.find(id);
  if (incident === undefined) return notFound;
  if (part === undefined && asked.method === "GET")
    return { status: 200, body: { incident: describe(incident) } };
  if (part === "log_entries" && asked.method === "GET")
    return page("log_entries", logOf(incident).sort(newest), query);
  if (part === "notes" && asked.method === "GET")
    return {
      status: 200,
      body: { notes: incident.notes.map(({ at, by, content }) => noteOf(at, by, content)) },
    };
  if (part === "notes" && asked.method === "POST") return addNote(service, incident, asked);
  return notFound;
}

function addNote(service: Service, incident: SeenIncident, asked: Asked): RestAnswer {
  const from = asked.headers["from"];
  if (from === undefined || !z.email().safeParse(from).success) return invalid("Requester User Not Found");
  const parsed = NewNote.safeParse(parse(asked.body));
  if (!parsed.success) return invalid("Content cannot be empty.");
  const { content } = parsed.data.note;
  const note = service.annotate(incident.id, from, content);
  return note === undefined ? notFound : { status: 200, body: { note: noteOf(note.at, from, content) } };
}

function listed(service: Service, query: URLSearchParams): readonly SeenIncident[] {
  const found = service.list({
    key: query.get("incident_key") ?? undefined,
    statuses: query.getAll("statuses[]"),
  });
  return query.get("sort_by") === "created_at:desc" ? [...found].reverse() : found;
}

function page(name: string, all: readonly unknown[], query: URLSearchParams): RestAnswer {
  const limit = Math.min(100, Number(query.get("limit") ?? 25));
  const offset = Number(query.get("offset") ?? 0);
  if (!Number.isInteger(limit) || !Number.isInteger(offset) || limit < 1 || offset < 0)
    return invalid("Invalid page.");
  return {
    status: 200,
    // `total` is null unless asked for, as PagerDuty does it.
    body: {
      [name]: all.slice(offset, offset + limit),
      limit,
      offset,
      total: null,
      more: offset + limit < all.length,
    },
  };
}

function describe(incident: SeenIncident) {
  const { id, number, key, title, status, severity, createdAt } = incident;
  return {
    id,
    type: "incident",
    summary: `[#${number}] ${title}`,
    incident_number: number,
    incident_key: key,
    title,
    status,
    urgency: severity === "critical" || severity === "error" ? "high" : "low",
    created_at: createdAt,
  };
}

type ShownLogEntry = ReturnType<typeof logOf>[number];

function logOf(incident: SeenIncident) {
  return incident.log.map(({ id, type, at, summary }: LogEntry) => ({
    id,
    type,
    summary,
    created_at: at,
    incident: { id: incident.id, type: "incident_reference" },
  }));
}

function newest(a: ShownLogEntry, b: ShownLogEntry): number {
  return a.created_at < b.created_at ? 1 : a.created_at > b.created_at ? -1 : 0;
}

function noteOf(at: string, by: string, content: string) {
  return { content, created_at: at, user: { type: "user_reference", summary: by } };
}

const notFound: RestAnswer = { status: 404, body: { error: { message: "Not Found", code: 2100 } } };

function invalid(why: string): RestAnswer {
  return { status: 400, body: { error: { message: "Invalid Input Provided", code: 2001, errors: [why] } } };
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
}
