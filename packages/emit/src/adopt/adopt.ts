import { existsSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import type { ConfigPath, Plan } from "@microvm-emit/model";
import { writtenPath } from "@microvm-emit/model/internal";
import { attrs, binary, binding, call, type Expr, ident, path as nixPath, select, str } from "@microvm-emit/nix-ast";
import type { Override } from "../check/run-nix.js";
import { placesOf } from "../config-file/places.js";
import { compile, plan } from "../emit.js";
import { readIfThere } from "../fs/read-text.js";
import { changeOf } from "../init/flake-change.js";
import type { TextFile } from "../output-file.js";
import { render } from "../render.js";
import { Failed, type Failure, failuresOf } from "../report/failure.js";
import { type AdoptedHost, adoptHost } from "./adopt-host.js";
import { compareReadings, type ReadingsCompared } from "./compare-readings.js";
import { configSource } from "./config-source.js";
import { type FlakeHost, flakeHostOf, type LocalFlake, subfolderOf } from "./flake-host.js";
import { type ByHand, type NixEdit, removeAdopted } from "./nix-edits.js";
import { readHost } from "./read-host.js";
import type { HostReading } from "./reading.js";

/** A host of a flake as a config, and the edits after which the flake uses the config. Nothing is written. */
export interface Adoption {
  /** The config file, absolute. */
  readonly file: string;
  readonly text: string;
  readonly host: AdoptedHost;
  /** The root that paths of edits are relative to; null if the flake is not on this machine. */
  readonly root: string | null;
  readonly edits: readonly NixEdit[];
  readonly byHand: readonly ByHand[];
  readonly comparison: Comparison;
}

export type Comparison =
  | (ReadingsCompared & {
      /** `flake`: the whole edited flake. `vms`: only the emitted VMs, without the rest of the host and of the guests. */
      readonly of: "flake" | "vms";
      /** The reason why the whole edited flake could not be evaluated. */
      readonly failures: readonly Failure[];
    })
  | { readonly of: "nothing"; readonly failures: readonly Failure[] };

export interface AdoptOptions {
  /** The config file as typed. */
  readonly output?: string | undefined;
  readonly overrides: readonly Override[];
}

/** @throws {Failed} */
export const adopt = async (word: string, { output, overrides }: AdoptOptions): Promise<Adoption> => {
  const subject = flakeHostOf(word);
  const { flake } = subject;
  const folder = flake.kind === "local" ? flake.folder : process.cwd();
  const { config: file, configDir, outputDir } = placesOf(resolve(output ?? join(folder, "microvm.config.ts")));
  if (existsSync(file)) throw new Failed({ kind: "config-exists", file });
  const before = await readHost({ subject, overrides });
  const root = flake.kind === "local" ? flake.source.root : null;
  const place = { configDir: root === null ? null : configDir, root: root ?? "" };
  if (Object.keys(before.vms).length === 0) throw new Failed({ kind: "nothing-to-adopt", host: subject.host });
  const host = withReasons(adoptHost(subject.host, before, place));
  const text = configSource(file, host.config, host.notes);
  const read = (path: string): string | undefined => (root === null ? undefined : readIfThere(join(root, path)));
  const { edits, byHand } = root === null ? { edits: [], byHand: [] } : removeAdopted(before, host.vms, read);
  const planned = plan<unknown>(host.config);
  if (planned._tag === "Left")
    return {
      ...{ file, text, host, root, edits, byHand },
      comparison: { of: "nothing", failures: [] },
    };
  const modulesDir = join(dirname(outputDir), "microvms");
  const files = render(compile(planned.right.plan, { configFile: relative(modulesDir, file) }));
  const imported =
    flake.kind === "local" ? importIn(flake, edits, planned.right.plan, subject.host, modulesDir) : undefined;
  const all = { edits: imported?.edits ?? edits, byHand: [...byHand, ...(imported?.byHand ?? [])] };
  const comparison = await compare({
    subject,
    overrides,
    before,
    host,
    modulesDir,
    files,
    plan: planned.right.plan,
    ...all,
  });
  return { file, text, host, root, ...all, comparison };
};

/** Adds reasons for dangerous shares, because the VM had these folders before. */
const withReasons = (host: AdoptedHost): AdoptedHost => {
  const planned = plan<unknown>(host.config);
  if (planned._tag === "Right") return host;
  const config = structuredClone(host.config);
  const reasoned = planned.left.filter(
    ({ code, path }) => codesWithReason.has(code) && setReason(config, writtenPath(config)(path)),
  );
  // After a reason, the share can have another problem.
  return reasoned.length === 0 ? host : withReasons({ ...host, config });
};

const codesWithReason: ReadonlySet<string> = new Set(["dangerous-share", "share-in-writable-share"]);

/** Adds the reason to a share; false if it has one, or if the path names none. */
const setReason = (config: unknown, path: ConfigPath): boolean => {
  const at = path.lastIndexOf("shares");
  const share = path
    .slice(0, at + 2)
    .reduce((value: unknown, key) => (value as Record<string | number, unknown> | undefined)?.[key], config);
  if (at < 0 || typeof share !== "object" || share === null || "dangerous" in share) return false;
  Object.assign(share, { dangerous: "shared before the adoption" });
  return true;
};

/** The edit of `flake.nix` that imports the host's modules. */
const importIn = (
  flake: LocalFlake,
  edits: readonly NixEdit[],
  plan: Plan,
  host: string,
  modulesDir: string,
): { readonly edits: readonly NixEdit[]; readonly byHand: readonly ByHand[] } => {
  const path = join(subfolderOf(flake), "flake.nix");
  const file = join(flake.source.root, path);
  const known = edits.find((edit) => edit.path === path);
  const before = known?.before ?? readIfThere(file) ?? "";
  const folder = relative(flake.folder, join(modulesDir, "hosts", host));
  try {
    const { after } = changeOf(file, known?.after ?? before, {
      name: host,
      folder: folder.startsWith(".") ? folder : `./${folder}`,
      inputs: plan.inputs,
    });
    return { edits: [...edits.filter((edit) => edit !== known), { path, before, after }], byHand: [] };
  } catch (error) {
    const [failure] = failuresOf(error);
    if (failure.kind !== "flake-not-editable") throw error;
    return {
      edits,
      byHand: [{ path, line: null, kind: "add", attribute: failure.byHand.join("\n"), reason: failure.reason }],
    };
  }
};

interface Compared {
  readonly subject: FlakeHost;
  readonly overrides: readonly Override[];
  readonly before: HostReading;
  readonly host: AdoptedHost;
  readonly modulesDir: string;
  readonly files: readonly TextFile[];
  readonly plan: Plan;
  readonly edits: readonly NixEdit[];
  readonly byHand: readonly ByHand[];
}

/** Evaluates the edited flake, or only the VMs if edits by hand are missing, and compares it with the old one. */
const compare = async (compared: Compared): Promise<Comparison> => {
  const { subject, overrides, before, host, modulesDir, files, edits, byHand } = compared;
  const { flake } = subject;
  const names = host.vms.map(({ name }) => name);
  const placed =
    flake.kind === "local"
      ? [
          ...edits.map(({ path, after }): TextFile => ({ kind: "text", path, text: after })),
          ...files.map((file) => ({ ...file, path: join(relative(flake.source.root, modulesDir), file.path) })),
        ]
      : [];
  const failures: Failure[] = [];
  if (flake.kind === "local" && byHand.length === 0) {
    try {
      const after = await readHost({ subject, overrides, files: placed });
      return { of: "flake", ...compareReadings(before, after, names), failures };
    } catch (error) {
      failures.push(...failuresOf(error));
    }
  }
  try {
    const system = newHost(compared);
    const own = flake.kind === "local" ? { files: placed } : { beside: files };
    const after = await readHost({ subject, overrides, system, ...own });
    return { of: "vms", ...compareReadings(before, after, names), failures };
  } catch (error) {
    return { of: "nothing", failures: [...failures, ...failuresOf(error)] };
  }
};

/** A host with only the emitted VMs. */
const newHost = ({ subject, before, host, modulesDir, plan }: Compared): Expr => {
  const flake = ident("subject");
  const modules = join("hosts", subject.host);
  const inputNamed = (name: string): string => {
    if (before.inputs.all.includes(name)) return name;
    const [microvm, nixpkgs] = [before.inputs.microvm[0], before.inputs.nixpkgs[0]];
    return (name === "microvm" ? microvm : nixpkgs) ?? name;
  };
  return call(
    ident("import"),
    nixPath("./evaluate/new-host.nix"),
    attrs([
      binding(
        "modules",
        subject.flake.kind === "local"
          ? binary(
              select(flake, "sourceInfo", "outPath"),
              "+",
              str(`/${join(relative(subject.flake.source.root, modulesDir), modules)}`),
            )
          : nixPath(`./${join("microvms", modules)}`),
      ),
      binding("inputs", attrs(plan.inputs.map(({ name }) => binding(name, select(flake, "inputs", inputNamed(name)))))),
      binding("hostName", before.hostName),
      binding("system", before.system),
      binding("stateVersion", before.stateVersion),
      binding("user", host.user),
    ]),
  );
};
