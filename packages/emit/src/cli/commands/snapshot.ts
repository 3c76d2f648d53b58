import { noFindings, type Outcome } from "../../report/outcome.js";
import { Failed } from "../../report/failure.js";
import type { FoundVm, Where } from "../../vm/find.js";
import type { Declare } from "../command.js";
import type { Results } from "../results.js";
import { examples, type VmOptions, whereOf, withVmOptions } from "../vm-options.js";

interface SnapshotOptions extends VmOptions {
  readonly list?: boolean;
  readonly delete?: boolean;
  readonly yes?: boolean;
}

/** `microvm-emit snapshot NAME [LABEL]`: copies the disks of a VM. */
export const snapshot: Declare = (program, ask) => {
  const command = program
    .command("snapshot")
    .description("copy the disk images of a VM, which stops for it, and starts again if it was running")
    .argument("<vm>", "name of the VM")
    .argument("[label]", "name of the snapshot (default: the time)")
    .option("--list", "list the snapshots of the VM")
    .option("--delete", "delete the snapshot")
    .option("-y, --yes", "do not ask")
    .addHelpText(
      "after",
      examples("snapshot projectvm before-upgrade", "snapshot projectvm --list", "snapshot projectvm old --delete"),
    )
    .action((name: string, label: string | undefined, options: SnapshotOptions) => {
      ask({
        command: "snapshot",
        config: options.config,
        run: (context) => runSnapshot(name, label, whereOf(options, context), options),
      });
    });
  withVmOptions(command);
};

const runSnapshot = async (
  name: string,
  typed: string | undefined,
  where: Where,
  options: SnapshotOptions,
): Promise<Outcome<Results["snapshot"]>> => {
  const [{ findVm }, { isLabel, snapshotsOf }] = await Promise.all([
    import("../../vm/find.js"),
    import("../../vm/snapshots.js"),
  ]);
  const label = typed ?? new Date().toISOString().slice(0, 19).replaceAll(":", "-");
  if (!isLabel(label))
    throw new Failed({
      kind: "usage",
      message: `${label} is not a name for a snapshot.`,
      remedy: "Use letters, digits, `.`, `_` and `-`, at most 64.",
    });
  if (options.delete === true && typed === undefined)
    throw new Failed({
      kind: "usage",
      message: "--delete needs the name of a snapshot.",
      remedy: `See \`microvm-emit snapshot ${name} --list\`.`,
    });
  const vm = await findVm(name, where);
  if (options.list === true) return listed(vm, await snapshotsOf(vm));
  return options.delete === true ? deleted(vm, label, options) : made(vm, label, options);
};

const listed = (vm: FoundVm, found: readonly { readonly label: string; readonly created: string }[]) => ({
  json: { vm: vm.name, host: vm.host.machine.name, snapshots: found },
  text: ({ dim }: { readonly dim: (text: string) => string }) =>
    found.length === 0
      ? `${vm.name} has no snapshots.\n`
      : found.map(({ label, created }) => `${label}  ${dim(created)}\n`).join(""),
  findings: noFindings,
});

const deleted = async (
  vm: FoundVm,
  label: string,
  { yes = false }: SnapshotOptions,
): Promise<Outcome<Results["snapshot"]>> => {
  const [{ deleteSnapshot, requireSnapshot }, { confirm }] = await Promise.all([
    import("../../vm/snapshots.js"),
    import("../questions.js"),
  ]);
  const { created } = await requireSnapshot(vm, label);
  await confirm(`Delete the snapshot ${label} of ${vm.name} (${created})?`, yes);
  await deleteSnapshot(vm, label);
  return {
    json: { vm: vm.name, host: vm.host.machine.name, deleted: label },
    text: ({ red }) => `${red("deleted")}  ${label}\n`,
    findings: noFindings,
  };
};

const made = async (
  vm: FoundVm,
  label: string,
  { yes = false }: SnapshotOptions,
): Promise<Outcome<Results["snapshot"]>> => {
  const [{ makeSnapshot, requireNewLabel }, { whileStopped }, { confirm }] = await Promise.all([
    import("../../vm/snapshots.js"),
    import("../../vm/start.js"),
    import("../questions.js"),
  ]);
  // Before the VM stops for nothing.
  await requireNewLabel(vm, label);
  const { images, left } = await whileStopped(
    vm,
    () => confirm(`Stop ${vm.name} for the snapshot, and start it again?`, yes),
    () => makeSnapshot(vm, label),
  );
  return {
    json: { vm: vm.name, host: vm.host.machine.name, label, images, left },
    text: ({ green, dim }) =>
      [
        ...images.map((path) => `${green("copied")}  ${path}`),
        ...left.map((path) => `${dim("left")}    ${path}, outside the folder of the VM`),
        `Snapshot: ${label}`,
        "",
      ].join("\n"),
    findings: noFindings,
  };
};
