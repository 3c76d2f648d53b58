import type { VmPlan } from "@microvm-emit/model";
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
  path,
  select,
  str,
  binary,
} from "@microvm-emit/nix-ast";
import type { SharedModules } from "./shared-modules.js";
import { lib } from "./terms.js";

/** The module that makes a VM's folders and host key on the host; undefined for a VM that needs none. */
export const compileVmState = ({ name, directories, sshHostKeys }: VmPlan, shared: SharedModules): Expr | undefined =>
  directories.length === 0
    ? undefined
    : call(
        ident("import"),
        path(`../modules/${shared.use("vm-state", null, vmState)}`),
        attrs({
          name,
          directories: directories.map(({ path: directory, uid, gid, mode }) => ({ path: directory, uid, gid, mode })),
          sshHostKeys: sshHostKeys ?? undefined,
        }),
      );

const name = interp(ident("name"));

const vmState = (): Expr =>
  comment(
    lambda(
      formals(["name", "directories", formal("sshHostKeys", null)]),
      lambda(
        formals(["lib", "pkgs"], { ellipsis: true }),
        letIn(
          [
            binding("paths", call(ident("map"), lambda("directory", ofDirectory("path")), ident("directories"))),
            binding("units", list([str("microvm-virtiofsd@", name, ".service"), str("microvm@", name, ".service")])),
          ],
          attrs([
            comment(
              binding(
                ["systemd", "tmpfiles", "settings", "10-microvm"],
                lib("genAttrs", ident("paths"), lambda("_", lib("mkForce", attrs([])))),
              ),
              { before: "microvm.nix makes missing folders as microvm:kvm, where the guest's user could not write." },
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
                  comment(binding("script", binary(makeFolders, "+", makeHostKey)), {
                    before: "What is there already stays as it is.",
                  }),
                ]),
              ),
            ),
          ]),
        ),
      ),
    ),
    { before: "What a VM needs on the host, made right before it starts." },
  );

const ofDirectory = (attribute: string): Expr => select(ident("directory"), attribute);

const shellWord = (expr: Expr): Interpolation => interp(lib("escapeShellArg", expr));

const makeFolders = indentedStr(
  "makeFolder() {\n",
  '  if [ ! -e "$1" ] && [ ! -L "$1" ]; then\n',
  '    install -d -o "$2" -g "$3" -m "$4" "$1"\n',
  "  fi\n",
  "}\n",
  interp(
    lib(
      "concatMapStrings",
      lambda(
        "directory",
        indentedStr(
          "makeFolder ",
          shellWord(ofDirectory("path")),
          " ",
          interp(call(ident("toString"), ofDirectory("uid"))),
          " ",
          interp(call(ident("toString"), ofDirectory("gid"))),
          " ",
          interp(ofDirectory("mode")),
          "\n",
        ),
      ),
      ident("directories"),
    ),
  ),
);

/** The private key takes its final name last, so that a key is there whole or not at all. */
const makeHostKey = lib(
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
