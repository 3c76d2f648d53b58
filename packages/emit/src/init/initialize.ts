import { existsSync, lstatSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { emitConfig } from "../cli/commands/emit.js";
import { confirm } from "../cli/questions.js";
import { type Emitted, formatEmitted } from "../report/emitted.js";
import type { Outcome } from "../report/outcome.js";
import type { InitOptions } from "./options.js";
import { configIn } from "../config-file/find-config.js";
import { type Places, placesOf } from "../config-file/places.js";
import { planFile } from "../config-file/plan-file.js";
import { withoutLinks } from "../fs/without-links.js";
import type { Texts } from "../fs/read-text.js";
import { Failed } from "../report/failure.js";
import { diagnosticsOf, exitCodeOf } from "../report/failure-words.js";
import { answersFor } from "./answers.js";
import { configText } from "./config-text.js";
import { possibleChangeOf } from "./flake-change.js";

export type Initialized = Outcome<Emitted & { readonly config: string; readonly into: string | null }>;

/** Writes a first config, its flake or modules, and the import in the host's own flake; all or nothing. */
export const initialize = async (
  directory: string | undefined,
  options: InitOptions,
  isInteractive: boolean,
): Promise<Initialized> => {
  const folder = resolve(directory ?? (typeof options.into === "string" ? dirname(options.into) : "."));
  const existing = configIn(folder);
  if (existing !== undefined) throw new Failed({ kind: "config-exists", file: existing });
  const into = intoOf(folder, options.into);
  const { answers, found } = await answersFor(folder, into, options, isInteractive);
  const places = placesOf(join(folder, "microvm.config.ts"));
  const { config } = places;
  const text = configText(answers);
  const texts = new Map([[config, text]]);
  const { change, failure } =
    into === undefined
      ? { change: undefined, failure: undefined }
      : await flakeChange(places, texts, into, answers.host);
  if (change !== undefined && isInteractive) await confirm(`Change ${change.file}?`, options.yes === true, change.diff);
  const files = [
    { path: config, before: null, text },
    ...(change === undefined ? [] : [{ path: withoutLinks(change.file), before: change.before, text: change.after }]),
  ];
  const { json, findings } = await emitConfig(config, { force: false, edited: { texts, files } });
  return {
    json: { config, ...json, into: into ?? null },
    text: (style) =>
      [
        ...found.map(({ name, value, source }) => `${style.green("found")}    ${name} ${value} (${source})\n`),
        `${style.green("written")}  ${style.path(config)}\n`,
        ...(change === undefined ? [] : [`${style.green("changed")}  ${style.path(change.file)}\n`]),
        formatEmitted(json, style, failure === undefined ? answers.vm : undefined),
      ].join(""),
    findings: {
      ...findings,
      problems: [...findings.problems, ...(failure === undefined ? [] : diagnosticsOf(failure))],
    },
    ...(failure && { exitCode: exitCodeOf(failure) }),
  };
};

/** The user's flake: as typed, or the one in the folder if it builds NixOS systems. */
const intoOf = (folder: string, typed: InitOptions["into"]): string | undefined => {
  if (typed === false) return undefined;
  if (typeof typed === "string") return resolve(typed);
  const flake = join(folder, "flake.nix");
  return existsSync(flake) && /nixosSystem|nixosConfigurations/.test(readFileSync(flake, "utf8")) ? flake : undefined;
};

const flakeChange = async (
  typed: Places,
  texts: Texts,
  file: string,
  host: string,
): Promise<ReturnType<typeof possibleChangeOf>> => {
  // A rename would replace the link, whose target the repository chose.
  if (lstatSync(file).isSymbolicLink())
    throw new Failed({ kind: "flake-not-editable", file, reason: "it is a symbolic link", byHand: [] });
  const { places, planned } = await planFile(typed, undefined, texts);
  const folder = relative(dirname(file), join(places.outputDir, "hosts", host));
  return possibleChangeOf(file, readFileSync(file, "utf8"), {
    name: host,
    folder: folder.startsWith(".") ? folder : `./${folder}`,
    inputs: planned.plan.inputs,
  });
};
