import { placesOf } from "../common/as-mounted.js";
import { problem } from "../problems/problem.js";
import { writableFolders } from "../resolve/writable.js";
import type { Rule } from "./rule.js";
import { secretsOf } from "./secrets.js";

/**
 * A secret's file lies where a guest may write
 *
 * The host reads a secret's file as root each time the VM starts (one of `credentialFiles` as QEMU). If the file lies in a folder that a guest may write, the guest
 * can replace it by a link, and root would hand in whatever the link leads to, such as `/etc/shadow`.
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
            `${file} is in ${outer.share.source}, where ${outer.vm} could replace it with a symlink to any file of the host`,
            "Keep the secret outside of every share.",
            [{ path: outer.share.path, note: "the share" }],
          ),
        ];
  });
};
