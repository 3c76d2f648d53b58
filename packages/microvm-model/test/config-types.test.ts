import { fileURLToPath } from "node:url";
import type { Expr } from "@microvm-emit/nix-ast";
import ts from "typescript";
import { assert, describe, expect, expectTypeOf, it } from "vitest";
import { parse } from "yaml";
import type { z } from "zod";
import type { agentSchema } from "../src/catalogue/agent.js";
import type { emacsSchema, homeSchema, inputFileSchema, zshSchema } from "../src/config/home.js";
import type { toolchainSchema } from "../src/catalogue/toolchain.js";
import { configSchema } from "../src/config/config.js";
import { defineConfig } from "../src/compose/define-config.js";
import type * as written from "../src/index.js";

/** A type without the names of its interfaces, and with all of it readonly; Nix is left as it is, since it nests in itself. */
type Bare<A> = A extends Expr | ((...parameters: never) => unknown)
  ? A
  : A extends readonly (infer Item)[]
    ? readonly Bare<Item>[]
    : A extends object
      ? { readonly [Key in keyof A]: Bare<A[Key]> }
      : A;

describe("the types of a config", () => {
  it("equal the input types of the schemas", () => {
    expectTypeOf<Bare<written.Config>>().toEqualTypeOf<Bare<z.input<typeof configSchema>>>();
    expectTypeOf<Bare<written.Agent>>().toEqualTypeOf<Bare<z.input<typeof agentSchema>>>();
    expectTypeOf<Bare<written.Toolchain>>().toEqualTypeOf<Bare<z.input<typeof toolchainSchema>>>();
    expectTypeOf<Bare<written.Home>>().toEqualTypeOf<Bare<z.input<typeof homeSchema>>>();
    expectTypeOf<Bare<written.Zsh>>().toEqualTypeOf<Bare<z.input<typeof zshSchema>>>();
    expectTypeOf<Bare<written.Emacs>>().toEqualTypeOf<Bare<z.input<typeof emacsSchema>>>();
    expectTypeOf<Bare<written.InputFile>>().toEqualTypeOf<Bare<z.input<typeof inputFileSchema>>>();
  });

  it("accept the input of the schema, and are accepted by it", () => {
    expectTypeOf<z.input<typeof configSchema>>().toExtend<written.Config>();
    // The schema's arrays are writable; it copies them and writes to none.
    expectTypeOf<written.Config>().toExtend<Bare<z.input<typeof configSchema>>>();
  });

  it("accept data that is declared `as const`", () => {
    const config = {
      hosts: {
        h: { stateVersion: "26.05", user: { name: "alice" }, vms: { a: { toolchains: ["go"], home: ["zsh"] } } },
      },
    } as const satisfies written.Config;
    expect(configSchema.parse(config).hosts["h"]?.vms["a"]?.toolchains[0]?.name).toBe("go");
  });

  it("reject an unknown setting", () => {
    // @ts-expect-error -- it is `vcpu`
    const vm: written.Vm = { vcpus: 4 };
    expect(
      configSchema.safeParse({ hosts: { h: { stateVersion: "26.05", user: { name: "a" }, vms: { vm } } } }).success,
    ).toBe(false);
  });
});

/** An editor with one file open, of a person who has the packages as they are built. */
const open = (text: string): { readonly file: string; readonly service: ts.LanguageService } => {
  const file = fileURLToPath(new URL("microvm.config.ts", import.meta.url));
  const service = ts.createLanguageService({
    getScriptFileNames: () => [file],
    getScriptVersion: () => "0",
    getScriptSnapshot: (name) => {
      const content = name === file ? text : ts.sys.readFile(name);
      return content === undefined ? undefined : ts.ScriptSnapshot.fromString(content);
    },
    getCurrentDirectory: () => fileURLToPath(new URL(".", import.meta.url)),
    getCompilationSettings: () => ({
      module: ts.ModuleKind.NodeNext,
      target: ts.ScriptTarget.ES2023,
      strict: true,
      skipLibCheck: true,
      noEmit: true,
      types: [],
    }),
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists: (name) => name === file || ts.sys.fileExists(name),
    readFile: (name) => ts.sys.readFile(name),
    directoryExists: (name) => ts.sys.directoryExists(name),
    getDirectories: (name) => ts.sys.getDirectories(name),
    realpath: (name) => ts.sys.realpath?.(name) ?? name,
  });
  return { file, service };
};

