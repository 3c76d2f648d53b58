import { isSquashed, type SharePlan, type UserPlan } from "@microvm-emit/model";
import { attrs, binding, type Binding, call, comment, ident, inheritFrom, nix, path } from "@microvm-emit/nix-ast";
import type { NixFile } from "../file.js";

/** `squash`, by which shares are the user's, where one of them is; for a file `depth` folders below the output directory. */
export const defineSquash = (shares: readonly SharePlan[], { name }: UserPlan, depth: 1 | 2): readonly Binding[] =>
  shares.some(isSquashed)
    ? [
        comment(
          binding(
            "squash",
            call(
              ident("import"),
              path(`${"../".repeat(depth)}lib/squash.nix`),
              attrs([inheritFrom(ident("hostUser"), "uid", "gid")]),
            ),
          ),
          { before: `What a guest writes to such a share is ${name}'s on the host, also as root.` },
        ),
      ]
    : [];

/** `lib/squash.nix`. */
export const squashLibrary = (): NixFile => ({
  kind: "nix",
  path: "lib/squash.nix",
  isFixed: true,
  expr: nix`
# A share in which all that the guest writes is one user's on the host. Root of the guest could leave setuid programs of
# root's and devices there otherwise, since virtiofsd runs as root.
{ uid, gid }:
share:
share
// {
  # virtiofsd translates owners or has ACLs, not both.
  posixAcl = false;
  extraArgs = [
    "--translate-uid=squash-guest:0:\${toString uid}:4294967295"
    "--translate-gid=squash-guest:0:\${toString gid}:4294967295"
  ]
  ++ share.extraArgs or [ ];
}
`,
});
