const headStartMs = 60;
let queue: Promise<unknown> | undefined;

/**
 * Loads one SDK after the other, and the first a moment late: compiling megabytes blocks the process, so answers that need no
 * SDK come first, and the compiler's memory is used again instead of several times over.
 */
function load<T>(sdk: () => Promise<T>): Promise<T> {
  queue ??= new Promise((resolve) => setTimeout(resolve, headStartMs));
  const loaded = queue.then(sdk);
  queue = loaded.catch(() => undefined);
  return loaded;
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

/** Amazon's SDK for EC2. */
export const ec2Sdk = once(() => load(() => import("@aws-sdk/client-ec2")));
/** Amazon's SDK for load balancers. */
export const balancingSdk = once(() => load(() => import("@aws-sdk/client-elastic-load-balancing-v2")));
/** Amazon's SDK for CloudWatch Logs. */
export const logsSdk = once(() => load(() => import("@aws-sdk/client-cloudwatch-logs")));
/** Amazon's SDK for the Security Token Service. */
export const stsSdk = once(() => load(() => import("@aws-sdk/client-sts")));
/** Amazon's SDK for Identity and Access Management. */
export const iamSdk = once(() => load(() => import("@aws-sdk/client-iam")));
/** Amazon's SDK for Auto Scaling. */
export const scalingSdk = once(() => load(() => import("@aws-sdk/client-auto-scaling")));
/** Amazon's SDK for the Systems Manager. */
export const systemsSdk = once(() => load(() => import("@aws-sdk/client-ssm")));
