import { noFindings } from "../../report/outcome.js";
import type { Declare } from "../command.js";
import { examples, type VmOptions, whereOf, withVmOptions } from "../vm-options.js";

/** `microvm-emit down NAME`: stops a VM. */
export const down: Declare = (program, ask) => {
  const command = program
    .command("down")
    .description("stop a VM")
    .argument("<vm>", "name of the VM")
    .addHelpText("after", examples("down projectvm"))
    .action((name: string, options: VmOptions) => {
      ask({
        command: "down",
        config: options.config,
        run: async (context) => {
          const [{ findVm }, { stopVm }] = await Promise.all([import("../../vm/find.js"), import("../../vm/start.js")]);
          const vm = await findVm(name, whereOf(options, context));
          await stopVm(vm);
          return {
            json: { vm: name, host: vm.host.machine.name },
            text: ({ dim }) => `${dim("stopped")}  ${name}\n`,
            findings: noFindings,
          };
        },
      });
    });
  withVmOptions(command);
};
