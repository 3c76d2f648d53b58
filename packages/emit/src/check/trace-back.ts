import type { ConfigPath } from "@microvm-emit/model";
import {
  attrs,
  binding,
  type Expr,
  type MappedText,
  type Mapping,
  type Node,
  type Origin,
  originAt,
  parse,
  print,
  printMapped,
} from "@microvm-emit/nix-ast";
import { join } from "pathe";
import { libraryFolder } from "../compile/flake/library-source.js";
import { guestFile, vmFile } from "../compile/host-files.js";
import { type Definition, definitionsOf, optionPath, withoutProperties } from "./definitions.js";
import type { NixFile } from "../output-file.js";
import type { Locator } from "../config-file/locate/locate.js";
import type { NixError, NixPosition } from "./nix-log.js";
import { lineOf, type Place, placeAtOffset } from "../report/place.js";
import type { ErrorOrigin } from "../report/error-origin.js";
import { offsetInTemplate } from "../config-file/locate/template-place.js";
import type { PlannedPath } from "../config-file/planned-paths.js";

/** Everything that a Nix error about a host can point to. */
export interface Sources {
  readonly host: string;
  readonly outputDir: string;
  readonly configDir: string;
  readonly emitted: readonly NixFile[];
  /** The user's modules that the config names. */
  readonly modules: readonly PlannedPath[];
  readonly locate: Locator;
  readonly readLocated: (file: string) => string;
  /** The text of a user's file; undefined for any other file. */
  readonly read: (file: string) => string | undefined;
}

/**
 * Traces a Nix error back to the user's code: to every definition that the error names, otherwise to the one place with
 * its message, otherwise to the innermost frame of its trace. The user's places come first, places only in emitted
 * files last.
 */
export const traceBack = (error: NixError, sources: Sources): readonly ErrorOrigin[] => {
  const files = openFiles(sources);
  const found = firstOf<readonly ErrorOrigin[]>([
    () => namedDefinitions(error.message, files),
    () => (error.at === undefined ? [] : originsAt(error.at, files)),
    () => (error.at === undefined ? saying(error.message, files) : []),
    () => refusedPackage(error.message, files),
    () => alongTrace(error, files),
    () => theHost(error, files),
  ]);
  return (found ?? []).toSorted((a, b) => Number(isOursAlone(a, sources)) - Number(isOursAlone(b, sources)));
};

const firstOf = <A extends readonly unknown[]>(ways: readonly (() => A)[]): A | undefined => {
  for (const way of ways) {
    const found = way();
    if (found.length > 0) return found;
  }
  return undefined;
};

const isOursAlone = ({ path, place }: ErrorOrigin, { outputDir }: Sources): boolean =>
  path === undefined && (place?.file.startsWith(`${outputDir}/`) ?? true);

/** A Nix file with its positions and origins. */
interface Source {
  readonly file: string;
  readonly text: string;
  readonly expr: () => Expr | undefined;
  /** Positions of an emitted file's nodes. */
  readonly mappings: readonly Mapping[];
  readonly originNear: (offset: number) => ErrorOrigin;
  readonly originOf: (definition: Definition) => ErrorOrigin;
}

interface Files {
  readonly sources: Sources;
  readonly open: (file: string) => Source | undefined;
}

const openFiles = (sources: Sources): Files => {
  const known = new Map<string, Source | undefined>();
  const emitted = new Map(sources.emitted.map((file) => [join(sources.outputDir, file.path), file]));
  return {
    sources,
    open: (file) => {
      if (!known.has(file)) {
        const ours = emitted.get(file);
        known.set(file, ours === undefined ? openUsers(file, sources) : openEmitted(file, ours, sources));
      }
      return known.get(file);
    },
  };
};

