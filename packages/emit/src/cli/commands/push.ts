import { noFindings, type Outcome } from "../../report/outcome.js";
import type { Context, Declare } from "../command.js";
import type { Results } from "../results.js";
import { examples } from "../vm-options.js";
import { pairFor, withGuestOptions, type WorkOptions } from "../work-options.js";

/** `microvm-emit push NAME [BRANCH]`: sends a branch of the user's clone to a VM. */
export const push: Declare = (program, ask) => {
  const command = program
    .command("push")
    .description("send a branch of your clone to the repository of a VM")
    .argument("<vm>", "name of the VM")
    .argument("[branch]", "branch of your clone (default: its current branch)")
    .addHelpText("after", examples("push projectvm", "push projectvm fix-login", "push projectvm --repo ~/src/project"))
    .action((name: string, branch: string | undefined, options: WorkOptions) => {
      ask({ command: "push", config: options.config, run: (context) => pushTo(name, branch, options, context) });
    });
  withGuestOptions(command);
};

const pushTo = async (
  name: string,
  typed: string | undefined,
  options: WorkOptions,
  context: Context,
): Promise<Outcome<Results["push"]>> => {
  const [pair, { currentBranch, pushBranch }, { Failed }] = await Promise.all([
    pairFor(name, options, context),
    import("../../git/clone.js"),
    import("../../report/failure.js"),
  ]);
  const branch = typed ?? (await currentBranch(pair.clone));
  if (branch === undefined)
    throw new Failed({
      kind: "usage",
      message: `${pair.clone} has no current branch.`,
      remedy: `Name one: microvm-emit push ${name} BRANCH.`,
    });
  const { commit } = await pushBranch(pair, branch);
  return {
    json: { vm: name, host: pair.vm.host.machine.name, clone: pair.clone, branch, commit },
    text: ({ green, bold }) =>
      `${green("pushed")}  ${branch} ${commit.slice(0, 12)} to ${name}\nNext: ${bold(`microvm-emit agent ${name}`)}\n`,
    findings: noFindings,
  };
};
