import { OpsError } from "./errors.ts";
import type { Operators, Readers } from "./ports.ts";
import { operatorNames, readerNames } from "./uses.ts";

/** What can be looked at through an adapter: all readers but the environment's own facts. */
export type ToolReaders = Omit<Readers, "inventory" | "times">;

/** Says why a port cannot be used. */
type Unbound = (port: string) => OpsError;

const noBinding: Unbound = (port) =>
  new OpsError("binding-missing", {
    summary: `This environment has no binding that serves "${port}".`,
    hint: "Name the tool under bindings in its file in data/environments/; ops doctor lists what is missing.",
  });

/** Readers of an environment without any tool: every call fails as `binding-missing`. The tools it has are laid over them. */
export function unboundReaders(why: Unbound = noBinding): ToolReaders {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the names are those of the type, and every member refuses
  return bare(readerNames, why) as ToolReaders;
}

/** The same for operators. */
export function unboundOperators(why: Unbound = noBinding): Operators {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as above
  return bare(operatorNames, why) as Operators;
}

function bare(names: readonly string[], why: Unbound): unknown {
  return Object.fromEntries(names.map((name) => [name, refusing(() => why(name))]));
}

/** A port of which every member is a call that fails. */
function refusing(why: () => OpsError): object {
  return new Proxy(
    {},
    {
      // Nobody who awaits the port itself may take it for a promise.
      get: (_, member) =>
        typeof member === "symbol" || member === "then" ? undefined : () => Promise.reject(why()),
    },
  );
}
