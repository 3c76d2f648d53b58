import { noFindings, type Outcome } from "../../report/outcome.js";
import type { Context, Declare } from "../command.js";
import type { Results } from "../results.js";
import { examples } from "../vm-options.js";
import { pairFor, withGuestOptions, type WorkOptions } from "../work-options.js";

interface ReviewOptions extends WorkOptions {
  /** False with `--no-fetch`. */
  readonly fetch?: boolean;
}

/** `microvm-emit review NAME [BRANCH]`: shows the changes of a branch of a VM. */
export const review: Declare = (program, ask) => {
  const command = program
    .command("review")
    .description("fetch, then show the commits and files of a branch of a VM, and files that run automatically")
    .argument("<vm>", "name of the VM")
    .argument("[branch]", "branch of the VM (default: the one named like your current branch, or its only one)")
    .option("--no-fetch", "show the last fetch")
    .addHelpText(
      "after",
      examples("review projectvm", "review projectvm fix-login --json", "review projectvm --no-fetch"),
    )
    .action((name: string, branch: string | undefined, options: ReviewOptions) => {
      ask({ command: "review", config: options.config, run: (context) => reviewVm(name, branch, options, context) });
    });
  withGuestOptions(command);
};

/** The outcome of a review. */
export const reviewVm = async (
  name: string,
  typed: string | undefined,
  options: ReviewOptions,
  context: Context,
): Promise<Outcome<Results["review"]>> => {
  const [pair, { fetchBranches }, { reviewOf, selectBranch }, { formatReview }] = await Promise.all([
    pairFor(name, options, context),
    import("../../git/clone.js"),
    import("../../git/review.js"),
    import("../../git/review-table.js"),
  ]);
  if (options.fetch !== false) await fetchBranches(pair);
  const found = await reviewOf(pair, await selectBranch(pair, typed));
  return {
    json: { vm: name, host: pair.vm.host.machine.name, clone: pair.clone, ...found },
    text: (style) => formatReview(found, pair, style),
    findings: noFindings,
  };
};
