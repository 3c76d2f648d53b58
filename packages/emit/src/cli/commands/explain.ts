import { Failed } from "../../report/failure.js";
import { type Outcome, noFindings } from "../../report/outcome.js";
import type { Results } from "../results.js";
import { type Declare, withFormat } from "../command.js";
import { examples } from "../vm-options.js";

/** `microvm-emit explain [code]`: prints the page of a problem code. */
export const explain: Declare = (program, ask) => {
  const command = program
    .command("explain")
    .description("explain a problem code, with a failing and a passing example")
    .argument("[code]", "problem code, such as duplicate-address (default: list all codes)")
    .addHelpText("after", examples("explain", "explain duplicate-address"))
    .action((code: string | undefined) => {
      ask({ command: "explain", run: () => explainCode(code) });
    });
  withFormat(command, ["human", "json"]);
};

const explainCode = async (code: string | undefined): Promise<Outcome<Results["explain"]>> => {
  const [{ formatContents, formatPage }, { pageCodes, pageOf }] = await Promise.all([
    import("../../report/format-page.js"),
    import("../problem-pages.js"),
  ]);
  const codes = pageCodes();
  if (code === undefined) {
    const pages = codes.map(pageOf);
    return { json: { pages }, text: (style) => formatContents(pages, style), findings: noFindings };
  }
  if (!codes.includes(code)) throw new Failed({ kind: "unknown-code", code, known: codes });
  const page = pageOf(code);
  return { json: { pages: [page] }, text: (style, width) => formatPage(page, style, width), findings: noFindings };
};