const openEmitted = (file: string, { path, expr }: NixFile, { host, locate, readLocated }: Sources): Source => {
  const mapped: MappedText = printMapped(expr);
  const around = (offset: number): readonly Node[] =>
    mapped.mappings
      .filter(({ start, end }) => start <= offset && offset < end)
      .map(({ node }) => node)
      .reverse();
  /** Narrows the place of a template to the part that the emitted node comes from. */
  const within = (place: Place, offset: number): Place => {
    const source = readLocated(place.file);
    const inner = offsetInTemplate(source, positionOffset(source, place.line) + place.column - 1, around(offset));
    return inner === undefined ? place : placeAtOffset(place.file, source, inner);
  };
  const originFrom = (origin: Origin | undefined, offset: number): ErrorOrigin => {
    const emitted = placeAtOffset(file, mapped.text, offset);
    if (origin === undefined) return { place: emitted };
    const place = locate(origin);
    return { path: origin, emitted, ...(place === undefined ? {} : { place: within(place, offset) }) };
  };
  return {
    file,
    text: mapped.text,
    mappings: mapped.mappings,
    expr: () => (path === "flake.nix" ? hostModules(expr, host) : expr),
    originNear: (offset) => originFrom(originAt(mapped, offset), offset),
    originOf: ({ node, origin }) =>
      originFrom(origin, mapped.mappings.find((mapping) => mapping.node === node)?.start ?? 0),
  };
};

/** The modules of a host in the flake, as one module that imports them. */
const hostModules = (flake: Expr, host: string): Expr | undefined => {
  const [system] = definitionsOf(flake, ["outputs", "nixosConfigurations", host]);
  if (system?.value.kind !== "call") return undefined;
  const [modules] = definitionsOf(system.value.argument, ["modules"]);
  return modules === undefined ? undefined : attrs([binding("imports", modules.value)]);
};

/** Files that a module's path can mean: the file, or `default.nix` in the folder. */
const filesOf = (configDir: string, path: string): readonly string[] => [
  join(configDir, path),
  join(configDir, path, "default.nix"),
];

const moduleFiles = ({ modules, configDir }: Sources, isAbout: (at: ConfigPath) => boolean): readonly string[] =>
  modules.filter(({ at }) => isAbout(at)).flatMap(({ path }) => filesOf(configDir, path));

const openUsers = (file: string, { read, modules, configDir, outputDir }: Sources): Source | undefined => {
  // The library does not depend on the config, so its places do not help.
  if (file.startsWith(join(outputDir, libraryFolder, "/"))) return undefined;
  const text = read(file);
  if (text === undefined) return undefined;
  const at = modules.find(({ path }) => filesOf(configDir, path).includes(file))?.at;
  const originNear = (offset: number): ErrorOrigin => ({
    place: placeAtOffset(file, text, offset),
    ...(at === undefined ? {} : { path: at }),
  });
  return {
    file,
    text,
    expr: () => {
      const read = parse(text);
      return read._tag === "Right" ? read.right : undefined;
    },
    mappings: [],
    originNear,
    originOf: ({ node }) => originNear(node.start ?? 0),
  };
};

const originsAt = ({ file, line, column }: NixPosition, { open }: Files): readonly ErrorOrigin[] => {
  const source = open(file);
  if (source === undefined) return [];
  const lineText = lineOf(source.text, line);
  const before = positionOffset(source.text, line);
  // Nix counts columns in bytes.
  const units = new TextDecoder().decode(new TextEncoder().encode(lineText).subarray(0, column - 1)).length;
  return [source.originNear(before + units)];
};

/** Offset of a line's start. */
const positionOffset = (text: string, line: number): number => {
  let offset = 0;
  for (let at = 1; at < line; at++) {
    const end = text.indexOf("\n", offset);
    if (end === -1) break;
    offset = end + 1;
  }
  return offset;
};

/** The definitions that a module system error lists, each with its file and, if short, its value. */
const namedDefinitions = (message: string, files: Files): readonly ErrorOrigin[] => {
  const option = /option [`‘'](?<option>.*?)['’](?: (?:has|is|does|was|in)\b|:|$)/m.exec(message)?.groups?.["option"];
  if (option === undefined) return [];
  const used = new Set<Definition>();
  const named = [...message.matchAll(/^- In [`‘'](?<file>[^'’]*)['’](?:: (?<value>.*))?$/gm)];
  const found = named.flatMap(({ groups }) => {
    const source = files.open(withoutVia(groups?.["file"] ?? ""));
    if (source === undefined) return [];
    const unused = definitionsIn(source, option).filter((definition) => !used.has(definition));
    const chosen = unused.find((definition) => shownValue(definition) === groups?.["value"]) ?? unused[0];
    if (chosen === undefined) return [source.originNear(0)];
    used.add(chosen);
    return [source.originOf(chosen)];
  });
  // The library names a VM's generated module after the VM.
  const vms = named.flatMap(({ groups }) => /^microvm-emit\.vms\.(.*)$/.exec(groups?.["file"] ?? "")?.[1] ?? []);
  const ofVms = vms.map((vm) => originOfPath(["hosts", files.sources.host, "vms", vm], files));
  // Modules that nixpkgs wraps appear under a file of nixpkgs.
  const values = named.map(({ groups }) => groups?.["value"]);
  return [...(found.length > 0 ? found : onlyDefinition(option, files, values)), ...ofVms];
};

