import type { EnvironmentFile } from "#kit/environment.ts";
import type { LogReader, Operators, Readers, Service } from "#kit/ports.ts";

/** What can be looked at of whatever runs an environment: Kubernetes, AWS, or Kubernetes with what surrounds it on AWS. */
export async function cloudReaders(file: EnvironmentFile): Promise<Partial<Readers>> {
  const [aws, kubernetes] = await Promise.all([awsReaders(file), kubernetesReaders(file)]);
  if (aws === undefined || kubernetes === undefined) return { ...aws, ...kubernetes };
  return {
    ...aws,
    ...kubernetes,
    // Names of AWS and of Kubernetes have nothing in common, so that each name says whose it is.
    instances: {
      describe: (ids) => (ids.some(isAws) ? aws : kubernetes).instances.describe(ids),
    },
    balancer: {
      targets: (group) => (isAws(group) ? aws : kubernetes).balancer.targets(group),
      weights: (rule) => (isAws(rule) ? aws : kubernetes).balancer.weights(rule),
    },
    firewall: {
      ingress: (groups) => (groups.some(isAws) ? aws : kubernetes).firewall.ingress(groups),
    },
    logs: logsOfBoth(aws.logs, kubernetes.logs),
  };
}

/** Hands on it, on credentials of their own, once account and cluster proved to be those that the file names. */
export async function cloudOperators(file: EnvironmentFile): Promise<Partial<Operators>> {
  const [aws, kubernetes] = await Promise.all([awsOperators(file), kubernetesOperators(file)]);
  if (aws === undefined || kubernetes === undefined) return { ...aws, ...kubernetes };
  return {
    ...aws,
    ...kubernetes,
    balancerAdmin: {
      setWeights: (rule, weights) => (isAws(rule) ? aws : kubernetes).balancerAdmin.setWeights(rule, weights),
    },
  };
}

/** Address of one unit of a service, as whatever runs it says; undefined where nothing does. */
export async function unitAddresses(
  file: EnvironmentFile,
): Promise<((service: Service, unit: string) => Promise<string>) | undefined> {
  if (file.bindings["kubernetes"] !== undefined) {
    const { unitAddress } = await import("#adapters/kubernetes/unit-address.ts");
    return unitAddress(await kubernetesBinding(file));
  }
  if (file.bindings["aws"] === undefined) return undefined;
  const { unitAddress } = await import("#adapters/aws/unit-address.ts");
  const { parseAwsBinding } = await import("#adapters/aws/binding.ts");
  const binding = parseAwsBinding(file.bindings["aws"]);
  return unitAddress(binding, binding.read);
}

async function awsReaders({ bindings }: EnvironmentFile) {
  if (bindings["aws"] === undefined) return undefined;
  const { awsReaders: readers } = await import("#adapters/aws/readers.ts");
  const { parseAwsBinding } = await import("#adapters/aws/binding.ts");
  const binding = parseAwsBinding(bindings["aws"]);
  return readers(binding, binding.read);
}

async function kubernetesReaders(file: EnvironmentFile) {
  if (file.bindings["kubernetes"] === undefined) return undefined;
  const { kubernetesReaders: readers } = await import("#adapters/kubernetes/readers.ts");
  return readers(await kubernetesBinding(file));
}

async function awsOperators({ bindings, identity: facts }: EnvironmentFile) {
  if (bindings["aws"] === undefined) return undefined;
  const { awsOperators: hands } = await import("#adapters/aws/operators.ts");
  const { requireAccount } = await import("#adapters/aws/identity.ts");
  const { parseAwsBinding } = await import("#adapters/aws/binding.ts");
  const binding = parseAwsBinding(bindings["aws"]);
  const { identity, ...operators } = hands(binding, binding.act);
  const expected = facts["account"];
  if (expected !== undefined) requireAccount(await identity(), expected);
  return operators;
}

async function kubernetesOperators(file: EnvironmentFile) {
  if (file.bindings["kubernetes"] === undefined) return undefined;
  const { kubernetesOperators: hands } = await import("#adapters/kubernetes/operators.ts");
  const { expectedCluster } = await import("#adapters/kubernetes/identity.ts");
  const { requireCluster, ...operators } = hands(await kubernetesBinding(file));
  const expected = expectedCluster(file.identity);
  if (expected !== undefined) await requireCluster(expected);
  return operators;
}

async function kubernetesBinding({ bindings }: EnvironmentFile) {
  const { parseKubernetesBinding } = await import("#adapters/kubernetes/binding.ts");
  return parseKubernetesBinding(bindings["kubernetes"]);
}

/** ARNs, ids of instances and security groups, and names of log groups, which begin with a slash. */
function isAws(name: string): boolean {
  return /^(arn:|i-[0-9a-f]{8,}$|sg-|\/)/.test(name);
}

function logsOfBoth(aws: LogReader, kubernetes: LogReader): LogReader {
  const of = (group: string | undefined) => (group !== undefined && isAws(group) ? aws : kubernetes);
  return {
    errors: (group, options) => of(group).errors(group, options),
    query: (group, question, within) => of(group).query(group, question, within),
    lines: (services, question, everyone) => of(services[0]?.logGroup).lines(services, question, everyone),
  };
}
