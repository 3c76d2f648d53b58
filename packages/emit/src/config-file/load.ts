import { readFileSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, extname, join, relative } from "node:path";
import { inspect } from "node:util";
import type { JitiOptions } from "jiti";
import { requireJiti } from "./commonjs.js";
import { type Environment, formatPath } from "@microvm-emit/model";
import { clip } from "@microvm-emit/model/internal";
import { Failed, type Failure } from "../report/failure.js";
import { ProcessEnd, guarded, requireQuiet } from "./guard.js";
import { type ReadData, readJson, readJsonc } from "./locate/json-place.js";
import { type Place, placeAtLine, placeAtOffset } from "../report/place.js";
import { TooLarge, Unreadable, plainData } from "./plain-data.js";
import { formatFrame, userFrames } from "./stack.js";
import { readIfThere, readWith, type Texts } from "../fs/read-text.js";
import { userCache } from "../fs/user-folders.js";
import { loaded, watched } from "./watch.js";

/**
 * Our modules by import name, already loaded: a config can import them from any folder, and shares the instances that
 * read it.
 */
export type OwnModules = Readonly<Record<string, object>>;

/** Loads the default export of a config without validating it. `file` is absolute. Throws {@link Failed}. */
export const load = async (file: string, own: OwnModules, options: LoadOptions = {}): Promise<unknown> => {
  const loader = loaders[extname(file)];
  if (options.texts?.has(file) !== true) requireFile(file);
  if (loader === undefined) {
    throw new Failed({ kind: "config-unsupported", file, extensions: configExtensions });
  }
  return watched(file, async () => {
    const config = await loader(file, own, options);
    loaded();
    return config;
  });
};

/** Options of `loadDefault`. */
export interface LoadOptions {
  /** Keep transpiled modules in the cache; true by default. */
  readonly isKept?: boolean;
  readonly texts?: Texts | undefined;
}

const loadModule: Loader = async (file, own, { isKept = true, texts = new Map() }) => {
  const { createJiti } = requireJiti();
  const cache = userCache();
  const read = readWith(texts);
  const options: JitiOptions = {
    moduleCache: false,
    fsCache: isKept && cache !== undefined && join(cache, "jiti"),
    virtualModules: Object.fromEntries(Object.entries(own).map(([name, module]) => [name, strict(name, module)])),
  };
  const jiti = createJiti(file, texts.size === 0 ? options : { ...options, ...withTexts(file, texts) });
  try {
    const config = await guarded(async () => {
      const imported =
        texts.size === 0
          ? jiti.import(file)
          : jiti.evalModule(read(file) ?? "", { filename: file, async: true, forceTranspile: true });
      const exported = defaultExport(file, (await imported) as object);
      return isFunction(exported)
        ? requireConfig(file, await called(file, exported), "a function as its default that returns ", "")
        : exported;
    });
    await requireQuiet();
    return plainData(config);
  } catch (caught) {
    const error = readable(caught);
    throw error instanceof Failed ? error : new Failed(withImport(thrown(file, error, read), error, own));
  }
};

/** Transpiles modules from texts that differ from the disk. The cache contains only those on disk. */
const withTexts = (file: string, texts: Texts): JitiOptions => {
  const { transform } = requireJiti().createJiti(file, { fsCache: false });
  return {
    fsCache: false,
    transform: (options) => ({
      code: transform({ ...options, source: texts.get(options.filename ?? "") ?? options.source }),
    }),
  };
};

/** Adds the missing import if the config uses a name that one of our modules exports. */
const withImport = (failure: Failure, error: unknown, own: OwnModules): Failure => {
  const cause = error instanceof Unreadable ? error.cause : error;
  if (failure.kind !== "config-throws" || !(cause instanceof ReferenceError)) return failure;
  const name = /^(\S+) is not defined$/.exec(saidBy(cause).message)?.[1];
  const from =
    name === undefined ? undefined : Object.keys(own).find((module) => Object.hasOwn(own[module] ?? {}, name));
  return name === undefined || from === undefined
    ? failure
    : { ...failure, missingImport: `import { ${name} } from ${JSON.stringify(from)};` };
};

/** Throws {@link Failed} if a loaded config has thrown in a timer or an unawaited promise. */
export const requireQuietConfig = async (file: string): Promise<void> => {
  try {
    await requireQuiet();
  } catch (error) {
    throw new Failed(thrown(file, readable(error), readIfThere));
  }
};

const called = (file: string, config: ConfigFunction): unknown =>
  config({ env: { ...process.env }, configDir: dirname(file) });

