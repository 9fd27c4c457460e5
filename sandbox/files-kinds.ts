/** Where the practice production keeps the reports' files: in a folder that every process sees, or in a bucket of the stand-in for S3. */
export const filesKinds = ["folder", "s3"] as const;
export type FilesKind = (typeof filesKinds)[number];
