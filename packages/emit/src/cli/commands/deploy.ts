import type { Override } from "../../check/run-nix.js";
import type { Outcome } from "../../report/outcome.js";
import type { Results } from "../results.js";
import { configOption, type Context, type Declare, withFormat } from "../command.js";
import { overrideOption } from "../override.js";

interface DeployOptions {
  readonly config?: string;
  readonly output?: string;
  readonly hostSsh?: string;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly timeout: string;
  readonly json?: boolean;
  readonly format?: string;
  readonly overrideInput?: readonly Override[];
}

const examples = `
Examples:
  $ microvm-emit deploy                            switch every host that changed, after you confirm
  $ microvm-emit deploy server --yes               switch this host, changed or not
  $ microvm-emit deploy --dry-run                  show the hosts and the commands`;

/** `microvm-emit deploy [host...]`: switches hosts, one after the other. */
export const deploy: Declare = (program, ask) => {
  const command = program
    .command("deploy")
    .description("run nixos-rebuild switch for the hosts that changed, and wait until each one answers")
    .argument("[host...]", "hosts to switch, changed or not (default: the hosts that changed)")
    .option(...configOption)
    .option("-o, --output <dir>", "read the flake in this directory (default: flake/ beside the config)")
    .option("--host-ssh <destination>", "ssh destination of the host, if there is only one")
    .option("-y, --yes", "switch without asking")
    .option("--dry-run", "show the hosts and the commands, and switch nothing")
    .option("--timeout <seconds>", "longest wait for a host after its switch, in seconds", "120")
    .option(...overrideOption())
    .addHelpText("after", examples)
    .action((hosts: readonly string[], options: DeployOptions) => {
      ask({ command: "deploy", config: options.config, run: (context) => runDeploy(hosts, options, context) });
    });
  withFormat(command, ["human", "json"]);
};

const runDeploy = async (
  hosts: readonly string[],
  options: DeployOptions,
  context: Context,
): Promise<Outcome<Results["deploy"]>> => {
  const [{ deployHosts }, { formatDeployed }, { diagnosticsOf, exitCodeOf }] = await Promise.all([
    import("../deploy-hosts.js"),
    import("../../report/deployed.js"),
    import("../../report/failure-words.js"),
  ]);
  const { config, output, hostSsh, yes = false, dryRun = false, timeout, overrideInput = [] } = options;
  const { result, failures, findings } = await deployHosts(
    hosts,
    {
      ...{ config, output, hostSsh, yes, dryRun },
      timeoutSeconds: Number(timeout),
      isQuiet: options.json === true || options.format === "json",
      overrides: overrideInput,
    },
    context,
  );
  return {
    json: result,
    text: (style) => formatDeployed(result, style),
    findings: { problems: [...findings.problems, ...failures.flatMap(diagnosticsOf)], silenced: findings.silenced },
    exitCode: Math.max(0, ...failures.map(exitCodeOf)),
  };
};
