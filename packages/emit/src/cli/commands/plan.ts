import type { Outcome } from "../../report/outcome.js";
import type { Results } from "../results.js";
import { configHelp, type Declare, withFormat } from "../command.js";
import { repeated, requireKnown } from "../names.js";

interface PlanOptions {
  readonly vm?: readonly string[];
  readonly host?: readonly string[];
  readonly table?: boolean;
}

/** `microvm-emit plan [config]`: shows guests and the network access of VMs. */
export const plan: Declare = (program, ask) => {
  const command = program
    .command("plan")
    .description("show the guests of each host with their differences, and the network access of each VM")
    .argument("[config]", configHelp)
    .option("--vm <vm>", "show only this VM; repeatable", repeated)
    .option("--host <host>", "show only this host; repeatable", repeated)
    .option("--table", "show one line per VM")
    .addHelpText("after", examples)
    .action((config: string | undefined, options: PlanOptions) => {
      ask({ command: "plan", config, run: async ({ configFile }) => planConfig(await configFile(config), options) });
    });
  withFormat(command);
};

const examples = `
Examples:
  $ microvm-emit plan --table             list the VMs of all hosts
  $ microvm-emit plan --vm api            show the network access of one VM
  $ microvm-emit plan --host alpha --json`;

const planConfig = async (
  config: string,
  { vm = [], host = [], table = false }: PlanOptions,
): Promise<Outcome<Results["plan"]>> => {
  const [{ placesOf }, { planFile }, { formatSummary, selected, summarize }, { formatTable }] = await Promise.all([
    import("../../config-file/places.js"),
    import("../../config-file/plan-file.js"),
    import("../../report/plan-summary.js"),
    import("../../report/plan-table.js"),
  ]);
  const { planned, findings } = await planFile(placesOf(config));
  const all = planned.plan.hosts;
  requireKnown(
    "host",
    host,
    all.map(({ name }) => name),
  );
  const ofHosts = all.filter(({ name }) => host.length === 0 || host.includes(name));
  requireKnown(
    "VM",
    vm,
    ofHosts.flatMap(({ vms }) => vms.map(({ name }) => name)),
  );
  const hosts = selected(summarize(planned.plan), { hosts: host, vms: vm });
  return {
    json: { hosts },
    text: (style, width) => (table ? formatTable(hosts, style) : formatSummary(hosts, style, width)),
    findings,
  };
};
