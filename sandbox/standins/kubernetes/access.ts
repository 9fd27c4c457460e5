import { timingSafeEqual } from "node:crypto";
import { z } from "zod";
import type { Said } from "../serve.ts";
import { badRequest, forbidden, json, unauthorized, type Plural } from "./status.ts";

/** What can be done to objects. */
export type Verb = "get" | "list" | "create" | "update" | "delete";

/** Somebody with a token, and what the rules of their role allow; nothing else is allowed. */
export type Account = {
  readonly user: string;
  readonly token: string;
  readonly rules: readonly {
    readonly resource: string;
    readonly verbs: readonly Verb[];
    /** Everywhere when left out. */
    readonly namespaces?: readonly string[];
  }[];
};

/** Who asks, by bearer token; throws 401. Nobody is anonymous here. */
export function authenticate(accounts: readonly Account[], authorization: string | undefined): Account {
  const token = Buffer.from(/^Bearer (.+)$/.exec(authorization ?? "")?.[1] ?? "");
  const found = accounts.find((account) => {
    const known = Buffer.from(account.token);
    return known.length === token.length && timingSafeEqual(known, token);
  });
  if (found === undefined) throw unauthorized();
  return found;
}

/** Throws 403 unless a rule allows it. */
export function authorize(
  account: Account,
  of: Plural,
  asked: { readonly verb: Verb; readonly namespace: string | undefined; readonly name: string | undefined },
): void {
  if (!isAllowed(account, of.plural, asked)) throw forbidden(of, { user: account.user, ...asked });
}

function isAllowed(
  { rules }: Account,
  plural: string,
  { verb, namespace }: { readonly verb: string; readonly namespace: string | undefined },
): boolean {
  return rules.some(
    ({ resource, verbs, namespaces }) =>
      resource === plural &&
      verbs.some((allowed) => allowed === verb) &&
      (namespaces === undefined || (namespace !== undefined && namespaces.includes(namespace))),
  );
}

const Review = z.object({
  spec: z.object({
    resourceAttributes: z.object({
      namespace: z.string().optional(),
      verb: z.string(),
      group: z.string().default(""),
      resource: z.string(),
    }),
  }),
});

/** Where a user asks what they themselves may do; every known user may, by the cluster's own default role. */
export const reviewPath = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

/** Answers such a question; source: Kubernetes API reference, "SelfSubjectAccessReview v1". */
export function review(account: Account, resources: readonly Plural[], body: Buffer): Said {
  let sent: unknown;
  try {
    sent = JSON.parse(body.toString("utf8"));
  } catch {
    throw badRequest("the body of the request is not JSON");
  }
  const parsed = Review.safeParse(sent);
  if (!parsed.success)
    throw badRequest("exactly one of nonResourceAttributes or resourceAttributes must be specified");
  const { spec } = parsed.data;
  const { group, resource, verb, namespace } = spec.resourceAttributes;
  const served = resources.some((one) => one.group === group && one.plural === resource);
  const allowed = served && isAllowed(account, resource, { verb, namespace });
  return json(201, {
    kind: "SelfSubjectAccessReview",
    apiVersion: "authorization.k8s.io/v1",
    metadata: {},
    spec,
    status: { allowed },
  });
}
