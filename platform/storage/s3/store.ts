import type * as Sdk from "@aws-sdk/client-s3";
import type { S3Place } from "./place.ts";

/** The SDK, loaded when it is first needed, with a client for one place. */
type Opened = { readonly sdk: typeof Sdk; readonly client: Sdk.S3Client };

/** A place with its client; everything that talks to the store begins here. */
export type S3Store = {
  readonly place: S3Place;
  open(): Promise<Opened>;
  /** Options of one call that should answer soon: finding, listing, removing. */
  readonly soon: { readonly requestTimeout: number };
  /** Where and how an object is written, in the words of the SDK. */
  readonly target: {
    readonly Bucket: string;
    readonly ServerSideEncryption?: "AES256" | "aws:kms";
    readonly SSEKMSKeyId?: string;
  };
};

/** How often a call is made at most, the first time included; the SDK waits longer before each, and longest when it is throttled. */
const attempts = 5;

/** Connects to nothing yet: the SDK costs start-up time and memory, and is loaded at the first call. */
export function s3Store(place: S3Place): S3Store {
  let opened: Promise<Opened> | undefined;
  const open = async (): Promise<Opened> => {
    const sdk = await import("@aws-sdk/client-s3");
    const client = new sdk.S3Client({
      region: place.region,
      forcePathStyle: place.pathStyle,
      maxAttempts: attempts,
      retryMode: "standard",
      // We name the checksums ourselves; what must have one gets it from the SDK.
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
      requestHandler: { connectionTimeout: 3_000, requestTimeout: 60_000, throwOnRequestTimeout: true },
      ...(place.endpoint === undefined ? {} : { endpoint: place.endpoint }),
      ...(place.credentials === undefined ? {} : { credentials: place.credentials }),
    });
    return { sdk, client };
  };
  return {
    place,
    open: () => (opened ??= open()),
    soon: { requestTimeout: 10_000 },
    target: {
      Bucket: place.bucket,
      ...(place.encryption === undefined ? {} : { ServerSideEncryption: place.encryption.algorithm }),
      ...(place.encryption?.kmsKey === undefined ? {} : { SSEKMSKeyId: place.encryption.kmsKey }),
    },
  };
}
