import { noFindings, type Outcome } from "../../report/outcome.js";
import type { Results } from "../results.js";
import type { Where } from "../../vm/find.js";
import type { Declare } from "../command.js";
import { attached, examples, isJson, type VmOptions, whereOf, withVmOptions } from "../vm-options.js";

interface LogsOptions extends VmOptions {
  readonly follow?: boolean;
  readonly lines: string;
}

/** `microvm-emit logs NAME [-f]`: shows the journal of a VM. */
export const logs: Declare = (program, ask) => {
  const command = program
    .command("logs")
    .description("show the journal of a VM: its console, hypervisor and other units")
    .argument("<vm>", "name of the VM")
    .option("-f, --follow", "continue with new lines")
    .option("-n, --lines <count>", "the number of lines to show", "200")
    .addHelpText("after", examples("logs projectvm", "logs projectvm -f -n 20"))
    .action((name: string, options: LogsOptions) => {
      ask({
        command: "logs",
        config: options.config,
        run: (context) => show(name, whereOf(options, context), options),
      });
    });
  withVmOptions(command);
};

const show = async (name: string, where: Where, options: LogsOptions): Promise<Outcome<Results["logs"]>> => {
  const [{ findVm }, { followJournal }, streams, { visible }] = await Promise.all([
    import("../../vm/find.js"),
    import("../../vm/journal.js"),
    import("../streams.js"),
    import("../../report/visible.js"),
  ]);
  const vm = await findVm(name, where);
  const journal = { follow: options.follow === true && !isJson(options), lines: options.lines };
  let collected = "";
  const exitCode = await followJournal(vm.host.machine, name, journal, (stream, text) => {
    if (isJson(options) && stream === "stdout") collected += text;
    else streams[stream].write(visible(text));
  });
  return isJson(options)
    ? { json: { lines: collected.split("\n").slice(0, -1) }, text: () => "", findings: noFindings, exitCode }
    : attached(exitCode);
};
