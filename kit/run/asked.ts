import { isCodedError, OpsError } from "../errors.ts";
import type { Operators } from "../ports.ts";
import { overOperators } from "../uses.ts";

/** The hands of one attempt. */
export type Asked = {
  readonly operators: Operators;
  /** True once a call was accepted, or ended in a way that says neither. A refused call changed nothing. */
  readonly mayHaveActed: () => boolean;
  /** Takes the hands back: an action that was given up on may still be running, and must not act after it was looked at. */
  readonly close: () => void;
};

/**
 * Operators for one attempt: `mayCall` is asked before every call, the calls are noted, and none is made after the attempt
 * is over. An error of the action itself, or a refused second call, says nothing about what went before it.
 */
export function handsOf(hands: Operators, mayCall: () => Promise<void>): Asked {
  let open = 0;
  let closed = false;
  const wrap = <T extends object>(port: T): T =>
    new Proxy(port, {
      get(target, name, receiver) {
        const member: unknown = Reflect.get(target, name, receiver);
        if (typeof member !== "function") return member;
        return async (...args: readonly unknown[]) => {
          await mayCall();
          if (closed)
            throw new OpsError("guard-refused", {
              summary: "An attempt that was given up on wanted to act.",
              hint: "Nothing was done with it.",
            });
          open += 1;
          try {
            return (await Reflect.apply(member, target, args)) as unknown;
          } catch (error) {
            if (isCodedError(error) && error.code !== "tool-unreachable") open -= 1;
            throw error;
          }
        };
      },
    });
  return {
    operators: overOperators(hands, wrap),
    mayHaveActed: () => open > 0,
    close() {
      closed = true;
    },
  };
}