/** A definition's value as Nix prints short values. */
const shownValue = ({ value }: Definition): string => print(withoutProperties(value)).trim();

const withoutVia = (file: string): string => file.replace(/, via option .*/, "");

/**
 * An option of a guest appears with or without its path on the host, and an option of home-manager with or without its
 * path in the guest.
 */
const nestings: readonly RegExp[] = [
  /^(?:guests\.(?:"[^"]*"|[^.]+)|microvm-emit\.vms\.(?:"[^"]*"|[^.]+)\.config)\./,
  /^home-manager\.users\.[^.]+\./,
];

const definitionsIn = (source: Source, option: string): readonly Definition[] => {
  const expr = source.expr();
  if (expr === undefined) return [];
  // The library generates each `microvm.vms` entry from one of `microvm-emit.vms`.
  const own = option.replace(/^microvm\.vms\./, "microvm-emit.vms.");
  const names = nestings.reduce<readonly string[]>(
    (known, nesting) => [
      ...known,
      ...known.slice(-1).flatMap((name) => (nesting.test(name) ? [name.replace(nesting, "")] : [])),
    ],
    [option, own],
  );
  return firstOf(names.map((name) => () => definitionsOf(expr, optionPath(name)))) ?? [];
};

/** Searches files for the message of a `throw`, `abort` or assertion that Nix reports without a position. */
const saying = (message: string, files: Files): readonly ErrorOrigin[] => {
  const assertions = /^\s*Failed assertions:\s*$/m.test(message) ? message.split(/^- /m).slice(1) : undefined;
  const aborted = /^evaluation aborted with the following error message: '(?<said>.*)'$/s.exec(message)?.groups?.[
    "said"
  ];
  const { emitted, outputDir } = files.sources;
  const paths = new Set([
    ...emitted.map(({ path }) => join(outputDir, path)),
    ...moduleFiles(files.sources, () => true),
  ]);
  return (assertions ?? [aborted ?? message]).flatMap((sentence) => {
    const said = sentence.trim();
    if (said.length < minSaid) return [];
    const places = [...paths].flatMap((path) => {
      const source = files.open(path);
      const offset = source?.text.indexOf(said) ?? -1;
      return source === undefined || offset === -1 ? [] : [source.originNear(offset)];
    });
    return places.length === 1 ? places : [];
  });
};

/**
 * Finds a package that nixpkgs refuses for its licence, platform or vulnerabilities. Nix names the package, but not the
 * user of it.
 */
const refusedPackage = (
  message: string,
  { sources: { host, emitted, outputDir }, open }: Files,
): readonly ErrorOrigin[] => {
  const refused = /^\s*Package [‘'](?<name>[^’']+)[’'] .*refusing to evaluate/s.exec(message)?.groups?.["name"];
  if (refused === undefined) return [];
  return emitted
    .filter(({ path }) => [`hosts/${host}/`, "modules/"].some((folder) => path.startsWith(folder)))
    .flatMap(({ path }) => {
      const source = open(join(outputDir, path));
      return source === undefined ? [] : packageOffsets(source.mappings, refused).map(source.originNear);
    });
};

/** Offsets at which a package named `NAME` or `NAME-VERSION` is selected from a package set. */
const packageOffsets = (mappings: readonly Mapping[], fullName: string): readonly number[] =>
  mappings.flatMap(({ node, start }) => {
    if (node.kind !== "select" || node.target.kind !== "ident" || !node.target.name.startsWith("pkgs")) return [];
    const name = node.path.at(-1);
    return typeof name === "string" && (fullName === name || fullName.startsWith(`${name}-`)) ? [start] : [];
  });

