import { InvalidArgumentError } from "commander";
import { noFindings, type Outcome } from "../../report/outcome.js";
import type { Machine } from "../../vm/machine.js";
import type { Target } from "../../vm/grant.js";
import type { AllowedForTime, InForce, Results } from "../results.js";
import type { Context, Declare } from "../command.js";
import { type EditOptions, editing, fromHost } from "../edit-command.js";

interface AllowOptions extends EditOptions {
  readonly for?: number;
  readonly hostSsh?: string;
}

/** `microvm-emit allow NAME DESTINATION`: opens a destination for a VM at once, and in the config. */
export const allow: Declare = (program, ask) => {
  const command = program
    .command("allow")
    .description("allow a destination for a VM: in the config, and at once on its running host")
    .argument("<vm>", "name of the VM")
    .argument("<destination>", "as in `allow`: a domain, an address or a preset, with or without ports")
    .option(
      "--for <duration>",
      "allow it for this time only, such as 30m or 1h, without a change of the config; 0 closes it",
      seconds,
    )
    .option(
      "--host-ssh <destination>",
      "ssh destination of the host (default: this machine, or the host in the config)",
    )
    .action((name: string, destination: string, options: AllowOptions) => {
      ask({
        command: "allow",
        config: options.config,
        run: (context) => allowVm(name, destination, context, options),
      });
    });
  editing(command, fromHost, [
    "microvm-emit allow projectvm registry.npmjs.org",
    "microvm-emit allow projectvm 10.0.0.5:5432 --for 1h",
    "microvm-emit allow projectvm 10.0.0.5:5432 --for 0",
  ]);
};

const units = { s: 1, m: 60, h: 3600, d: 86_400 } as const;
const maxDays = 30;

const seconds = (text: string): number => {
  const [, number, unit = "s"] = /^(\d{1,7})([smhd])?$/.exec(text) ?? [];
  const total = Number(number) * units[unit as keyof typeof units];
  if (number === undefined || (unit === "s" && !text.endsWith("s") && text !== "0") || total > maxDays * units.d)
    throw new InvalidArgumentError(`Write a time such as 30m or 1h, up to ${String(maxDays)}d.`);
  return total;
};

const allowVm = async (
  name: string,
  entry: string,
  { configFile }: Context,
  options: AllowOptions,
): Promise<Outcome<Results["allow"]>> => {
  const [{ Failed }, { readDestination }] = await Promise.all([
    import("../../report/failure.js"),
    import("../../vm/grant.js"),
  ]);
  const read = readDestination(entry);
  if ("message" in read) throw new Failed({ kind: "usage", message: `${read.message}.`, remedy: read.remedy });
  if (options.for !== undefined) return allowFor(name, entry, read.targets, options.for, { ...options, configFile });
  const { editAndEmit } = await import("../edit-command.js");
  const request = { kind: "allow", name, entry, host: options.host } as const;
  const edited = await editAndEmit(await configFile(options.config), request, options);
  if (options.dryRun === true) return edited;
  const applied = await apply(await machineFor(edited.host, options.hostSsh), name, read.targets);
  return {
    ...applied,
    json: { ...edited.json, ...applied.json },
    text: (style, width) => applied.text(style, width) + edited.text(style, width),
    findings: { ...edited.findings, problems: [...edited.findings.problems, ...applied.findings.problems] },
  };
};

/** The machine of a host of the config: the one that the command line names, or this one if it was deployed as the host. */
const machineFor = async (host: string, hostSsh: string | undefined): Promise<Machine> => {
  const [{ deployedFacts }, { machineOf, remoteMachine, thisMachine }] = await Promise.all([
    import("../../vm/facts.js"),
    import("../../vm/machine.js"),
  ]);
  if (hostSsh !== undefined) return remoteMachine(hostSsh);
  return (await deployedFacts(thisMachine))?.name === host ? { ...thisMachine, name: host } : machineOf(host);
};

/** Opens the destinations of the edited config on the host; a failure does not undo the edit. */
const apply = async (machine: Machine, name: string, targets: readonly Target[]): Promise<Outcome<InForce>> => {
  const [{ deployedFacts }, { grant }, { failuresOf }, { diagnosticsOf, exitCodeOf }] = await Promise.all([
    import("../../vm/facts.js"),
    import("../../vm/grant.js"),
    import("../../report/failure.js"),
    import("../../report/failure-words.js"),
  ]);
  // Sets for live changes have no subnets.
  const single = targets.filter(({ target }) => !target.includes("/"));
  try {
    const isDeployed = (await deployedFacts(machine))?.vms.has(name) === true;
    const isInForce = isDeployed && single.length > 0;
    if (isInForce) await grant(machine, name, single, undefined);
    return {
      json: { host: machine.name, inForce: isInForce },
      text: ({ green, yellow }) =>
        isInForce
          ? `${green("open")}     on ${machine.name} until its next switch, which applies the config\n`
          : `${yellow("not open")} on ${machine.name} before its next switch\n`,
      findings: noFindings,
    };
  } catch (error) {
    const failures = failuresOf(error);
    return {
      json: { host: machine.name, inForce: false },
      text: ({ yellow }) => `${yellow("not open")} on ${machine.name} before its next switch\n`,
      findings: { ...noFindings, problems: failures.flatMap(diagnosticsOf) },
      exitCode: Math.max(...failures.map(exitCodeOf)),
    };
  }
};

const allowFor = async (
  name: string,
  entry: string,
  targets: readonly Target[],
  time: number,
  { config, hostSsh, dryRun = false, configFile }: AllowOptions & Pick<Context, "configFile">,
): Promise<Outcome<AllowedForTime>> => {
  const [{ findVm }, { grant }, { Failed }] = await Promise.all([
    import("../../vm/find.js"),
    import("../../vm/grant.js"),
    import("../../report/failure.js"),
  ]);
  const subnet = targets.find(({ target }) => target.includes("/"));
  if (subnet !== undefined)
    throw new Failed({
      kind: "usage",
      message: `${subnet.target} is a subnet, and --for opens only names and addresses.`,
      remedy: "Name one address, or add the subnet to the config without --for.",
    });
  const { host } = await findVm(name, { config, hostSsh, configFile });
  const hostName = host.deployed?.name ?? host.machine.name;
  if (!dryRun) await grant(host.machine, name, targets, time);
  return {
    json: {
      vm: name,
      host: hostName,
      destination: entry,
      seconds: time,
      inForce: !dryRun && time > 0,
      dryRun,
    },
    text: ({ green, dim }) =>
      time === 0
        ? `${dim("closed")}   ${entry} for ${name} on ${hostName}, unless its config allows it\n`
        : `${dryRun ? dim("would open") : green("open")}     ${entry} for ${name} on ${hostName}\n`,
    findings: noFindings,
  };
};
