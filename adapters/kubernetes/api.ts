import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { toMs } from "#kit/duration.ts";
import { OpsError } from "#kit/errors.ts";
import type { KubernetesBinding, KubernetesRole } from "./binding.ts";
import { type Call, notUnderstood, refusal, silenceOf } from "./fault.ts";
import { type Kind, pathOf } from "./kinds.ts";
import { type Asking, openTransport, type Reply } from "./transport.ts";
import { Status } from "./trouble.ts";

/** Which object, or which part of it: `pods`, one of them, its `log`. */
export type What = { readonly kind: Kind; readonly name?: string; readonly part?: string };

type Query = Readonly<Record<string, string>>;

/** What became of a change: done, the object is not there, or somebody else changed it in between (nothing was done). */
export type Sent<T> = { readonly done: T } | "absent" | "overtaken";

/** How a change is written down; of each the server takes its own kind of body. */
const contentTypes = {
  create: "application/json",
  update: "application/json",
  delete: "application/json",
  patch: "application/strategic-merge-patch+json",
} as const;
const methods = { create: "POST", update: "PUT", delete: "DELETE", patch: "PATCH" } as const;

/** The cluster under one set of credentials, in one namespace. */
export type KubernetesApi = {
  /** Host and port, for sentences. */
  readonly place: string;
  readonly address: string;
  readonly namespace: string;
  /** One object; undefined when it is not there. */
  readonly get: <T>(what: What, schema: z.ZodType<T>, query?: Query) => Promise<T | undefined>;
  /** All objects of a kind, page after page. */
  readonly list: <T>(kind: Kind, schema: z.ZodType<T>, query?: Query) => Promise<readonly T[]>;
  /** A part that is text, such as a log; undefined when it is not there. */
  readonly text: (what: What, query?: Query) => Promise<string | undefined>;
  /** Changes something; a call that went out and got no answer throws `state-unknown`. */
  readonly change: (
    verb: keyof typeof methods,
    what: What,
    body: unknown,
    type?: string,
  ) => Promise<Sent<unknown>>;
  /** Whether the server would allow something; every known user may ask that of themselves. */
  readonly may: (ask: AccessAsk) => Promise<boolean>;
};

/** A right by name. */
type AccessAsk = {
  readonly verb: string;
  readonly kind: Kind;
  readonly part?: string;
  readonly name?: string;
};

/** Reads are made again after a moment when the server was busy. */
const mostBusy = 2;
const longestWaitMs = 2_000;
/** A list is begun anew when its pages got too old to go on with. */
const mostRestarts = 2;
const pageSize = "250";
const largestLog = 8 * 1024 * 1024;

const Page = z.object({
  metadata: z.object({ continue: z.string().optional() }).optional(),
  items: z.array(z.unknown()).nullish(),
});
const Review = z.object({ status: z.object({ allowed: z.boolean() }) });

/** Opens the cluster for one role, with the first call. */
export function kubernetesApi(
  binding: KubernetesBinding,
  role: KubernetesRole,
): () => Promise<KubernetesApi> {
  let opening: Promise<KubernetesApi> | undefined;
  return () => {
    opening ??= open(binding, role);
    // A secret or file that was missing may be there the next time.
    opening.catch(() => {
      opening = undefined;
    });
    return opening;
  };
}

