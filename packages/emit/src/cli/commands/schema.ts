import { noFindings } from "../../report/outcome.js";
import { type Declare, withFormat } from "../command.js";
import { examples } from "../vm-options.js";
import { readOwnFile } from "../../fs/own-files.js";
import { requireKnown } from "../names.js";

/** `microvm-emit schema`: prints the JSON Schema of a config, or of a command's output. */
export const schema: Declare = (program, ask) => {
  const command = program
    .command("schema")
    .description("print the JSON Schema of a config, for editors, or of the output of a command")
    .option("--of <command>", "print the schema of the output of this command with --json")
    .addHelpText("after", examples("schema > microvm.schema.json", "schema --of status"))
    .action(({ of }: { readonly of?: string }) => {
      ask({
        command: "schema",
        run: () => {
          const text = of === undefined ? readOwnFile("config.schema.json") : outputSchema(of);
          return Promise.resolve({ json: { text }, text: () => text, findings: noFindings });
        },
      });
    });
  withFormat(command, ["human", "json"]);
};

/** The schemas of all outputs, with their shared definitions. */
interface OutputSchemas {
  readonly definitions: Readonly<Record<string, unknown>> & {
    readonly Printed: { readonly properties: Readonly<Record<string, object>> };
  };
}

const outputSchema = (command: string): string => {
  const { Printed, ...definitions } = (JSON.parse(readOwnFile("output.schema.json")) as OutputSchemas).definitions;
  requireKnown("command", [command], Object.keys(Printed.properties));
  const schema = { $schema: "http://json-schema.org/draft-07/schema#", ...Printed.properties[command] };
  return `${JSON.stringify({ ...schema, definitions }, undefined, 2)}\n`;
};
