import { match } from "ts-pattern";
import type { Model, VmModel } from "../config/config.js";
import type { ConfigPath } from "../problems/problem.js";
import { isNode } from "../common/nix-node.js";
import { type InputMention, mentionsIn } from "./inputs.js";

/** Every place of a config that needs a flake input. */
export const mentionsOf = (model: Model): readonly InputMention[] => [
  { input: "nixpkgs", path: ["inputs"] },
  { input: "microvm", path: ["inputs"] },
  ...(model.library === "input" ? [{ input: "microvm-emit", path: ["library"] }] : []),
  ...Object.entries(model.hosts).flatMap(([name, host]) => [
    ...host.modules.flatMap((module, position) => mentionsIn(module, ["hosts", name, "modules", position])),
    ...Object.entries(host.vms).flatMap(([vmName, vm]) => mentionsOfVm(vm, ["hosts", name, "vms", vmName])),
    ...Object.entries(host.importedVms).flatMap(([vmName, vm]) =>
      mentionsOfImported(vm, ["hosts", name, "importedVms", vmName]),
    ),
  ]),
];

const mentionsOfImported = (
  vm: Model["hosts"][string]["importedVms"][string],
  path: ConfigPath,
): readonly InputMention[] =>
  "flake" in vm
    ? [{ input: vm.flake, path: [...path, "flake"] }]
    : mentionsIn(vm.evaluatedConfig, [...path, "evaluatedConfig"]);

const settingsWithNix = [
  "specialArgs",
  "pkgs",
  "kernel",
  "kernelParams",
  "store",
  "graphics",
  "shares",
  "microvm",
] as const satisfies readonly (keyof VmModel)[];

const mentionsOfVm = (vm: VmModel, path: ConfigPath): readonly InputMention[] => [
  ...(vm.nixpkgs === undefined ? [] : [{ input: vm.nixpkgs, path: [...path, "nixpkgs"] }]),
  ...settingsWithNix.flatMap((name) => mentionsInData(vm[name], [...path, name])),
  ...vm.modules.flatMap((module, position) => mentionsIn(module, [...path, "modules", position])),
  ...(vm.agent === false
    ? []
    : [
        { input: vm.agent.packagesFrom, path: [...path, "agent"] },
        ...mentionsOfPackage(vm.agent.package, [...path, "agent", "package"]),
      ]),
  ...mentionsOfPackages(vm.packages, [...path, "packages"]),
  ...Object.entries(vm.secrets).flatMap(([name, secret]) => {
    const file = typeof secret === "string" || "kind" in secret ? secret : secret.file;
    return typeof file === "string" ? [] : mentionsIn(file, [...path, "secrets", name]);
  }),
  ...vm.toolchains.flatMap(({ packages }, position) =>
    mentionsOfPackages(packages, [...path, "toolchains", position, "packages"]),
  ),
  ...[
    { home: vm.home, at: path },
    ...Object.entries(vm.users).map(([name, { home }]) => ({ home, at: [...path, "users", name] })),
  ].flatMap(({ home, at }) => [
    ...(home.length > 0 ? [{ input: "home-manager", path: at }] : []),
    ...home.flatMap((entry, position) => mentionsOfHome(entry, [...at, "home", position])),
  ]),
];

const mentionsOfHome = (home: VmModel["home"][number], path: ConfigPath): readonly InputMention[] => {
  if (typeof home === "string" || "kind" in home) return mentionsIn(home, path);
  return match(home)
    .with({ program: "zsh" }, ({ init }) =>
      init.flatMap((part, position) => (typeof part === "string" ? [] : mentionsIn(part, [...path, "init", position]))),
    )
    .with({ program: "emacs" }, ({ package: own, configDirectory }) => [
      ...(own === undefined ? [] : mentionsOfPackage(own, [...path, "package"])),
      ...(configDirectory === undefined ? [] : mentionsIn(configDirectory, [...path, "configDirectory"])),
    ])
    .exhaustive();
};

/** The inputs that Nix in data uses, at any depth. */
const mentionsInData = (data: unknown, path: ConfigPath): readonly InputMention[] => {
  if (typeof data !== "object" || data === null) return [];
  if (isNode(data)) return mentionsIn(data, path);
  return Object.entries(data).flatMap(([key, part]) =>
    mentionsInData(part, [...path, Array.isArray(data) ? Number(key) : key]),
  );
};

const mentionsOfPackages = (
  packages: readonly VmModel["packages"][number][],
  path: ConfigPath,
): readonly InputMention[] => packages.flatMap((own, position) => mentionsOfPackage(own, [...path, position]));

/** A package by name comes from `pkgs`; Nix code can use any input. */
const mentionsOfPackage = (own: VmModel["packages"][number], path: ConfigPath): readonly InputMention[] =>
  typeof own === "string" ? [] : mentionsIn(own, path);