type Loader = (file: string, own: OwnModules, options: LoadOptions) => Promise<unknown>;

const loadJson: Loader = async (file, _, { texts }) => readData(file, texts, (text) => readJson(file, text));

const loadJsonc: Loader = async (file, _, { texts }) => readData(file, texts, (text) => readJsonc(file, text));

const loadYaml: Loader = async (file, _, { texts }) => {
  const { readYaml } = await import("./locate/yaml-place.js");
  return readData(file, texts, (text) => readYaml(file, text));
};

/** Reads a config in JSON or YAML. */
const readData = async (
  file: string,
  texts: Texts | undefined,
  read: (text: string) => ReadData | Promise<ReadData>,
): Promise<unknown> => {
  const result = await tooLargeIfTooDeep(file, async () => read(texts?.get(file) ?? readFileSync(file, "utf8")));
  if ("data" in result) return tooLargeIfTooDeep(file, () => plainData(withoutSchema(result.data)));
  const { place, message } = result.problem;
  throw new Failed({ kind: "config-syntax", place, message: `The config is ${message}.` });
};

/** Removes `$schema`, which is for editors. */
const withoutSchema = (data: unknown): unknown => {
  if (typeof data !== "object" || data === null || Array.isArray(data)) return data;
  const { $schema, ...config } = data as Readonly<Record<string, unknown>>;
  return typeof $schema === "string" ? config : data;
};

const loaders: Readonly<Record<string, Loader>> = {
  ".ts": loadModule,
  ".mts": loadModule,
  ".js": loadModule,
  ".mjs": loadModule,
  ".json": loadJson,
  ".jsonc": loadJsonc,
  ".yaml": loadYaml,
  ".yml": loadYaml,
};

/** File extensions of a config, in order of preference. */
export const configExtensions: readonly string[] = Object.keys(loaders);

const requireFile = (file: string): void => {
  let isFile: boolean;
  try {
    isFile = statSync(file).isFile();
    if (isFile) readFileSync(file);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new Failed(
      code === "ENOENT" || code === "ENOTDIR"
        ? { kind: "config-missing", file, candidates: configsNear(file, dirname(file)) }
        : { kind: "config-unreadable", file, cause: message },
    );
  }
  if (!isFile) throw new Failed({ kind: "config-missing", file, candidates: configsNear(file, file) });
};

/** Configs in a directory as suggestions for a mistyped name, relative to the typed path. */
const configsNear = (typed: string, dir: string): string[] => {
  try {
    return readdirSync(dir)
      .filter((name) => basename(name, extname(name)).endsWith("microvm.config") && extname(name) in loaders)
      .map((name) => relative(dirname(typed), join(dir, name)));
  } catch {
    return [];
  }
};

/**
 * A module whose missing exports throw. Otherwise transpiled imports would be `undefined` and fail far from the cause.
 */
const strict = (name: string, module: object): object =>
  new Proxy(module, {
    // Makes the loader call `get` for a missing export.
    has: (target, key) => key in target || (typeof key === "string" && !askedByLoader.has(key)),
    get(target, key, receiver) {
      if (key === "__esModule") return true;
      if (typeof key === "string" && !(key in target) && !askedByLoader.has(key)) {
        throw new ReferenceError(`${JSON.stringify(name)} has no export named ${JSON.stringify(key)}.`);
      }
      return Reflect.get(target, key, receiver) as unknown;
    },
  });

const askedByLoader: ReadonlySet<string> = new Set(["default", "then", "__esModule"]);

type ConfigFunction = (environment: Environment) => unknown;

const isFunction = (exported: object): exported is ConfigFunction => typeof exported === "function";

const defaultExport = (file: string, exported: object): object => {
  if (!isModule(exported) && (typeof exported === "function" || Object.keys(exported).length > 0)) return exported;
  // `default` of a module without one is the module itself.
  if (!("default" in exported)) {
    const names = Object.keys(exported).filter((name) => name !== "default");
    throw notExported(file, names.length === 0 ? "nothing" : `${clip(names.join(", "), maxLength)} but no default`);
  }
  const value = exported.default;
  return typeof value === "function" ? value : requireConfig(file, value, "", " as its default");
};

const requireConfig = (file: string, value: unknown, before: string, after: string): object => {
  const refuse = (what: string): Failed => notExported(file, `${before}${what}${after}`);
  if (typeof value === "function") throw refuse("a function");
  if (value instanceof Promise) throw notExported(file, "a promise as its default, not a config (await it)");
  if (Array.isArray(value)) throw refuse("a list");
  if (value === null || typeof value !== "object") {
    const type = value === null || value === undefined ? "" : ` (${typeof value})`;
    throw refuse(`${clip(String(value))}${type}`);
  }
  return value;
};

