/** How objects are encrypted where they lie; undefined leaves it to the bucket. */
type Encryption = { readonly algorithm: "AES256" | "aws:kms"; readonly kmsKey?: string | undefined };

/** A bucket and the part of it that is ours, and how to reach it. */
export type S3Place = {
  readonly bucket: string;
  /** Ends in a slash, or is empty. */
  readonly prefix: string;
  readonly region: string;
  /** Another store than Amazon's; `http` or `https`. */
  readonly endpoint?: string | undefined;
  /** `https://host/bucket/key` instead of `https://bucket.host/key`. */
  readonly pathStyle: boolean;
  /** Without it the SDK's own chain is asked: environment, profile, role of the machine or pod. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined;
  readonly encryption?: Encryption | undefined;
};
