/** The laws of the commands that edit a config, for configs of every format and layout. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { editConfig } from "../src/config-file/edit/edit.js";
import type { Request } from "../src/config-file/edit/change.js";
import { load } from "../src/config-file/load.js";
import { placesOf } from "../src/config-file/places.js";
import { ownModules } from "../src/config-file/plan-file.js";
import { layOut, temporaryDirectory } from "./tree.js";

interface Layout {
  readonly extension: string;
  /** Lines about one VM or another. */
  readonly comments: readonly string[];
  readonly vms: readonly string[];
  readonly isOnOneLine: boolean;
  readonly isSpaced: boolean;
  readonly hasTrailingComma: boolean;
  readonly quote: '"' | "'";
  readonly lineBreak: "\n" | "\r\n";
  readonly wrapper: (object: string) => string;
}

const wrappers: readonly ((object: string) => string)[] = [
  (object) => `export default defineConfig(${object});\n`,
  (object) => `export default defineConfig(() => (${object}));\n`,
  (object) => `export default ${object} satisfies Config;\n`,
  (object) => `const config: Config = ${object};\n\n// The config.\nexport default config;\n`,
];

/** The object of VMs in braces. */
const inBraces = ({ vms, comments, isOnOneLine, isSpaced, hasTrailingComma, quote, extension }: Layout): string => {
  const isJson = extension.startsWith("json");
  const mark = isJson ? '"' : quote;
  const comma = hasTrailingComma && extension !== "json" ? "," : "";
  const comment = (position: number): string => comments[position % Math.max(comments.length, 1)] ?? "";
  const entry = (name: string, position: number): string => {
    const key = isJson || name.includes("-") ? `${mark}${name}${mark}` : name;
    const setting = isJson ? `${mark}vcpu${mark}` : "vcpu";
    return `${key}: { ${setting}: ${String(position + 1)} }`;
  };
  const entries = vms.map(entry);
  if (entries.length === 0) return "{}";
  if (isOnOneLine) return `{ ${entries.join(", ")}${comma} }`;
  const lines = entries.map((text, position) => {
    const above = comment(position) === "" || extension === "json" ? "" : `        // ${comment(position)}\n`;
    const last = position === entries.length - 1;
    const behind = comment(position + 1) === "" || extension === "json" ? "" : ` // ${comment(position + 1)}`;
    return `${above}        ${text}${last ? comma : ","}${behind}`;
  });
  return `{\n${lines.join(isSpaced ? "\n\n" : "\n")}\n      }`;
};

const inYaml = (layout: Layout): string => {
  const { vms, comments, isOnOneLine, isSpaced } = layout;
  if (vms.length === 0) return " {}";
  if (isOnOneLine)
    return ` { ${vms.map((name, position) => `${name}: { vcpu: ${String(position + 1)} }`).join(", ")} }`;
  const lines = vms.map((name, position) => {
    const comment = comments[position % Math.max(comments.length, 1)] ?? "";
    const above = comment === "" ? "" : `      # ${comment}\n`;
    const value =
      position % 2 === 0
        ? ` { vcpu: ${String(position + 1)} } # ${comment}`
        : `\n        vcpu: ${String(position + 1)}\n        # ${comment}`;
    return `${above}      ${name}:${value}`;
  });
  return `\n${lines.join(isSpaced ? "\n\n" : "\n")}`;
};

const sourceOf = (layout: Layout): string => {
  const { extension, quote, wrapper, lineBreak } = layout;
  const text = ((): string => {
    if (extension === "yaml")
      return `# Hosts.\nhosts:\n  one:\n    stateVersion: "26.05"\n    vms:${inYaml(layout)}\n    # After.\n  two:\n    stateVersion: "26.05"\n    vms:\n      other: {}\n`;
    const isJson = extension.startsWith("json");
    const mark = isJson ? '"' : quote;
    const key = (name: string): string => (isJson ? `"${name}"` : name);
    const comma = isJson ? "" : ",";
    const version = `${key("stateVersion")}: ${mark}26.05${mark}`;
    const object = `{
  ${key("hosts")}: {
    ${key("one")}: {
      ${version},
      ${key("vms")}: ${inBraces(layout)}${comma}
    },
    ${key("two")}: { ${version}, ${key("vms")}: { ${key("other")}: {} } }${comma}
  }${comma}
}`;
    if (isJson) return `${object}\n`;
    const types = extension === "ts" ? ", type Config" : "";
    const body = extension === "ts" ? wrapper(object) : `export default defineConfig(${object});\n`;
    return `// A config.\nimport { defineConfig${types} } from ${mark}microvm-emit${mark};\n\n${body}`;
  })();
  return text.replaceAll("\n", lineBreak);
};