const config = `import { claudeCode, defineConfig, zsh } from "@microvm-emit/model";

export default defineConfig({
  inputs: { dotfiles: { url: "github:me/dotfiles", flake: false } },
  hosts: {
    h: {
      stateVersion: "26.05",
      user: { name: "alice" },
      bridges: { br0: { address: "10.0.0.1/24", nat: { externalInterface: "eno1" } } },
      vms: {
        a: {
          index: 4,
          vcpu: 2,
          workspace: "~/src/a",
          interfaces: [{ tap: "a0" }],
          agent: { ...claudeCode(), command: "claude" },
          home: [zsh({ extraInit: "true" })],
        },
      },
    },
  },
});
`;

const hover = ({ file, service }: ReturnType<typeof open>, text: string, setting: string): string => {
  const position = text.search(new RegExp(`\\b${setting}:`));
  assert(position >= 0, `${setting} is not in the text`);
  const info = service.getQuickInfoAtPosition(file, position);
  assert(info, `the editor knows nothing of ${setting}`);
  const tags = (info.tags ?? []).map((tag) => `@${tag.name} ${ts.displayPartsToString(tag.text)}`);
  return [ts.displayPartsToString(info.displayParts), ts.displayPartsToString(info.documentation), ...tags].join("\n");
};

describe("an editor with the built declarations", () => {
  const editor = open(config);

  it("shows no error in a valid config", () => {
    const found = [
      ...editor.service.getSyntacticDiagnostics(editor.file),
      ...editor.service.getSemanticDiagnostics(editor.file),
    ];
    expect(found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"))).toEqual([]);
  });

  it.each([
    ["vcpu", "VmMachine.vcpu", "virtual CPUs", "@default 8"],
    ["index", "Vm.index", "index 4 is tap `microvm4`", "@default the next free one, kept in the lock file"],
    ["workspace", "VmStorage.workspace", "the agent works in", "@default `~/microvm/NAME`"],
    ["address", "Routed.address", "prefix length of the subnet", '@example "192.168.83.1/24"'],
    ["tap", "NamedInterface.tap", "at most 15 characters", "@default `microvmINDEX`"],
    ["flake", "FlakeInput.flake", "plain source tree", "@default true"],
    ["externalInterface", "Nat.externalInterface", "outgoing interface", '@example "eno1"'],
    ["command", "Agent.command", "without permission prompts", "@example"],
    ["extraInit", "extraInit", "at the end of `.zshrc`", "@default none"],
  ])("shows the meaning of %s", (setting, ...facts) => {
    const shown = hover(editor, config, setting);
    for (const fact of facts) expect(shown).toContain(fact);
  });

  it("shows the type of a VM in an error, not its settings", () => {
    const { file, service } = open(config.replace("vcpu: 2", "vcpus: 2"));
    const messages = service
      .getSemanticDiagnostics(file)
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"))
      .join("\n");
    expect(messages).toMatch(/'vcpus' does not exist in type 'Vm/);
    expect(messages).toMatch(/Did you mean to write 'vcpu'\?/);
  });

  const made = (text: string, async = ""): string =>
    text
      .replace("defineConfig({", `defineConfig(${async}({ env }) => ({\n  description: env["HOST"] ?? "",`)
      .replace(/\}\);\n$/, "}));\n");

  it.each([
    ["a function", made(config)],
    ["an async function", made(config, "async ")],
  ])("shows errors in %s as in a plain config", (_, text) => {
    const messagesOf = (broken: string): string => {
      const { file, service } = open(broken);
      return service
        .getSemanticDiagnostics(file)
        .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"))
        .join("\n");
    };
    expect(messagesOf(text)).toBe("");
    expect(messagesOf(text.replace("vcpu: 2", "vcpus: 2"))).toMatch(/There is no setting vcpus/);
    expect(messagesOf(text.replace("bridges:", "brdges:"))).toMatch(/There is no setting brdges/);
    const withoutUser = messagesOf(text.replace('user: { name: "alice" },', ""));
    expect(withoutUser).toMatch(/Property 'user' is missing/);
    expect(withoutUser).not.toMatch(/then, catch, finally/);
  });

  it.each([
    ["vcpu: 2", "vcpus: 2", "vcpus", /'"There is no setting vcpus"'/],
    ["vcpu: 2", 'vcpu: "2"', "vcpu", /not assignable to type 'number'/],
    ["vcpu: 2", 'network: "opn"', "network", /Did you mean '"open"'/],
  ])("shows an error when `%s` becomes `%s` in a function, at that setting", (right, wrong, setting, words) => {
    const text = made(config).replace(right, wrong);
    const { file, service } = open(text);
    const found = service.getSemanticDiagnostics(file);
    expect(found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"))).toEqual([
      expect.stringMatching(words),
    ]);
    expect(found.map(({ start }) => start)).toEqual([text.indexOf(`${setting}:`)]);
  });

  it("shows errors in a promise", () => {
    const promise = config.replace("defineConfig({", "defineConfig(Promise.resolve({").replace(/\}\);\n$/, "}));\n");
    const messagesOf = (text: string): readonly string[] => {
      const { file, service } = open(text);
      return service
        .getSemanticDiagnostics(file)
        .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
    };
    expect(messagesOf(promise)).toEqual([]);
    expect(messagesOf(promise.replace("vcpu: 2", "vcpus: 2"))).toEqual([
      expect.stringMatching(/There is no setting vcpus/),
    ]);
  });

  it.each<[string, string, string, RegExp]>([
    [
      "a bridge that the host does not have",
      '[{ tap: "a0", bridge: "br1" }]',
      "bridge",
      /'"br1"' is not assignable to .*"br0"/,
    ],
    [
      "such a bridge in one of several interfaces",
      '[{ bridge: "br0" }, { bridge: "br5" }]',
      "bridge",
      /'"br5"' is not assignable/,
    ],
  ])("shows an error for %s, at that setting", (_, interfaces, setting, words) => {
    const text = config.replace('[{ tap: "a0" }]', interfaces);
    const { file, service } = open(text);
    const found = service.getSemanticDiagnostics(file);
    expect(found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"))).toEqual([
      expect.stringMatching(words),
    ]);
    expect(found.map(({ start }) => start)).toEqual([text.lastIndexOf(`${setting}:`)]);
  });

  it("completes the host's bridges in an interface", () => {
    const text = config.replace('tap: "a0"', 'bridge: ""');
    const { file, service } = open(text);
    const offered = service.getCompletionsAtPosition(file, text.indexOf('bridge: "') + 9, undefined);
    expect(offered?.entries.map(({ name }) => name)).toContain("br0");
  });
});