const notExported = (file: string, found: string): Failed => new Failed({ kind: "config-not-exported", file, found });

/** True for an ES module, false for `module.exports`. */
const isModule = (exported: object): boolean =>
  Object.hasOwn(exported, "__esModule") ||
  (Symbol.toStringTag in exported && exported[Symbol.toStringTag] === "Module");

/** Data parsers are recursive, so deep nesting overflows the stack. */
const tooLargeIfTooDeep = async <A>(file: string, run: () => A | Promise<A>): Promise<A> => {
  try {
    return await run();
  } catch (error) {
    if (error instanceof RangeError)
      throw new Failed({ kind: "config-too-large", file, found: "too deeply nested data" });
    throw error instanceof TooLarge ? new Failed(thrown(file, error, readIfThere)) : error;
  }
};

/** The failure of a config's import: a syntax error, a missing module or an exception. */
const thrown = (file: string, error: unknown, read: Read): Failure => {
  if (error instanceof Unreadable) return thrownAt(file, error.cause, `, when ${formatPath(error.path)} is read`, read);
  if (error instanceof TooLarge) return { kind: "config-too-large", file, found: error.message };
  return thrownAt(file, error, "", read);
};

type Read = (file: string) => string | undefined;

const thrownAt = (file: string, error: unknown, when: string, read: Read): Failure => {
  const { name, message } = saidBy(error);
  const syntax = /^ParseError: (?<what>.*?)\s*\n (?<file>.*):(?<line>\d+):(?<column>\d+)$/s.exec(message)?.groups;
  if (syntax?.["file"] !== undefined) {
    return {
      kind: "config-syntax",
      // The parser's columns start at 0.
      place: placeIn(syntax["file"], Number(syntax["line"]), Number(syntax["column"]) + 1, read),
      message: `${syntax["what"] ?? message}.`,
    };
  }
  const specifier = /^Cannot find (?:module|package) '(?<specifier>[^']+)'/.exec(message)?.groups?.["specifier"];
  if (specifier !== undefined && error instanceof Error) {
    const importer = importerOf(error) ?? file;
    const place = importPlace(importer, specifier, read);
    return { kind: "config-import", importer, specifier, ...(place === undefined ? {} : { place }) };
  }
  const frames = userFrames(error);
  const [innermost] = frames;
  const place =
    innermost === undefined ? {} : { place: placeIn(innermost.file, innermost.line, innermost.column, read) };
  if (error instanceof ProcessEnd) return { kind: "config-exits", file, call: message, ...place };
  return {
    kind: "config-throws",
    file,
    error: `${name === "" || name === "Error" ? "" : `${name}: `}${message}${when}`,
    ...place,
    frames: frames.map(formatFrame),
  };
};

/** Longest text of a config in a message. */
const maxLength = 2000;
const unreadable = "a value that cannot be shown";

/** A thrown value, unless it is a proxy whose prototype cannot be read. */
const readable = (error: unknown): unknown => {
  try {
    return error instanceof Error ? error : error;
  } catch {
    return unreadable;
  }
};

/** A config can throw any value, even one that throws when it is read. */
const saidBy = (error: unknown): { readonly name: string; readonly message: string } => {
  try {
    const { name, message } =
      error instanceof Error ? error : { name: "", message: typeof error === "string" ? error : inspect(error) };
    return { name: clip(name), message: clip(message, maxLength) };
  } catch {
    return { name: "", message: unreadable };
  }
};

const importerOf = (error: Error): string | undefined => {
  const [required] =
    "requireStack" in error && Array.isArray(error.requireStack) ? (error.requireStack as unknown[]) : [];
  if (typeof required === "string") return required;
  return / imported from (?<importer>.+)$/.exec(error.message)?.groups?.["importer"];
};

const importPlace = (importer: string, specifier: string, read: Read): Place | undefined => {
  const source = read(importer);
  if (source === undefined) return undefined;
  const offset = [`"${specifier}"`, `'${specifier}'`, `\`${specifier}\``]
    .map((quoted) => source.indexOf(quoted))
    .find((found) => found >= 0);
  return offset === undefined ? undefined : placeAtOffset(importer, source, offset);
};

const placeIn = (file: string, line: number, column: number, read: Read): Place => {
  const source = read(file);
  return source === undefined ? { file, line, column } : placeAtLine(file, source, line, column);
};
