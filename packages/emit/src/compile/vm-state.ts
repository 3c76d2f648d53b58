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
export const compileVmState = ({ name, directories, sshHostKeys }: VmPlan, shared: SharedModules): Expr | undefined => {
  if (directories.length === 0) return undefined;
  const exposed = directories.filter((directory) => directory.exposed).map((directory) => directory.path);
  return call(
    ident("import"),
    path(`../modules/${shared.use("vm-state", null, vmState)}`),
    attrs({
      name,
      directories: attrs(
        directories.map(({ path: directory, mode, uid, gid }) =>
          binding(directory, `${mode} ${String(uid)}:${String(gid)}`),
        ),
      ),
      exposed: exposed.length === 0 ? undefined : exposed,
      sshHostKeys: sshHostKeys ?? undefined,
    }),
  );
};

const vmState = (): Expr =>
  comment(
    lambda(
      formals([
        "name",
        comment(formal("directories"), { before: "Path to mode and owner; parents sort before what is in them." }),
        comment(formal("exposed", list([])), { before: "Those that a guest could replace by a link." }),
        formal("sshHostKeys", null),
      ]),
      lambda(
        formals(["lib", "pkgs"], { ellipsis: true }),
        letIn(
          [
            binding("paths", call(select(ident("builtins"), "attrNames"), ident("directories"))),
            binding("units", list([str("microvm-virtiofsd@", name, ".service"), str("microvm@", name, ".service")])),
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
    '    mkdir -p -m "$1" "$3"\n',
    '    chown "$2" "$3"\n',
    "  fi\n",
    "}\n",
    "refuseLink() {\n",
    '  if [ -L "$1" ]; then\n',
    '    echo "$1 is a link, which a guest may have put there" >&2\n',
    "    exit 1\n",
    "  fi\n",
    "}\n",
    interp(
      lib("concatMapStrings", lambda("path", str("refuseLink ", shellWord(ident("path")), "\n")), ident("exposed")),
    ),
    interp(
      call(
        select(ident("lib"), "concatStrings"),
        lib(
          "mapAttrsToList",
          lambda(
            "path",
            lambda("mode", str("makeFolder ", interp(ident("mode")), " ", shellWord(ident("path")), "\n")),
          ),
          ident("directories"),
        ),
      ),
    ),
  ),
  "+",
  hostKey,
);
