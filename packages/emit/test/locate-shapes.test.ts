/** Tests the places of config paths in configs of many shapes, loaded as the command loads them. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createJiti } from "jiti";
import * as library from "microvm-emit";
import { describe, expect, it } from "vitest";
import { locator } from "../src/config-file/locate/locate.js";
import type { Place } from "../src/report/place.js";
import { layOut, temporaryDirectory } from "./tree.js";

/** Marks the expected place; a second mark is for the place that is found without the loaded config. */
const mark = "▸";
const markBySource = "▹";

const withoutMarks = (text: string): string => text.replaceAll(mark, "").replaceAll(markBySource, "");

/** `file:line:column` of a mark. */
const placeOf = (files: Readonly<Record<string, string>>, sign: string): string | undefined => {
  for (const [name, text] of Object.entries(files)) {
    const other = sign === mark ? markBySource : mark;
    const plain = text.replaceAll(other, "");
    const at = plain.indexOf(sign);
    if (at === -1) continue;
    const lines = plain.slice(0, at).split("\n");
    return `${name}:${lines.length}:${(lines.at(-1) ?? "").length + 1}`;
  }
  return undefined;
};

const load = async (file: string): Promise<unknown> => {
  const jiti = createJiti(file, { moduleCache: false, fsCache: false, virtualModules: { "microvm-emit": library } });
  const { default: exported } = await jiti.import<{ default: object | ((environment: object) => unknown) }>(file);
  return typeof exported === "function" ? await exported({ env: {}, configDir: dirname(file) }) : exported;
};

const read = (file: string): string | undefined => {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
};

type Path = readonly (string | number)[];
const vcpu: Path = ["hosts", "h", "vms", "v", "vcpu"];
const vm = vcpu.slice(0, -1);

/** A config with a single VM. */
const withVm = (text: string, before = ""): string =>
  `import { defineConfig } from "microvm-emit";\n${before}export default defineConfig({ hosts: { h: { vms: {\n  v: ${text},\n} } } });\n`;

type Row = readonly [what: string, path: Path, config: string, others?: Readonly<Record<string, string>>];

