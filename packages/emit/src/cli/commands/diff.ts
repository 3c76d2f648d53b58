import type { Outcome } from "../../report/outcome.js";
import type { Results } from "../results.js";
import type { Override } from "../../check/run-nix.js";
import { configOption, type Context, type Declare, withFormat } from "../command.js";
import { repeated } from "../names.js";
import { overrideOption } from "../override.js";
import { checkCurrent, checkHelp } from "./check-current.js";
import { reviewVm } from "./review.js";

interface DiffOptions {
  readonly config?: string;
  readonly output?: string;
  readonly check?: boolean;
  readonly exitCode?: boolean;
  readonly deployed?: boolean;
  readonly host?: readonly string[];
  readonly hostSsh?: string;
  readonly overrideInput?: readonly Override[];
}

/** `microvm-emit diff [ref]`: compares the config with an earlier one, by VM. */
export const diff: Declare = (program, ask) => {
  const command = program
    .command("diff")
    .description("show the changes of each VM since a commit: access, resources, guests, restarts")
    .argument(
      "[ref]",
      "commit, branch or tag to compare with (runs its config); for the name of a VM, same as review",
      "HEAD",
    )
    .option(...configOption)
    .option("-o, --output <dir>", "read the flake in this directory (default: flake/ beside the config)")
    .option("--exit-code", "exit with 3 if anything changes, and with 4 if a VM gets more access")
    .option("--check", checkHelp)
    .option("--deployed", "compare with the systems and VMs that run on the hosts; evaluates the config with Nix")
    .option("--host <name>", "with --deployed, a host of the config; repeatable (default: all)", repeated)
    .option("--host-ssh <destination>", "with --deployed, the ssh destination of the host")
    .option(...overrideOption("with --deployed, replace a flake input"))
    .addHelpText("after", examples)
    .action((ref: string, options: DiffOptions) => {
      const { config, output, check = false, exitCode = false, deployed = false } = options;
      ask({
        command: "diff",
        config,
        run: async (context) => {
          if (deployed) return diffDeployed(options, context);
          const { configFile } = context;
          const file = await configFile(config);
          if (!check && (await isVm(ref, file))) return reviewVm(ref, undefined, options, context);
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
  $ microvm-emit diff --deployed                   compare with the running systems
  $ microvm-emit diff --check                      exit with 1 if flake/ is not current
  $ microvm-emit diff projectvm                    the same as microvm-emit review projectvm`;

/** True for a VM of the config. Fails if the name is also a revision of Git, since it could mean either. */
const isVm = async (name: string, file: string): Promise<boolean> => {
  const [{ knownNames }, { isRevision }, { Failed }] = await Promise.all([
    import("../../config-file/known-names.js"),
    import("../../config-file/revision.js"),
    import("../../report/failure.js"),
  ]);
  if (![...knownNames(file).vms.values()].some((vms) => vms.includes(name))) return false;
  if (!isRevision(file, name)) return true;
  throw new Failed({
    kind: "usage",
    message: `${name} is a VM of the config, and a revision of Git.`,
    remedy: `Write \`microvm-emit review ${name}\` for the VM, or \`microvm-emit diff refs/heads/${name}\` for the branch.`,
  });
};

const diffDeployed = async (
  { config, output, host = [], hostSsh, exitCode = false, overrideInput = [] }: DiffOptions,
  context: Context,
): Promise<Outcome<Results["diff"]>> => {
  const [{ deploymentsOf }, { formatDeployments }, { diagnosticsOf, exitCodeOf }] = await Promise.all([
    import("../deployments.js"),
    import("../../vm/deployment-table.js"),
    import("../../report/failure-words.js"),
  ]);
  const { project, hosts, failures } = await deploymentsOf(
    host,
    { config, output, hostSsh, overrides: overrideInput },
    context,
  );
  const isSame = hosts.every(({ isCurrent, vms }) => isCurrent && vms.every((vm) => vm.afterSwitch !== "stale"));
  const { problems, silenced } = project.file.findings;
  return {
    json: { hosts },
    text: (style) => formatDeployments(hosts, style),
    findings: { problems: [...problems, ...failures.flatMap(diagnosticsOf)], silenced },
    exitCode: Math.max(exitCode && !isSame ? 3 : 0, ...failures.map(exitCodeOf)),
  };
};

const diffSince = async (
  ref: string,
  config: string,
  { output, exitCode }: { readonly output: string | undefined; readonly exitCode: boolean },
): Promise<Outcome<Results["diff"]>> => {
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
