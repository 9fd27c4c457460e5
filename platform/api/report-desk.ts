import type { FastifyRequest } from "fastify";
import { vendorCode } from "../service/error-facts.ts";
import { Problem } from "../service/problem.ts";
import { type Database, isUnreachable, storageUnreachable } from "../storage/database.ts";
import type { Report } from "../storage/report.ts";
import { type EventsNews, type EventsWanted, readNews } from "../storage/report-events.ts";
import { isReportId } from "../storage/report-files.ts";
import { findReport } from "../storage/reports.ts";
import type { Caller } from "./caller.ts";

/** How the routes get at reports: always for the caller of a request, never past it. */
export type ReportDesk = {
  readonly callerOf: (request: FastifyRequest) => Caller;
  /** The report that the address names; `not-found` also when it is another tenant's. */
  readonly found: (request: FastifyRequest & { params: { id: string } }) => Promise<Report>;
  /** What a report's events say beyond what is known; undefined when there is nothing new. */
  readonly news: (wanted: EventsWanted) => Promise<EventsNews | undefined>;
  /** The answer of the database, or its outage as `unavailable`. */
  readonly asking: <T>(answer: Promise<T>) => Promise<T>;
};

/** A desk over the database; `callerOf` names the caller that was let in. */
export function reportDesk(database: Database, callerOf: (request: FastifyRequest) => Caller): ReportDesk {
  return {
    callerOf,
    found: async (request) => {
      const { tenant } = callerOf(request);
      const { id } = request.params;
      const report = isReportId(id) ? await asking(findReport(database, tenant, id)) : undefined;
      if (report === undefined) throw new Problem("not-found", "There is no such report.");
      return report;
    },
    news: async (wanted) => (await asking(readNews(database, [wanted]))).get(0),
    asking,
  };
}

async function asking<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    // Class 22 is about the values: text that no database stores, such as U+0000.
    if (vendorCode(error)?.startsWith("22") === true)
      throw new Problem("body-invalid", "The company holds text that cannot be stored.", error);
    if (!isUnreachable(error)) throw error;
    throw new Problem("unavailable", "Nothing was changed; try again shortly.", storageUnreachable(error));
  }
}
