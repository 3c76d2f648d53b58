import type { Declare } from "../command.js";
import { attached, examples, type VmOptions, whereOf, withVmOptions } from "../vm-options.js";

/** `microvm-emit cp SRC DST`: copies files into or out of a VM. */
export const cp: Declare = (program, ask) => {
  const command = program
    .command("cp")
    .description("copy a file or folder into a VM or out of it")
    .argument("<source>", "path, or NAME:PATH in a VM; relative to the home directory there")
    .argument("<target>", "path, or NAME:PATH in a VM")
    .addHelpText("after", examples("cp notes.md projectvm:", "cp projectvm:microvm/projectvm/report.pdf ."))
    .action((source: string, target: string, options: VmOptions) => {
      ask({
        command: "cp",
        config: options.config,
        run: async (context) => {
          const [{ findVm }, { copy, parseCopy }] = await Promise.all([
            import("../../vm/find.js"),
            import("../../vm/copy.js"),
          ]);
          const { vm, ends } = parseCopy(source, target);
          return attached(await copy(await findVm(vm, whereOf(options, context)), ends));
        },
      });
    });
  withVmOptions(command);
};
