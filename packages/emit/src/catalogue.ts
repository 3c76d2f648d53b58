/** The catalogues of the model, as a module that a command can load when it needs them. */
export { agents, toolchains } from "@microvm-emit/model";
