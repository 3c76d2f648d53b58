import { noFindings, type Outcome } from "../../report/outcome.js";
import type { Where } from "../../vm/find.js";
import type { Declare } from "../command.js";
import type { Results } from "../results.js";
import { examples, type VmOptions, whereOf, withVmOptions } from "../vm-options.js";

interface RestoreOptions extends VmOptions {
  readonly yes?: boolean;
  readonly withWorkspace?: boolean;
}

/** `microvm-emit restore NAME LABEL`: puts the disks of a VM back. */
export const restore: Declare = (program, ask) => {
  const command = program
    .command("restore")
    .description("replace the disk images of a VM by those of a snapshot, but not its workspace, login or host key")
    .argument("<vm>", "name of the VM")
    .argument("<label>", "name of the snapshot, as `snapshot --list` shows it")
    .option("--with-workspace", "replace the disk of its repository too, with all work that you did not fetch")
    .option("-y, --yes", "do not ask")
    .addHelpText(
      "after",
      examples("restore projectvm before-upgrade", "restore projectvm before-upgrade --with-workspace"),
    )
    .action((name: string, label: string, options: RestoreOptions) => {
      ask({
        command: "restore",
        config: options.config,
        run: (context) => runRestore(name, label, whereOf(options, context), options),
      });
    });
  withVmOptions(command);
};

const runRestore = async (
  name: string,
  label: string,
  where: Where,
  { yes = false, withWorkspace = false }: RestoreOptions,
): Promise<Outcome<Results["restore"]>> => {
  const [{ findVm }, { requireSnapshot, restoreSnapshot }, { whileStopped }, { confirm }] = await Promise.all([
    import("../../vm/find.js"),
    import("../../vm/snapshots.js"),
    import("../../vm/start.js"),
    import("../questions.js"),
  ]);
  const vm = await findVm(name, where);
  const { created } = await requireSnapshot(vm, label);
  const loss = withWorkspace ? `, and the work that you did not fetch (microvm-emit fetch ${name})` : "";
  await confirm(
    `Stop ${name}, and replace its disks by the snapshot of ${created}? Later changes on them${loss} are lost.`,
    yes,
  );
  const { restored, kept } = await whileStopped(
    vm,
    () => Promise.resolve(),
    () => restoreSnapshot(vm, label, withWorkspace),
  );
  return {
    json: { vm: name, host: vm.host.machine.name, label, restored, kept },
    text: ({ green, dim }) =>
      [
        ...restored.map((path) => `${green("restored")}  ${path}`),
        ...kept.map((path) => `${dim("kept")}      ${path}, the workspace (--with-workspace replaces it)`),
        "",
      ].join("\n"),
    findings: noFindings,
  };
};