const rows: readonly Row[] = [
  ["a value", vcpu, withVm("{ ▸vcpu: 0 }")],
  ["a key", vm, `export default { hosts: { h: { vms: { a: {},\n ▸"v": {} } } } };`],
  ["a missing setting", [...vm, "memoryMiB"], `export default { hosts: { h: { vms: { a: {},\n ▸v: {} } } } };`],
  ["a spread of a constant", vcpu, withVm("{ ...base }", "const base = { ▸vcpu: 0 };\n")],
  ["a key after a spread", vcpu, withVm("{ ...base, ▸vcpu: 1 }", "const base = { vcpu: 0 };\n")],
  ["a spread after a key", vcpu, withVm("{ vcpu: 1, ...base }", "const base = { ▸vcpu: 0 };\n")],
  [
    "a spread of spreads",
    vcpu,
    withVm("{ ...big }", "const base = { vcpu: 0 };\nconst big = { ...base, ▸vcpu: 8 };\n"),
  ],
  ["a spread of a function's result", vcpu, withVm("{ ...base() }", "const base = () => ({ ▸vcpu: 0 });\n")],
  [
    "the argument of a function's spread",
    vcpu,
    withVm("vm({ ▸vcpu: 0 })", "const vm = (more: object) => ({ autostart: true, ...more });\n"),
  ],
  [
    "a function with a body",
    vcpu,
    withVm("vm(4)", "function vm(count: number) {\n  const made = { ▸vcpu: count };\n  return made;\n}\n"),
  ],
  [
    "a parameter with the name of a constant",
    vcpu,
    withVm("vm({ ▸vcpu: 3 })", "const size = { vcpu: 9 };\nconst vm = (size: object) => size;\nvoid size;\n"),
  ],
  [
    "an option with a default",
    vcpu,
    withVm("vm({ count: 2 })", "const vm = ({ count = 1, name = 'x' }) => ({ ▸vcpu: count, tag: name });\n"),
  ],
  ["a shorthand property", vcpu, withVm("{ ▸vcpu }", "const vcpu = 0;\n")],
  [
    "a shorthand property of a parent",
    vcpu,
    `const v = { ▸vcpu: 0 };\nconst vms = { v };\nexport default { hosts: { h: { vms } } };`,
  ],
  ["a computed key", vcpu, withVm("{ ▸[setting]: 0 }", 'const setting = "vcpu";\n')],
  [
    "a computed name",
    vcpu,
    'const name = `${"v"}`;\nexport default { hosts: { [`h`]: { vms: { [name]: { ▸vcpu: 0 } } } } };',
  ],
  ["types", vcpu, withVm("{ ▸vcpu: 0 } as const satisfies object")],
  ["a frozen object", vcpu, withVm("Object.freeze({ ▸vcpu: 0 })")],
  ["a member", vcpu, withVm("sizes.small", "const sizes = { small: { ▸vcpu: 1 }, big: { vcpu: 8 } } as const;\n")],
  [
    "a member with a constant as its key",
    vcpu,
    withVm("sizes[which]", 'const which = "big";\nconst sizes = { small: { vcpu: 1 }, big: { ▸vcpu: 8 } };\n'),
  ],
  ["a destructured object", vcpu, withVm("small", "const { small } = { small: { ▸vcpu: 1 } };\n")],
  ["a destructured list", vcpu, withVm("second", "const [, second] = [{ vcpu: 1 }, { ▸vcpu: 2 }];\n")],
  [
    "the branch that was taken",
    vcpu,
    `const isBig = [1].length > 1;\nexport default { hosts: { h: { vms: {\n ▹v: isBig ? { vcpu: 8 } : { ▸vcpu: 1 } } } } };`,
  ],
  [
    "two branches with equal values: neither",
    vcpu,
    `const isBig = [1].length > 1;\nexport default { hosts: { h: { vms: {\n ▸v: isBig ? { vcpu: 1 } : { vcpu: 1 } } } } };`,
  ],
  ["a conditional spread", vcpu, withVm("{ ...(Math.PI > 3 && { ▸vcpu: 0 }) }")],
  [
    "a conditional spread after a value",
    vcpu,
    `export default { hosts: { h: { vms: {\n ▹v: { vcpu: 1, ...(Math.PI > 3 && { ▸vcpu: 0 }) } } } } };`,
  ],
  [
    "the return that was taken",
    vcpu,
    `const vm = (isBig: boolean) => {\n  if (isBig) return { ▸vcpu: 8 };\n  return { vcpu: 1 };\n};\nexport default { hosts: { h: { vms: {\n ▹v: vm(true) } } } };`,
  ],
  [
    "the return that was taken in an else branch",
    vcpu,
    `const vm = (isBig: boolean) => {\n  if (isBig) return { vcpu: 8 };\n  else return { ▸vcpu: 1 };\n};\nexport default { hosts: { h: { vms: {\n ▹v: vm(false) } } } };`,
  ],
  ["a function of the environment", vcpu, `export default () => ({ hosts: { h: { vms: { v: { ▸vcpu: 0 } } } } });`],
  [
    "defineConfig of a function of the environment",
    vcpu,
    `import { defineConfig } from "microvm-emit";\nexport default defineConfig(async ({ env }) => {\n  const vcpu = env.VCPU === undefined ? 0 : 1;\n  return { hosts: { h: { vms: { v: { ▸vcpu } } } } };\n});`,
  ],
  [
    "an import",
    vcpu,
    `import { base } from "./base.ts";\nexport default { hosts: { h: { vms: { v: { ...base } } } } };`,
    { "base.ts": "export const base = {\n  ▸vcpu: 0 };" },
  ],
  [
    "an import of an import, by other names",
    vcpu,
    `import { big as small } from "./lib/index.ts";\nexport default { hosts: { h: { vms: { v: small } } } };`,
    {
      "lib/index.ts": 'export * from "./sizes.ts";',
      "lib/sizes.ts": "const x = {\n  ▸vcpu: 0 };\nexport { x as big };",
    },
  ],
  [
    "an import of a function",
    vcpu,
    `import vm from "./vm.ts";\nexport default { hosts: { h: { vms: { v: vm(2) } } } };`,
    { "vm.ts": "export default (count: number) => ({\n  ▸vcpu: count });" },
  ],
  [
    "an import of everything",
    vcpu,
    `import * as sizes from "./sizes.ts";\nexport default { hosts: { h: { vms: { v: sizes.small } } } };`,
    { "sizes.ts": "export const small = {\n  ▸vcpu: 0 };" },
  ],
  [
    "an import of JSON",
    vcpu,
    `import v from "./v.json";\nexport default { hosts: { h: { vms: { v } } } };`,
    { "v.json": '{\n  ▸"vcpu": 0 }' },
  ],
  [
    "an import from a package: the nearest that is known",
    vcpu,
    `import { v } from "sizes";\nexport default { hosts: { h: { vms: {\n  ▸v } } } };`,
    { "node_modules/sizes/index.js": "exports.v = { vcpu: 0 };" },
  ],
  [
    "a spread from a package: the spread",
    vcpu,
    `import { base } from "sizes";\nexport default { hosts: { h: { vms: { v: {\n  autostart: true, ▸...base } } } } };`,
    { "node_modules/sizes/index.js": "exports.base = { vcpu: 0 };" },
  ],
  [
    "a key that a spread from a package overrides",
    vcpu,
    `import { base } from "sizes";\nexport default { hosts: { h: { vms: {\n ▹v: { vcpu: 1,\n  ▸...base } } } } };`,
    { "node_modules/sizes/index.js": "exports.base = { vcpu: 0 };" },
  ],
  [
    "a key that a spread from a package leaves alone",
    vcpu,
    `import { base } from "sizes";\nexport default { hosts: { h: { vms: {\n ▹v: { ▸vcpu: 1,\n  ...base } } } } };`,
    { "node_modules/sizes/index.js": "exports.base = {};" },
  ],
  [
    "what a package's function is given: the nearest that is known",
    vcpu,
    `import { vm } from "sizes";\nexport default { hosts: { h: { vms: {\n  ▸v: vm({ vcpu: 1 }) } } } };`,
    { "node_modules/sizes/index.js": "exports.vm = ({ vcpu }) => ({ vcpu: vcpu + 1 });" },
  ],
  [
    "a variable that changes",
    vcpu,
    `let base = { vcpu: 1 };\nbase = { vcpu: 2 };\nexport default { hosts: { h: { vms: {\n ▸v: base } } } };`,
  ],
  [
    "an object that changes",
    vcpu,
    `const base = { ▹vcpu: 1 };\nbase.vcpu = 2;\nexport default { hosts: { h: { vms: {\n ▸v: base } } } };`,
  ],
  [
    "an object with entries that a loop adds",
    vcpu,
    `const vms: Record<string, object> = {};\nfor (const name of ["v"]) vms[name] = { vcpu: 1 };\nexport default { hosts: { h: {\n ▸vms } } };`,
  ],
  [
    "VMs made of names",
    vcpu,
    `const names = ["u", "v"];\nexport default { hosts: { h: { vms: Object.fromEntries(names.map((name) => [name, { ▸vcpu: 0 }])) } } };`,
  ],
  [
    "the name of a VM made of names",
    vm,
    `const names = ["u", "v"];\nexport default { hosts: { h: { vms: Object.fromEntries(names.map((name) => ▸[name, { vcpu: 0 }])) } } };`,
  ],
  [
    "VMs made of names that are computed",
    vcpu,
    `const names = "u v".split(" ");\nexport default { hosts: { h: { vms: Object.fromEntries(names.map((name) => {\n  const tag = name;\n  return [\`\${tag}\`, { ▸vcpu: 0 }];\n})) } } };`,
  ],
  [
    "VMs made of descriptions",
    vcpu,
    `const all = [{ name: "u", size: { vcpu: 1 } }, { name: "v", size: { ▸vcpu: 2 } }];\nexport default { hosts: { h: { vms: Object.fromEntries(all.map(({ name, size }) => [name, { ...size }])) } } };`,
  ],
  [
    "entries written out",
    vcpu,
    `export default { hosts: { h: { vms: Object.fromEntries([["u", { vcpu: 1 }], ["v", { ▸vcpu: 2 }]]) } } };`,
  ],
  [
    "extend: the base",
    vcpu,
    withVm("extend({ ▸vcpu: 1, tag: 1 }, { autostart: true })").replace("defineConfig }", "defineConfig, extend }"),
  ],
  [
    "extend: the change",
    vcpu,
    withVm("extend({ vcpu: 1 }, { ▸vcpu: 2 })").replace("defineConfig }", "defineConfig, extend }"),
  ],
  [
    "extend: deep in a whole config",
    vcpu,
    `import { extend } from "microvm-emit";\nconst base = { hosts: { h: { vms: { v: { ▸vcpu: 1 } } } } };\nexport default extend(base, { hosts: { h: { vms: { v: { memoryMiB: 3 }, w: {} } } } });`,
  ],
  [
    "extend: lists, joined",
    [...vm, "shares", 1, "tag"],
    withVm(`extend({ shares: [{ tag: "a" }] }, { shares: [{ ▸tag: "b" }] })`).replace(
      "defineConfig }",
      "defineConfig, extend }",
    ),
  ],
  [
    "extend: a list that is replaced",
    [...vm, "shares", 0, "tag"],
    withVm(
      `extend({ shares: [{ tag: "a" }] }, { shares: replace([{ ▸tag: "b" }]) }, { shares: [{ tag: "c" }] })`,
    ).replace("defineConfig }", "defineConfig, extend, replace }"),
  ],
  [
    "extend: a change from a package",
    vcpu,
    `import { extend } from "microvm-emit";\nimport { big } from "sizes";\nexport default { hosts: { h: { vms: {\n  ▸v: extend({ vcpu: 1 }, big) } } } };`,
    { "node_modules/sizes/index.js": "exports.big = { vcpu: 8 };" },
  ],
  ["a list", ["l", 1, "tag"], `export default { l: [{ tag: "a" }, { ▸tag: "b" }] };`],
  [
    "a list with a spread",
    ["l", 2, "tag"],
    `const more = [{ tag: "a" }, { tag: "b" }];\nexport default { l: [...more, { ▸tag: "c" }] };`,
  ],
  [
    "a list in a spread",
    ["l", 1, "tag"],
    `const more = [{ tag: "a" }, { ▸tag: "b" }];\nexport default { l: [...more, { tag: "c" }] };`,
  ],
  [
    "a list in a spread in a spread",
    ["l", 1],
    `const x = [▸2];\nconst more = [1, ...x];\nexport default { l: [...more, 3] };`,
  ],
  [
    "a list after a spread from a package",
    ["l", 2, "tag"],
    `import { more } from "lists";\nexport default { l: [▹...more, { ▸tag: "c" }] };`,
    { "node_modules/lists/index.js": "exports.more = [{}, {}];" },
  ],
  [
    "a spread from a package in a list",
    ["l", 1, "tag"],
    `import { more } from "lists";\nexport default { l: [▸...more, { tag: "c" }] };`,
    { "node_modules/lists/index.js": "exports.more = [{}, { tag: 1 }];" },
  ],
  ["a list made by map", ["l", 1, "tag"], `export default { l: ["a", "b"].map((tag) => ({ ▸tag })) };`],
  [
    "a list made by Array.from",
    ["l", 1, "tag"],
    `export default { l: Array.from({ length: 2 }, (_, tag) => ({ ▸tag })) };`,
  ],
  [
    "an argument of a function of microvm-emit",
    [...vm, "home", 0, "extraInit"],
    `import { zsh } from "microvm-emit";\nexport default { hosts: { h: { vms: { v: { home: [\n  ▹zsh({ ▸extraInit: "true" })] } } } } };`,
  ],
  [
    "a value from a function of microvm-emit",
    [...vm, "agent", "command"],
    `import { claudeCode } from "microvm-emit";\nexport default { hosts: { h: { vms: { v: {\n  ▸agent: claudeCode() } } } } };`,
  ],
  [
    "a key after a spread of a function of microvm-emit",
    [...vm, "agent", "command"],
    `import { claudeCode } from "microvm-emit";\nexport default { hosts: { h: { vms: { v: { agent: { ...claudeCode(),\n  ▸command: "x" } } } } } };`,
  ],
  [
    "a value from a spread of a function of microvm-emit",
    [...vm, "agent", "package"],
    `import { claudeCode } from "microvm-emit";\nexport default { hosts: { h: { vms: { v: { agent: {\n  ▸...claudeCode(), command: "x" } } } } } };`,
  ],
  ["a getter", vcpu, withVm("{ ▸get vcpu() { return 1; } }")],
  ["module.exports", vcpu, `module.exports = { hosts: { h: { vms: { v: { ▸vcpu: 0 } } } } };`],
];

describe("the place of a config path in a config with", () => {
  it.each(rows.map(([what, path, config, others = {}]) => ({ what, path, config, others })))(
    "$what",
    async ({ path, config, others }) => {
      const dir = temporaryDirectory();
      const files = { "microvm.config.ts": config, ...others };
      layOut(dir, Object.fromEntries(Object.entries(files).map(([name, text]) => [name, withoutMarks(text)])));
      const file = join(dir, "microvm.config.ts");
      const source = withoutMarks(config);
      const loaded = await load(file);

      const shown = (place: Place | undefined): string =>
        place === undefined ? "nowhere" : `${place.file.replace(`${dir}/`, "")}:${place.line}:${place.column}`;
      const expected = placeOf(files, mark);
      expect(shown((await locator(file, source, { config: loaded, read }))(path))).toBe(expected);
      expect(shown((await locator(file, source, { read }))(path))).toBe(placeOf(files, markBySource) ?? expected);
    },
  );
});