const name = fc.stringMatching(/^[a-z][a-z0-9]{0,8}(-[a-z]{1,3})?$/).filter((text) => text !== "other");

const layouts: fc.Arbitrary<Layout> = fc.record({
  extension: fc.constantFrom("ts", "mjs", "json", "jsonc", "yaml"),
  comments: fc.array(fc.constantFrom("", "small: { vcpu: 1 },", "it's the first", "a, b } c"), { maxLength: 3 }),
  vms: fc.uniqueArray(name, { maxLength: 4 }),
  isOnOneLine: fc.boolean(),
  isSpaced: fc.boolean(),
  hasTrailingComma: fc.boolean(),
  quote: fc.constantFrom('"', "'"),
  lineBreak: fc.constantFrom("\n", "\r\n"),
  wrapper: fc.constantFrom(...wrappers),
});

interface Data {
  readonly hosts: Readonly<
    Record<string, { readonly vms: Readonly<Record<string, Readonly<Record<string, unknown>>>> }>
  >;
}

/** A config in a separate directory, and its edits. */
const openConfig = (text: string, extension: string) => {
  const dir = temporaryDirectory();
  const file = join(dir, `microvm.config.${extension}`);
  layOut(dir, { [`microvm.config.${extension}`]: text });
  return {
    read: () => readFileSync(file, "utf8"),
    data: async () => (await load(file, ownModules, { isKept: false })) as Data,
    edit: async (request: Request) => {
      const { files } = await editConfig(placesOf(file), request);
      for (const edit of files) writeFileSync(edit.path, edit.text);
    },
  };
};

const adding = (vm: string, more: Partial<Extract<Request, { kind: "add" }>> = {}): Request => ({
  kind: "add",
  name: vm,
  host: "one",
  agent: undefined,
  toolchains: [],
  clone: undefined,
  like: undefined,
  ...more,
});

const runs = { numRuns: 60 };

