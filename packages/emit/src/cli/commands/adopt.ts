import type { Override } from "../../check/run-nix.js";
import type { Adopted } from "../../report/adopted.js";
import { noFindings, type Outcome } from "../../report/outcome.js";
import { type Context, type Declare, withFormat } from "../command.js";
import { overrideOption } from "../override.js";

interface AdoptOptions {
  readonly output?: string;
  readonly edit?: boolean;
  readonly yes?: boolean;
  readonly overrideInput?: readonly Override[];
}

const examples = `
Examples:
  $ microvm-emit adopt .#server                     write a config of the host's microVMs, and compare it
  $ microvm-emit adopt .#server -o vms.yaml         write YAML
  $ microvm-emit adopt .#server --edit              also remove the VMs from the flake, after you confirm`;

/** `microvm-emit adopt FLAKE#HOST`: writes a config for the existing microVMs of a host. */
export const adopt: Declare = (program, ask) => {
  const command = program
    .command("adopt")
    .description("write a config for the microVMs of a host in a flake, and list the options that differ")
    .argument("<flake#host>", "flake and host, such as .#server")
    .option("-o, --output <file>", "config to write: .ts, .yaml or .json (default: microvm.config.ts in the flake)")
    .option("--edit", "remove the VMs from the flake's files, import the config's modules and emit")
    .option("-y, --yes", "edit without asking")
    .option(...overrideOption())
    .addHelpText("after", examples)
    .action((word: string, options: AdoptOptions) => {
      ask({ command: "adopt", run: (context) => runAdopt(word, options, context) });
    });
  withFormat(command, ["human", "json"]);
};

const runAdopt = async (
  word: string,
  { output, edit = false, yes = false, overrideInput = [] }: AdoptOptions,
  { isInteractive }: Context,
): Promise<Outcome<Adopted>> => {
  const [{ adopt: read }, { writeAdoption }, { formatAdopted }, { diffOf, formatDiff }, { diagnosticsOf, exitCodeOf }] =
    await Promise.all([
      import("../../adopt/adopt.js"),
      import("../write-adoption.js"),
      import("../../report/adopted.js"),
      import("../../report/edited.js"),
      import("../../report/failure-words.js"),
    ]);
  const adoption = await read(word, { output, overrides: overrideInput });
  const edited = adoption.edits.map(({ path, before, after }) => ({ file: path, diff: diffOf(before, after) }));
  const written = await writeAdoption(adoption, {
    edit,
    yes,
    show: (style) => (isInteractive ? formatDiff(edited, style) : ""),
  });
  const { comparison } = adoption;
  const failures = [...written.failures, ...comparison.failures];
  const result: Adopted = {
    config: adoption.file,
    vms: adoption.host.vms.map(({ name }) => name),
    notes: adoption.host.notes,
    edited,
    isEdited: written.isEdited,
    byHand: adoption.byHand,
    next: written.next,
    comparison:
      comparison.of === "nothing"
        ? { of: "nothing", compared: 0, differences: [] }
        : { of: comparison.of, compared: comparison.compared, differences: comparison.differences },
  };
  return {
    json: result,
    text: (style, width) => formatAdopted(result, style) + written.text(style, width),
    findings: { ...noFindings, problems: failures.flatMap(diagnosticsOf) },
    exitCode: Math.max(0, ...written.failures.map(exitCodeOf)),
  };
};
