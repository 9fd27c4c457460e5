import { randomUUID } from "node:crypto";
import type { Cloud } from "../cloud.ts";
import { authorize, isMutating, type Policies } from "./aws/authorize.ts";
import { balancingActions } from "./aws/balancing.ts";
import { ec2Actions } from "./aws/ec2.ts";
import { iamActions } from "./aws/iam.ts";
import { insightsActions, type InsightsMood } from "./aws/insights.ts";
import { logActions } from "./aws/log-events.ts";
import { parameters, type Parameters } from "./aws/parameters.ts";
import { scalingActions } from "./aws/scaling.ts";
import { ServiceError } from "./aws/service-error.ts";
import { verifySignature, type Keys, type Signer } from "./aws/signature.ts";
import { scriptKind, systemsActions, type SystemsMood } from "./aws/systems.ts";
import { callerIdentity } from "./aws/tokens.ts";
import { asJsonError, asQueryError, asXml, type QueryService } from "./aws/wire.ts";
import type { Xml } from "./aws/xml.ts";
import { faultQueue, type Faults } from "./faults.ts";
import { serve, type Asked, type Said } from "./serve.ts";

/** Throttled before anything happened; unavailable before anything happened; done, but the answer is lost. */
type AwsFault = "throttled" | "unavailable" | "reply-lost";

/** One call as it arrived, for tests that count. */
type AwsCall = {
  readonly service: string;
  readonly action: string;
  readonly mutating: boolean;
  readonly key: keyof Keys | "none";
  readonly status: number | "dropped";
};

/** The stand-in while it runs. */
export type AwsStandin = {
  /** One endpoint for all services; the signature says which one is meant. */
  readonly url: string;
  readonly calls: readonly AwsCall[];
  readonly faults: Faults<AwsFault>;
  readonly stop: () => Promise<void>;
};

/** Speaks EC2, Elastic Load Balancing v2, Auto Scaling, CloudWatch Logs, STS and a little of the Systems Manager and of IAM over the practice cloud, as strictly as AWS where it matters. */
export async function startAwsStandin(options: {
  readonly cloud: Cloud;
  readonly keys: Keys;
  readonly port?: number;
  /** Most things in one page when the caller names no size; AWS uses 1,000. */
  readonly pageSize?: number;
  /** Policies that are enforced: what they do not allow is denied. Without them looking is free, and only the acting key may act. */
  readonly policies?: Policies;
  /** AWS's clock: it stamps every answer, and a signature may not be far from it. */
  readonly now?: () => Date;
  /** How long a query of the logs says that it is still running. */
  readonly insights?: InsightsMood;
  /** How long a new command is not known yet. */
  readonly systems?: SystemsMood;
}): Promise<AwsStandin> {
  const { cloud, keys, port = 0, pageSize = 1_000, policies, now = () => new Date() } = options;
  const calls: AwsCall[] = [];
  const faults = faultQueue<AwsFault>();
  const queries = insightsActions(options.insights ?? { runningFor: 1 });
  const systems = systemsActions(options.systems ?? { unknownFor: 0 });
  const answer = async (asked: Asked) => {
    const signer = verifySignature(asked, keys, cloud.region, now());
    const { action, looksOnly, speak } = understand(asked, signer);
    const fault = faults.take(action);
    const said = await speak({ cloud, signer, pageSize, fault, policies, queries, systems });
    const shown = fault === "reply-lost" ? "dropped" : said;
    calls.push({
      service: signer.service ?? "none",
      action,
      mutating: isMutating(action, looksOnly),
      key: signer.kind === "signed" ? signer.key : "none",
      status: shown === "dropped" ? shown : shown.status,
    });
    return shown === "dropped"
      ? shown
      : { ...shown, headers: { ...shown.headers, date: now().toUTCString() } };
  };
  const { url, stop } = await serve(answer, port);
  return { url, calls, faults, stop };
}

/** What an answer depends on, besides the request. */
type Setting = {
  readonly cloud: Cloud;
  readonly signer: Signer;
  readonly pageSize: number;
  readonly fault: AwsFault | undefined;
  readonly policies: Policies | undefined;
  readonly queries: ReturnType<typeof insightsActions>;
  readonly systems: ReturnType<typeof systemsActions>;
};

/** Which action is asked for, and in which protocol the answer has to be. */
function understand(
  asked: Asked,
  signer: Signer,
): {
  readonly action: string;
  readonly looksOnly: boolean;
  readonly speak: (setting: Setting) => Promise<Said>;
} {
  const target = String(asked.headers["x-amz-target"] ?? "");
  if (target !== "") {
    const action = target.split(".")[1] ?? "";
    const looksOnly = action === "SendCommand" && scriptKind(jsonOf(asked)) === "look";
    return { action, looksOnly, speak: (setting) => speakJson(asked, target, action, setting) };
  }
  const form = new URLSearchParams(asked.body.toString("utf8"));
  const action = form.get("Action") ?? "";
  const { service: scope } = signer;
  const service =
    scope === "ec2" || scope === "sts" || scope === "iam" || scope === "autoscaling"
      ? scope
      : "elasticloadbalancing";
  return { action, looksOnly: false, speak: (setting) => speakQuery(service, form, action, setting) };
}

/** What an action of the query protocols may need. */
type QueryContext = Pick<Setting, "cloud" | "signer" | "pageSize" | "policies"> & {
  readonly given: Parameters;
};

const queryActions: Readonly<
  Record<QueryService, Readonly<Record<string, (context: QueryContext) => Promise<Xml>>>>
> = {
  ec2: ec2Actions,
  elasticloadbalancing: balancingActions,
  autoscaling: scalingActions,
  iam: iamActions,
  sts: { GetCallerIdentity: async ({ cloud, signer }) => callerIdentity(cloud, signer) },
};

