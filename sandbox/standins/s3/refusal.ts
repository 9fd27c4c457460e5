import { xml } from "../aws/xml.ts";

/** A refusal as S3 words it. */
export class S3Refusal extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status: number) {
    super(message);
    this.name = "S3Refusal";
    this.code = code;
    this.status = status;
  }

  /** Its body on the wire. */
  body(resource: string, requestId: string): string {
    return `${xmlHead}${xml({
      Error: { Code: this.code, Message: this.message, Resource: resource, RequestId: requestId },
    })}`;
  }
}

/** How every XML body begins. */
export const xmlHead = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** There is no object of this key. */
export function noSuchKey(): S3Refusal {
  return new S3Refusal("NoSuchKey", "The specified key does not exist.", 404);
}

/** There is no upload of this id, or it has ended. */
export function noSuchUpload(): S3Refusal {
  return new S3Refusal(
    "NoSuchUpload",
    "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
    404,
  );
}

/** The request is not as S3 takes it. */
export function invalid(message: string, code = "InvalidRequest", status = 400): S3Refusal {
  return new S3Refusal(code, message, status);
}

/** A condition on what is there does not hold. */
export function preconditionFailed(): S3Refusal {
  return invalid("At least one of the pre-conditions you specified did not hold", "PreconditionFailed", 412);
}
