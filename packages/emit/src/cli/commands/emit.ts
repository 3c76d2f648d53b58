import type { Plan } from "@microvm-emit/model";
import { Option } from "commander";
import type { Places } from "../../config-file/places.js";
import type { PlannedFile } from "../../config-file/plan-file.js";
import type { Texts } from "../../fs/read-text.js";
import type { FileEdit } from "../../output/write.js";
import type { Emitted } from "../../report/emitted.js";
import type { Outcome } from "../../report/outcome.js";
import type { StageResult } from "../results.js";
import { configHelp, type Declare, withFormat } from "../command.js";
import { checkCurrent, checkHelp } from "./check-current.js";

const stages = ["plan", "ast", "text"] as const;
type Stage = (typeof stages)[number];

interface EmitOptions {
  readonly output?: string;
  readonly force?: boolean;
  readonly check?: boolean;
  readonly stopAfter?: Stage;
}

/** `microvm-emit [config]`: writes the flake. */
export const emit: Declare = (program, ask) => {
  program
    .argument("[config]", configHelp)
    .option("-o, --output <dir>", "write the flake to this directory (default: flake/ beside the config)")
    .option("--force", "overwrite and remove files that were edited by hand or come from elsewhere")
    .option("--check", checkHelp)
    .addOption(new Option("--stop-after <stage>", "print a stage and write nothing").choices(stages))
    .action((config: string | undefined, { output, force = false, check = false, stopAfter }: EmitOptions) => {
      ask({
        command: "emit",
        config,
        run: async ({ configFile }) => {
          const file = await configFile(config);
          if (check) return checkCurrent(file, output);
          return stopAfter === undefined ? emitConfig(file, { output, force }) : printStage(stopAfter, file, output);
        },
      });
    });
  withFormat(program);
};

/** How to write a flake. */
export interface EmitSettings {
  /** The output directory as typed. */
  readonly output?: string | undefined;
  readonly force: boolean;
  /** The plan of the config, if the command has it already. */
  readonly planned?: PlannedFile;
  /** Edits of the user's files, written together with the flake: texts to plan with, and files to write. */
  readonly edited?: { readonly texts: Texts; readonly files: readonly FileEdit[] };
}

/** Writes the flake of a config, or throws {@link Failed} and changes nothing. */
export const emitConfig = async (
  config: string,
  { output, force, planned: known, edited }: EmitSettings,
): Promise<Outcome<Emitted> & { readonly plan: Plan }> => {
  const [
    { placesOf },
    { planFile },
    { requireDirectory, requireNoLink, write },
    { wantedOf },
    { affectedBy },
    { nextCommands },
    { formatEmitted },
  ] = await Promise.all([
    import("../../config-file/places.js"),
    import("../../config-file/plan-file.js"),
    import("../../output/write.js"),
    import("../../config-file/wanted.js"),
    import("../affected.js"),
    import("../next-commands.js"),
    import("../../report/emitted.js"),
  ]);
  const requireOutput = ({ configDir, outputDir, typedOutput }: Places): void => {
    requireDirectory(outputDir);
    requireNoLink(typedOutput, configDir);
  };
  if (known !== undefined) requireOutput(known.places);
  const plannedFile = known ?? (await planFile(placesOf(config, output), requireOutput, edited?.texts));
  const { places, planned, lockFile, findings } = plannedFile;
  const { adopted } = lockFile;
  const wanted = wantedOf(plannedFile);
  const written = await write({ ...wanted, ...(edited && { edits: edited.files }), force });
  const emitted: Emitted = {
    directory: places.outputDir,
    ...written,
    lock: {
      file: places.lock,
      changed: wanted.beside[places.lock] !== lockFile.text,
      ...(adopted && { from: adopted.from }),
      ...(lockFile.isConflicted && { merged: true }),
    },
    next: nextCommands({
      plan: planned.plan,
      configDir: places.configDir,
      outputDir: places.outputDir,
      lock: { file: places.lock, before: lockFile.lock },
      affected: affectedBy(planned.plan, plannedFile.files(), [...written.written, ...written.removed]),
    }),
  };
  return { json: emitted, text: (style) => formatEmitted(emitted, style), findings, plan: planned.plan };
};

/** Prints the result of one stage of the compiler. */
const printStage = async (stage: Stage, config: string, output: string | undefined): Promise<Outcome<StageResult>> => {
  const [{ placesOf }, { planFile }, { render }, { toJson }] = await Promise.all([
    import("../../config-file/places.js"),
    import("../../config-file/plan-file.js"),
    import("../../render.js"),
    import("../../report/json.js"),
  ]);
  const { planned, files, findings } = await planFile(placesOf(config, output));
  const outcome = (json: StageResult, text: string): Outcome<StageResult> => ({ json, text: () => text, findings });
  switch (stage) {
    case "plan":
      return outcome({ stage, plan: planned.plan }, `${toJson(planned.plan)}\n`);
    case "ast": {
      // The library's files do not depend on the config, and would be most of the output.
      const trees = files().map((file) =>
        file.isFixed === true ? { kind: file.kind, path: file.path, isFixed: true } : file,
      );
      return outcome({ stage, ast: trees }, `${toJson(trees)}\n`);
    }
    case "text": {
      const texts = render(files());
      return {
        ...outcome({ stage, text: texts }, texts.map(({ path, text }) => `# ==> ${path}\n${text}`).join("\n")),
        isSource: true,
      };
    }
  }
};
