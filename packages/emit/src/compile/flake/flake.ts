import type { HostPlan, InputPlan, Plan } from "@microvm-emit/model";
import {
  attrs,
  binding,
  type Binding,
  blankLine,
  call,
  comment,
  type Expr,
  formals,
  ident,
  inherit,
  lambda,
  list,
  path,
  select,
} from "@microvm-emit/nix-ast";
import type { NixFile } from "../../output-file.js";
import type { Relocate } from "../locations.js";
import { bindingAt, importModule } from "../terms.js";

/** `flake.nix`: the inputs, and each host both as a system and as a module for other flakes. */
export const compileFlake = (plan: Plan, relocate: Relocate): NixFile => ({
  kind: "nix",
  path: "flake.nix",
  expr: attrs([
    binding("description", plan.description),
    blankLine(binding("inputs", attrs(plan.inputs.map(compileInput)))),
    blankLine(
      binding(
        "outputs",
        lambda(
          formals(["self", "nixpkgs"], { ellipsis: true, as: { name: "inputs", side: "after" } }),
          attrs(plan.hosts.flatMap((host, position) => compileOutputs(host, position > 0, relocate))),
        ),
      ),
    ),
  ]),
});

const compileInput = ({ name, url, follows, flake }: InputPlan): Binding => {
  const followed = Object.entries(follows);
  const origin = ["inputs", name];
  return followed.length === 0 && flake
    ? bindingAt(origin, [name, "url"], url)
    : bindingAt(
        origin,
        name,
        attrs([
          binding("url", url),
          ...(flake ? [] : [binding("flake", false)]),
          ...followed.map(([inner, outer]) => binding(["inputs", inner, "follows"], outer)),
        ]),
      );
};

const compileOutputs = (host: HostPlan, isLater: boolean, relocate: Relocate): readonly Binding[] => {
  const inputs = attrs([inherit("inputs")]);
  const module = binding(
    ["nixosModules", host.name],
    call(lib("modules", "importApply"), path(`./hosts/${host.name}`), inputs),
  );
  return [
    comment(isLater ? blankLine(module) : module, {
      before: `The network and the microVMs of ${host.name}, usable from another flake.`,
    }),
    blankLine(
      bindingAt(
        host.path,
        ["nixosConfigurations", host.name],
        call(
          lib("nixosSystem"),
          attrs([
            bindingAt([...host.path, "system"], "system", host.system),
            binding("specialArgs", inputs),
            binding(
              "modules",
              list([
                ...host.modules.map((module, position): Expr =>
                  importModule(module, relocate, 0, [...host.path, "modules", position]),
                ),
                select(ident("self"), "nixosModules", host.name),
                attrs([
                  bindingAt(host.path, ["networking", "hostName"], call(lib("mkDefault"), host.name)),
                  bindingAt(
                    [...host.path, "stateVersion"],
                    ["system", "stateVersion"],
                    call(lib("mkDefault"), host.stateVersion),
                  ),
                ]),
              ]),
            ),
          ]),
        ),
      ),
    ),
  ];
};

const lib = (...name: [string, ...string[]]): Expr => select(ident("nixpkgs"), "lib", ...name);
