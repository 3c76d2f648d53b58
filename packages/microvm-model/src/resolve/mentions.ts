import { match } from "ts-pattern";
import type { Model, VmModel } from "../config.js";
import type { ConfigPath } from "../problem.js";
import { type InputMention, mentionOf } from "./references.js";

/** Every place of a config that needs a flake input. */
export const mentionsOf = (model: Model): readonly InputMention[] => [
  { input: "nixpkgs", path: ["inputs"] },
  { input: "microvm", path: ["inputs"] },
  ...Object.entries(model.hosts).flatMap(([name, host]) => [
    ...host.modules.flatMap((module, position) => mentionOf(module, ["hosts", name, "modules", position])),
    ...Object.entries(host.vms).flatMap(([vmName, vm]) => mentionsOfVm(vm, ["hosts", name, "vms", vmName])),
  ]),
];

const mentionsOfVm = (vm: VmModel, path: ConfigPath): readonly InputMention[] => [
  ...vm.modules.flatMap((module, position) => mentionOf(module, [...path, "modules", position])),
  ...(vm.agent === false ? [] : [{ input: vm.agent.packagesFrom, path: [...path, "agent"] }]),
  ...[
    { home: vm.home, at: path },
    ...Object.entries(vm.users).map(([name, { home }]) => ({ home, at: [...path, "users", name] })),
  ].flatMap(({ home, at }) => [
    ...(home.length > 0 ? [{ input: "home-manager", path: at }] : []),
    ...home.flatMap((entry, position) => mentionsOfHome(entry, [...at, "home", position])),
  ]),
];

const mentionsOfHome = (home: VmModel["home"][number], path: ConfigPath): readonly InputMention[] => {
  if (typeof home === "string" || "kind" in home) return mentionOf(home, path);
  return match(home)
    .with({ program: "zsh" }, ({ init }) =>
      init.flatMap((part, position) => (typeof part === "string" ? [] : mentionOf(part, [...path, "init", position]))),
    )
    .with({ program: "emacs" }, ({ configDirectory }) =>
      configDirectory === undefined ? [] : mentionOf(configDirectory, [...path, "configDirectory"]),
    )
    .exhaustive();
};
