import { noFindings, type Outcome } from "../../report/outcome.js";
import type { Context, Declare } from "../command.js";
import type { Results } from "../results.js";
import { examples } from "../vm-options.js";
import { pairFor, withGuestOptions, type WorkOptions } from "../work-options.js";

/** `microvm-emit fetch NAME`: fetches the branches of a VM into the user's clone. */
export const fetch: Declare = (program, ask) => {
  const command = program
    .command("fetch")
    .description("fetch the branches of a VM into your clone, as vm/NAME/BRANCH; your files do not change")
    .argument("<vm>", "name of the VM")
    .addHelpText("after", examples("fetch projectvm", "fetch projectvm --json", "fetch projectvm --repo ~/src/project"))
    .action((name: string, options: WorkOptions) => {
      ask({ command: "fetch", config: options.config, run: (context) => fetchFrom(name, options, context) });
    });
  withGuestOptions(command);
};

const fetchFrom = async (name: string, options: WorkOptions, context: Context): Promise<Outcome<Results["fetch"]>> => {
  const [pair, { branchOf, fetchBranches }, { table }] = await Promise.all([
    pairFor(name, options, context),
    import("../../git/clone.js"),
    import("../../report/table.js"),
  ]);
  const branches = await fetchBranches(pair);
  return {
    json: { vm: name, host: pair.vm.host.machine.name, clone: pair.clone, branches },
    text: (style) =>
      branches.length === 0
        ? `${name} has no commits yet.\n`
        : `${table(
            ["branch", "commit", "change"],
            branches.map(({ name: branch, commit, change }) => [
              { text: branchOf(name, branch) },
              { text: commit.slice(0, 12) },
              { text: change },
            ]),
            style,
          )}Next: ${style.bold(`microvm-emit review ${name}`)}\n`,
    findings: noFindings,
  };
};
