import type { Command } from "commander";
import type { Request } from "../config-file/edit/change.js";
import type { Outcome } from "../report/outcome.js";
import type { EditedConfig } from "./results.js";
import { type Context, type Invocation, withFormat } from "./command.js";

/** The options of every command that edits a config. */
export interface EditOptions {
  readonly config?: string;
  readonly output?: string;
  readonly host?: string;
  readonly dryRun?: boolean;
}

/** The help of `--host` for a VM that the config has. */
export const fromHost = "host of the VM (default: the only host with a VM of this name)";

/** Adds the options common to all commands that edit a config. */
export const editing = (command: Command, hostHelp: string, examples: readonly string[]): void => {
  command
    .option("--host <host>", hostHelp)
    .option("-c, --config <file>", "config file (default: microvm.config.* in this directory or the nearest one above)")
    .option("-o, --output <dir>", "write the flake to this directory (default: flake/ beside the config)")
    .option("--dry-run", "show the change of the config and write nothing")
    .addHelpText("after", `\nExamples:\n${examples.map((example) => `  $ ${example}`).join("\n")}`);
  withFormat(command, ["human", "json"]);
};

/** The commands that edit a config. */
export type EditCommand = "add" | "remove" | "rename" | "move";

/** @param repository the repository that the VM works on, as typed. */
export const invocation = (
  command: EditCommand,
  request: Request,
  options: EditOptions,
  repository?: string,
): Invocation<EditCommand> => ({
  command,
  config: options.config,
  run: async ({ configFile }: Context) => editAndEmit(await configFile(options.config), request, options, repository),
});

/** Edits the config, unless it is a dry run, and emits the flake. */
export const editAndEmit = async (
  config: string,
  request: Request,
  { output, dryRun = false }: EditOptions,
  repository?: string,
): Promise<Outcome<EditedConfig> & { readonly host: string }> => {
  const [
    { placesOf },
    { planFile },
    { editConfig, onlyIfRight },
    { newFindings },
    { diffOf, formatDiff, formatLeftOut, formatOthers },
  ] = await Promise.all([
    import("../config-file/places.js"),
    import("../config-file/plan-file.js"),
    import("../config-file/edit/edit.js"),
    import("../config-file/edit/new-findings.js"),
    import("../report/edited.js"),
  ]);
  const places = placesOf(config, output);
  const edited = await editConfig(places, request);
  const { change, texts } = edited;
  const files = edited.files.map(({ path, before, text }) => ({ file: path, diff: diffOf(before ?? "", text) }));
  const copied = change.kind === "add" ? change.copied : undefined;
  // An edit can remove the errors of a config.
  const before = await planFile(places).catch(() => undefined);
  const planned = await onlyIfRight(() => planFile(places, undefined, texts), places.config);
  const { findings, others } = await newFindings(before, planned, change, texts);
  const json = { edited: files, leftOut: copied?.leftOut ?? [], otherWarnings: others };
  if (dryRun) {
    return {
      host: change.vm.host,
      json: { dryRun: true, ...json },
      text: (style) =>
        formatDiff(files, style) +
        formatLeftOut(copied?.vm.name ?? "", json.leftOut, style) +
        formatOthers(others, style),
      findings,
    };
  }
  const [{ emitConfig }, { formatEmitted }, { workCommands }] = await Promise.all([
    import("./commands/emit.js"),
    import("../report/emitted.js"),
    import("./next-commands.js"),
  ]);
  const { json: emitted, plan } = await emitConfig(config, { output, force: false, planned, edited });
  const work = repository === undefined ? { before: [], after: [] } : workCommands(plan, change.vm, repository);
  const result = { ...emitted, next: [...work.before, ...emitted.next, ...work.after] };
  const newVm = change.kind === "add" && work.after.length === 0 ? change.vm.name : undefined;
  return {
    host: change.vm.host,
    json: { ...json, ...result },
    text: (style) =>
      [
        ...files.map(({ file }) => `${style.green("edited")}   ${style.path(file)}\n`),
        formatLeftOut(copied?.vm.name ?? "", json.leftOut, style),
        formatOthers(others, style),
        formatEmitted(result, style, newVm),
      ].join(""),
    findings,
  };
};
