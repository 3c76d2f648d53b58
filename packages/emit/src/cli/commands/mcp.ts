import { resolve } from "node:path";
import { configHelp, type Declare } from "../command.js";
import { version } from "../../fs/own-files.js";
import { attached, examples } from "../vm-options.js";

/** `microvm-emit mcp [config]`: serves the Model Context Protocol. */
export const mcp: Declare = (program, ask) => {
  program
    .command("mcp")
    .description("serve the VMs of a config as tools of the Model Context Protocol, over standard input and output")
    .argument("[config]", configHelp)
    .option("-o, --output <dir>", "write the flake to this directory (default: flake/ beside the config)")
    .addHelpText(
      "after",
      `${examples("mcp microvm.config.ts")}  $ claude mcp add microvms -- microvm-emit mcp ~/nixos/microvm.config.ts\n\nNo tool deploys a host or widens the access of a VM.`,
    )
    .action((config: string | undefined, { output }: { readonly output?: string }) => {
      ask({
        command: "mcp",
        config,
        run: async ({ configFile }) => {
          const file = resolve(await configFile(config));
          const { serve } = await import("../../mcp/serve.js");
          await serve({ config: file, output: output === undefined ? [] : ["-o", resolve(output)] }, version());
          return attached(0);
        },
      });
    });
};
