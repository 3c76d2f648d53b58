import { noFindings, type Outcome } from "../../report/outcome.js";
import type { Results } from "../results.js";
import type { Where } from "../../vm/find.js";
import type { Declare } from "../command.js";
import { attached, examples, isJson, type VmOptions, whereOf, withVmOptions } from "../vm-options.js";

interface NetOptions extends VmOptions {
  readonly follow?: boolean;
  readonly since: string;
}

/** `microvm-emit net [NAME] [-f]`: shows the names and servers that the network policy refused. */
export const net: Declare = (program, ask) => {
  const command = program
    .command("net")
    .description("show the names and servers that the network policy refused VMs, and the setting that allows each")
    .argument("[vm]", "name of the VM (default: all)")
    .option("-f, --follow", "show new refusals as they happen")
    .option("--since <time>", "a time as for journalctl", "24 hours ago")
    .addHelpText("after", examples("net", "net projectvm --since today", "net projectvm -f"))
    .action((name: string | undefined, options: NetOptions) => {
      ask({ command: "net", config: options.config, run: (context) => show(name, whereOf(options, context), options) });
    });
  withVmOptions(command);
};

const show = async (name: string | undefined, where: Where, options: NetOptions): Promise<Outcome<Results["net"]>> => {
  const [
    { findHosts, findVm },
    { followRefused, readRefused },
    { formatRefusal, formatRefused },
    { diagnosticsOf, exitCodeOf },
  ] = await Promise.all([
    import("../../vm/find.js"),
    import("../../vm/refused.js"),
    import("../../vm/refused-table.js"),
    import("../../report/failure-words.js"),
  ]);
  const found =
    name === undefined ? await findHosts(where) : { hosts: [(await findVm(name, where)).host], failures: [] };
  const isWanted = ({ vm }: { readonly vm: string }): boolean => name === undefined || vm === name;
  if (options.follow === true && !isJson(options)) {
    const { stdout } = await import("../streams.js");
    const codes = await Promise.all(
      found.hosts.map(async ({ machine, deployed }) =>
        deployed === undefined
          ? 0
          : followRefused(machine, deployed, (refused, time) => {
              if (isWanted(refused)) stdout.write(formatRefusal(refused, time));
            }),
      ),
    );
    return attached(Math.max(0, ...codes));
  }
  const hosts = await Promise.all(
    found.hosts.map(async ({ machine, deployed }) => ({
      host: deployed?.name ?? machine.name,
      refused: deployed === undefined ? [] : (await readRefused(machine, deployed, options.since)).filter(isWanted),
    })),
  );
  return {
    json: { hosts },
    text: (style) => formatRefused(hosts, options.since, style),
    findings: { ...noFindings, problems: found.failures.flatMap(diagnosticsOf) },
    exitCode: Math.max(0, ...found.failures.map(exitCodeOf)),
  };
};
