/** What the practice production may run on: instances behind the stand-in for AWS, or pods behind the one for Kubernetes. */
export const cloudKinds = ["aws", "kubernetes"] as const;
export type CloudKind = (typeof cloudKinds)[number];
