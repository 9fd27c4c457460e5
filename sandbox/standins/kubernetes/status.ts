import type { Said } from "../serve.ts";

/** One field that is wrong, as the API server lists it. */
export type Cause = { readonly reason: string; readonly message: string; readonly field: string };

type Details = {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly Cause[];
  readonly retryAfterSeconds?: number;
};

/** Which objects are meant: the plural in the path, and the API group. */
export type Plural = { readonly group: string; readonly plural: string; readonly kind: string };

/** A refusal in the API server's own shape: a Status object with reason and code. */
export class ApiRefusal extends Error {
  readonly code: number;
  readonly reason: string;
  readonly details: Details | undefined;

  constructor(code: number, reason: string, message: string, details?: Details) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  /** The answer that says it. */
  said(): Said {
    const { retryAfterSeconds } = this.details ?? {};
    return json(
      this.code,
      {
        kind: "Status",
        apiVersion: "v1",
        metadata: {},
        status: "Failure",
        message: this.message,
        reason: this.reason,
        ...(this.details === undefined ? {} : { details: this.details }),
        code: this.code,
      },
      retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) },
    );
  }
}

/** An answer in JSON. */
export function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Said {
  return { status, headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) };
}

/** `leases.coordination.k8s.io`, or `pods` in the core group. */
const qualified = ({ group, plural }: Plural) => (group === "" ? plural : `${plural}.${group}`);

const about = ({ group, plural }: Plural, name: string): Details => ({
  name,
  ...(group === "" ? {} : { group }),
  kind: plural,
});

/** No such object. */
export function notFound(of: Plural, name: string): ApiRefusal {
  return new ApiRefusal(404, "NotFound", `${qualified(of)} "${name}" not found`, about(of, name));
}

/** No such path. */
export function noSuchPath(): ApiRefusal {
  return new ApiRefusal(404, "NotFound", "the server could not find the requested resource", {});
}

/** The name is taken. */
export function alreadyExists(of: Plural, name: string): ApiRefusal {
  return new ApiRefusal(409, "AlreadyExists", `${qualified(of)} "${name}" already exists`, about(of, name));
}

/** Somebody else wrote first. */
export function conflict(
  of: Plural,
  name: string,
  why = "the object has been modified; please apply your changes to the latest version and try again",
): ApiRefusal {
  return new ApiRefusal(
    409,
    "Conflict",
    `Operation cannot be fulfilled on ${qualified(of)} "${name}": ${why}`,
    about(of, name),
  );
}

/** The object breaks a rule of its kind. */
export function invalid({ group, kind }: Plural, name: string, causes: readonly Cause[]): ApiRefusal {
  const listed = causes.map(({ field, message }) => `${field}: ${message}`);
  const what = listed.length === 1 ? listed[0] : `[${listed.join(", ")}]`;
  return new ApiRefusal(
    422,
    "Invalid",
    `${group === "" ? kind : `${kind}.${group}`} "${name}" is invalid: ${what}`,
    { name, ...(group === "" ? {} : { group }), kind, causes },
  );
}

/** The request cannot be understood. */
export function badRequest(message: string): ApiRefusal {
  return new ApiRefusal(400, "BadRequest", message);
}

/** Nobody this server knows. */
export function unauthorized(): ApiRefusal {
  return new ApiRefusal(401, "Unauthorized", "Unauthorized");
}

/** Somebody whom no rule allows this. */
export function forbidden(
  of: Plural,
  asked: {
    readonly user: string;
    readonly verb: string;
    readonly namespace: string | undefined;
    readonly name: string | undefined;
    readonly part?: string | undefined;
  },
): ApiRefusal {
  const { user, verb, namespace, name, part } = asked;
  const where = namespace === undefined ? "at the cluster scope" : `in the namespace "${namespace}"`;
  return new ApiRefusal(
    403,
    "Forbidden",
    `${qualified(of)} ${name === undefined ? "" : `"${name}" `}is forbidden: User "${user}" cannot ${verb} resource "${of.plural}${part === undefined ? "" : `/${part.split("/")[0]}`}" in API group "${of.group}" ${where}`,
    {
      ...(name === undefined ? {} : { name }),
      ...(of.group === "" ? {} : { group: of.group }),
      kind: of.plural,
    },
  );
}
