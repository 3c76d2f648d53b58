import { noFindings, type Outcome } from "../../report/outcome.js";
import type { Results } from "../results.js";
import type { FoundVm, Where } from "../../vm/find.js";
import type { Declare } from "../command.js";
import { examples, isJson, type VmOptions, whereOf, withVmOptions } from "../vm-options.js";

interface RestartOptions extends VmOptions {
  readonly timeout: string;
}

interface UpOptions extends RestartOptions {
  readonly output?: string;
  readonly switch?: boolean;
  readonly yes?: boolean;
}

const defaultTimeout = "150";

/** `microvm-emit up NAME`: brings the host up to date, starts a VM and waits until it answers. */
export const up: Declare = (program, ask) => {
  const command = program
    .command("up")
    .description("deploy the host if its config changed, start a VM and wait until it answers")
    .argument("<vm>", "name of the VM")
    .option("--switch", "emit and run nixos-rebuild switch first, even if the host seems to be current")
    .option("--no-switch", "start the deployed VM, even if the config is newer")
    .option("-y, --yes", "emit and switch without asking")
    .option("-o, --output <dir>", "write the flake to this directory (default: flake/ beside the config)")
    .option("--timeout <seconds>", "longest wait, in seconds", defaultTimeout)
    .addHelpText(
      "after",
      `
If the config is newer than the host, \`up\` first emits the flake, and runs nixos-rebuild switch after you confirm.
If the VM does not start, it shows the cause.
${examples("up projectvm", "up projectvm --yes", "up projectvm --no-switch")}`,
    )
    .action((name: string, options: UpOptions) => {
      ask({
        command: "up",
        config: options.config,
        run: (context) =>
          runUp(
            name,
            { ...whereOf(options, context), output: options.output, needsPlan: true },
            options,
            context.isInteractive,
          ),
      });
    });
  withVmOptions(command);
};

/** `microvm-emit restart NAME`: restarts a VM and waits until it answers. */
export const restart: Declare = (program, ask) => {
  const command = program
    .command("restart")
    .description("restart a VM with its deployed build, and wait until it answers")
    .argument("<vm>", "name of the VM")
    .option("--timeout <seconds>", "longest wait, in seconds", defaultTimeout)
    .addHelpText("after", examples("restart projectvm"))
    .action((name: string, options: RestartOptions) => {
      ask({
        command: "restart",
        config: options.config,
        run: async (context) => {
          const { findVm } = await import("../../vm/find.js");
          return start(await findVm(name, whereOf(options, context)), "restart", options);
        },
      });
    });
  withVmOptions(command);
};

const runUp = async (
  name: string,
  where: Where,
  options: UpOptions,
  isInteractive: boolean,
): Promise<Outcome<Results["up"]>> => {
  const [{ findVm }, { requireDeployed }, { switchLine, updateHost }] = await Promise.all([
    import("../../vm/find.js"),
    import("../../vm/start.js"),
    import("../apply-config.js"),
  ]);
  const found = await findVm(name, where);
  const isSwitched =
    options.switch !== false &&
    (await updateHost(found, { isForced: options.switch === true, isAgreed: options.yes === true, isInteractive }));
  const vm = isSwitched ? await findVm(name, { ...where, project: found.host.planned?.project }) : found;
  await requireDeployed(vm, switchLine(vm));
  return start(vm, "start", options);
};

/** Starts the VM, and reports its address and whether the flake is older than the config. */
const start = async (
  vm: FoundVm,
  verb: "start" | "restart",
  options: RestartOptions,
): Promise<Outcome<Results["up"]>> => {
  const [{ startVm }, { isStale, runnersOn }, { showWaiting }, { isCurrent }, { textsOf }] = await Promise.all([
    import("../../vm/start.js"),
    import("../../vm/status.js"),
    import("../waiting.js"),
    import("../../output/is-current.js"),
    import("../../config-file/wanted.js"),
  ]);
  const waiting = showWaiting(isJson(options));
  let seconds: number;
  try {
    seconds = await startVm(vm, { verb, timeoutSeconds: Number(options.timeout), onWait: waiting.wait });
  } finally {
    waiting.end();
  }
  const isOld = isStale((await runnersOn(vm.host.machine, vm.stateDir)).get(vm.name));
  const address = vm.facts?.addresses[0] ?? null;
  const project = vm.host.planned?.project;
  const isFlakeCurrent = project === undefined ? null : isCurrent(project.places.outputDir, textsOf(project.file));
  return {
    json: { vm: vm.name, host: vm.host.machine.name, address, seconds, isStale: isOld, isFlakeCurrent },
    text: (style) =>
      [
        `${style.green("running")}  ${vm.name}${address === null ? "" : ` at ${address}`} ${style.dim(`${seconds.toFixed(1)} s`)}`,
        ...(isOld ? [style.yellow(`It runs an older build: microvm-emit restart ${vm.name}`)] : []),
        ...(isFlakeCurrent === false
          ? [style.yellow("The emitted flake is older than the config: run microvm-emit.")]
          : []),
        `Next: ${style.bold(`microvm-emit ${vm.facts?.agent == null ? "ssh" : "agent"} ${vm.name}`)}`,
        "",
      ].join("\n"),
    findings: noFindings,
  };
};
