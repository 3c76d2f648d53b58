import type { DirectoryPlan, VmPlan } from "@microvm-emit/model";
import {
  attrs,
  binding,
  blankLine,
  call,
  comment,
  dynamic,
  type Expr,
  formal,
  formals,
  ident,
  indentedStr,
  type Interpolation,
  interp,
  lambda,
  letIn,
  list,
  type NixInput,
  path,
  select,
  str,
  binary,
} from "@microvm-emit/nix-ast";
import type { SharedModules } from "./shared-modules.js";
import { lib } from "./terms.js";

/** The module that makes a VM's folders and host key on the host; undefined for a VM that needs none. */
export const compileVmState = (
  { name, directories, sshHostKeys, users: [owner] }: VmPlan,
  shared: SharedModules,
): Expr | undefined => {
  if (directories.length === 0) return undefined;
  const folders = (isMember: (directory: DirectoryPlan) => boolean): readonly string[] | undefined => {
    const members = directories.filter(isMember).map((directory) => directory.path);
    return members.length === 0 ? undefined : members;
  };
  const isRoots = ({ uid }: DirectoryPlan): boolean => uid === 0 && owner.uid !== 0;
  return call(
    ident("import"),
    path(`../modules/${shared.use("vm-state", null, vmState)}`),
    attrs({
      name,
      owner: `${String(owner.uid)}:${String(owner.gid)}`,
      folders: folders((directory) => !isRoots(directory) && directory.mode === "0755"),
      privateFolders: folders((directory) => !isRoots(directory) && directory.mode === "0700"),
      rootFolders: folders(isRoots),
      sshHostKeys: sshHostKeys ?? undefined,
    }),
  );
};

const none = list([]);

const vmState = (): Expr =>
  comment(
    lambda(
      formals([
        "name",
        comment(formal("owner"), { before: "UID:GID of the VM's user." }),
        formal("folders", none),
        comment(formal("privateFolders", none), { before: "Closed to other users of the host." }),
        comment(formal("rootFolders", none), { before: "Closed to the VM's user too." }),
        formal("sshHostKeys", null),
      ]),
      lambda(
        formals(["lib", "pkgs"], { ellipsis: true }),
        letIn(
          [
            binding(
              "paths",
              binary(ident("folders"), "++", binary(ident("privateFolders"), "++", ident("rootFolders"))),
            ),
            binding("units", list([str("microvm-virtiofsd@", name, ".service"), str("microvm@", name, ".service")])),
            binding(
              "make",
              lambda(
                "owner",
                lambda(
                  "mode",
                  lib(
                    "concatMapStrings",
                    lambda(
                      "path",
                      str(
                        "makeFolder ",
                        interp(ident("owner")),
                        " ",
                        interp(ident("mode")),
                        " ",
                        shellWord(ident("path")),
                        "\n",
                      ),
                    ),
                  ),
                ),
              ),
            ),
          ],
          attrs([
            comment(
              binding(
                ["systemd", "tmpfiles", "settings", "10-microvm"],
                lib("genAttrs", ident("paths"), lambda("_", lib("mkForce", attrs([])))),
              ),
              { before: "microvm.nix makes missing folders as microvm:kvm, where the VM's user could not write." },
            ),
            blankLine(
              binding(
                ["systemd", "services", dynamic(str("microvm-state-", name))],
                attrs([
                  binding("description", str("Folders and SSH host key of MicroVM '", name, "'")),
                  binding("before", ident("units")),
                  binding("requiredBy", ident("units")),
                  binding(["unitConfig", "RequiresMountsFor"], ident("paths")),
                  binding(["serviceConfig", "Type"], "oneshot"),
                  binding("path", list([select(ident("pkgs"), "openssh")])),
                  comment(binding("script", script), { before: "What is there already stays as it is." }),
                ]),
              ),
            ),
          ]),
        ),
      ),
    ),
    { before: "What a VM needs on the host, made right before it starts." },
  );

const name = interp(ident("name"));

const shellWord = (expr: Expr): Interpolation => interp(lib("escapeShellArg", expr));

const made = (owner: NixInput, mode: string, folders: string): Interpolation =>
  interp(call(ident("make"), owner, mode, ident(folders)));

/** The private key takes its final name last, so that a key is there whole or not at all. */
const hostKey = lib(
  "optionalString",
  binary(ident("sshHostKeys"), "!=", ident("null")),
  indentedStr(
    "key=",
    shellWord(ident("sshHostKeys")),
    "/ssh_host_ed25519_key\n",
    'if [ ! -e "$key" ]; then\n',
    '  rm -f "$key.new" "$key.new.pub"\n',
    '  ssh-keygen -q -t ed25519 -N "" -C ',
    shellWord(ident("name")),
    ' -f "$key.new"\n',
    '  chown --reference="$(dirname "$key")" "$key.new" "$key.new.pub"\n',
    '  mv "$key.new.pub" "$key.pub"\n',
    '  mv "$key.new" "$key"\n',
    "fi\n",
  ),
);

const script = binary(
  indentedStr(
    "makeFolder() {\n",
    '  if [ ! -e "$3" ] && [ ! -L "$3" ]; then\n',
    '    mkdir -p -m "$2" "$3"\n',
    '    chown "$1" "$3"\n',
    "  fi\n",
    "}\n",
    made(ident("owner"), "0755", "folders"),
    made(ident("owner"), "0700", "privateFolders"),
    made("0:0", "0700", "rootFolders"),
  ),
  "+",
  hostKey,
);
