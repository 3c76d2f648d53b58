import { noFindings } from "../../report/outcome.js";
import { type Declare, withFormat } from "../command.js";
import { examples } from "../vm-options.js";
import { readOwnFile } from "../../fs/own-files.js";

/** `microvm-emit schema`: prints the JSON Schema of a config. */
export const schema: Declare = (program, ask) => {
  const command = program
    .command("schema")
    .description("print the JSON Schema of a config, for editors of YAML and JSON")
    .addHelpText("after", examples("schema > microvm.schema.json"))
    .action(() => {
      ask({
        command: "schema",
        run: () => {
          const text = readOwnFile("config.schema.json");
          return Promise.resolve({ json: { text }, text: () => text, findings: noFindings });
        },
      });
    });
  withFormat(command, ["human", "json"]);
};