async function open(binding: KubernetesBinding, role: KubernetesRole): Promise<KubernetesApi> {
  const way = await openTransport(binding[role], `bindings.kubernetes.${role}`, toMs(binding.timeout));
  const { address } = way;
  const place = new URL(address).host;
  const { namespace } = binding;
  const send = (method: Asking["method"], path: string, query: Query, body?: Asking["body"]) => {
    const asked = new URLSearchParams(query).toString();
    return way.send({ method, path: `${path}${asked === "" ? "" : `?${asked}`}`, body });
  };

  const callOf = (verb: string, { kind, name, part }: What): Call => ({
    place,
    namespace,
    role,
    verb,
    kind,
    name,
    part,
  });

  /** A look: repeated while the server is busy, because it changes nothing. */
  async function look(verb: string, what: What, query: Query): Promise<Reply> {
    const call = callOf(verb, what);
    for (let busy = 0; ; busy += 1) {
      let reply: Reply;
      try {
        reply = await send("GET", pathOf(what.kind, namespace, what.name, what.part), query);
      } catch (error) {
        const fault = silenceOf(error, call, false);
        if (!fault.again || busy >= mostBusy) throw fault.error;
        await pause(50);
        continue;
      }
      if (reply.status < 300 || reply.status === 404 || reply.status === 410) return reply;
      const { error, waitMs } = refusal(reply, call, false);
      if (waitMs === undefined || busy >= mostBusy) throw error;
      await pause(Math.min(waitMs, longestWaitMs) + Math.random() * 50);
    }
  }

  const isAbsent = (reply: Reply, what: What) => {
    if (reply.status !== 404) return false;
    const status = Status.safeParse(asJson(reply.body));
    if (!status.success) throw notUnderstood(callOf("get", what), reply.status);
    // A kind that the server does not serve at all has no name to be missing.
    if (status.data.details?.name === undefined) throw refusal(reply, callOf("get", what), false).error;
    return true;
  };

  const api: KubernetesApi = {
    place,
    address,
    namespace,

    async get(what, schema, query = {}) {
      const reply = await look("get", what, query);
      if (reply.status === 410) throw refusal(reply, callOf("get", what), false).error;
      return isAbsent(reply, what) ? undefined : parsed(reply, schema, callOf("get", what));
    },

    async list(kind, schema, query = {}) {
      const call = callOf("list", { kind });
      for (let restarts = 0; ; restarts += 1) {
        const found: z.infer<typeof schema>[] = [];
        let next: string | undefined;
        let reply: Reply;
        do {
          reply = await look(
            "list",
            { kind },
            { ...query, limit: pageSize, ...(next === undefined ? {} : { continue: next }) },
          );
          if (reply.status >= 300) break;
          const page = parsed(reply, Page, call);
          for (const item of page.items ?? []) found.push(checked(item, schema, call));
          next = page.metadata?.continue === "" ? undefined : page.metadata?.continue;
        } while (next !== undefined);
        if (reply.status < 300) return found;
        if (reply.status !== 410 || restarts >= mostRestarts) throw refusal(reply, call, false).error;
      }
    },

    async text(what, query = {}) {
      const reply = await look("get", what, query);
      if (reply.status === 410) throw refusal(reply, callOf("get", what), false).error;
      return isAbsent(reply, what) ? undefined : reply.body.slice(-largestLog);
    },

    async change(verb, what, body, type = contentTypes[verb]) {
      const call = callOf(verb, what);
      for (let attempt = 0; ; attempt += 1) {
        let reply: Reply;
        try {
          reply = await send(
            methods[verb],
            pathOf(what.kind, namespace, what.name, what.part),
            verb === "delete" ? {} : { fieldValidation: "Strict" },
            { text: JSON.stringify(body), type },
          );
        } catch (error) {
          throw silenceOf(error, call, true).error;
        }
        if (reply.status < 300) return { done: asJson(reply.body) };
        if (reply.status === 409) return "overtaken";
        if (reply.status === 404 && isAbsent(reply, what)) return "absent";
        const { error, waitMs, heard } = refusal(reply, call, true);
        // Only what was turned away unheard may be sent again.
        if (heard || waitMs === undefined || attempt >= mostBusy) throw error;
        await pause(Math.min(waitMs, longestWaitMs) + Math.random() * 50);
      }
    },

    async may({ verb, kind, part, name }) {
      const body = {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SelfSubjectAccessReview",
        spec: {
          resourceAttributes: {
            verb,
            group: kind.group,
            resource: kind.plural,
            ...placeOf(kind, namespace, name),
            ...(part === undefined ? {} : { subresource: part }),
            ...(name === undefined ? {} : { name }),
          },
        },
      };
      const what = { kind: reviews };
      const call = callOf("create", what);
      let reply: Reply;
      try {
        reply = await send(
          "POST",
          pathOf(reviews, namespace),
          {},
          { text: JSON.stringify(body), type: contentTypes.create },
        );
      } catch (error) {
        throw silenceOf(error, call, false).error;
      }
      if (reply.status >= 300) throw refusal(reply, call, false).error;
      return parsed(reply, Review, call).status.allowed;
    },
  };
  return api;
}

/** Where a right is asked about: a namespace is read with a right inside itself. */
function placeOf(kind: Kind, namespace: string, name: string | undefined) {
  if (kind.plural === "namespaces") return name === undefined ? {} : { namespace: name };
  return kind.everywhere === true ? {} : { namespace };
}

const reviews: Kind = {
  group: "authorization.k8s.io",
  version: "v1",
  plural: "selfsubjectaccessreviews",
  one: "access review",
  everywhere: true,
};

function parsed<T>(reply: Reply, schema: z.ZodType<T>, call: Call): T {
  return checked(asJson(reply.body), schema, call);
}

function checked<T>(value: unknown, schema: z.ZodType<T>, call: Call): T {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw notUnderstood(call, 200, `${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`);
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The object, or the refusal that says it is not there. */
export function present<T>(found: T | undefined, api: KubernetesApi, { kind, name = "" }: What): T {
  if (found !== undefined) return found;
  throw new OpsError("tool-refused", {
    summary: `Kubernetes at ${api.place} has no ${kind.one} ${name} in the namespace ${api.namespace}.`,
    hint: `Compare the environment's file with the cluster: kubectl get ${kind.plural} -n ${api.namespace}`,
  });
}