describe("defineConfig", () => {
  const host = { stateVersion: "26.05", user: { name: "alice" } } as const;

  it("returns its argument, and keeps the type of a function", () => {
    const config = defineConfig({ hosts: { h: host } });
    expectTypeOf(config).toEqualTypeOf<written.Config>();
    expect(config).toEqual({ hosts: { h: host } });
    const made = defineConfig(({ env, configDir }) => ({
      description: `${env["HOST"]} ${configDir}`,
      hosts: { h: host },
    }));
    expectTypeOf(made).toEqualTypeOf<written.ConfigFunction>();
    expectTypeOf(
      defineConfig(async () => Promise.resolve({ hosts: { h: host } })),
    ).toEqualTypeOf<written.ConfigFunction>();
    expectTypeOf(defineConfig(() => config)).toEqualTypeOf<written.ConfigFunction>();
    expectTypeOf(defineConfig(Promise.resolve(config))).toEqualTypeOf<Promise<written.Config>>();
  });

  it("accepts computed bridges, names, VMs and hosts", () => {
    const bridges: Record<string, written.Bridge> = { br7: { address: "10.0.7.1/24" } };
    const vm: written.Vm = { interfaces: [{ bridge: "br7" }] };
    const named = (bridge: string): written.Vm => ({ interfaces: [{ bridge }] });
    const written: written.Host = { ...host, bridges, vms: { vm } };
    const text: string = "br7";
    defineConfig({ hosts: { a: { ...host, bridges, vms: { x: { interfaces: [{ bridge: "br7" }] }, vm } } } });
    defineConfig({
      hosts: {
        b: {
          ...host,
          bridges: { br0: { address: "10.0.0.1/24" }, br1: { address: "10.0.1.1/24" } },
          vms: { vm, named: named("br0"), text: { interfaces: [{ bridge: text }, { bridge: "br1" }, {}] } },
        },
        written,
      },
    });
    defineConfig({ hosts: Object.fromEntries(["a", "b"].map((name) => [name, written])) });
    defineConfig({ hosts: { ...{ c: host }, d: { ...host, vms: { x: { interfaces: [{ bridge: "any" }] } } } } });
  });

  it("rejects a bridge of another host, and an unknown bridge in a config function", () => {
    const one = { br0: { address: "10.0.0.1/24" } };
    const other = { br1: { address: "10.0.1.1/24" } };
    defineConfig({
      hosts: {
        a: { ...host, bridges: one },
        // @ts-expect-error -- br0 is the other host's
        b: { ...host, bridges: other, vms: { x: { interfaces: [{ bridge: "br0" }] } } },
      },
    });
    // @ts-expect-error -- it is br0
    defineConfig(() => ({ hosts: { a: { ...host, bridges: one, vms: { x: { interfaces: [{ bridge: "br" }] } } } } }));
  });
});

