import { spawn } from "node:child_process";
import { connect } from "node:net";
import type { Duplex, Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { Failed, failuresOf } from "../report/failure.js";
import type { FoundVm } from "./find.js";
import { lastLines } from "./journal.js";
import { type Machine, sharedConnection } from "./machine.js";
import { disconnect } from "./ssh.js";
import { privileged, showUnits, type Unit, unitOf } from "./units.js";

/** The options of a start, and the time limit for the SSH server. */
export interface Start {
  readonly verb: "start" | "restart";
  readonly timeoutSeconds: number;
  /** Called with each new reason to wait. */
  readonly onWait: (reason: string) => void;
}

const pollMs = 300;
const journalLines = 15;

/**
 * Starts a VM and waits until its SSH server answers, or until its unit is active if its address is unknown.
 *
 * @returns seconds
 * @throws {Failed} `vm-not-started` with the reason
 */
export const startVm = async (vm: FoundVm, { verb, timeoutSeconds, onWait }: Start): Promise<number> => {
  const { name, host, facts } = vm;
  const { machine } = host;
  const unit = unitOf(name);
  if (verb === "restart") await disconnect(vm);
  const began = Date.now();
  await privileged(machine, ["systemctl", verb, "--no-block", "--", unit]);
  const [address] = facts?.addresses ?? [];
  let shown = "";
  for (;;) {
    const waiting = await progressOf(vm, unit);
    const reason =
      waiting ?? (address === undefined || (await answers(machine, address)) ? undefined : `sshd at ${address}`);
    const seconds = (Date.now() - began) / 1000;
    if (reason === undefined) return seconds;
    if (reason !== shown) onWait(reason);
    shown = reason;
    if (seconds > timeoutSeconds)
      throw await notStarted(vm, unit, `does not answer in ${String(timeoutSeconds)} s: ${reason}`, { vm: name });
    await sleep(pollMs);
  }
};

/** The unit that the start waits for; undefined if the VM is active. Throws if a unit failed. */
const progressOf = async (vm: FoundVm, id: string): Promise<string | undefined> => {
  const { machine } = vm.host;
  const [unit] = await showUnits(machine, [id]);
  if (unit === undefined) throw await notStarted(vm, id, "is unknown to systemd");
  if (unit.sub === "auto-restart" || unit.active === "failed") throw await notStarted(vm, id, reasonOf(unit));
  if (unit.active === "active" && !unit.hasJob) return undefined;
  const others = await showUnits(
    machine,
    unit.requires.filter((name) => name.includes("microvm") && name.endsWith(".service")),
  );
  const failed = others.find((one) => one.active === "failed" || one.sub === "auto-restart");
  if (unit.active === "inactive" && !unit.hasJob) {
    if (failed !== undefined) throw await notStarted(vm, failed.id, reasonOf(failed));
    throw await notStarted(
      vm,
      id,
      unit.condition
        ? `did not start (${unit.result})`
        : "was skipped, because the VM has no build: switch its host first",
    );
  }
  return others.find((one) => one.active === "activating")?.id ?? id;
};

const reasonOf = ({ result, restarts }: Unit): string =>
  `failed (${result})${restarts > 0 ? ` and restarted ${String(restarts)} times` : ""}`;

const notStarted = async (
  vm: FoundVm,
  unit: string,
  reason: string,
  journal: Parameters<typeof lastLines>[1] = { unit },
): Promise<Failed> =>
  new Failed({
    kind: "vm-not-started",
    vm: vm.name,
    host: vm.host.machine.name,
    unit,
    reason,
    journal: await lastLines(vm.host.machine, journal, journalLines),
  });

const answerMs = 3000;
const sshPort = 22;

/** True if an SSH server answers at an address, as seen from the host of the VM. */
const answers = async ({ destination }: Machine, address: string): Promise<boolean> => {
  if (destination === null) {
    const socket: Duplex = connect(sshPort, address);
    try {
      return await greets(socket);
    } finally {
      socket.destroy();
    }
  }
  const through = ["-W", `[${address}]:${String(sshPort)}`, "--", destination];
  const child = spawn("ssh", [...sharedConnection(), ...through], { stdio: ["pipe", "pipe", "ignore"] });
  child.on("error", () => undefined);
  try {
    return await greets(child.stdout);
  } finally {
    child.kill();
  }
};

const greets = (stream: Readable): Promise<boolean> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, answerMs, false);
    const settle = (answer: boolean): void => {
      clearTimeout(timer);
      resolve(answer);
    };
    stream.once("data", (data) => {
      settle(String(data).startsWith("SSH-"));
    });
    stream.once("error", () => {
      settle(false);
    });
    stream.once("close", () => {
      settle(false);
    });
  });

/** Stops a VM. */
export const stopVm = async (vm: FoundVm): Promise<void> => {
  await disconnect(vm);
  await privileged(vm.host.machine, ["systemctl", "stop", "--", unitOf(vm.name)]);
};

const restartSeconds = 150;

/**
 * Does something while a VM is stopped. Starts the VM again if it was running, also after a failure.
 *
 * @param ask is called before a running VM stops.
 * @throws {Failed} if it fails and the start too, with the failures of both
 */
export const whileStopped = async <T>(vm: FoundVm, ask: () => Promise<void>, act: () => Promise<T>): Promise<T> => {
  const [unit] = await showUnits(vm.host.machine, [unitOf(vm.name)]);
  const wasRunning = unit !== undefined && unit.active !== "inactive" && unit.active !== "failed";
  if (!wasRunning) return act();
  await ask();
  await stopVm(vm);
  const restart = (): Promise<number> =>
    startVm(vm, { verb: "start", timeoutSeconds: restartSeconds, onWait: () => undefined });
  let result: T;
  try {
    result = await act();
  } catch (error) {
    const [restarted] = await Promise.allSettled([restart()]);
    throw new Failed(...failuresOf(error), ...(restarted.status === "rejected" ? failuresOf(restarted.reason) : []));
  }
  await restart();
  return result;
};

/** Fails if a VM is only in the config. */
export const requireDeployed = async (vm: FoundVm, command: string): Promise<void> => {
  const { deployed, machine } = vm.host;
  if (deployed?.vms.has(vm.name) === true) return;
  const { namesOn } = await import("./find.js");
  if ((await namesOn(machine, vm.stateDir)).includes(vm.name)) return;
  throw new Failed({ kind: "vm-not-deployed", vm: vm.name, host: machine.name, switch: command });
};
