import type { ConfigPath } from "@microvm-emit/model";
import { describe, expect, it } from "vitest";
import { locator } from "../src/config-file/locate/locate.js";

const vcpu: ConfigPath = ["hosts", "a", "vms", "v", "vcpu"];

/** The text at the place of a path, to the end of its line; undefined without a place. */
const textAt = async (source: string, path: ConfigPath, file = "/c.ts"): Promise<string | undefined> => {
  const place = (await locator(file, source))(path);
  return place?.lineText?.slice(place.column - 1);
};

describe("the place of a config path", () => {
  it.each<[string, string, string]>([
    ["in a plain object", `export default { hosts: { a: { vms: { v: {\n  vcpu: 0 } } } } };`, "vcpu: 0"],
    [
      "in the argument of defineConfig",
      `export default defineConfig({ hosts: { a: { vms: { "v": {\n  ["vcpu"]: 0 } } } } });`,
      `["vcpu"]: 0`,
    ],
    [
      "through constants",
      `const n = 2;\nconst v = {\n  vcpu: n };\nconst vms = { v };\nconst c = { hosts: { a: { vms } } };\nexport default c;`,
      "vcpu: n",
    ],
    [
      "through type assertions",
      `export default ({ hosts: { a: { vms: { v: {\n  vcpu: 0 } as Vm } satisfies Vms } } })!;`,
      "vcpu: 0",
    ],
    [
      "in the last of several spreads",
      `const b = {\n  vcpu: 0 };\nexport default { hosts: { a: { vms: { v: { vcpu: 1, ...b } } } } };`,
      "vcpu: 0",
    ],
    [
      "after a spread",
      `const b = { vcpu: 1 };\nexport default { hosts: { a: { vms: { v: { ...b,\n  vcpu: 0 } } } } };`,
      "vcpu: 0",
    ],
    [
      "in a conditional spread",
      `export default { hosts: { a: { vms: { v: { ...(x && {\n  vcpu: 0 }) } } } } };`,
      "vcpu: 0",
    ],
    ["in either branch", `export default { hosts: x ? {} : { a: { vms: { v: {\n  vcpu: 0 } } } } };`, "vcpu: 0"],
    [
      "in the result of a local function",
      `const vm = (name: string) => ({ name,\n  vcpu: 0 });\nexport default { hosts: { a: { vms: { v: vm("x") } } } };`,
      "vcpu: 0",
    ],
    [
      "in the argument of a local function",
      `function vm(more: object) {\n  const all = { a: 1, ...more };\n  return all;\n}\nexport default { hosts: { a: { vms: { v: vm({\n  vcpu: 0 }) } } } };`,
      "vcpu: 0",
    ],
    [
      "in a destructured parameter of a local function",
      `const vm = ({ extra, n = 1 }) => ({ ...extra });\nexport default { hosts: { a: { vms: { v: vm({ extra: {\n  vcpu: 0 } }) } } } };`,
      "vcpu: 0",
    ],
    [
      "in a member",
      `const all = { small: {\n  vcpu: 0 } };\nexport default { hosts: { a: { vms: { v: all.small } } } };`,
      "vcpu: 0",
    ],
    [
      "in the result of a config function",
      `export default defineConfig(async ({ env }) => {\n  const n = Number(env.N);\n  return { hosts: { a: { vms: { v: {\n  vcpu: n } } } } };\n});`,
      "vcpu: n",
    ],
    [
      "in the result of a declared function",
      `export default function (env) { return { hosts: { a: { vms: { v: {\n  vcpu: 0 } } } } }; }`,
      "vcpu: 0",
    ],
    ["in module.exports", `module.exports = { hosts: { a: { vms: { v: {\n  vcpu: 0 } } } } };`, "vcpu: 0"],
    [
      "in an export by name",
      `const c = { hosts: { a: { vms: { v: {\n  vcpu: 0 } } } } };\nexport { c as default };`,
      "vcpu: 0",
    ],
    [
      "at its deepest known part, if it is not found itself",
      `import { v } from "./v.js";\nexport default { hosts: { a: { vms: {\n  v } } } };`,
      "v } } } };",
    ],
    ["at the config, if no part is found", `import { c } from "./c.js";\nexport default c;`, "c;"],
  ])("is found %s", async (_, source, expected) => {
    expect((await textAt(source, vcpu))?.slice(0, expected.length)).toBe(expected);
  });

  it("is found in lists with spreads", async () => {
    const source = `const more = [\n  { tag: "b" },\n  { tag: "c" }];\nexport default { l: [\n  { tag: "a" }, ...more,\n  { tag: "d" }] };`;
    const tags = await Promise.all([0, 1, 2, 3].map((position) => textAt(source, ["l", position, "tag"])));
    expect(tags).toEqual([`tag: "a" }, ...more,`, `tag: "b" },`, `tag: "c" }];`, `tag: "d" }] };`]);
  });

  it("is found in JSON", async () => {
    const source = '{\n  "hosts": {\n    "a": { "vms": [ 1,\n      2 ] } } }';
    expect(await textAt(source, ["hosts", "a", "vms", 1], "/c.json")).toBe("2 ] } } }");
    expect(await textAt(source, ["hosts", "a", "none"], "/c.json")).toBe('"a": { "vms": [ 1,');
  });

  it("is unknown when names are cyclic", async () => {
    const source = `const f = () => f();\nconst a = b;\nconst b = { ...a, ...f() };\nexport default { hosts: a };`;
    expect(await textAt(source, vcpu)).toBe("hosts: a };");
  });

  it("is unknown in invalid programs", async () => {
    expect(await textAt("export default {{{", vcpu)).toBeUndefined();
    expect(await textAt("const a = 1;", vcpu)).toBeUndefined();
  });
});
