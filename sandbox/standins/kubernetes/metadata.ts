import { z } from "zod";
import type { Given } from "./resource.ts";
import type { Cause } from "./status.ts";

const texts = z.record(z.string(), z.string());

/** The metadata of every object; what the server writes itself is read and then ignored. */
export const metadataSchema = z.strictObject({
  name: z.string().optional(),
  generateName: z.string().optional(),
  namespace: z.string().optional(),
  labels: texts.optional(),
  annotations: texts.optional(),
  uid: z.string().optional(),
  resourceVersion: z.string().optional(),
  creationTimestamp: z.string().optional(),
  deletionTimestamp: z.string().optional(),
  deletionGracePeriodSeconds: z.int().optional(),
  generation: z.int().optional(),
  selfLink: z.string().optional(),
  ownerReferences: z.array(z.unknown()).optional(),
  finalizers: z.array(z.string()).optional(),
  managedFields: z.array(z.unknown()).optional(),
});

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const keyName = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const largestAnnotations = 256 * 1024;

/** Names, labels and annotations as RFC 1123 and the API server's limits have them. */
export function validateMetadata({ metadata = {} }: Given): readonly Cause[] {
  const { name = "", labels = {}, annotations = {} } = metadata;
  const causes: Cause[] = [];
  const refuse = (field: string, value: string, rule: string) =>
    causes.push({
      reason: "FieldValueInvalid",
      message: `Invalid value: ${JSON.stringify(value)}: ${rule}`,
      field: `metadata.${field}`,
    });
  if (name === "")
    causes.push({
      reason: "FieldValueRequired",
      message: "Required value: name or generateName is required",
      field: "metadata.name",
    });
  else if (name.length > 253) refuse("name", name, "must be no more than 253 characters");
  else if (!subdomain.test(name))
    refuse(
      "name",
      name,
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
    );
  for (const [key, value] of Object.entries(labels)) {
    if (!isKey(key))
      refuse("labels", key, "name part must consist of alphanumeric characters, '-', '_' or '.'");
    if (value !== "" && (value.length > 63 || !keyName.test(value)))
      refuse("labels", value, "a valid label must be an empty string or consist of alphanumeric characters");
  }
  for (const key of Object.keys(annotations))
    if (!isKey(key.toLowerCase()))
      refuse("annotations", key, "name part must consist of alphanumeric characters, '-', '_' or '.'");
  const size = Object.entries(annotations).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value),
    0,
  );
  if (size > largestAnnotations)
    causes.push({
      reason: "FieldValueTooLong",
      message: `Too long: may not be more than ${largestAnnotations} bytes`,
      field: "metadata.annotations",
    });
  return causes;
}

function isKey(key: string): boolean {
  const parts = key.split("/");
  const name = parts.pop() ?? "";
  const [prefix] = parts;
  return (
    parts.length < 2 &&
    name.length <= 63 &&
    keyName.test(name) &&
    (prefix === undefined || (prefix.length <= 253 && subdomain.test(prefix)))
  );
}
