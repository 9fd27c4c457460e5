import type { Cloud } from "../../cloud.ts";
import { keyOf, verdictOf, type Policies } from "./authorize.ts";
import type { Parameters } from "./parameters.ts";
import { ServiceError } from "./service-error.ts";
import { members, type Xml } from "./xml.ts";

/** What one IAM call is handed. */
type Context = {
  readonly cloud: Cloud;
  readonly given: Parameters;
  readonly policies: Policies | undefined;
};

/** The IAM calls the stand-in knows. */
export const iamActions: Readonly<Record<string, (context: Context) => Promise<Xml>>> = {
  /** Says of each action and resource what the role's policies would say; nothing is done. */
  async SimulatePrincipalPolicy({ cloud, given, policies }) {
    const principal = given.required("PolicySourceArn");
    const actions = given.list("ActionNames.member");
    const resources = given.list("ResourceArns.member");
    given.done();
    const key = keyOf(principal, cloud);
    if (key === undefined)
      throw new ServiceError("NoSuchEntity", `The entity with ARN ${principal} cannot be found.`, 404);
    if (actions.length === 0)
      throw new ServiceError("ValidationError", "1 validation error detected: actionNames must not be null");
    return {
      IsTruncated: false,
      EvaluationResults: members(
        actions.flatMap((action) =>
          (resources.length === 0 ? ["*"] : resources).map((resource) => ({
            EvalActionName: action,
            EvalResourceName: resource,
            EvalDecision: verdictOf(policies, key, action, resource, cloud),
            MatchedStatements: members([]),
            MissingContextValues: members([]),
          })),
        ),
      ),
    };
  },
};
