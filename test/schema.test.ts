/** Tests the printed JSON Schema: up to date, valid, and consistent with the validation of configs. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createJiti } from "jiti";
import { Ajv } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import { type Config, emit, type Host } from "microvm-emit";
import * as library from "microvm-emit";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { type JsonSchema, schemaFile } from "../scripts/config-schema.js";

const schema = JSON.parse(readFileSync(schemaFile, "utf8")) as JsonSchema;
const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true });
const validate = ajv.compile(schema);

const example = async (name: string): Promise<Config> => {
  const { default: config } = (await import(`../examples/${name}/microvm.config.ts`)) as { default: Config };
  return config;
};

const folder = fileURLToPath(new URL("../examples", import.meta.url));
const examples = readdirSync(folder).filter((name) => existsSync(`${folder}/${name}/microvm.config.ts`));

/** The config as a data file: without Nix, which needs TypeScript. */
const asData = (config: Config): unknown =>
  JSON.parse(
    JSON.stringify(config, (_key, value: unknown) => {
      const isNode = (part: unknown): boolean => typeof part === "object" && part !== null && "kind" in part;
      return Array.isArray(value) ? value.filter((part) => !isNode(part)) : isNode(value) ? undefined : value;
    }),
  );

/** All parts of the schema that describe a value, with their paths. */
const parts = (part: JsonSchema, path: string): readonly (readonly [string, JsonSchema])[] => [
  [path, part],
  ...[...(part.anyOf ?? []), ...(part.oneOf ?? [])].flatMap((choice, position) => parts(choice, `${path}|${position}`)),
  ...(part.items === undefined ? [] : parts(part.items, `${path}[]`)),
  ...(part.additionalProperties ? parts(part.additionalProperties, `${path}.*`) : []),
  ...Object.entries(part.properties ?? {}).flatMap(([name, inner]) => parts(inner, `${path}.${name}`)),
];

/** A valid config of one host, plus the given settings. */
const config = (vm: object, host: object = {}, rest: object = {}): unknown => ({
  hosts: {
    h: {
      stateVersion: "26.05",
      user: { name: "alice", sshKeys: ["ssh-ed25519 AAAA alice"] },
      bridges: { br0: { address: "10.0.0.1/24" } },
      vms: { a: vm },
      ...host,
    },
  },
  ...rest,
});

describe("docs/composition.md", () => {
  const text = readFileSync(new URL("../docs/composition.md", import.meta.url), "utf8");
  const [yaml = ""] = [...text.matchAll(/```yaml\n([^]*?)```/g)].map(([, block = ""]) => block);

  it("has a valid config in YAML", () => {
    const config: unknown = parse(yaml);
    expect(validate(config) ? [] : validate.errors).toEqual([]);
    const result = emit(config);
    expect(result._tag === "Left" ? result.left : []).toEqual([]);
  });

  it("shows two VMs with the described packages", async () => {
    const [, block = ""] = /```ts host\n(vmDefaults: [^]*?)```/.exec(text) ?? [];
    const jiti = createJiti(import.meta.url, { virtualModules: { "microvm-emit": library } });
    const loaded = await jiti.evalModule(`import { replace, zsh } from "microvm-emit"; export default {${block}};`, {
      filename: fileURLToPath(new URL("composition.ts", import.meta.url)),
      async: true,
    });
    const { vmDefaults, vms } = (loaded as { readonly default: Partial<Host> }).default;
    const result = emit(config({}, { vmDefaults, vms }));
    if (result._tag === "Left") throw new Error(JSON.stringify(result.left));
    const planned = result.right.plan.hosts.flatMap((each) => each.vms);
    expect(planned.map(({ name, machine: { vcpu }, guest: { packages } }) => [name, vcpu, packages.length])).toEqual([
      ["apivm", 4, 3],
      ["labvm", 1, 0],
    ]);
  });
});

