import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmdirSync,
  statSync,
} from "node:fs";
import path from "node:path";
import { makeFolder } from "#kit/make-folder.ts";
import { type LogClass, logClasses } from "./log-classes.ts";

/** A mark of somebody who rotates, left behind by a process that was killed, counts no longer after so long. */
const staleMs = 10_000;
/** A file that could not be opened is tried again after so long. */
const againMs = 1_000;

/** The file that a class's lines of one day end in; its `day` is in UTC. The lines of today are in `<class>.ndjson`. */
export function datedName(name: LogClass, day: string): string {
  return `${name}-${day}.ndjson`;
}

/**
 * `<class>.ndjson` in a folder that several processes of the platform write to: gives the descriptor to append to. The first line of a day
 * puts what is older aside as `<class>-YYYY-MM-DD.ndjson`; whichever process comes first does it, and the others find the new file.
 */
export function classFile(dir: string, name: LogClass, now: () => Date): () => number | undefined {
  const file = path.join(dir, `${name}.ndjson`);
  let open: { readonly fd: number; readonly day: string } | undefined;
  let tried = Number.NEGATIVE_INFINITY;

  const reopen = (today: string): void => {
    if (open !== undefined) closeSync(open.fd);
    open = undefined;
    const fd = openSync(file, "a", 0o640);
    open = { fd, day: dayOf(fd, file) ?? today };
  };

  /** Puts the file of an earlier day aside, unless somebody has done so already or is about to. */
  const rotate = (day: string): void => {
    const mark = path.join(dir, `.${name}.rotating`);
    if (!take(mark)) return;
    try {
      const ours = open === undefined ? undefined : fstatSync(open.fd).ino;
      const dated = path.join(dir, datedName(name, day));
      if (statSync(file, { throwIfNoEntry: false })?.ino !== ours) return;
      if (statSync(dated, { throwIfNoEntry: false }) === undefined) renameSync(file, dated);
    } finally {
      rmdirSync(mark);
    }
  };

  return () => {
    const today = now().toISOString().slice(0, 10);
    if (open?.day === today) return open.fd;
    if (open === undefined && performance.now() - tried < againMs) return undefined;
    try {
      if (open === undefined) {
        tried = performance.now();
        makeFolder(dir);
        reopen(today);
      }
      if (open !== undefined && open.day < today) {
        rotate(open.day);
        reopen(today);
        // Still the old one: somebody else is at it, or there is a file of that day already; the lines go on where they are.
        if (open !== undefined && open.day < today) open = { fd: open.fd, day: today };
      }
    } catch {
      return open?.fd;
    }
    return open?.fd;
  };
}

/** The descriptors of all classes in a folder. */
export function classFiles(
  dir: string,
  now: () => Date = () => new Date(),
): Readonly<Record<LogClass, () => number | undefined>> {
  const [application, access, security, system] = logClasses;
  return {
    application: classFile(dir, application, now),
    access: classFile(dir, access, now),
    security: classFile(dir, security, now),
    system: classFile(dir, system, now),
  };
}

/** The day of a file's first line; undefined for an empty one. */
function dayOf(fd: number, file: string): string | undefined {
  const { size, mtime } = fstatSync(fd);
  if (size === 0) return undefined;
  const head = Buffer.alloc(Math.min(size, 256));
  const reading = openSync(file, "r");
  try {
    readSync(reading, head, 0, head.length, 0);
  } finally {
    closeSync(reading);
  }
  return (
    /"timestamp":"(\d{4}-\d\d-\d\d)T/.exec(head.toString("utf8"))?.[1] ?? mtime.toISOString().slice(0, 10)
  );
}

function take(mark: string): boolean {
  try {
    mkdirSync(mark);
    return true;
  } catch {
    const made = statSync(mark, { throwIfNoEntry: false });
    if (made !== undefined && Date.now() - made.mtimeMs > staleMs) rmdirSync(mark);
    return false;
  }
}
