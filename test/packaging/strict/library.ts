// A library whose own declarations name the types that microvm-emit gives.
import { ast, defineConfig, emit, extend, render, resolveConfig } from "microvm-emit";
import { print } from "microvm-emit/ast";
import { checkFlake, loadConfig, locate, planConfig, writeFlake } from "microvm-emit/node";

export const config = defineConfig({ hosts: {} });
export const made = defineConfig(({ env }) => ({ description: env["HOST"] ?? "", hosts: {} }));
export const result = emit(config);
export const resolved = resolveConfig(made);
export const problems = result._tag === "Left" ? result.left : [];
export const emission = result._tag === "Right" ? result.right : undefined;
export const hosts = emission?.plan.hosts;
export const guests = hosts?.flatMap((host) => host.guests);
export const interfaces = hosts?.flatMap((host) => host.vms).flatMap((vm) => vm.network.interfaces);
export const silenced = emission?.silenced;
export const files = emission && render(emission.files);
export const parsed = ast.parse("{ }");
export const opened = ast.openNix("{ }");
export const changed = extend(config, { description: "more" });
export const printed = print(ast.attrs({ answer: 42 }));
export const stages = { checkFlake, loadConfig, locate, planConfig, writeFlake };
