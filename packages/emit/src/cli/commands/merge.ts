import { noFindings, type Outcome } from "../../report/outcome.js";
import type { Context, Declare } from "../command.js";
import type { Results } from "../results.js";
import { examples } from "../vm-options.js";
import { pairFor, withWorkOptions, type WorkOptions } from "../work-options.js";

interface MergeOptions extends WorkOptions {
  readonly accept?: boolean;
}

/** `microvm-emit merge NAME [BRANCH]`: merges a branch of a VM into the user's clone. */
export const merge: Declare = (program, ask) => {
  const command = program
    .command("merge")
    .description("merge a fetched branch of a VM into your current branch, unless its review has findings")
    .argument("<vm>", "name of the VM")
    .argument("[branch]", "branch of the VM (default: the one named like your current branch, or its only one)")
    .option("--accept", "merge despite the findings of the review")
    .addHelpText("after", examples("merge projectvm", "merge projectvm fix-login", "merge projectvm --accept"))
    .action((name: string, branch: string | undefined, options: MergeOptions) => {
      ask({ command: "merge", config: options.config, run: (context) => mergeVm(name, branch, options, context) });
    });
  withWorkOptions(command);
};

/** Without a fetch, so that the merged commit is the reviewed one. */
const mergeVm = async (
  name: string,
  typed: string | undefined,
  options: MergeOptions,
  context: Context,
): Promise<Outcome<Results["merge"]>> => {
  const [pair, { reviewOf, selectBranch }, { findingLines }, { mergeReviewed }, { Failed }] = await Promise.all([
    pairFor(name, options, context),
    import("../../git/review.js"),
    import("../../git/review-table.js"),
    import("../../git/merge.js"),
    import("../../report/failure.js"),
  ]);
  const found = await reviewOf(pair, await selectBranch(pair, typed));
  if (found.findings.length > 0 && options.accept !== true)
    throw new Failed({ kind: "review-has-findings", vm: name, branch: found.branch, findings: findingLines(found) });
  const head = await mergeReviewed(pair, found);
  return {
    json: {
      vm: name,
      host: pair.vm.host.machine.name,
      clone: pair.clone,
      branch: found.branch,
      commit: found.commit,
      head,
    },
    text: ({ green }) => `${green("merged")}  ${found.branch} ${found.commit.slice(0, 12)} into ${pair.clone}\n`,
    findings: noFindings,
  };
};