/** Shorter messages match by chance. */
const minSaid = 4;

/**
 * The innermost frame in the user's or emitted files. Skips nixpkgs, and frames of `flake.nix`, which lead only to the
 * whole host.
 */
const alongTrace = ({ trace }: NixError, files: Files): readonly ErrorOrigin[] => {
  let definedIn: string | undefined;
  for (const { message, at } of trace) {
    const origins = at === undefined ? [] : originsAt(at, files);
    if (origins.some(({ path, place }) => !isHostAtLarge(path, place, files))) return origins;
    const file = /^while evaluating definitions from [`'](?<file>[^']*)'/.exec(message)?.groups?.["file"];
    if (file !== undefined) definedIn = withoutVia(file);
    const option = /^while evaluating the option [`'](?<option>.*)':?$/.exec(message)?.groups?.["option"];
    if (option === undefined) continue;
    const source = definedIn === undefined ? undefined : files.open(definedIn);
    const isOthers = definedIn !== undefined && source === undefined;
    definedIn = undefined;
    if (isOthers) continue;
    const found =
      source === undefined
        ? onlyDefinition(option, files)
        : definitionsIn(source, option).map((definition) => source.originOf(definition));
    if (found.length > 0) return found.slice(0, 1);
  }
  return [];
};

const isHostAtLarge = (
  path: ConfigPath | undefined,
  place: Place | undefined,
  { sources: { outputDir } }: Files,
): boolean => (path === undefined ? place?.file === join(outputDir, "flake.nix") : path.length <= hostDepth);

/** Length of `hosts.NAME`. */
const hostDepth = 2;

/**
 * The definition of an option that Nix names without a file, if the emitted and the user's files contain exactly one,
 * or one with a value that Nix prints.
 */
const onlyDefinition = (option: string, files: Files, values: readonly unknown[] = []): readonly ErrorOrigin[] => {
  const { host, outputDir } = files.sources;
  const vm = vmIn(option);
  const ours =
    vm === undefined
      ? [`hosts/${host}/default.nix`]
      : [vmFile({ name: host }, { name: vm }), guestFile({ name: host }, { name: vm })];
  const about: ConfigPath = vm === undefined ? ["hosts", host, "modules"] : ["hosts", host, "vms", vm];
  const definitions = [
    ...[...ours, "flake.nix"].map((path) => join(outputDir, path)),
    ...moduleFiles(files.sources, (at) => about.every((step, position) => at[position] === step)),
  ].flatMap((file) => {
    const source = files.open(file);
    return source === undefined ? [] : definitionsIn(source, option).map((definition) => ({ source, definition }));
  });
  const shown = definitions.filter(({ definition }) => values.includes(shownValue(definition)));
  const candidates = shown.length > 0 ? shown : definitions;
  return candidates.length === 1 ? candidates.map(({ source, definition }) => source.originOf(definition)) : [];
};

const vmIn = (text: string): string | undefined => {
  const groups = /\b(?:microvm(?:-emit)?\.vms|guests)\.(?:"(?<quoted>[^"]*)"|(?<plain>[\w-]+))/.exec(text)?.groups;
  return groups?.["quoted"] ?? groups?.["plain"];
};

/** Length of `microvm-emit.vms.NAME`. */
const vmDepth = 3;

/** The VM that the error names, otherwise the host. */
const theHost = ({ message, trace }: NixError, files: Files): readonly ErrorOrigin[] => {
  const { host, emitted } = files.sources;
  const vms = emitted.filter(({ path }) => path.startsWith(`hosts/${host}/`));
  const isVm = (name: string): boolean =>
    ["microvm-emit", "microvm"].some((set) =>
      vms.some(({ expr }) => definitionsOf(expr, [set, "vms", name]).some(({ depth }) => depth === vmDepth)),
    );
  const named = [message, ...trace.map((frame) => frame.message)].map(vmIn).find((name) => name !== undefined);
  return [originOfPath(named !== undefined && isVm(named) ? ["hosts", host, "vms", named] : ["hosts", host], files)];
};

const originOfPath = (path: ConfigPath, { sources: { locate } }: Files): ErrorOrigin => {
  const place = locate(path);
  return { path, ...(place === undefined ? {} : { place }) };
};
