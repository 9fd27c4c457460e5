import type { PortsUsed } from "#kit/uses.ts";
import type { AwsMachines } from "./binding.ts";
import { lookScript, restartScript } from "./machine-scripts.ts";

/** An SSM document that takes no parameters and holds one constant script. */
type MachineDocument = {
  readonly schemaVersion: "2.2";
  readonly description: string;
  readonly mainSteps: readonly {
    readonly action: "aws:runShellScript";
    readonly name: string;
    readonly precondition: { readonly StringEquals: readonly ["platformType", "Linux"] };
    readonly inputs: { readonly timeoutSeconds: string; readonly runCommand: readonly string[] };
  }[];
};

/** The documents that hold our scripts, to be made in the account, so that neither role needs the right to run any script. */
export function machineDocuments(
  { unit }: AwsMachines,
  { readers, operators }: PortsUsed,
): readonly { readonly id: string; readonly about: string; readonly document: MachineDocument }[] {
  const about = (name: string, whose: string) =>
    `Content of an SSM document of type Command; name it in bindings.aws.machines.${name}, so that the ${whose} role may send nothing else.`;
  return [
    ...(readers.has("hosts")
      ? [
          {
            id: "aws-look-document",
            about: about("lookDocument", "looking"),
            document: documentOf("look", "Looks at the machine and changes nothing", lookScript),
          },
        ]
      : []),
    ...(operators.has("workloadAdmin")
      ? [
          {
            id: "aws-restart-document",
            about: about("restartDocument", "acting"),
            document: documentOf("restart", `Restarts ${unit} in good order`, restartScript(unit)),
          },
        ]
      : []),
  ];
}

function documentOf(name: string, description: string, script: string): MachineDocument {
  return {
    schemaVersion: "2.2",
    description,
    mainSteps: [
      {
        action: "aws:runShellScript",
        name,
        precondition: { StringEquals: ["platformType", "Linux"] },
        inputs: { timeoutSeconds: "60", runCommand: script.trimEnd().split("\n") },
      },
    ],
  };
}
