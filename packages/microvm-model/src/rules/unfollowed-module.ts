import type { Rule } from "./rule.js";
import { asMounted, placesOf } from "../common/as-mounted.js";
import { indexFolders } from "../common/folder-index.js";
import { problem } from "../problems/problem.js";
import { writableFolders } from "../resolve/writable.js";

/**
 * A guest may write unread modules
 *
 * A share that holds modules of the host is an error, [`dangerous-share`](dangerous-share.md). `microvm-emit` reads the config, the modules that
 * it names, and the files that those name. This warning names a file that it cannot follow to the end, where a VM may write what the file may name:
 *
 * | the file                                                                     | may name               |
 * | ---------------------------------------------------------------------------- | ---------------------- |
 * | cannot be read, or is not valid Nix                                          | any file in its folder |
 * | has `./vms/${name}.nix`, `./vms + "/${name}.nix"`                            | any file in `./vms`    |
 * | names a folder without `default.nix`, as in `readDir ./vms` or `src = ./app` | any file in the folder |
 * | is a config with `import(expression)`                                        | any file in its folder |
 *
 * `./. + "/a.nix"`, `"${./.}/a.nix"` and `"${self}/a.nix"` are followed. `<nixpkgs>`, `~/a.nix` and absolute paths outside of the flake's source are not
 * looked for, because a flake cannot read them. Of a file that is not valid Nix, paths in its text are followed all the same.
 *
 * Keep modules in a folder that no VM may write. If the VM must write there, say why with `dangerous` on the share.
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

/** `dangerousShare` knows the modules that it can follow. Of the others, a guest may write one that the host runs. */
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
            `${found.vm} may write ${found.share.source}, which may hold ${what}: that file ${unfollowed}`,
            "Keep modules where no VM writes, or name each by its path.",
          ),
        ];
  });
};
