import { noFindings, type Outcome } from "../../report/outcome.js";
import type { Results } from "../results.js";
import type { Where } from "../../vm/find.js";
import type { Declare } from "../command.js";
import { attached, examples, isJson, type VmOptions, whereOf, withVmOptions } from "../vm-options.js";

/** `microvm-emit exec NAME -- COMMAND…`: runs a command in the workspace of a VM. */
export const exec: Declare = (program, ask) => {
  const command = program
    .command("exec")
    .description("run a command in the workspace of a VM, without a terminal")
    .argument("<vm>", "name of the VM")
    .argument("<command...>", "command with its arguments, after --")
    .addHelpText(
      "after",
      examples("exec projectvm -- make test", "exec projectvm --json -- git log -1", "exec projectvm -- tar x < a.tar"),
    )
    .action((name: string, words: readonly string[], options: VmOptions) => {
      ask({
        command: "exec",
        config: options.config,
        run: (context) => execute(name, words, whereOf(options, context), isJson(options)),
      });
    });
  withVmOptions(command);
};

const execute = async (
  name: string,
  words: readonly string[],
  where: Where,
  asJson: boolean,
): Promise<Outcome<Results["exec"]>> => {
  const [{ findVm }, { execute: run, executeCaptured }, streams, { visible }] = await Promise.all([
    import("../../vm/find.js"),
    import("../../vm/enter.js"),
    import("../streams.js"),
    import("../../report/visible.js"),
  ]);
  const vm = await findVm(name, where);
  if (asJson) {
    const { exitCode, stdout, stderr } = await executeCaptured(vm, words);
    return { json: { stdout, stderr }, text: () => "", findings: noFindings, exitCode };
  }
  // A program receives the bytes unchanged; a terminal must not obey them.
  const isShown = streams.isTerminal(streams.stdout) || streams.isTerminal(streams.stderr);
  return attached(await run(vm, words, isShown ? (stream, text) => streams[stream].write(visible(text)) : undefined));
};
