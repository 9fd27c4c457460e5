/** What a stand-in can be told to do wrong, once or several times. */
type Fault<Kind extends string> = {
  readonly action: string;
  readonly kind: Kind;
  readonly times: number;
};

/** A queue of faults per action; the next calls of that action use them up. */
export type Faults<Kind extends string> = {
  /** The next `times` calls of `action` go wrong in this way. */
  readonly add: (fault: Fault<Kind>) => void;
  /** Takes the fault that is due for this call, if any. */
  readonly take: (action: string) => Kind | undefined;
  readonly clear: () => void;
};

/** No answer, ever; the connection stays open until the caller or the stand-in gives up. */
export function noAnswer(): Promise<never> {
  return new Promise(() => undefined);
}

/** An empty queue. */
export function faultQueue<Kind extends string>(): Faults<Kind> {
  let due: { readonly action: string; readonly kind: Kind }[] = [];
  return {
    add: ({ action, kind, times }) => {
      for (let each = 0; each < times; each += 1) due.push({ action, kind });
    },
    take: (action) => {
      const found = due.find((fault) => fault.action === action);
      due = due.filter((fault) => fault !== found);
      return found?.kind;
    },
    clear: () => {
      due = [];
    },
  };
}
