import { noFindings, type Outcome } from "../../report/outcome.js";
import type { Results } from "../results.js";
import type { Where } from "../../vm/find.js";
import type { Declare } from "../command.js";
import { examples, type VmOptions, whereOf, withVmOptions } from "../vm-options.js";

interface ResetOptions extends VmOptions {
  readonly yes?: boolean;
  readonly withWorkspace?: boolean;
}

/** `microvm-emit reset NAME`: deletes the disks of a VM. */
export const reset: Declare = (program, ask) => {
  const command = program
    .command("reset")
    .description("stop a VM and delete its disk images, but not its workspace, login or host key")
    .argument("<vm>", "name of the VM")
    .option("--with-workspace", "delete the disk of its repository too, with all work that you did not fetch")
    .option("-y, --yes", "do not ask")
    .addHelpText("after", examples("reset projectvm", "reset projectvm --yes", "reset projectvm --with-workspace"))
    .action((name: string, options: ResetOptions) => {
      ask({
        command: "reset",
        config: options.config,
        run: (context) => resetVm(name, whereOf(options, context), options),
      });
    });
  withVmOptions(command);
};

const resetVm = async (
  name: string,
  where: Where,
  { yes = false, withWorkspace = false }: ResetOptions,
): Promise<Outcome<Results["reset"]>> => {
  const [{ findVm }, { stopVm }, { deleteImages, imagesOf }, { confirm }] = await Promise.all([
    import("../../vm/find.js"),
    import("../../vm/start.js"),
    import("../../vm/reset.js"),
    import("../questions.js"),
  ]);
  const vm = await findVm(name, where);
  const { own, kept, workspace } = imagesOf(vm, withWorkspace);
  const loss =
    workspace !== null && own.includes(workspace)
      ? ` The work that you did not fetch (microvm-emit fetch ${name}) is lost.`
      : "";
  await confirm(
    `Stop ${name} on ${vm.host.machine.name} and delete ${own.length === 0 ? "no disk" : own.join(", ")}?${loss}`,
    yes,
  );
  await stopVm(vm);
  await deleteImages(vm, own);
  return {
    json: { vm: name, host: vm.host.machine.name, deleted: own, kept },
    text: ({ red, dim, bold }) =>
      [
        ...own.map((path) => `${red("deleted")}  ${path}`),
        ...kept.map(
          (path) =>
            `${dim("kept")}     ${path}, ${path === workspace ? "the workspace (--with-workspace deletes it)" : "outside the folder of the VM"}`,
        ),
        `Next: ${bold(`microvm-emit up ${name}`)}`,
        "",
      ].join("\n"),
    findings: noFindings,
  };
};
