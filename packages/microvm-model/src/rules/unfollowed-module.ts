import type { Rule } from "./rule.js";
import { asMounted, placesOf } from "../common/as-mounted.js";
import { indexFolders } from "../common/folder-index.js";
import { problem } from "../problems/problem.js";
import { writableFolders } from "../resolve/writable.js";

/**
 * Share may contain host modules
 *
 * A share that contains modules of the host is an error, [`dangerous-share`](dangerous-share.md). `microvm-emit` reads
 * the config, the modules that it names, and the files that those name. This warning shows a file that `microvm-emit` cannot
 * follow completely. It appears if a VM can write the files that this file may name:
 *
 * | the file | may name |
 * | --- | --- |
 * | is unreadable or not valid Nix | any file in its folder |
 * | contains `./vms/${name}.nix`, `./vms + "/${name}.nix"` | any file in `./vms` |
 * | names a folder without `default.nix`, as in `readDir ./vms` or `src = ./app` | any file in the folder |
 * | is a config with `import(expression)` | any file in its folder |
 *
 * microvm-emit follows `./. + "/a.nix"`, `"${./.}/a.nix"` and `"${self}/a.nix"`. It ignores `<nixpkgs>`, `~/a.nix` and
 * absolute paths outside of the flake's source, because a flake cannot read them. In a file that is not valid Nix, it
 * follows the paths in the text.
 *
 * Keep modules in a folder that no VM can write. If the VM must write there, give the reason in `dangerous` on the
 * share.
 *
 * ## Example
 *
 * With `workspace: "~/hosts/vms"` in the config, this file gives the warning:
 *
 * ```nix
 * # ~/hosts/configuration.nix
 * { imports = map (name: ./vms/${name}.nix) [ "a" ]; }
 * ```
 *
 * With `imports = [ ./vms/a.nix ]`, the workspace is an error. With `imports = [ ./a.nix ]`, both are fine.
 */
const unfollowedModule = problem("unfollowed-module", "warning");

export const check: Rule = (host, { sources, realPath }) => {
  const known = indexFolders(
    sources.filter(({ unfollowed }) => unfollowed === undefined).map(({ path }) => ({ folder: asMounted(path) })),
  );
  const isError = (folder: string): boolean =>
    [known.at, known.around, known.within].some((find) => find(folder).length > 0);
  const { at, around, within } = writableFolders(host.vms, (path) => placesOf(path, realPath));
  return sources.flatMap(({ path, what, unfollowed }) => {
    if (unfollowed === undefined) return [];
    const folder = asMounted(path);
    const found = [at, around, within]
      .flatMap((find) => find(folder))
      .find(({ folder: written, share: { dangerous } }) => dangerous === null && !isError(written));
    return found === undefined
      ? []
      : [
          unfollowedModule(
            found.share.path,
            `The VM ${found.vm} can write ${found.share.source}, which may contain ${what}: that file ${unfollowed}`,
            "Keep modules outside of every writable share, or name each by its path.",
          ),
        ];
  });
};