const objectIn = (value: boolean | string | object): object => {
  assert(typeof value === "object");
  return value;
};

/** What each interface's settings are when its object leaves them out. */
const leftOut = (): Readonly<Record<string, object | undefined>> => {
  const model = configSchema.parse({
    inputs: { i: {} },
    hosts: {
      h: {
        stateVersion: "26.05",
        user: { name: "alice" },
        bridges: { br0: { dhcp: {}, nat: {}, vlans: { "2": {} } } },
        routed: {},
        importedVms: { f: { flake: "i" }, e: { evaluatedConfig: "i.nixosConfigurations.e" } },
        microvm: { host: {} },
        vms: {
          plain: {},
          full: {
            interfaces: [{}, { type: "user" }, { type: "macvtap", link: "eno1", mode: "bridge" }, { type: "bridge" }],
            forwardPorts: [{ host: { port: 1 }, guest: { port: 1 } }],
            shares: [{ tag: "t", source: "/srv/t" }],
            volumes: [{ image: "a.img", sizeMiB: 1 }],
            vsock: {},
            firewall: {},
            users: { bob: { uid: 1001, gid: 1001 } },
            groups: { data: { gid: 2000 } },
            publish: [{ host: 8080, guest: 80 }],
            reachHost: [{ port: 53, proto: "udp" }],
            keys: { anthropic: { file: "/run/key" } },
            secrets: { KEY: { file: "/run/key" } },
            agent: {
              name: "a",
              package: "a",
              command: "a",
              state: { directory: "/srv/a", tag: "a" },
              gateway: { openai: { baseUrl: "URL", key: "KEY" } },
              releases: { since: "26.05" },
              facts: { date: "2026-11", package: "a", rest: "b" },
            },
            toolchains: [{ name: "t", packages: [] }],
            balloon: {},
            hotplug: { maxMiB: 1024 },
            devices: [{ bus: "pci", path: "0000:01:00.0", qemu: {} }],
            graphics: {},
            limits: {},
            store: { disk: "erofs" },
            workspace: {},
            microvm: {
              alioth: {},
              "cloud-hypervisor": {},
              crosvm: {},
              deploy: {},
              firecracker: {},
              guest: {},
              qemu: { pcieRootPorts: [{ id: "port0" }] },
              vfkit: { rosetta: {} },
              virtiofsd: {},
            },
            home: [
              { program: "zsh", history: {} },
              { program: "emacs", configDirectory: { input: "i", path: "p" } },
            ],
          },
        },
      },
    },
  });
  const host = model.hosts["h"];
  const full = host?.vms["full"];
  assert(full?.agent && full.vsock && typeof full.firewall === "object");
  const [zsh, emacs] = full.home;
  assert(typeof zsh === "object" && "program" in zsh && zsh.program === "zsh");
  assert(typeof emacs === "object" && "program" in emacs && emacs.program === "emacs");
  return {
    Config: configSchema.parse({ hosts: {} }),
    FlakeInput: model.inputs["i"],
    Host: configSchema.parse({ hosts: { h: { stateVersion: "26.05", user: { name: "alice" } } } }).hosts["h"],
    User: host?.user,
    Bridge: { ...host?.bridges["br0"], vlans: {} },
    Vlan: host?.bridges["br0"]?.vlans["2"],
    Routed: host?.routed,
    Nat: Object(host?.bridges["br0"]?.nat) as object,
    DhcpRange: {},
    Vm: host?.vms["plain"],
    VmMachine: host?.vms["plain"],
    VmNetwork: host?.vms["plain"],
    VmStorage: host?.vms["plain"],
    VmAgent: host?.vms["plain"],
    VmGuest: host?.vms["plain"],
    GuestInterface: full.interfaces[0],
    NamedInterface: full.interfaces[0],
    AddressedInterface: full.interfaces[0],
    BridgedInterface: full.interfaces[0],
    TapInterface: full.interfaces[0],
    UserInterface: full.interfaces[1],
    MacvtapInterface: full.interfaces[2],
    BridgeInterface: full.interfaces[3],
    ForwardPort: full.forwardPorts[0],
    ForwardEnd: full.forwardPorts[0]?.host,
    Share: full.shares[0],
    Volume: { ...full.volumes[0], sizeMiB: undefined },
    Balloon: objectIn(full.balloon),
    Hotplug: full.hotplug,
    Device: { ...full.devices[0], qemu: undefined },
    QemuDevice: full.devices[0]?.qemu,
    Graphics: objectIn(full.graphics),
    Limits: full.limits,
    StoreDisk: objectIn(full.store),
    Workspace: Object(full.workspace) as object,
    MicrovmOptions: host?.vms["plain"]?.microvm,
    HypervisorPackage: full.microvm.alioth,
    CloudHypervisorOptions: full.microvm["cloud-hypervisor"],
    CrosvmOptions: full.microvm.crosvm,
    DeployOptions: full.microvm.deploy,
    FirecrackerOptions: full.microvm.firecracker,
    QemuOptions: { ...full.microvm.qemu, pcieRootPorts: undefined },
    PcieRootPort: full.microvm.qemu?.pcieRootPorts?.[0],
    VfkitOptions: { ...full.microvm.vfkit, rosetta: undefined },
    RosettaOptions: full.microvm.vfkit?.rosetta,
    Toggle: full.microvm.guest,
    VirtiofsdOptions: full.microvm.virtiofsd,
    MicrovmHostOptions: { ...host?.microvm, host: undefined },
    FlakeVm: host?.importedVms["f"],
    EvaluatedVm: host?.importedVms["e"],
    Vsock: full.vsock,
    PublishedPort: full.publish[0],
    PortOfHost: full.reachHost.find((port) => typeof port === "object"),
    Firewall: full.firewall,
    GuestUser: full.users["bob"],
    GuestGroup: full.groups["data"],
    Secret: full.secrets["KEY"] as object,
    Agent: { ...full.agent, state: undefined, releases: undefined, facts: undefined, gateway: {} },
    GatewayVariables: full.agent.gateway.openai,
    Key: full.keys.anthropic as object,
    AgentState: full.agent.state,
    AgentReleases: full.agent.releases,
    AgentFacts: full.agent.facts,
    Toolchain: full.toolchains[0],
    Zsh: { ...zsh, history: undefined },
    ZshHistory: zsh.history,
    Emacs: { ...emacs, configDirectory: undefined },
    InputFile: emacs.configDirectory,
  };
};