/** The comments of a text. */
const commentsIn = (text: string): readonly string[] => (text.match(/(?:\/\/|#)[^\r\n]*/g) ?? []).toSorted();

describe("a config", () => {
  it("has the added VM, and everything else as before", async () => {
    await fc.assert(
      fc.asyncProperty(layouts, name, fc.boolean(), async (layout, vm, hasAgent) => {
        fc.pre(!layout.vms.includes(vm));
        const config = openConfig(sourceOf(layout), layout.extension);
        const [before, comments] = [await config.data(), commentsIn(config.read())];
        await config.edit(adding(vm, hasAgent ? { agent: "claude-code", toolchains: ["go", "node"] } : {}));
        const { [vm]: added, ...others } = (await config.data()).hosts["one"]?.vms ?? {};
        expect(others).toEqual(before.hosts["one"]?.vms);
        expect(Object.keys(added ?? {})).toEqual(hasAgent ? ["agent", "toolchains"] : []);
        expect((await config.data()).hosts["two"]).toEqual(before.hosts["two"]);
        expect(commentsIn(config.read())).toEqual(comments);
      }),
      runs,
    );
  });

  it("is the same, byte for byte, after a VM was added and removed", async () => {
    await fc.assert(
      fc.asyncProperty(layouts, name, async (layout, vm) => {
        fc.pre(!layout.vms.includes(vm));
        const text = sourceOf(layout);
        const config = openConfig(text, layout.extension);
        await config.edit(adding(vm, { agent: "codex" }));
        // A line that became too long was broken.
        fc.pre(!layout.isOnOneLine || config.read().split("\n").length === text.split("\n").length);
        await config.edit({ kind: "remove", name: vm, host: "one" });
        expect(config.read()).toBe(text);
      }),
      runs,
    );
  });

  it("loses nothing but the removed VM", async () => {
    await fc.assert(
      fc.asyncProperty(layouts, fc.nat(), async (layout, position) => {
        const vm = layout.vms[position % Math.max(layout.vms.length, 1)];
        fc.pre(vm !== undefined);
        const config = openConfig(sourceOf(layout), layout.extension);
        const { [vm]: _, ...others } = (await config.data()).hosts["one"]?.vms ?? {};
        await config.edit({ kind: "remove", name: vm, host: "one" });
        expect((await config.data()).hosts["one"]?.vms).toEqual(others);
      }),
      runs,
    );
  });

  it("has a renamed VM with its settings, and all comments", async () => {
    await fc.assert(
      fc.asyncProperty(layouts, name, fc.nat(), async (layout, to, position) => {
        const vm = layout.vms[position % Math.max(layout.vms.length, 1)];
        fc.pre(vm !== undefined && !layout.vms.includes(to));
        const config = openConfig(sourceOf(layout), layout.extension);
        const [before, comments] = [await config.data(), commentsIn(config.read())];
        await config.edit({ kind: "rename", name: vm, to, host: "one" });
        const after = (await config.data()).hosts["one"]?.vms ?? {};
        expect(after[to]).toEqual(before.hosts["one"]?.vms[vm]);
        expect(Object.keys(after)).toHaveLength(layout.vms.length);
        expect(commentsIn(config.read())).toEqual(comments);
      }),
      runs,
    );
  });

  it("has a moved VM on the other host", async () => {
    await fc.assert(
      fc.asyncProperty(layouts, fc.nat(), async (layout, position) => {
        const vm = layout.vms[position % Math.max(layout.vms.length, 1)];
        // A block does not fit into braces.
        fc.pre(vm !== undefined);
        const config = openConfig(sourceOf(layout), layout.extension);
        const before = await config.data();
        await config.edit({ kind: "move", name: vm, to: "two", host: "one" });
        const after = await config.data();
        expect(after.hosts["two"]?.vms).toEqual({ other: {}, [vm]: before.hosts["one"]?.vms[vm] });
        expect(Object.keys(after.hosts["one"]?.vms ?? {})).toHaveLength(layout.vms.length - 1);
      }),
      runs,
    );
  });

  it("has the allowed destinations of one VM only, and all comments", async () => {
    const destination = fc.constantFrom("npm", "example.org", "*.example.org:443", "10.0.0.5:5432", "[fd00::5]:443");
    const wanted = fc.uniqueArray(destination, { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(layouts, wanted, fc.nat(), async (layout, entries, position) => {
        const vm = layout.vms[position % Math.max(layout.vms.length, 1)];
        fc.pre(vm !== undefined);
        const config = openConfig(sourceOf(layout), layout.extension);
        const [before, comments] = [await config.data(), commentsIn(config.read())];
        for (const entry of entries.concat(entries[0] ?? []))
          await config.edit({ kind: "allow", name: vm, entry, host: "one" });
        const vms = before.hosts["one"]?.vms ?? {};
        const after = await config.data();
        expect(after.hosts["one"]?.vms).toEqual({ ...vms, [vm]: { ...vms[vm], allow: entries } });
        expect(after.hosts["two"]).toEqual(before.hosts["two"]);
        expect(commentsIn(config.read())).toEqual(comments);
      }),
      runs,
    );
  });

  it("has a copy with the settings of another VM", async () => {
    await fc.assert(
      fc.asyncProperty(layouts, name, fc.nat(), async (layout, vm, position) => {
        const like = layout.vms[position % Math.max(layout.vms.length, 1)];
        fc.pre(like !== undefined && !layout.vms.includes(vm));
        const config = openConfig(sourceOf(layout), layout.extension);
        await config.edit(adding(vm, { like }));
        const vms = (await config.data()).hosts["one"]?.vms ?? {};
        expect(isDeepStrictEqual(vms[vm], vms[like])).toBe(true);
      }),
      runs,
    );
  });
});
