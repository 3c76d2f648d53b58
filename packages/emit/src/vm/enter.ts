import { Failed } from "../report/failure.js";
import type { Deadline } from "./deadline.js";
import type { FoundVm } from "./find.js";
import { attachHere, captureHere, type Ended } from "./machine.js";
import { shellLine } from "./shell-words.js";
import { sshTo } from "./ssh.js";
import { isStale, runnersOn } from "./status.js";
import { showUnits, stateOf, unitOf } from "./units.js";

/** Opens a shell in a VM, or runs a command there, on the terminal as ssh does. Returns the exit code of ssh. */
export const openShell = async (vm: FoundVm, words: readonly string[]): Promise<number> =>
  explained(vm, await attachHere(await sshTo(vm, words.length === 0 ? undefined : shellLine(words), undefined)));

/** The words that run a command in the workspace of a VM. */
const inWorkspace = ({ facts }: FoundVm, words: readonly string[]): string =>
  shellLine(facts?.workspace == null ? words : ["env", `--chdir=${facts.workspace}`, ...words]);

/**
 * Runs a command in the workspace of a VM, without a terminal. Standard input and output are those of this process.
 *
 * @param filter gets the output instead, for a terminal that must not execute escape sequences of the guest
 */
export const execute = async (
  vm: FoundVm,
  words: readonly string[],
  filter?: (name: "stdout" | "stderr", text: string) => void,
): Promise<number> => explained(vm, await attachHere(await sshTo(vm, inWorkspace(vm, words), "-T"), filter));

/** The same with captured output. */
export const executeCaptured = async (vm: FoundVm, words: readonly string[], deadline?: Deadline): Promise<Ended> => {
  const ended = await captureHere(await sshTo(vm, inWorkspace(vm, words), "-T"), undefined, deadline);
  await explained(vm, ended.exitCode);
  return ended;
};

/** Attaches to the agent of a VM in tmux, which starts it in the workspace if necessary. */
export const openAgent = async (vm: FoundVm): Promise<number> => {
  const { facts, name } = vm;
  if (facts?.agent == null) throw new Failed({ kind: "vm-without-agent", vm: name });
  const folder = facts.workspace === null ? [] : ["-c", facts.workspace];
  const line = shellLine(["tmux", "-u", "new-session", "-A", "-s", "agent", ...folder, facts.agent]);
  return explained(vm, await attachHere(await sshTo(vm, line, "-t")));
};

/** Asks the host for the state of the VM, because the error of ssh does not contain it. */
const explained = async (vm: FoundVm, exitCode: number): Promise<number> => {
  if (exitCode === 255) await requireRunning(vm);
  return exitCode;
};

/** Fails if the VM is not running on its host. */
export const requireRunning = async (vm: FoundVm): Promise<void> => {
  const { machine } = vm.host;
  const [[unit], runners] = await Promise.all([showUnits(machine, [unitOf(vm.name)]), runnersOn(machine, vm.stateDir)]);
  const state = unit === undefined ? "unknown" : stateOf(unit, isStale(runners.get(vm.name)));
  if (state === "running" || state === "stale") return;
  throw new Failed({ kind: "vm-stopped", vm: vm.name, host: machine.name, state });
};
