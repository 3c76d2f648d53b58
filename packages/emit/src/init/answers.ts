import { existsSync } from "node:fs";
import { join } from "node:path";
import { ask } from "../cli/questions.js";
import type { InitOptions } from "./options.js";
import { Failed, type Question } from "../report/failure.js";
import { agentNames, type Answers, freeNetwork, toolchainNames } from "./config-text.js";
import { findMachine, sshKeysOf, stateVersionsIn } from "./machine.js";

/** The answers for a first config: from the options, else from the machine, else from the user. */
export const answersFor = async (
  folder: string,
  into: string | undefined,
  options: InitOptions,
  isInteractive: boolean,
): Promise<Answers> => {
  const machine = findMachine();
  const versions = stateVersionsIn(folder);
  const found = {
    host: options.host ?? machine.host,
    user: options.user ?? (machine.users.length === 1 || isCurrent(machine.users[0]) ? machine.users[0] : undefined),
    stateVersion: options.stateVersion ?? (versions.length === 1 ? versions[0] : undefined),
    module: into !== undefined ? "" : moduleIn(folder, options.module),
  };
  const questions: Readonly<Record<keyof typeof found, Question>> = {
    host: { message: "Name of the host", option: "--host", choices: [] },
    user: { message: "User of the host that owns the VMs", option: "--user", choices: machine.users },
    stateVersion: { message: "system.stateVersion of the host", option: "--state-version", choices: versions },
    module: { message: "Path of the host's configuration.nix", option: "--module", choices: [] },
  };
  const names = Object.keys(questions) as (keyof typeof found)[];
  const missing = names.filter((name) => found[name] === undefined);
  if (missing.length > 0 && (!isInteractive || options.yes === true))
    throw new Failed({ kind: "init-unanswered", questions: missing.map((name) => questions[name]) });
  const answered: Record<keyof typeof found, string> = { host: "", user: "", stateVersion: "", module: "" };
  for (const name of names) answered[name] = found[name] ?? (await ask(questions[name]));
  return {
    host: answered.host,
    stateVersion: answered.stateVersion,
    release: into === undefined ? (options.release ?? machine.release) : undefined,
    modules: into === undefined ? [answered.module] : [],
    user: answered.user,
    sshKeys: options.sshKey ?? sshKeysOf(answered.user),
    address: options.address ?? freeNetwork(machine.addresses),
    vm: options.vm,
    agent: options.agent === "none" ? undefined : known("agent", options.agent, [...agentNames, "none"]),
    toolchains: (options.toolchain ?? []).map((name) => known("toolchain", name, toolchainNames)),
    flake: into === undefined,
  };
};

/** The host's configuration: as typed, or `configuration.nix` beside the config. */
const moduleIn = (folder: string, typed: string | undefined): string | undefined => {
  if (typed !== undefined) return /^\.{0,2}\//.test(typed) ? typed : `./${typed}`;
  return existsSync(join(folder, "configuration.nix")) ? "./configuration.nix" : undefined;
};

/** True for the user who runs the command, also under sudo. */
const isCurrent = (user: string | undefined): boolean =>
  user !== undefined && (process.env["SUDO_USER"] === user || process.env["USER"] === user);

const known = (noun: string, name: string, names: readonly string[]): string => {
  if (names.includes(name)) return name;
  throw new Failed({ kind: "unknown-name", noun, name, known: names });
};
