import { existsSync } from "node:fs";
import { join } from "node:path";
import { ask } from "../cli/questions.js";
import type { InitOptions } from "./options.js";
import { Failed, type Question } from "../report/failure.js";
import { agentNames, type Answers, freeNetwork, toolchainNames } from "./config-text.js";
import { readHostFiles } from "./host-files.js";
import { findMachine, sshKeysOf } from "./machine.js";

/** A fact that no option and no answer gave. */
export interface FoundFact {
  readonly name: string;
  readonly value: string;
  /** The setting or the machine that it comes from. */
  readonly source: string;
}

/** The answers for a first config: from the options, else from the machine, else from the user. */
export const answersFor = async (
  folder: string,
  into: string | undefined,
  options: InitOptions,
  isInteractive: boolean,
): Promise<{ readonly answers: Answers; readonly found: readonly FoundFact[] }> => {
  const machine = findMachine();
  const files = readHostFiles(folder);
  const hosts = files.systems.length > 0 ? files.systems : files.hostNames;
  const users = files.users.size > 0 ? [...files.users.keys()] : machine.users;
  // This machine may have another name than a host whose name is computed.
  const isHostUnknown = files.systems.length === 0 && files.isHostNameComputed;
  const hostHere = hosts.length === 0 ? machine.host : certain(hosts, machine.host);
  const found = {
    host: options.host ?? (isHostUnknown ? undefined : hostHere),
    user: options.user ?? certain(users, machine.users.find(isCurrent)),
    stateVersion: options.stateVersion ?? certain(files.stateVersions, undefined),
    module: into !== undefined ? "" : moduleIn(folder, options.module),
  };
  const sources = {
    host:
      files.systems.length > 0
        ? "nixosConfigurations of flake.nix"
        : hosts.length > 0
          ? "networking.hostName"
          : "this machine",
    user: files.users.size > 0 ? "users.users" : "this machine",
    stateVersion: "system.stateVersion",
  };
  const from = (choices: readonly string[], source: string): string =>
    choices.length === 0 ? "" : ` (from ${source})`;
  const questions: Readonly<Record<keyof typeof found, Question>> = {
    host: { message: `Name of the host${from(hosts, sources.host)}`, option: "--host", choices: hosts },
    user: {
      message: `User of the host that owns the VMs${from(users, sources.user)}`,
      option: "--user",
      choices: users,
    },
    stateVersion: {
      message: "system.stateVersion of the host",
      option: "--state-version",
      choices: files.stateVersions,
    },
    module: { message: "Path of the host's configuration.nix", option: "--module", choices: [] },
  };
  const names = Object.keys(questions) as (keyof typeof found)[];
  const missing = names.filter((name) => found[name] === undefined);
  if (missing.length > 0 && (!isInteractive || options.yes === true))
    throw new Failed({ kind: "init-unanswered", questions: missing.map((name) => questions[name]) });
  const answered: Record<keyof typeof found, string> = { host: "", user: "", stateVersion: "", module: "" };
  for (const name of names) answered[name] = found[name] ?? (await ask(questions[name]));
  const answers = {
    host: answered.host,
    stateVersion: answered.stateVersion,
    release: into === undefined ? (options.release ?? machine.release) : undefined,
    modules: into === undefined ? [answered.module] : [],
    user: answered.user,
    sshKeys: options.sshKey ?? keysOf(answered.user, files.users),
    address: options.address ?? freeNetwork(machine.addresses),
    vm: options.vm,
    agent: options.agent === "none" ? undefined : known("agent", options.agent, [...agentNames, "none"]),
    toolchains: (options.toolchain ?? []).map((name) => known("toolchain", name, toolchainNames)),
    flake: into === undefined,
  };
  const facts = ["host", "user", "stateVersion"] as const;
  return {
    answers,
    found: facts.flatMap((name) =>
      options[name] === undefined && found[name] !== undefined
        ? [{ name, value: answered[name], source: sources[name] }]
        : [],
    ),
  };
};

/** The value that is certain: the only one, or the one of this machine. */
const certain = (values: readonly string[], here: string | undefined): string | undefined =>
  values.length === 1 ? values[0] : values.find((value) => value === here);

/** The keys in the host's configuration, otherwise those in the home of the user. */
const keysOf = (user: string, configured: ReadonlyMap<string, readonly string[]>): readonly string[] => {
  const keys = configured.get(user) ?? [];
  return keys.length > 0 ? keys : sshKeysOf(user);
};

/** The host's configuration: as typed, or `configuration.nix` beside the config. */
const moduleIn = (folder: string, typed: string | undefined): string | undefined => {
  if (typed !== undefined) return /^\.{0,2}\//.test(typed) ? typed : `./${typed}`;
  return existsSync(join(folder, "configuration.nix")) ? "./configuration.nix" : undefined;
};

/** True for the user who runs the command, also under sudo. */
const isCurrent = (user: string): boolean => process.env["SUDO_USER"] === user || process.env["USER"] === user;

const known = (noun: string, name: string, names: readonly string[]): string => {
  if (names.includes(name)) return name;
  throw new Failed({ kind: "unknown-name", noun, name, known: names });
};
