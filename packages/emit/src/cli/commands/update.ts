import type { Override } from "../../check/run-nix.js";
import type { Outcome } from "../../report/outcome.js";
import type { Results } from "../results.js";
import { configOption, type Context, type Declare, withFormat } from "../command.js";
import { overrideOption } from "../override.js";

interface UpdateOptions {
  readonly config?: string;
  readonly output?: string;
  readonly dryRun?: boolean;
  readonly overrideInput?: readonly Override[];
}

const examples = `
Examples:
  $ microvm-emit update                            update every input, and list the versions that change
  $ microvm-emit update nixpkgs --dry-run          show the changes, and keep flake.lock`;

/** `microvm-emit update [input...]`: updates flake.lock if every host still evaluates. */
export const update: Declare = (program, ask) => {
  const command = program
    .command("update")
    .description("update flake.lock, check every host, and list the packages and hosts that change")
    .argument("[input...]", "flake inputs (default: all)")
    .option(...configOption)
    .option("-o, --output <dir>", "update the flake in this directory (default: flake/ beside the config)")
    .option("--dry-run", "show the changes, and keep flake.lock")
    .option(...overrideOption("evaluate with another flake for an input"))
    .addHelpText("after", examples)
    .action((inputs: readonly string[], options: UpdateOptions) => {
      ask({ command: "update", config: options.config, run: (context) => runUpdate(inputs, options, context) });
    });
  withFormat(command, ["human", "json"]);
};

const runUpdate = async (
  inputs: readonly string[],
  { config, output, dryRun = false, overrideInput = [] }: UpdateOptions,
  { configFile, onProgress }: Context,
): Promise<Outcome<Results["update"]>> => {
  const [{ placesOf }, { planFile }, { updateFlake }, { formatUpdated }] = await Promise.all([
    import("../../config-file/places.js"),
    import("../../config-file/plan-file.js"),
    import("../update-flake.js"),
    import("../../report/updated.js"),
  ]);
  const file = await planFile(placesOf(await configFile(config), output));
  const project = { places: file.places, file };
  const result = await updateFlake(project, inputs, { dryRun, overrides: overrideInput, onProgress });
  return { json: result, text: (style) => formatUpdated(result, style), findings: file.findings };
};
