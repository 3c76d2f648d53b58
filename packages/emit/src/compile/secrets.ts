import type { SecretPlan, UserPlan, VmPlan } from "@microvm-emit/model";
import {
  attrs,
  binary,
  binding,
  type Binding,
  blankLine,
  call,
  comment,
  dynamic,
  type Expr,
  formal,
  formals,
  ident,
  indentedStr,
  interp,
  lambda,
  letIn,
  list,
  type NixInput,
  not,
  path,
  select,
  str,
} from "@microvm-emit/nix-ast";
import { moduleOf } from "./module.js";
import type { SharedModules } from "./shared-modules.js";
import { bindingAt, lib } from "./terms.js";

/** A guest's secrets apart from where the host has them: guests that agree in it share a module. */
export const secretsKey = ({ secrets, users: [{ name, group }] }: VmPlan): unknown =>
  secrets.length === 0 ? null : [name, group, secrets.map(({ name: secret, variable, by }) => [secret, variable, by])];

/** What brings a guest's secrets to its main user, and into the shells that want them as variables. */
export const secretsModule = (secrets: readonly SecretPlan[], { name: user, group }: UserPlan): Expr => {
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
              `install -d -m 0500 -o ${user} -g ${group} /run/microvm-secrets\n`,
              `for secret in ${names.join(" ")}; do\n`,
              `  install -m 0400 -o ${user} -g ${group} \\\n`,
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

/** The module that hands a VM's secrets in, right before it starts; undefined for a VM that has none. */
export const compileVmSecrets = ({ name, path: origin, secrets }: VmPlan, shared: SharedModules): Expr | undefined =>
  secrets.length === 0
    ? undefined
    : call(
        ident("import"),
        path(`../modules/${shared.use("vm-secrets", null, vmSecrets)}`),
        attrs([
          binding("name", name),
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

const vmSecrets = (): Expr =>
  comment(
    lambda(
      formals([
        "name",
        formal("owner", "root"),
        comment(formal("secrets"), { before: "Name to the file that holds it." }),
      ]),
      lambda(
        formals(["lib"], { ellipsis: true }),
        letIn(
          [
            binding("directory", str("/run/microvm-secrets/", interp(ident("name")))),
            binding(
              "units",
              list([
                str("microvm-virtiofsd@", interp(ident("name")), ".service"),
                str("microvm@", interp(ident("name")), ".service"),
              ]),
            ),
          ],
          attrs([
            binding("assertions", outsideTheStore),
            blankLine(
              comment(binding(["systemd", "tmpfiles", "settings", "10-microvm", dynamic(ident("directory"))], forced), {
                before: "microvm.nix would make the folder as microvm:kvm.",
              }),
            ),
            blankLine(
              binding(
                ["systemd", "services", dynamic(str("microvm-secrets-", interp(ident("name"))))],
                attrs([
                  binding("description", str("Secrets of MicroVM '", interp(ident("name")), "'")),
                  binding("before", ident("units")),
                  binding("requiredBy", ident("units")),
                  binding(["serviceConfig", "Type"], "oneshot"),
                  comment(binding("script", binary(makeDirectory, "+", eachSecret)), {
                    before: "Each start hands in what the files hold then.",
                  }),
                ]),
              ),
            ),
          ]),
        ),
      ),
    ),
    { before: "Copies a VM's secrets to memory, where its owner alone can read them." },
  );

const forced = lib("mkForce", attrs([]));

/** What the config says in Nix may turn out to be a path in the flake, which is copied to the store. */
const outsideTheStore = lib(
  "mapAttrsToList",
  lambda(
    "secret",
    lambda(
      "file",
      attrs([
        binding(
          "assertion",
          not(lib("hasPrefix", select(ident("builtins"), "storeDir"), call(ident("toString"), ident("file")))),
        ),
        binding(
          "message",
          str(
            "The secret ",
            interp(ident("secret")),
            " of ",
            interp(ident("name")),
            " lies in the Nix store, which everyone may read.",
          ),
        ),
      ]),
    ),
  ),
  ident("secrets"),
);

const makeDirectory = indentedStr(
  "install -d -m 0711 /run/microvm-secrets\n",
  "install -d -m 0700 -o ",
  interp(ident("owner")),
  " ",
  interp(ident("directory")),
  "\n",
  "find ",
  interp(ident("directory")),
  " -mindepth 1 -delete\n",
);

const eachSecret = call(
  select(ident("lib"), "concatStrings"),
  lib(
    "mapAttrsToList",
    lambda(
      "secret",
      lambda(
        "file",
        str(
          "install -m 0400 -o ",
          interp(ident("owner")),
          " ",
          interp(lib("escapeShellArg", call(ident("toString"), ident("file")))),
          " ",
          interp(ident("directory")),
          "/",
          interp(ident("secret")),
          "\n",
        ),
      ),
    ),
    ident("secrets"),
  ),
);