describe("the JSON Schema", () => {
  it("is printed by the command without loading a compiler", () => {
    const bin = fileURLToPath(new URL("../packages/emit/dist/cli/main.js", import.meta.url));
    expect(JSON.parse(execFileSync(process.execPath, [bin, "schema"], { encoding: "utf8" }))).toEqual(schema);
  });

  it("of a command's output is self-contained", () => {
    const bin = fileURLToPath(new URL("../packages/emit/dist/cli/main.js", import.meta.url));
    const text = execFileSync(process.execPath, [bin, "schema", "--of", "status"], { encoding: "utf8" });
    const takes = new Ajv({ strict: false }).compile(JSON.parse(text) as object);
    const report = { ok: true, exitCode: 0, problems: [], silenced: [] };
    expect([{ ...report, hosts: [] }, { ...report, ok: false }, report].map((printed) => takes(printed))).toEqual([
      true,
      true,
      false,
    ]);
    const { stderr } = spawnSync(process.execPath, [bin, "schema", "--of", "statu"], { encoding: "utf8" });
    expect(stderr).toContain('Did you mean "status"?');
  });

  it.each(examples)("accepts the example %s", async (name) => {
    expect(validate(asData(await example(name))) ? [] : validate.errors).toEqual([]);
  });

  const all = parts(schema, "");

  it("describes every setting", () => {
    const settings = all.flatMap(([path, { properties = {} }]) =>
      Object.entries(properties).map(([name, part]) => [`${path}.${name}`, part["description"]] as const),
    );
    expect(settings.length).toBeGreaterThan(100);
    expect(settings.filter(([, description]) => typeof description !== "string" || description.length < 10)).toEqual(
      [],
    );
  });

  it("has valid examples and defaults", () => {
    const wrong = all.flatMap(([path, part]) => {
      const takes = ajv.compile(part);
      const values = [
        ...((part["examples"] as unknown[] | undefined) ?? []),
        ...("default" in part ? [part["default"]] : []),
      ];
      return values.filter((value) => !takes(value)).map((value) => [path, value]);
    });
    expect(wrong).toEqual([]);
    expect(all.filter(([, { examples }]) => examples !== undefined).length).toBeGreaterThan(20);
  });

  it("offers names as well as objects, for completion in editors", () => {
    const vm = all.find(([path]) => path.endsWith(".vms.*"))?.[1].properties ?? {};
    expect(JSON.stringify(vm["agent"])).toContain('"claude-code"');
    expect(JSON.stringify(vm["toolchains"])).toContain('"go"');
    expect(JSON.stringify(vm["hypervisor"])).toContain('"cloud-hypervisor"');
  });

  it.each<[string, unknown]>([
    ["the schema of the file", config({}, {}, { $schema: "./config.schema.json" })],
    ["agents by name and false for none", config({}, { vms: { a: { agent: "codex" }, b: { agent: false } } })],
    ["programs and modules of a home", config({ home: ["zsh", { program: "emacs" }, "./home.nix"] })],
    ["defaults for VMs", config({}, { vmDefaults: { vcpu: 2, packages: ["git"] } })],
    ["several kinds of a setting", config({ firewall: { allowedTCPPorts: [80] }, vsock: false, workspace: "~/a" })],
  ])("accepts %s, as validation does", (_, value) => {
    expect(validate(value) ? [] : validate.errors).toEqual([]);
    const { $schema: _schema, ...rest } = value as Readonly<Record<string, unknown>>;
    const result = emit<unknown>(rest);
    expect(result._tag === "Left" ? result.left.map(({ code }) => code) : []).toEqual([]);
  });

  it.each<[string, unknown, string]>([
    ["a host without a state version", { hosts: { h: { user: { name: "a" } } } }, "/hosts/h"],
    ["an unknown setting", config({ vcpus: 2 }), "/hosts/h/vms/a"],
    ["a number for text", config({}, { stateVersion: 26.05 }), "/hosts/h/stateVersion"],
    ["zero CPUs", config({ vcpu: 0 }), "/hosts/h/vms/a/vcpu"],
    ["half a CPU", config({ vcpu: 1.5 }), "/hosts/h/vms/a/vcpu"],
    ["an unknown agent", config({ agent: "claude" }), "/hosts/h/vms/a/agent"],
    ["an agent without its command", config({ agent: { name: "a", package: "a" } }), "/hosts/h/vms/a/agent"],
    ["an unknown hypervisor", config({ hypervisor: "xen" }), "/hosts/h/vms/a/hypervisor"],
    ["a name of a VM with capitals", config({}, { vms: { Web: {} } }), "/hosts/h/vms"],
    ["a name of a host with a dot", { hosts: { "a.b": { stateVersion: "26.05", user: { name: "a" } } } }, "/hosts"],
    [
      "a MAC address with a wrong letter",
      config({ interfaces: [{ mac: "02:00:00:00:00:0g" }] }),
      "/hosts/h/vms/a/interfaces/0",
    ],
    ["a share without its source", config({ shares: [{ tag: "a" }] }), "/hosts/h/vms/a/shares/0"],
    ["a package with a space", config({ packages: ["a b"] }), "/hosts/h/vms/a/packages/0"],
    ["an index in vmDefaults", config({}, { vmDefaults: { index: 1 } }), "/hosts/h/vmDefaults"],
    ["a list for an object", config({}, { vms: [] }), "/hosts/h/vms"],
    [
      "Nix, which data cannot contain",
      config({ packages: [{ kind: "ident", name: "x" }] }),
      "/hosts/h/vms/a/packages/0",
    ],
  ])("rejects %s, as validation does", (_, value, place) => {
    expect(validate(value)).toBe(false);
    expect(validate.errors?.some(({ instancePath }) => instancePath.startsWith(place))).toBe(true);
    expect(emit(value)._tag).toBe("Left");
  });
});
