import { keepBounded } from "../service/bounded.ts";
import type { ReportLook } from "../storage/report-look.ts";

/** Answers about reports, each with the version of the report that it was made from. */
export type KeptViews<View> = {
  get(id: string): { readonly version: string; readonly view: View } | undefined;
  /** Keeps an answer, unless it is large or may change while its report does not. */
  keep(id: string, look: ReportLook, view: View): void;
};

const mostViews = 1_000;
/** A larger answer is made anew each time, so that all of them together stay below 32 MiB of text. */
const mostCharacters = 32 * 1024;

/** Remembers the latest answers; `mayKeep` says which of them depend on nothing but the report's row and stages. */
export function keptViews<View extends object>(
  mayKeep: (look: ReportLook) => boolean = () => true,
): KeptViews<View> {
  const kept = new Map<string, { readonly version: string; readonly view: View }>();
  return {
    get: (id) => kept.get(id),
    keep: (id, look, view) => {
      if (mayKeep(look) && JSON.stringify(view).length <= mostCharacters)
        keepBounded(kept, id, { version: look.version, view }, mostViews);
      else kept.delete(id);
    },
  };
}
