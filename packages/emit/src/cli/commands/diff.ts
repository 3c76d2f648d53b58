import type { Outcome } from "../../report/outcome.js";
import { configOption, type Declare, withFormat } from "../command.js";
import { checkCurrent, checkHelp } from "./check-current.js";

interface DiffOptions {
  readonly config?: string;
  readonly output?: string;
  readonly check?: boolean;
  readonly exitCode?: boolean;
}

/** `microvm-emit diff [ref]`: compares the config with an earlier one, by VM. */
export const diff: Declare = (program, ask) => {
  const command = program
    .command("diff")
    .description("show what changes for each VM since a commit: access, resources, guests, restarts")
    .argument("[ref]", "commit, branch or tag to compare with; its config is run", "HEAD")
    .option(...configOption)
    .option("-o, --output <dir>", "read the flake in this directory (default: flake/ beside the config)")
    .option("--exit-code", "exit with 3 if anything changes, and with 4 if a VM gets more access")
    .option("--check", checkHelp)
    .addHelpText("after", examples)
    .action((ref: string, { config, output, check = false, exitCode = false }: DiffOptions) => {
      ask({
        command: "diff",
        config,
        run: async ({ configFile }) => {
          const file = await configFile(config);
          return check ? checkCurrent(file, output) : diffSince(ref, file, { output, exitCode });
        },
      });
    });
  withFormat(command, ["human", "json", "markdown"]);
};

const examples = `
Examples:
  $ microvm-emit diff                              compare with the last commit
  $ microvm-emit diff main --format markdown       write a comment for a pull request
  $ microvm-emit diff origin/main --exit-code      exit with 4 if a VM gets more access
  $ microvm-emit diff --check                      exit with 1 if flake/ is not current`;

const diffSince = async (
  ref: string,
  config: string,
  { output, exitCode }: { readonly output: string | undefined; readonly exitCode: boolean },
): Promise<Outcome> => {
  const [
    { placesOf },
    { planFile },
    { planRevision },
    { comparePlans },
    { hasMoreAccess, isEmpty },
    { formatComparison },
    { markdownOf },
    { pendingChanges },
    { wantedOf },
  ] = await Promise.all([
    import("../../config-file/places.js"),
    import("../../config-file/plan-file.js"),
    import("../../config-file/revision.js"),
    import("../../compare/compare-plans.js"),
    import("../../compare/comparison.js"),
    import("../../compare/format-comparison.js"),
    import("../../compare/markdown.js"),
    import("../../output/write.js"),
    import("../../config-file/wanted.js"),
  ]);
  const planned = await planFile(placesOf(config, output));
  const { places } = planned;
  const { commit, plan, otherFiles } = await planRevision(places, ref);
  const comparison = comparePlans(plan, planned.planned.plan);
  const pending = pendingChanges(wantedOf(planned));
  const compared = { since: { ref, commit }, ...comparison, otherFiles, isCurrent: pending.length === 0 };
  const code = hasMoreAccess(comparison) ? 4 : isEmpty(comparison) && otherFiles.length === 0 ? 0 : 3;
  return {
    json: compared,
    text: (style, width) => formatComparison(compared, style, width),
    markdown: () => markdownOf(compared),
    findings: planned.findings,
    ...(exitCode && { exitCode: code }),
  };
};
