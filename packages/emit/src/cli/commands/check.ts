import type { Override } from "../../check/run-nix.js";
import type { OnProgress } from "../../report/checked.js";
import type { Outcome } from "../../report/outcome.js";
import type { Results } from "../results.js";
import { configHelp, type Declare, withFormat } from "../command.js";
import { examples } from "../vm-options.js";
import { overrideOption } from "../override.js";

interface CheckOptions {
  readonly output?: string;
  readonly overrideInput?: readonly Override[];
}

/** `microvm-emit check [config]`: evaluates the flake with Nix. */
export const check: Declare = (program, ask) => {
  const command = program
    .command("check")
    .description("evaluate every host with Nix, and write nothing")
    .argument("[config]", configHelp)
    .option("-o, --output <dir>", "use the flake.lock of this directory (default: flake/ beside the config)")
    .option(...overrideOption())
    .option("--verbose", "show the full output of Nix")
    .addHelpText(
      "after",
      examples("check", "check lab.yaml --verbose", "check --override-input nixpkgs path:/srv/nixpkgs"),
    )
    .action((config: string | undefined, { output, overrideInput = [] }: CheckOptions) => {
      ask({
        command: "check",
        config,
        run: async ({ configFile, onProgress }) =>
          checkConfig(await configFile(config), output, overrideInput, onProgress),
      });
    });
  withFormat(command);
};

const checkConfig = async (
  config: string,
  output: string | undefined,
  overrides: readonly Override[],
  onProgress: OnProgress,
): Promise<Outcome<Results["check"]>> => {
  const [{ placesOf }, { planFile }, { plannedPaths }, { formatChecked }] = await Promise.all([
    import("../../config-file/places.js"),
    import("../../config-file/plan-file.js"),
    import("../../config-file/planned-paths.js"),
    import("../../report/checked.js"),
  ]);
  const { places, config: loaded, planned, files, findings } = await planFile(placesOf(config, output));
  const nix = await import("../../check/nix.js");
  const hosts = await nix.check(
    {
      config: places.config,
      loaded,
      outputDir: places.outputDir,
      isFlake: planned.plan.flake,
      files: files(),
      hosts: planned.plan.hosts.map(({ name }) => name),
      modules: plannedPaths(planned.plan),
      written: planned.written,
      overrides,
    },
    onProgress,
  );
  return { json: { hosts }, text: (style) => formatChecked(hosts, style), findings };
};
