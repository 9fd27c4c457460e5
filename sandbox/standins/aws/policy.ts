/** An IAM policy document, as far as it is understood here; anything else in one never matches. */
export type PolicyDocument = {
  readonly Version: string;
  readonly Statement: readonly {
    readonly Effect: "Allow" | "Deny";
    readonly Action: string | readonly string[];
    readonly Resource: string | readonly string[];
    readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
  }[];
};

/** One call, as IAM sees it: the action by its whole name, each thing it is about, and the request's context. */
export type PolicyQuestion = {
  readonly action: string;
  /** `*` for an action that knows no resource. */
  readonly resource: string;
  readonly context: Readonly<Record<string, string>>;
};

/** IAM's verdict: an explicit no wins, then a yes, and without either it is no. Source: IAM User Guide, "Policy evaluation logic". */
export type PolicyVerdict = "allowed" | "explicitDeny" | "implicitDeny";

/** Evaluates identity-based policies. */
export function evaluate(policies: readonly PolicyDocument[], question: PolicyQuestion): PolicyVerdict {
  const matching = policies
    .flatMap(({ Statement }) => Statement)
    .filter(
      ({ Action, Resource, Condition = {} }) =>
        // Actions are compared without regard to case, resources with.
        list(Action).some((pattern) => like(pattern.toLowerCase(), question.action.toLowerCase())) &&
        list(Resource).some((pattern) => like(pattern, question.resource)) &&
        Object.entries(Condition).every(([operator, keys]) => holds(operator, keys, question.context)),
    );
  if (matching.some(({ Effect }) => Effect === "Deny")) return "explicitDeny";
  return matching.some(({ Effect }) => Effect === "Allow") ? "allowed" : "implicitDeny";
}

function holds(
  operator: string,
  keys: Readonly<Record<string, string | readonly string[]>>,
  context: Readonly<Record<string, string>>,
): boolean {
  return (
    operator === "StringEquals" &&
    Object.entries(keys).every(([key, values]) => list(values).includes(context[key] ?? ""))
  );
}

function list(value: string | readonly string[]): readonly string[] {
  return typeof value === "string" ? [value] : value;
}

/** IAM's wildcards: `*` for any characters, `?` for one. */
function like(pattern: string, text: string): boolean {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "s").test(text);
}
