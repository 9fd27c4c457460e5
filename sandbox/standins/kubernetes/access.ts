import { timingSafeEqual } from "node:crypto";
import { forbidden, unauthorized, type Plural } from "./status.ts";

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
  const allowed = account.rules.some(
    ({ resource, verbs, namespaces }) =>
      resource === of.plural &&
      verbs.includes(asked.verb) &&
      (namespaces === undefined || (asked.namespace !== undefined && namespaces.includes(asked.namespace))),
  );
  if (!allowed) throw forbidden(of, { user: account.user, ...asked });
}
