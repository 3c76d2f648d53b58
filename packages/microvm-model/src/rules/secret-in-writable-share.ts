import { placesOf } from "../common/as-mounted.js";
import { problem } from "../problems/problem.js";
import { writableFolders } from "../resolve/writable.js";
import type { Rule } from "./rule.js";
import { secretsOf } from "./secrets.js";

/**
 * Secret in a writable share
 *
 * The host reads the file as root each time the VM starts; QEMU reads a file of `credentialFiles`. A guest that can
 * write the folder can replace the file with a symlink, and then receives the target, such as `/etc/shadow`.
 *
 * ## Fails
 *
 * ```ts vm
 * { workspace: "~/project", secrets: { API_KEY: "~/project/.api-key" } }
 * ```
 *
 * ## Passes
 *
 * ```ts vm
 * { workspace: "~/project", secrets: { API_KEY: "~/.config/api-key" } }
 * ```
 */
const secretInWritableShare = problem("secret-in-writable-share", "error");

export const check: Rule = ({ vms }, { realPath }) => {
  const places = (path: string): readonly string[] => placesOf(path, realPath);
  const writable = writableFolders(vms, places);
  return vms.flatMap(secretsOf).flatMap(({ path, file }) => {
    if (typeof file !== "string") return [];
    const [outer] = places(file).flatMap(writable.around);
    return outer === undefined
      ? []
      : [
          secretInWritableShare(
            path,
            `${file} is in ${outer.share.source}, where the VM ${outer.vm} could replace it with a symlink to any file of the host`,
            "Keep the secret outside of every share.",
            [{ path: outer.share.path, note: "the share" }],
          ),
        ];
  });
};
