import type { Outcome } from "../../report/outcome.js";
import { configHelp, type Declare, withFormat } from "../command.js";

/** `microvm-emit plan [config]`: shows guests, and which VM can reach which. */
export const plan: Declare = (program, ask) => {
  const command = program
    .command("plan")
    .description("show each host's guests, why they differ, and the network access of each VM")
    .argument("[config]", configHelp)
    .action((config: string | undefined) => {
      ask({ command: "plan", config, run: async ({ configFile }) => planConfig(await configFile(config)) });
    });
  withFormat(command);
};

const planConfig = async (config: string): Promise<Outcome> => {
  const [{ placesOf }, { planFile }, { formatSummary, summarize }] = await Promise.all([
    import("../../config-file/places.js"),
    import("../../config-file/plan-file.js"),
    import("../../report/plan-summary.js"),
  ]);
  const { planned, findings } = await planFile(placesOf(config));
  const hosts = summarize(planned.plan);
  return { json: { hosts }, text: (style, width) => formatSummary(hosts, style, width), findings };
};
