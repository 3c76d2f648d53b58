import type { HostPlan, SecretPlan, UserPlan, VmPlan } from "@microvm-emit/model";
import {
  attrs,
  binding,
  type Binding,
  blankLine,
  call,
  comment,
  type Expr,
  ident,
  indentedStr,
  interp,
  nix,
  type NixInput,
  path,
} from "@microvm-emit/nix-ast";
import { moduleOf } from "./module.js";
import type { SharedModules } from "./shared-modules.js";
import { bindingAt, groupOf } from "./terms.js";

/** A guest's secrets apart from where the host has them: guests that agree in it share a module. */
export const secretsKey = ({ secrets, users: [{ name }] }: VmPlan): unknown =>
  secrets.length === 0 ? null : [name, secrets.map(({ name: secret, variable, by }) => [secret, variable, by])];

/** What brings a guest's secrets to its main user, and into the shells that want them as variables. */
export const secretsModule = (secrets: readonly SecretPlan[], { name: user }: UserPlan): Expr => {
  const byCredential = secrets.some(({ by }) => by === "credential");
  const names = secrets.map(({ name }) => name);
  const variables = secrets.flatMap(({ name, variable }) => (variable === null ? [] : [{ name, variable }]));
  return comment(
    moduleOf(
      binding(
        ["systemd", "services", "microvm-secrets"],
        attrs([
          binding("description", `Secrets of ${user} from the host`),
          binding("wantedBy", ["multi-user.target"]),
          binding("before", ["sshd.service", "systemd-user-sessions.service"]),
          ...(byCredential ? [] : [binding(["unitConfig", "RequiresMountsFor"], "/run/host-secrets")]),
          binding("serviceConfig", {
            Type: "oneshot",
            RemainAfterExit: true,
            ...(byCredential && { LoadCredential: names }),
          } satisfies Readonly<Record<string, NixInput>>),
          binding(
            "script",
            indentedStr(
              `install -d -m 0500 -o ${user} -g `,
              interp(groupOf(user)),
              " /run/microvm-secrets\n",
              `for secret in ${names.join(" ")}; do\n`,
              `  install -m 0400 -o ${user} -g `,
              interp(groupOf(user)),
              " \\\n",
              `    "${byCredential ? "$CREDENTIALS_DIRECTORY" : "/run/host-secrets"}/$secret" "/run/microvm-secrets/$secret"\n`,
              "done\n",
            ),
          ),
        ]),
      ),
      ...(variables.length === 0
        ? []
        : [
            blankLine(
              comment(
                binding(
                  ["environment", "extraInit"],
                  indentedStr(
                    ...variables.flatMap(({ name, variable }) => [
                      `if [ -r /run/microvm-secrets/${name} ]; then\n`,
                      `  export ${variable}="$(cat /run/microvm-secrets/${name})"\n`,
                      "fi\n",
                    ]),
                  ),
                ),
                { before: "Read when a shell starts, so that no text of a secret is in the store." },
              ),
            ),
          ]),
    ),
    { before: "What the host hands in at each start, for the main user alone." },
  );
};

/** Credentials that the hypervisor reads from files of the host: those of secrets, and the config's own. */
export const credentialFiles = ({ name, secrets, credentialFiles: own, path: origin }: VmPlan): readonly Binding[] => {
  const files = [
    ...secrets.flatMap(({ by, path: place, name: secret }) =>
      by === "credential" ? [bindingAt(place, secret, `/run/microvm-secrets/${name}/${secret}`)] : [],
    ),
    ...Object.entries(own).map(([credential, file]) =>
      bindingAt([...origin, "credentialFiles", credential], credential, file),
    ),
  ];
  const place = [...origin, secrets.some(({ by }) => by === "credential") ? "secrets" : "credentialFiles"];
  return files.length === 0 ? [] : [bindingAt(place, "credentialFiles", attrs(files))];
};

/** The module that hands the VMs' secrets in, right before each starts, where there is a VM that has some. */
export const compileVmSecrets = ({ vms }: HostPlan, shared: SharedModules): readonly Expr[] => {
  const withSecrets = vms.filter(({ secrets }) => secrets.length > 0);
  if (withSecrets.length === 0) return [];
  return [
    call(
      ident("import"),
      path(`../modules/${shared.use("vm-secrets", null, vmSecrets)}`),
      attrs(withSecrets.map(compileHandedIn)),
    ),
  ];
};

const compileHandedIn = ({ path: origin, name, secrets }: VmPlan): Binding =>
  bindingAt(
    [...origin, "secrets"],
    name,
    attrs([
      ...(secrets.some(({ by }) => by === "credential")
        ? [
            comment(binding("owner", "microvm"), {
              before: "The hypervisor reads credentials itself, and runs as this user.",
            }),
          ]
        : []),
      bindingAt(
        [...origin, "secrets"],
        "secrets",
        attrs(secrets.map(({ path: place, name: secret, file }) => bindingAt(place, secret, file))),
      ),
    ]),
  );

const vmSecrets = (): Expr => nix`
# Copies each VM's secrets to memory, where its owner alone can read them.
vms:
{ config, lib, ... }:
let
  directoryOf = name: "/run/microvm-secrets/\${name}";

  commandsOf =
    name:
    {
      owner ? "root",
      # Name to the file that holds it.
      secrets,
    }:
    "prepare \${owner} \${directoryOf name}\\n"
    + lib.concatStrings (
      lib.mapAttrsToList (
        secret: file:
        "install -m 0400 -o \${owner} \${lib.escapeShellArg (toString file)} \${directoryOf name}/\${secret}\\n"
      ) secrets
    );
in
{
  # What the config says in Nix may turn out to be a path in the flake, which is copied to the store.
  assertions = lib.concatLists (
    lib.mapAttrsToList (
      name: vm:
      lib.mapAttrsToList (secret: file: {
        assertion = !lib.hasPrefix builtins.storeDir (toString file);
        message = "The secret \${secret} of \${name} lies in the Nix store, which everyone may read.";
      }) vm.secrets
    ) vms
  );

  # microvm.nix would make the folders as microvm:kvm.
  systemd.tmpfiles.settings."10-microvm" = lib.genAttrs (map directoryOf (builtins.attrNames vms)) (
    _: lib.mkForce { }
  );

  systemd.services = lib.mkIf config.microvm.host.enable {
    "microvm-secrets@" = {
      description = "Secrets of MicroVM '%i'";
      before = [
        "microvm-virtiofsd@%i.service"
        "microvm@%i.service"
      ];
      restartIfChanged = false;
      serviceConfig = (import ../lib/confined.nix).files // {
        Type = "oneshot";
        ProtectHome = "read-only";
        ProtectSystem = "strict";
        RestrictSUIDSGID = true;
        RuntimeDirectory = "microvm-secrets";
        RuntimeDirectoryMode = "0711";
        RuntimeDirectoryPreserve = true;
      };
      scriptArgs = "%i";
      # Each start hands in what the files hold then.
      script = ''
        prepare() {
          install -d -m 0700 -o "$1" "$2"
          find "$2" -mindepth 1 -delete
        }
        case "$1" in
        \${lib.concatStrings (lib.mapAttrsToList (name: vm: "\${name})\\n\${commandsOf name vm};;\\n") vms)}
        esac
      '';
    };
    "microvm-virtiofsd@".requires = [ "microvm-secrets@%i.service" ];
    "microvm@".requires = [ "microvm-secrets@%i.service" ];
  };
}
`;
