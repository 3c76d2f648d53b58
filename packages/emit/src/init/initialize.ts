import { existsSync, lstatSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { emitConfig } from "../cli/commands/emit.js";
import type { Emitted } from "../report/emitted.js";
import type { Outcome } from "../report/outcome.js";
import type { InitOptions } from "./options.js";
import { configIn } from "../config-file/find-config.js";
import { placesOf } from "../config-file/places.js";
import { planFile } from "../config-file/plan-file.js";
import { Failed } from "../report/failure.js";
import { answersFor } from "./answers.js";
import { configText } from "./config-text.js";
import { changeOf, type FlakeChange } from "./flake-change.js";
import { confirm } from "./questions.js";

export type Initialized = Outcome<Emitted & { readonly config: string; readonly into: string | null }>;

/** Writes a first config, emits it and, where the host has its own flake, imports the host there; all or nothing. */
export const initialize = async (
  directory: string | undefined,
  options: InitOptions,
  isInteractive: boolean,
): Promise<Initialized> => {
  const folder = resolve(directory ?? (typeof options.into === "string" ? dirname(options.into) : "."));
  const existing = configIn(folder);
  if (existing !== undefined) throw new Failed({ kind: "config-exists", file: existing });
  const into = intoOf(folder, options.into);
  const answers = await answersFor(folder, into, options, isInteractive);
  const config = join(folder, "microvm.config.ts");
  writeFileSync(config, configText(answers), { flag: "wx" });
  try {
    const change = into === undefined ? undefined : await flakeChange(config, into, answers.host);
    if (change !== undefined && isInteractive)
      await confirm(`Change ${into ?? ""}?`, change.diff, options.yes === true);
    const { json, text, findings } = await emitConfig(config, { force: false });
    if (change !== undefined) replace(change);
    return {
      json: { config, ...json, into: into ?? null },
      text: (style, width) =>
        [
          `${style.green("written")}  ${style.path(config)}\n`,
          ...(change === undefined ? [] : [`${style.green("changed")}  ${style.path(change.file)}\n`]),
          text(style, width),
        ].join(""),
      findings,
    };
  } catch (error) {
    rmSync(config);
    throw error;
  }
};

/** The user's flake: as typed, or the one in the folder if it builds NixOS systems. */
const intoOf = (folder: string, typed: InitOptions["into"]): string | undefined => {
  if (typed === false) return undefined;
  if (typeof typed === "string") return resolve(typed);
  const flake = join(folder, "flake.nix");
  return existsSync(flake) && readFileSync(flake, "utf8").includes("nixosSystem") ? flake : undefined;
};

const flakeChange = async (config: string, file: string, host: string): Promise<FlakeChange> => {
  // A rename would replace the link, whose target the repository chose.
  if (lstatSync(file).isSymbolicLink())
    throw new Failed({ kind: "flake-not-editable", file, reason: "it is a symbolic link", byHand: [] });
  const { places, planned } = await planFile(placesOf(config));
  const folder = relative(dirname(file), join(places.outputDir, "hosts", host));
  return changeOf(file, readFileSync(file, "utf8"), {
    name: host,
    folder: folder.startsWith(".") ? folder : `./${folder}`,
    inputs: planned.plan.inputs,
  });
};

/** Replaces the file in one step, so that no reader sees half of it. */
const replace = ({ file, after }: FlakeChange): void => {
  const part = `${file}.microvm-emit`;
  writeFileSync(part, after, { flag: "wx", mode: lstatSync(file).mode });
  renameSync(part, file);
};