async function speakQuery(
  service: QueryService,
  form: URLSearchParams,
  action: string,
  setting: Setting,
): Promise<Said> {
  const request = randomUUID();
  const { cloud, signer, pageSize, fault, policies } = setting;
  try {
    requireSigned(signer, service);
    const given = parameters(form);
    const run = own(queryActions[service], action);
    if (run === undefined || form.get("Version") !== versions[service])
      throw new ServiceError("InvalidAction", `The action ${action} is not valid for this web service.`);
    const dryRun = service === "ec2" && given.flag("DryRun");
    const named = (name: string) =>
      [...form].filter(([key]) => key === name || key.startsWith(`${name}.`)).map(([, value]) => value);
    await authorize(signer, { service, action, named }, cloud, policies);
    if (dryRun)
      throw new ServiceError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412);
    misbehave(fault, service);
    return asXml(service, action, request, await run({ cloud, given, pageSize, policies, signer }));
  } catch (error) {
    if (error instanceof ServiceError) return asQueryError(service, request, error);
    throw error;
  }
}

async function speakJson(asked: Asked, target: string, action: string, setting: Setting): Promise<Said> {
  const { cloud, signer, pageSize, fault, policies, queries, systems } = setting;
  try {
    const [service, actions] = target.startsWith("AmazonSSM.")
      ? (["ssm", [systems]] as const)
      : (["logs", target.startsWith("Logs_20140328.") ? [logActions, queries] : []] as const);
    requireSigned(signer, service);
    const run = actions.map((table) => own(table, action)).find((found) => found !== undefined);
    if (run === undefined) throw new ServiceError("UnknownOperationException", "");
    const body = parseBody(asked);
    const named = (name: string) => textMember(body, name);
    const looksOnly = action === "SendCommand" && scriptKind(body) === "look";
    await authorize(signer, { service, action, named, looksOnly }, cloud, policies);
    misbehave(fault, service);
    const answer = await run(cloud, body, pageSize);
    return {
      status: 200,
      headers: { "content-type": "application/x-amz-json-1.1", "x-amzn-requestid": randomUUID() },
      body: JSON.stringify(answer),
    };
  } catch (error) {
    if (error instanceof ServiceError) return asJsonError(randomUUID(), error);
    throw error;
  }
}

const versions = {
  ec2: "2016-11-15",
  elasticloadbalancing: "2015-12-01",
  autoscaling: "2011-01-01",
  sts: "2011-06-15",
  iam: "2010-05-08",
} as const;

type JsonService = "logs" | "ssm";
type Service = QueryService | JsonService;

function isJson(service: Service): service is JsonService {
  return service === "logs" || service === "ssm";
}

/** Each service refuses a bad signature by its own code. */
function requireSigned(signer: Signer, service: Service): void {
  const { kind } = signer;
  if (kind === "signed") {
    if (signer.service === service) return;
    throw new ServiceError(
      "SignatureDoesNotMatch",
      `Credential should be scoped to correct service: '${service}'.`,
      403,
    );
  }
  if (kind === "unsigned")
    throw isJson(service)
      ? new ServiceError("MissingAuthenticationTokenException", "Missing Authentication Token")
      : new ServiceError("MissingAuthenticationToken", "Request is missing Authentication Token", 403);
  if (service === "ec2")
    throw kind === "expired"
      ? new ServiceError("RequestExpired", "Request has expired.")
      : new ServiceError("AuthFailure", "AWS was not able to validate the provided access credentials", 401);
  if (kind === "unknown-key")
    throw isJson(service)
      ? new ServiceError(
          "UnrecognizedClientException",
          "The security token included in the request is invalid.",
        )
      : new ServiceError(
          "InvalidClientTokenId",
          "The security token included in the request is invalid.",
          403,
        );
  const why =
    kind === "expired"
      ? "Signature expired"
      : kind === "wrong-scope"
        ? "Credential should be scoped to a valid region."
        : "The request signature we calculated does not match the signature you provided.";
  throw isJson(service)
    ? new ServiceError("InvalidSignatureException", why)
    : new ServiceError("SignatureDoesNotMatch", why, 403);
}

function misbehave(fault: AwsFault | undefined, service: Service): void {
  if (fault === "throttled")
    throw service === "ec2"
      ? new ServiceError("RequestLimitExceeded", "Request limit exceeded.", 503)
      : new ServiceError(isJson(service) ? "ThrottlingException" : "Throttling", "Rate exceeded");
  if (fault === "unavailable")
    throw new ServiceError(
      service === "ec2"
        ? "Unavailable"
        : isJson(service)
          ? "ServiceUnavailableException"
          : "ServiceUnavailable",
      "The service is unavailable. Please try again shortly.",
      503,
    );
}

function parseBody(asked: Asked): unknown {
  try {
    return JSON.parse(asked.body.toString("utf8"));
  } catch {
    throw new ServiceError("SerializationException", "");
  }
}

/** The same, where something else says no to a body that is none. */
function jsonOf(asked: Asked): unknown {
  try {
    return parseBody(asked);
  } catch {
    return undefined;
  }
}

/** A member of a JSON body, where it is text or a list of texts. */
function textMember(body: unknown, name: string): readonly string[] {
  const value =
    typeof body === "object" && body !== null
      ? Object.entries(body).find(([key]) => key === name)?.[1]
      : undefined;
  if (Array.isArray(value)) return value.filter((one) => typeof one === "string");
  return typeof value === "string" ? [value] : [];
}

/** An action by name, from the table itself and never from what every object inherits. */
function own<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
