import type { FastifyRequest } from "fastify";
import { vendorCode } from "../service/error-facts.ts";
import { keepBounded } from "../service/bounded.ts";
import { Problem } from "../service/problem.ts";
import { recordAudit } from "../storage/audit-log.ts";
import { type Database, isUnreachable, storageUnreachable } from "../storage/database.ts";
import type { Report } from "../storage/report.ts";
import { type EventsNews, type EventsWanted, readNews } from "../storage/report-events.ts";
import { isReportId } from "../storage/report-files.ts";
import { lookAtReport, type ReportLook, reportVersion } from "../storage/report-look.ts";
import { findReport } from "../storage/reports.ts";
import type { Caller } from "./caller.ts";
import type { KeptViews } from "./kept-views.ts";

/** How the routes get at reports: always for the caller of a request, never past it. */
export type ReportDesk = {
  readonly callerOf: (request: FastifyRequest) => Caller;
  /** The report that the address names; `not-found` also when it is another tenant's. */
  readonly found: (request: FastifyRequest & { params: { id: string } }) => Promise<Report>;
  /**
   * An answer about the report that the address names and its stages: the one that was kept while the report is as it was then, which the
   * database is asked each time, or a new one. `not-found` also when the report is another tenant's.
   */
  readonly viewed: <View>(
    request: FastifyRequest & { params: { id: string } },
    kept: KeptViews<View>,
    make: (look: ReportLook) => View | Promise<View>,
  ) => Promise<View>;
  /** Notes in the audit log that the caller reads a report; once in a while for each caller and report, however often it is looked at. */
  readonly noteRead: (request: FastifyRequest, id: string) => Promise<void>;
  /** What a report's events say beyond what is known; undefined when there is nothing new. */
  readonly news: (wanted: EventsWanted) => Promise<EventsNews | undefined>;
  /** The answer of the database, or its outage as `unavailable`. */
  readonly asking: <T>(answer: Promise<T>) => Promise<T>;
};

/** Who follows a report by asking every second has read it once in five minutes; the access log has each request. */
const readAgainMs = 300_000;
/** Most pairs of caller and report that are remembered for that. */
const mostReaders = 20_000;

/** A desk over the database; `callerOf` names the caller that was let in. */
export function reportDesk(database: Database, callerOf: (request: FastifyRequest) => Caller): ReportDesk {
  const read = new Map<string, number>();
  const found: ReportDesk["found"] = async (request) => {
    const { tenant } = callerOf(request);
    const { id } = request.params;
    const report = isReportId(id) ? await asking(findReport(database, tenant, id)) : undefined;
    if (report === undefined) throw noSuch();
    return report;
  };
  return {
    callerOf,
    found,
    viewed: async (request, kept, make) => {
      const { tenant } = callerOf(request);
      const { id } = request.params;
      if (!isReportId(id)) throw noSuch();
      const before = kept.get(id);
      if (before !== undefined) {
        const version = await asking(reportVersion(database, tenant, id));
        if (version === undefined) throw noSuch();
        if (version === before.version) return before.view;
      }
      const look = await asking(lookAtReport(database, tenant, id));
      if (look === undefined) throw noSuch();
      const view = await make(look);
      kept.keep(id, look, view);
      return view;
    },
    noteRead: async (request, id) => {
      const { tenant, actor } = callerOf(request);
      const key = `${tenant}\n${actor}\n${id}`;
      const last = read.get(key);
      if (last !== undefined && performance.now() - last < readAgainMs) return;
      keepBounded(read, key, performance.now(), mostReaders);
      const entry = { actor, tenant, action: "report.read", subject: id, requestId: request.id } as const;
      await asking(recordAudit(database, entry)).catch((error: unknown) => {
        // Told to nobody, it would not be noted the next time either.
        read.delete(key);
        throw error;
      });
    },
    news: async (wanted) => (await asking(readNews(database, [wanted]))).get(0),
    asking,
  };
}

function noSuch(): Problem {
  return new Problem("not-found", "There is no such report.");
}

async function asking<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    // Class 22 is about the values: text that no database stores, such as U+0000.
    if (vendorCode(error)?.startsWith("22") === true)
      throw new Problem("body-invalid", "The company holds text that cannot be stored.", error);
    // At a first start a request may come before the tables do.
    if (vendorCode(error) === "42P01")
      throw new Problem("unavailable", "The database is still being prepared; try again shortly.", error);
    if (!isUnreachable(error)) throw error;
    throw new Problem("unavailable", "Nothing was changed; try again shortly.", storageUnreachable(error));
  }
}
