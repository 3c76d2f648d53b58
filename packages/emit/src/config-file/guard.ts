import { EventEmitter } from "node:events";
import { Writable } from "node:stream";
import { runInNewContext } from "node:vm";
import { ownProcess } from "../fs/own-process.js";

/**
 * Keeps a config, which is a program, from ending, silencing or changing this process. This protects from accidents,
 * not from attacks: a config has all rights of its user.
 */

/** Thrown when a config tries to end the process. */
export class ProcessEnd extends Error {
  override readonly name = "ProcessEnd";
}

let stray: { readonly error: unknown } | undefined;
let fail = (_error: unknown): void => undefined;

/** Keeps the first error that the config does not catch. */
const note = (error: unknown): void => {
  stray ??= { error };
  fail(error);
};

/** Runs code of a config. Rejects with an error of the call, or of a timer or promise during the call. */
export const guarded = async <A>(run: () => Promise<A>): Promise<A> => {
  // They stay, because timers of the config can throw later.
  for (const event of ["uncaughtException", "unhandledRejection"] as const) process.off(event, note).on(event, note);
  for (const call of ["exit", "reallyExit", "abort"] as const) replace(call, (...args: unknown[]) => end(call, args));
  replace("kill", (...args: unknown[]) =>
    (args[0] === process.pid || args[0] === 0) && args[1] !== 0
      ? end("kill", args)
      : ownProcess.kill(...(args as [number])),
  );
  // Stdout must contain only our output, such as JSON.
  for (const name of ["stdout", "stderr"] as const) replace(name, onStderr());
  const restore = keep();
  const directory = process.cwd();
  // A config with signal or exit listeners could survive Ctrl-C or run at our exit.
  const events = new EventEmitter();
  for (const name of emitterMethods)
    replace(name, (...args: unknown[]) => {
      const result = (events[name] as (...args: unknown[]) => unknown)(...args);
      return result === events ? process : result;
    });
  try {
    return await Promise.race([run(), new Promise<never>((_, reject) => (fail = reject))]);
  } catch (error) {
    stray = undefined;
    throw error;
  } finally {
    restore();
    process.chdir(directory);
    fail = () => undefined;
  }
};

/** Throws the first error so far from a config's timers and promises. */
export const requireQuiet = async (): Promise<void> => {
  await new Promise((resolve) => setTimeout(resolve));
  if (stray === undefined) return;
  const { error } = stray;
  stray = undefined;
  throw error;
};

const end = (call: string, args: readonly unknown[]): never => {
  const error = new ProcessEnd(
    `process.${call}(${args.map((arg) => (arg === process.pid ? "process.pid" : String(arg))).join(", ")})`,
  );
  // Even if the config catches the exception.
  stray ??= { error };
  throw error;
};

/** The own properties of `process` that were replaced, and those that it inherits as undefined. */
const replaced = new Map<string, PropertyDescriptor | undefined>();

const replace = (name: string, value: unknown): void => {
  if (!replaced.has(name)) replaced.set(name, Object.getOwnPropertyDescriptor(process, name));
  Object.defineProperty(process, name, { value, configurable: true, writable: true, enumerable: true });
};

/** Gives `process` back to a program that loads a config as one of its tasks. */
export const unguard = (): void => {
  for (const [name, before] of replaced)
    if (before === undefined) Reflect.deleteProperty(process, name);
    else Object.defineProperty(process, name, before);
  replaced.clear();
  for (const event of ["uncaughtException", "unhandledRejection"] as const) process.off(event, note);
};

const onStderr = (): Writable =>
  new Writable({
    decodeStrings: false,
    write: (text: string | Buffer, _, done) =>
      ownProcess.stderr.write(text, () => {
        done();
      }),
  });

const emitterMethods = [
  "addListener",
  "off",
  "on",
  "once",
  "prependListener",
  "prependOnceListener",
  "removeAllListeners",
  "removeListener",
] as const;

const { getOwnPropertyDescriptors, getPrototypeOf } = Object;
const { defineProperty: setProperty, deleteProperty, getOwnPropertyDescriptor, ownKeys } = Reflect;

/**
 * Properties of the global object; undefined for those that our code does not use. Node loads some lazily: reading
 * `fetch` loads the whole HTTP client, which takes longer than loading most configs.
 */
const globals = (): Properties => {
  const language = runInNewContext("Object.getOwnPropertyNames(globalThis)") as readonly string[];
  const used = new Set<PropertyKey>([...language, ...nodeGlobals]);
  return Object.fromEntries(
    ownKeys(globalThis).map((name) => [name, used.has(name) ? getOwnPropertyDescriptor(globalThis, name) : undefined]),
  );
};

/** Globals of Node that our code and its packages use. */
const nodeGlobals = [
  "AbortController",
  "AbortSignal",
  "Buffer",
  "Event",
  "EventTarget",
  "TextDecoder",
  "TextEncoder",
  "URL",
  "URLSearchParams",
  "clearImmediate",
  "clearInterval",
  "clearTimeout",
  "console",
  "process",
  "queueMicrotask",
  "setImmediate",
  "setInterval",
  "setTimeout",
  "structuredClone",
];

/** Built-in objects and their prototypes. */
const builtins = (ofGlobals: Properties): readonly object[] => {
  const found = new Set<object>();
  const add = (value: unknown): void => {
    if ((typeof value === "object" && value !== null) || typeof value === "function") found.add(value);
  };
  for (const descriptor of Object.values(ofGlobals)) {
    // Accessors are Node's lazy globals.
    const value: unknown = descriptor?.value;
    add(value);
    if (typeof value === "function") add(value.prototype);
  }
  for (const iterator of [
    [][Symbol.iterator](),
    new Map().keys(),
    new Set().keys(),
    ""[Symbol.iterator](),
    "".matchAll(/x/g),
  ]) {
    add(getPrototypeOf(iterator));
    add(getPrototypeOf(getPrototypeOf(iterator)));
  }
  return [...found];
};

/** Saves the built-in objects and returns a function that restores them. It uses nothing that a config can change. */
const keep = (): (() => void) => {
  const ofGlobals = globals();
  const kept: readonly { readonly object: object; readonly before: Properties }[] = [
    ...[...builtins(ofGlobals), process.env, process]
      .filter((object) => object !== globalThis)
      .map((object) => ({ object, before: getOwnPropertyDescriptors(object) })),
    { object: globalThis, before: ofGlobals },
  ];
  return () => {
    let left = kept.length;
    for (let each = kept[--left]; each !== undefined; each = kept[--left]) restoreProperties(each.object, each.before);
  };
};

type Properties = Readonly<Record<PropertyKey, PropertyDescriptor | undefined>>;

const restoreProperties = (object: object, before: Properties): void => {
  const added = ownKeys(object);
  let left = added.length;
  for (let key = added[--left]; key !== undefined; key = added[--left]) {
    if (getOwnPropertyDescriptor(before, key) === undefined) deleteProperty(object, key);
  }
  const known = ownKeys(before);
  left = known.length;
  for (let key = known[--left]; key !== undefined; key = known[--left]) {
    const was = getOwnPropertyDescriptor(before, key)?.value;
    if (was === undefined) continue;
    const is = getOwnPropertyDescriptor(object, key);
    // A frozen property has its old value.
    if (is === undefined || is.value !== was.value || is.get !== was.get || is.set !== was.set) {
      setProperty(object, key, was);
    }
  }
};
