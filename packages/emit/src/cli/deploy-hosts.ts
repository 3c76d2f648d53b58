import { setTimeout as pause } from "node:timers/promises";
import type { Deployed, DeployedStep } from "../report/deployed.js";
import type { Findings } from "../report/diagnostic.js";
import { Failed, type Failure, failuresOf } from "../report/failure.js";
import type { DeployedHost } from "../vm/deployment.js";
import { type Machine, attachHere, answersAnew, machineOf, remoteMachine } from "../vm/machine.js";
import type { Context } from "./command.js";
import { confirm } from "./questions.js";
import { type DeploymentOptions, type Deployments, deploymentsOf } from "./deployments.js";
import { shown, stderr, styleOf } from "./streams.js";
import { lineOf, switchWords } from "./switch.js";
import { showWaiting } from "./waiting.js";
import { wantedOf } from "../config-file/wanted.js";

export interface DeploySettings extends DeploymentOptions {
  readonly yes: boolean;
  readonly dryRun: boolean;
  /** The time limit for a host to answer after its switch. */
  readonly timeoutSeconds: number;
  /** True for output that programs read. */
  readonly isQuiet: boolean;
}

export interface DeployOutcome {
  readonly result: Deployed;
  readonly failures: readonly Failure[];
  readonly findings: Findings;
}

/** Switches the named hosts, or those that changed, one after the other. Stops at the first one that fails. */
export const deployHosts = async (
  names: readonly string[],
  settings: DeploySettings,
  context: Pick<Context, "configFile" | "onProgress">,
): Promise<DeployOutcome> => {
  const deployments = await deploymentsOf(names, settings, context);
  const { project, failures, hosts } = deployments;
  const { file } = project;
  await requireCurrent(deployments);
  const chosen = hosts.filter(({ host, isCurrent }) => names.includes(host) || !isCurrent);
  const unreachable = failures.flatMap((failure) => (failure.kind === "host-unreachable" ? [failure.host] : []));
  const before: readonly DeployedStep[] = [
    ...hosts.filter((host) => !chosen.includes(host)).map((host) => step(host.host, "current", null, [])),
    ...unreachable.map((host) => step(host, "unreachable", null, [])),
  ];
  const todo = chosen.map((host) => {
    const machine = settings.hostSsh === undefined ? machineOf(host.host) : remoteMachine(settings.hostSsh);
    return { host, machine, words: switchWords(project, host.host, machine) };
  });
  const outcome = (steps: readonly DeployedStep[], more: readonly Failure[]): DeployOutcome => ({
    result: { isDryRun: settings.dryRun, hosts: [...before, ...steps] },
    failures: [...failures, ...more],
    findings: file.findings,
  });
  if (settings.dryRun || todo.length === 0)
    return outcome(
      todo.map(({ host, words }) => step(host.host, "planned", lineOf(words), [])),
      [],
    );
  const list = todo.map(({ words }) => `\n  ${lineOf(words)}`).join("");
  await confirm(`Switch ${todo.map(({ host }) => host.host).join(", ")}?${list}\n`, settings.yes);
  const steps: DeployedStep[] = [];
  for (const [at, { host, machine, words }] of todo.entries()) {
    try {
      announce(host.host, at, todo.length, settings);
      await switchHost(host, machine, words, settings);
      steps.push(step(host.host, "deployed", lineOf(words), await staleOn(host.host, deployments)));
    } catch (error) {
      const left = todo.slice(at + 1).map((one) => step(one.host.host, "skipped", lineOf(one.words), []));
      return outcome([...steps, step(host.host, "failed", lineOf(words), []), ...left], failuresOf(error));
    }
  }
  return outcome(steps, []);
};

const step = (
  host: string,
  result: DeployedStep["result"],
  command: string | null,
  staleVms: readonly string[],
): DeployedStep => ({ host, result, command, staleVms });

/** Fails if the flake is not current, because nixos-rebuild reads the files on disk. */
const requireCurrent = async ({ project: { places, file } }: Deployments): Promise<void> => {
  const { pendingChanges } = await import("../output/write.js");
  const files = pendingChanges(wantedOf(file));
  if (files.length > 0) throw new Failed({ kind: "output-stale", dir: places.outputDir, files });
};

const announce = (host: string, at: number, count: number, { isQuiet }: DeploySettings): void => {
  const style = styleOf(stderr);
  if (!isQuiet) stderr.write(`${style.bold(`switching ${host} (${String(at + 1)} of ${String(count)})`)}\n`);
};

const switchHost = async (
  { host }: DeployedHost,
  machine: Machine,
  words: readonly [string, ...string[]],
  { isQuiet, timeoutSeconds }: DeploySettings,
): Promise<void> => {
  // Standard output is for the result.
  const exitCode = await attachHere(words, (_, text) => stderr.write(shown(text)));
  if (exitCode !== 0) throw new Failed({ kind: "command-failed", host, command: lineOf(words), cause: "" });
  const waiting = showWaiting(isQuiet);
  const end = Date.now() + timeoutSeconds * 1000;
  try {
    while (!(await answersAnew(machine))) {
      if (Date.now() > end) throw new Failed({ kind: "host-not-back", host, seconds: timeoutSeconds });
      waiting.wait(host);
      await pause(1000);
    }
  } finally {
    waiting.end();
  }
};

/** The VMs of a switched host that still run an old build. */
const staleOn = async (host: string, { refresh }: Deployments): Promise<readonly string[]> =>
  (await refresh(host))?.vms.filter(({ state }) => state === "stale").map(({ name }) => name) ?? [];
