import { noFindings, type Outcome } from "../../report/outcome.js";
import type { Results } from "../results.js";
import type { FoundVm, Where } from "../../vm/find.js";
import type { Declare } from "../command.js";
import { examples, isJson, type VmOptions, whereOf, withVmOptions } from "../vm-options.js";

interface UpOptions extends VmOptions {
  readonly switch?: boolean;
  readonly yes?: boolean;
  readonly timeout: string;
}

const defaultTimeout = "150";

/** `microvm-emit up NAME`: starts a VM and waits until it answers. */
export const up: Declare = (program, ask) => {
  const command = program
    .command("up")
    .description("start a VM and wait until its SSH server answers; on failure, show why")
    .argument("<vm>", "name of the VM")
    .option("--switch", "run nixos-rebuild switch first, after you confirm")
    .option("-y, --yes", "do not ask")
    .option("--timeout <seconds>", "longest wait, in seconds", defaultTimeout)
    .addHelpText("after", examples("up projectvm", "up projectvm --switch"))
    .action((name: string, options: UpOptions) => {
      ask({
        command: "up",
        config: options.config,
        run: (context) => runUp(name, { ...whereOf(options, context), needsPlan: true }, options),
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
    .action((name: string, options: UpOptions) => {
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

const runUp = async (name: string, where: Where, options: UpOptions): Promise<Outcome<Results["up"]>> => {
  const [{ findVm }, { requireDeployed }, { switchCommand }] = await Promise.all([
    import("../../vm/find.js"),
    import("../../vm/start.js"),
    import("../switch.js"),
  ]);
  let vm = await findVm(name, where);
  const words = switchCommand(vm);
  if (options.switch === true) {
    const { runSwitch } = await import("../switch.js");
    await runSwitch(vm, words, options.yes === true);
    vm = await findVm(name, where);
  }
  await requireDeployed(vm, words === undefined ? "sudo nixos-rebuild switch" : words.join(" "));
  return start(vm, "start", options);
};

/** Starts the VM, and reports its address and whether the flake is older than the config. */
const start = async (
  vm: FoundVm,
  verb: "start" | "restart",
  options: VmOptions & { readonly timeout: string },
): Promise<Outcome<Results["up"]>> => {
  const [{ startVm }, { showWaiting }, { isCurrent }] = await Promise.all([
    import("../../vm/start.js"),
    import("../waiting.js"),
    import("../../output/is-current.js"),
  ]);
  const waiting = showWaiting(isJson(options));
  let seconds: number;
  try {
    seconds = await startVm(vm, { verb, timeoutSeconds: Number(options.timeout), onWait: waiting.wait });
  } finally {
    waiting.end();
  }
  const address = vm.facts?.addresses[0] ?? null;
  const project = vm.host.planned?.project;
  const isFlakeCurrent = project === undefined ? null : isCurrent(project.places.outputDir, project.file.files());
  return {
    json: { vm: vm.name, host: vm.host.machine.name, address, seconds, isFlakeCurrent },
    text: (style) =>
      [
        `${style.green("running")}  ${vm.name}${address === null ? "" : ` at ${address}`} ${style.dim(`${seconds.toFixed(1)} s`)}`,
        ...(isFlakeCurrent === false
          ? [style.yellow("The emitted flake is older than the config: run microvm-emit.")]
          : []),
        `Next: ${style.bold(`microvm-emit ${vm.facts?.agent == null ? "ssh" : "agent"} ${vm.name}`)}`,
        "",
      ].join("\n"),
    findings: noFindings,
  };
};
