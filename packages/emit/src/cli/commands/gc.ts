import { hostname } from "node:os";
import { didYouMean } from "@microvm-emit/model/internal";
import { Failed } from "../../report/failure.js";
import type { Leftovers } from "../../report/leftovers.js";
import type { Outcome } from "../../report/outcome.js";
import { configOption, type Declare, withFormat } from "../command.js";
import { requireKnown } from "../names.js";

interface GcOptions {
  readonly config?: string;
  readonly delete?: readonly string[];
  readonly yes?: boolean;
  readonly withWorkspace?: boolean;
  readonly host?: string;
  readonly root: string;
}

/** `microvm-emit gc`: lists folders of VMs that left the config, and removes those that are named. */
export const gc: Declare = (program, ask) => {
  const command = program
    .command("gc")
    .description("list folders of VMs that left the config, and remove those that you name")
    .option(...configOption)
    .option("--delete <former-vm...>", "remove the folders of these VMs")
    .option("--yes", "do not ask")
    .option("--with-workspace", "remove workspaces too")
    .option("--host <host>", "the name of this host in the config (default: its host name, or the only host)")
    .option("--root <dir>", "root of the host's file system, such as a mounted disk", "/")
    .addHelpText("after", examples)
    .action((options: GcOptions) => {
      ask({
        command: "gc",
        config: options.config,
        run: async ({ configFile }) => collectGarbage(await configFile(options.config), options),
      });
    });
  withFormat(command, ["human", "json"]);
};

const examples = `
Examples:
  $ microvm-emit gc                                        list folders with their sizes
  $ sudo microvm-emit gc -c microvm.config.ts --delete legacy --yes`;

const collectGarbage = async (
  config: string,
  { delete: names = [], yes = false, withWorkspace = false, host: typed, root }: GcOptions,
): Promise<Outcome<Leftovers>> => {
  const [{ placesOf }, { planFile }, { leftoversOn, removeFolder, requireStopped }, { formatLeftovers }] =
    await Promise.all([
      import("../../config-file/places.js"),
      import("../../config-file/plan-file.js"),
      import("../../vm/leftovers.js"),
      import("../../report/leftovers.js"),
    ]);
  const { planned, findings } = await planFile(placesOf(config));
  const { hosts } = planned.plan;
  const known = hosts.map(({ name }) => name);
  if (typed !== undefined) requireKnown("host", [typed], known);
  const host = hosts.find(({ name }) => name === (typed ?? hostname())) ?? (hosts.length === 1 ? hosts[0] : undefined);
  if (host === undefined)
    throw new Failed({
      kind: "usage",
      message: `The config has no host ${JSON.stringify(hostname())}.`,
      remedy: `Name this host: --host ${known.join(" or --host ")}.`,
    });
  const leftovers = leftoversOn(host, planned.lock, root);
  const present = leftovers.map(({ vm }) => vm);
  for (const name of names) {
    const isCurrent = [...host.vms, ...host.importedVms].some((vm) => vm.name === name);
    if (present.includes(name)) continue;
    throw new Failed({
      kind: "usage",
      message: isCurrent
        ? `${JSON.stringify(name)} is a VM of the config.`
        : `No VM ${JSON.stringify(name)} left folders on ${host.name}.`,
      remedy:
        isCurrent || present.length === 0 ? "Run `microvm-emit gc` to list the folders." : didYouMean(name, present),
    });
  }
  const folders = leftovers
    .filter(({ vm }) => names.includes(vm))
    .flatMap((leftover) => leftover.folders)
    .filter(({ kind }) => withWorkspace || kind !== "workspace")
    .map(({ path }) => path);
  if (folders.length > 0 && yes) {
    if (root === "/") requireStopped(names);
    folders.forEach(removeFolder);
  }
  const result = { host: host.name, leftovers, removed: yes ? folders : [], removable: yes ? [] : folders };
  return { json: result, text: (style) => formatLeftovers(result, style), findings };
};
