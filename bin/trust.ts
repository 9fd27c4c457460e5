import { statSync } from "node:fs";
import { dirname } from "node:path";
import { OpsError } from "#kit/errors.ts";
import { clean } from "#kit/render/width.ts";

/**
 * Refuses, as `folder-untrusted`, a file or folder that somebody else could have written: owned by another user than this one and
 * root, or writable by everybody or by a group other than this user's own. `ancestors` looks at every folder above as well, since
 * whoever may rename one of them may exchange what is below; `sticky` allows folders like /tmp, where that cannot happen.
 */
export function mustBeTrusted(
  path: string,
  { ancestors = false, sticky = false }: { readonly ancestors?: boolean; readonly sticky?: boolean } = {},
): void {
  const me = process.getuid?.();
  // Without POSIX owners there is nothing to look at.
  if (me === undefined) return;
  const { uid, gid, mode } = statSync(path);
  if (uid !== me && uid !== 0) throw untrusted(path, `belongs to another user (uid ${uid})`, "");
  const guarded = sticky && (mode & 0o1000) !== 0;
  if ((mode & 0o002) !== 0 && !guarded)
    throw untrusted(path, "can be written by everybody", `chmod o-w ${path}`);
  if ((mode & 0o020) !== 0 && !guarded && gid !== process.getgid?.())
    throw untrusted(path, `can be written by the group ${gid}`, `chmod g-w ${path}`);
  if (ancestors && dirname(path) !== path) mustBeTrusted(dirname(path), { ancestors, sticky: true });
}

function untrusted(path: string, why: string, cure: string): OpsError {
  return new OpsError("folder-untrusted", {
    summary: `${clean(path, 300)} ${why}, and loading definitions runs their code.`,
    hint: `Nothing of it was run. Make it yours alone${cure === "" ? "" : `: ${clean(cure, 320)}`}.`,
  });
}
