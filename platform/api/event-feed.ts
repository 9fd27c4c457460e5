import { messageOf } from "../service/error-facts.ts";
import type { Database } from "../storage/database.ts";
import { type EventsNews, type EventsWanted, readNews } from "../storage/report-events.ts";
import type { Log } from "../telemetry/log.ts";

/** One stream that follows a report. */
type Follower = {
  /** What it has not had yet; undefined while its reader is behind. */
  wants(): EventsWanted | undefined;
  hear(news: EventsNews): void;
};

/** One look at the database for all streams of this process. */
export type EventFeed = {
  /** Tells what there is at once and whatever follows; gives the way to stop. */
  follow(follower: Follower): () => void;
  /** Looks soon: somebody has room again. */
  wake(): void;
  close(): void;
};

/** Milliseconds between two looks; twice a second whatever the number of streams. */
const everyMs = 500;
/** After new followers or room: those who come together are asked for together. */
const soonMs = 25;
/** Streams of one query. */
const atOnce = 500;

/**
 * Follows reports by asking the database for all of them together. PostgreSQL's NOTIFY would save the looks of quiet times, but takes a lock over the whole
 * database at each commit, a connection of its own past any pooler, and a look all the same after each lost connection.
 */
export function eventFeed(database: Database, log: Log): EventFeed {
  const followers = new Set<Follower>();
  let timer: NodeJS.Timeout | undefined;
  let due = Number.POSITIVE_INFINITY;
  let looking = false;
  let lost = false;
  let closed = false;

  const plan = (inMs: number): void => {
    const at = performance.now() + inMs;
    if (closed || looking || followers.size === 0 || at >= due) return;
    clearTimeout(timer);
    due = at;
    timer = setTimeout(() => void look(), inMs);
    timer.unref();
  };
  const look = async (): Promise<void> => {
    looking = true;
    let isMore = false;
    try {
      const asking = [...followers].flatMap((follower) => {
        const wanted = follower.wants();
        return wanted === undefined ? [] : [{ follower, wanted }];
      });
      for (let from = 0; from < asking.length; from += atOnce) {
        const some = asking.slice(from, from + atOnce);
        const news = await readNews(
          database,
          some.map(({ wanted }) => wanted),
        );
        for (const [place, what] of news) {
          const follower = some[place]?.follower;
          if (follower !== undefined && followers.has(follower)) follower.hear(what);
          isMore ||= what.more;
        }
      }
      if (lost) log.info("Events are followed again", {});
      lost = false;
    } catch (error) {
      // The streams stay open: what happened meanwhile is in the database when it is back.
      if (!lost) log.warning("Events cannot be followed", { error_message: messageOf(error) });
      lost = true;
    } finally {
      looking = false;
      due = Number.POSITIVE_INFINITY;
      plan(isMore ? soonMs : everyMs);
    }
  };
  return {
    follow: (follower) => {
      followers.add(follower);
      plan(soonMs);
      return () => void followers.delete(follower);
    },
    wake: () => plan(soonMs),
    close: () => {
      closed = true;
      clearTimeout(timer);
      followers.clear();
    },
  };
}
