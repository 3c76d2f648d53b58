import type { Outcome } from "../../report/outcome.js";
import type { Results } from "../results.js";
import type { Where } from "../../vm/find.js";
import type { Declare } from "../command.js";
import { examples, type VmOptions, whereOf, withVmOptions } from "../vm-options.js";

/** `microvm-emit status [NAME]`: shows running VMs. */
export const status: Declare = (program, ask) => {
  const command = program
    .command("status")
    .description("show the state, address and memory of VMs, on every host of the config")
    .argument("[vm]", "name of the VM (default: all)")
    .addHelpText("after", examples("status", "status projectvm --json", "status --host-ssh root@server"))
    .action((name: string | undefined, options: VmOptions) => {
      ask({
        command: "status",
        config: options.config,
        run: (context) => showStatus(name, whereOf(options, context)),
      });
    });
  withVmOptions(command);
};

const showStatus = async (name: string | undefined, where: Where): Promise<Outcome<Results["status"]>> => {
  const [{ findHosts, findVm }, { statusOf }, { formatStatus }, { isBehind }, { diagnosticsOf, exitCodeOf }] =
    await Promise.all([
      import("../../vm/find.js"),
      import("../../vm/status.js"),
      import("../../vm/status-table.js"),
      import("../behind.js"),
      import("../../report/failure-words.js"),
    ]);
  const found =
    name === undefined ? await findHosts(where) : { hosts: [(await findVm(name, where)).host], failures: [] };
  const hosts = await Promise.all(
    found.hosts.map(async (host) => ({ ...(await statusOf(host, name)), isBehind: await isBehind(host) })),
  );
  return {
    json: { hosts },
    text: (style) => formatStatus(hosts, style),
    findings: { problems: found.failures.flatMap(diagnosticsOf), silenced: [] },
    exitCode: Math.max(0, ...found.failures.map(exitCodeOf)),
  };
};
