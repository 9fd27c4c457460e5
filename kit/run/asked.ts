import { isCodedError } from "../errors.ts";
import type { Operators } from "../ports.ts";

/** Operators that remember whether anything may have been changed through them. */
export type Asked = {
  readonly operators: Operators;
  /** True once a call was accepted, or ended in a way that says neither. A refused call changed nothing. */
  readonly mayHaveActed: () => boolean;
};

/** Notes the calls of one attempt: an error of the action itself, or a refused second call, says nothing about what went before it. */
export function noting({ instanceAdmin, balancerAdmin }: Operators): Asked {
  let open = 0;
  const wrap = <T extends object>(port: T): T =>
    new Proxy(port, {
      get(target, name, receiver) {
        const member: unknown = Reflect.get(target, name, receiver);
        if (typeof member !== "function") return member;
        return async (...args: readonly unknown[]) => {
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
    operators: { instanceAdmin: wrap(instanceAdmin), balancerAdmin: wrap(balancerAdmin) },
    mayHaveActed: () => open > 0,
  };
}
