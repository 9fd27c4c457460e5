import { timingSafeEqual } from "node:crypto";
import { z } from "zod";
import type { Said } from "../serve.ts";
import { badRequest, forbidden, json, unauthorized, type Plural } from "./status.ts";

/** What can be done to objects. */
export type Verb = "get" | "list" | "create" | "update" | "patch" | "delete";

/** Somebody with a token, and what the rules of their role allow; nothing else is allowed. */
export type Account = {
  readonly user: string;
  readonly token: string;
  readonly rules: readonly {
    /** The plural; a part of it, which no right over the whole gives, by `pods/log`. */
    readonly resource: string;
    /** Any when left out. */
    readonly group?: string;
    /** Only these objects; a list or a create, which name none, are then not allowed. */
    readonly names?: readonly string[];
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

/** What somebody wants to do, to what, and where. */
export type Wanted = {
  readonly verb: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly part?: string | undefined;
};

/** Throws 403 unless a rule allows it. */
export function authorize(account: Account, of: Plural, asked: Wanted): void {
  if (!isAllowed(account, of, asked)) throw forbidden(of, { user: account.user, ...asked });
}

function isAllowed(
  { rules }: Account,
  { group, plural }: Pick<Plural, "group" | "plural">,
  { verb, namespace, name, part }: Wanted,
): boolean {
  const wanted = part === undefined ? plural : `${plural}/${part.split("/")[0]}`;
  return rules.some(
    ({ resource, group: only, names, verbs, namespaces }) =>
      resource === wanted &&
      (only === undefined || only === group) &&
      verbs.some((allowed) => allowed === verb) &&
      (names === undefined || (name !== undefined && names.includes(name))) &&
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
      subresource: z.string().optional(),
      name: z.string().optional(),
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
  const { group, resource, subresource: part, verb, namespace, name } = spec.resourceAttributes;
  const served = resources.some((one) => one.group === group && one.plural === resource);
  const allowed = served && isAllowed(account, { group, plural: resource }, { verb, namespace, name, part });
  return json(201, {
    kind: "SelfSubjectAccessReview",
    apiVersion: "authorization.k8s.io/v1",
    metadata: {},
    spec,
    status: { allowed },
  });
}
