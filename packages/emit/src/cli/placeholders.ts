/** A word with a description for shells that show one. */
export interface Candidate {
  readonly value: string;
  readonly description: string;
}

/** The words that fit a place of a command line, and the paths that the shell lists itself. */
export interface Values {
  readonly words?: readonly Candidate[];
  readonly paths?: "files" | "directories";
}

/** The command line before the word to complete. */
export interface Before {
  /** Values of `--config` and `--host` as typed. */
  readonly config: string | undefined;
  readonly host: string | undefined;
  readonly configFile: (typed: string | undefined) => Promise<string>;
}

type Completer = (before: Before, word: string) => Values | Promise<Values>;

const nothing: Completer = () => ({});
const files: Completer = () => ({ paths: "files" });
const directories: Completer = () => ({ paths: "directories" });

const vms: Completer = async (before) => ({ words: inHost(await vmsOf(before), before.host) });

/** `NAME:` begins a path in a VM. */
const ends: Completer = async (before) => ({
  paths: "files",
  words: inHost(await vmsOf(before), undefined).map((one) => ({ ...one, value: `${one.value}:` })),
});

/** The values by placeholder in the help: `<vm>` is the name of a VM. A test requires each placeholder here. */
export const placeholders: Readonly<Record<string, Completer>> = {
  agent: async () => ({ words: described(Object.keys((await model()).agents), "coding agent") }),
  branch: nothing,
  cidr: nothing,
  code: async () => ({ words: described((await import("./problem-pages.js")).pageCodes(), "problem code") }),
  command: nothing,
  config: files,
  count: nothing,
  destination: nothing,
  dir: directories,
  duration: nothing,
  file: files,
  "flake#host": files,
  "flake.nix": files,
  "former-vm": async (before) => ({ words: inHost((await namesOf(before)).former, before.host) }),
  host: async (before) => ({ words: described([...(await namesOf(before)).vms.keys()], "host") }),
  input: nothing,
  key: nothing,
  label: nothing,
  name: nothing,
  new: nothing,
  path: files,
  ref: nothing,
  seconds: nothing,
  source: ends,
  target: ends,
  time: nothing,
  toolchain: async () => ({ words: await toolchains() }),
  toolchains: async (_, word) => {
    const before = word.slice(0, word.lastIndexOf(",") + 1);
    return { words: (await toolchains()).map((one) => ({ ...one, value: `${before}${one.value}` })) };
  },
  url: nothing,
  version: nothing,
  vm: vms,
};

const described = (values: readonly string[], description: string): readonly Candidate[] =>
  values.map((value) => ({ value, description }));

// An import of the whole model would put its small functions, which every command loads, into one file with the rest.
const model = (): Promise<typeof import("../catalogue.js")> => import("../catalogue.js");

const toolchains = async (): Promise<readonly Candidate[]> =>
  described(Object.keys((await model()).toolchains), "toolchain");

type NamesByHost = ReadonlyMap<string, readonly string[]>;

/** The names in the lock of the config, which is read and not run; none for a config that may not be used. */
const namesOf = async ({
  config,
  configFile,
}: Before): Promise<{ readonly vms: NamesByHost; readonly former: NamesByHost }> => {
  try {
    const file = await configFile(config);
    return (await import("../config-file/known-names.js")).knownNames(file);
  } catch {
    return { vms: new Map(), former: new Map() };
  }
};

/** The VMs of the config and of this machine. */
const vmsOf = async (before: Before): Promise<NamesByHost> => {
  const [{ deployedFacts }, { thisMachine }] = await Promise.all([
    import("../vm/facts.js"),
    import("../vm/machine.js"),
  ]);
  const [names, here] = await Promise.all([namesOf(before), deployedFacts(thisMachine)]);
  const deployed: NamesByHost = here === undefined ? new Map() : new Map([[here.name, [...here.vms.keys()]]]);
  return new Map([...deployed, ...names.vms]);
};

const inHost = (names: NamesByHost, host: string | undefined): readonly Candidate[] => {
  const hostsOf = new Map<string, readonly string[]>();
  for (const [name, vms] of names)
    if (host === undefined || host === name) for (const vm of vms) hostsOf.set(vm, [...(hostsOf.get(vm) ?? []), name]);
  return [...hostsOf].map(([value, hosts]) => ({ value, description: `VM of ${hosts.join(", ")}` }));
};
