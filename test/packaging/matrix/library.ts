// The exports that a program meets first, with a target that knows no private fields.
import { ast, claudeCode, type Config, defineConfig, emit, extend, plan, render } from "microvm-emit";
import { print } from "microvm-emit/ast";
import { checkFlake, loadConfig, locate, planConfig, writeFlake } from "microvm-emit/node";

const config: Config = {
  hosts: { box: { stateVersion: "26.05", user: { name: "me" }, vms: { dev: { agent: claudeCode() } } } },
};
export const made = defineConfig(extend(config, { description: "matrix" }));
export const stages = { checkFlake, loadConfig, locate, planConfig, writeFlake };
export const text = print(ast.attrs({ answer: 42 }));
export const planned = plan(config);
const emitted = emit(config);
if (emitted._tag === "Left") throw new Error(emitted.left.map(({ message }) => message).join("\n"));
for (const { path, text } of render(emitted.right.files)) if (path === "flake.nix") console.log(path, text.length > 0);
