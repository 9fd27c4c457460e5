import type { Said } from "../serve.ts";
import type { ServiceError } from "./service-error.ts";
import { xml, type Xml } from "./xml.ts";

/** The services that answer in XML. */
export type QueryService = "ec2" | "elasticloadbalancing" | "autoscaling" | "sts" | "iam";

const namespaces = {
  ec2: "http://ec2.amazonaws.com/doc/2016-11-15/",
  elasticloadbalancing: "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
  autoscaling: "http://autoscaling.amazonaws.com/doc/2011-01-01/",
  sts: "https://sts.amazonaws.com/doc/2011-06-15/",
  iam: "https://iam.amazonaws.com/doc/2010-05-08/",
} as const;

const head = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** A good answer. EC2 puts its members at the top, the other query services under `<Action>Result`. */
export function asXml(service: QueryService, action: string, request: string, answer: Xml): Said {
  const inner =
    service === "ec2"
      ? `<requestId>${request}</requestId>${xml(answer)}`
      : `<${action}Result>${xml(answer)}</${action}Result><ResponseMetadata><RequestId>${request}</RequestId></ResponseMetadata>`;
  return {
    status: 200,
    headers: { "content-type": "text/xml;charset=UTF-8", "x-amzn-requestid": request },
    body: `${head}<${action}Response xmlns="${namespaces[service]}">${inner}</${action}Response>`,
  };
}

/** A refusal in XML; EC2 has a shape of its own. */
export function asQueryError(service: QueryService, request: string, error: ServiceError): Said {
  const { code, message, status } = error;
  const body =
    service === "ec2"
      ? xml({ Response: { Errors: { Error: { Code: code, Message: message } }, RequestID: request } })
      : `<ErrorResponse xmlns="${namespaces[service]}">${xml({
          Error: { Type: status < 500 ? "Sender" : "Receiver", Code: code, Message: message },
          RequestId: request,
        })}</ErrorResponse>`;
  return {
    status,
    headers: { "content-type": "text/xml;charset=UTF-8", "x-amzn-requestid": request },
    body: head + body,
  };
}

/** A refusal in JSON 1.1. */
export function asJsonError(request: string, error: ServiceError): Said {
  const { code, message, status } = error;
  return {
    status,
    headers: { "content-type": "application/x-amz-json-1.1", "x-amzn-requestid": request },
    body: JSON.stringify({ __type: code, ...(message === "" ? {} : { message }) }),
  };
}