describe("the documentation", () => {
  const inSource = (path: string): string => fileURLToPath(new URL(`../src/${path}`, import.meta.url));
  const sources = [
    ...ts.sys.readDirectory(inSource("config"), [".ts"]),
    ...["catalogue/agent.ts", "catalogue/toolchain.ts", "scalars/terms.ts"].map(inSource),
  ];
  const statements = sources.flatMap((source) => [
    ...ts.createSourceFile(source, ts.sys.readFile(source) ?? "", ts.ScriptTarget.ES2023, true).statements,
  ]);
  const interfaces = statements.filter(ts.isInterfaceDeclaration);
  const parsed = leftOut();

  it("exists for every type, and every interface has an example here", () => {
    const types = statements.filter(
      (statement) => ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement),
    );
    expect(types.filter((type) => ts.getJSDocCommentsAndTags(type).length === 0).map(({ name }) => name.text)).toEqual(
      [],
    );
    expect(interfaces.map(({ name }) => name.text).sort()).toEqual(Object.keys(parsed).sort());
  });

  const settings = interfaces.flatMap(({ name, members }) =>
    members.filter(ts.isPropertySignature).map((member) => {
      const setting = member.name.getText();
      const docs = ts.getJSDocCommentsAndTags(member).filter(ts.isJSDoc);
      const defaults = ts.getJSDocTags(member).filter(({ tagName }) => tagName.text === "default");
      return {
        name: `${name.text}.${setting}`,
        meaning: docs.map(({ comment }) => ts.getTextOfJSDocComment(comment) ?? "").join(""),
        optional: member.questionToken !== undefined,
        defaults: defaults.map(({ comment }) => ts.getTextOfJSDocComment(comment) ?? ""),
        value: (parsed[name.text] as Readonly<Record<string, unknown>> | undefined)?.[setting],
      };
    }),
  );

  it.each(settings)("has the meaning and the default of $name", ({ meaning, optional, defaults, value }) => {
    expect(meaning).toMatch(/^[A-Z].{10,}\.$/s);
    expect(defaults).toHaveLength(optional ? 1 : 0);
    // JavaScript's literals for data are YAML's too; a default that depends on others is prose.
    if (optional && value !== undefined) expect(parse(defaults[0] ?? "")).toEqual(value);
  });
});
