import type { IpPermission } from "@aws-sdk/client-ec2";
import { OpsError } from "#kit/errors.ts";
import type { FirewallReader, FirewallRule } from "#kit/ports.ts";
import { look } from "./call.ts";
import type { AwsClients } from "./clients.ts";
import { ec2Sdk } from "./sdk.ts";

/** Looks at the ingress rules of security groups; protocol `all` with ports 0 to 65535 stands for "everything". */
export function firewallReader(clients: AwsClients): FirewallReader {
  return {
    async ingress(groups) {
      if (groups.length === 0)
        throw new OpsError("selector-empty", {
          summary: "No security group was named, and none never means all.",
          hint: "Name the service's firewallGroups in the environment file.",
        });
      const { DescribeSecurityGroupsCommand } = await ec2Sdk();
      const client = await clients.ec2();
      const rules: FirewallRule[] = [];
      let next: string | undefined;
      do {
        const page = await look(clients, { service: "ec2", action: "DescribeSecurityGroups" }, () =>
          client.send(new DescribeSecurityGroupsCommand({ GroupIds: [...new Set(groups)], NextToken: next })),
        );
        for (const group of page.SecurityGroups ?? [])
          for (const permission of group.IpPermissions ?? [])
            rules.push(toRule(group.GroupId ?? "", permission));
        next = page.NextToken;
      } while (next !== undefined);
      return rules;
    },
  };
}

function toRule(group: string, permission: IpPermission): FirewallRule {
  const everything = permission.IpProtocol === "-1";
  return {
    group,
    protocol: everything ? "all" : (permission.IpProtocol ?? "all"),
    fromPort: everything ? 0 : (permission.FromPort ?? 0),
    toPort: everything ? 65_535 : (permission.ToPort ?? 65_535),
    sources: [
      ...(permission.IpRanges ?? []).map((range) => range.CidrIp),
      ...(permission.Ipv6Ranges ?? []).map((range) => range.CidrIpv6),
      ...(permission.PrefixListIds ?? []).map((list) => list.PrefixListId),
      ...(permission.UserIdGroupPairs ?? []).map((pair) => pair.GroupId),
    ].filter((source) => source !== undefined),
  };
}
