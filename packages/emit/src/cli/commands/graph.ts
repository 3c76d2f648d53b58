import { extname } from "node:path";
import { Option } from "commander";
import { Failed } from "../../report/failure.js";
import type { Outcome } from "../../report/outcome.js";
import type { Results } from "../results.js";
import { configHelp, type Declare } from "../command.js";
import { repeated, requireKnown } from "../names.js";
import { examples } from "../vm-options.js";

const graphFormats = ["svg", "png", "mermaid", "dot"] as const;
type GraphFormat = (typeof graphFormats)[number];

interface GraphOptions {
  readonly format?: GraphFormat;
  readonly output?: string;
  readonly host?: readonly string[];
}

/** `microvm-emit graph [config]`: draws networks, policies and shares. */
export const graph: Declare = (program, ask) => {
  program
    .command("graph")
    .description("draw the network access of the VMs and the folders that they share")
    .argument("[config]", configHelp)
    .addOption(
      new Option("--format <format>", "set the format (default: from the name of the file, otherwise svg)").choices(
        graphFormats,
      ),
    )
    .option("-o, --output <file>", "write to this file")
    .option("--host <host>", "draw only this host; repeatable", repeated)
    .option("--json", "print the boxes and arrows as JSON")
    .addHelpText(
      "after",
      examples("graph -o network.svg", "graph -o network.png --host lab", "graph --format mermaid >> README.md") +
        "\nVMs with equal access and shares are drawn as one box.",
    )
    .action((config: string | undefined, options: GraphOptions) => {
      ask({ command: "graph", config, run: async ({ configFile }) => drawConfig(await configFile(config), options) });
    });
};

const drawConfig = async (
  config: string,
  { format, output, host = [] }: GraphOptions,
): Promise<Outcome<Results["graph"]>> => {
  const chosen = format ?? formatOf(output);
  if (chosen === "png" && output === undefined)
    throw new Failed({ kind: "usage", message: "A PNG needs a file.", remedy: "Name it: -o network.png." });
  const [{ placesOf }, { planFile }, { graphOf }] = await Promise.all([
    import("../../config-file/places.js"),
    import("../../config-file/plan-file.js"),
    import("../../graph/graph.js"),
  ]);
  const { planned, findings } = await planFile(placesOf(config));
  requireKnown(
    "host",
    host,
    planned.plan.hosts.map(({ name }) => name),
  );
  const drawn = graphOf(planned.plan, host);
  const { drawAs, replaceFile } = await import("../draw.js");
  const image = await drawAs(chosen, drawn);
  if (output !== undefined) replaceFile(output, image);
  return {
    json: { ...drawn, file: output ?? null },
    text: (style) => (output === undefined ? String(image) : `${style.green("wrote")}  ${style.path(output)}\n`),
    findings,
    ...(output === undefined && { isSource: true as const }),
  };
};

/** The format of a file by its name. */
const formatOf = (output: string | undefined): GraphFormat => {
  const extension = output === undefined ? ".svg" : extname(output).toLowerCase();
  const format = ({ ".svg": "svg", ".png": "png", ".mmd": "mermaid", ".dot": "dot", ".gv": "dot" } as const)[extension];
  if (format !== undefined) return format;
  throw new Failed({
    kind: "usage",
    message: `The file name ${JSON.stringify(output)} does not select a format.`,
    remedy: `Name one: ${graphFormats.map((name) => `--format ${name}`).join(", ")}.`,
  });
};
