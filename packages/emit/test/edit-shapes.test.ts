/** Tests the exact text of edited configs, in the style of the config. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Request } from "../src/config-file/edit/change.js";
import { editConfig } from "../src/config-file/edit/edit.js";
import { placesOf } from "../src/config-file/places.js";
import { layOut, temporaryDirectory } from "./tree.js";

const add = (name: string, more: Partial<Extract<Request, { kind: "add" }>> = {}): Request => ({
  kind: "add",
  name,
  host: undefined,
  agent: undefined,
  toolchains: [],
  clone: undefined,
  like: undefined,
  ...more,
});
const rename = (name: string, to: string): Request => ({ kind: "rename", name, to, host: undefined });

const spread = (vms: string): string => `const base = { workspace: "~/shared" };
export default { hosts: { h: { stateVersion: "25.11", vms: {
  a: { ...base, vcpu: 2 },
${vms}} } } };
`;

const single = (entry: string): string => `export default {
  hosts: { h: { stateVersion: '25.11', vms: { 'web-1': { allow: ['npm'${entry}] } } } },
};
`;

const withoutVms = (vms: string): string => `export default {
  hosts: {
    h: {
      stateVersion: "25.11",${vms}
    },
  },
};
`;

const anchors = (vms: string): string => `hosts:
  h:
    stateVersion: "25.11"
    vms:
      a:
        vcpu: &count 2
        environment: { A: &text hello, B: *text }
${vms}`;

const reaching = (name: string): string => `hosts:
  h:
    stateVersion: "25.11"
    vmDefaults:
      reachVms: [${name}]
    vms:
      ${name}: {}
      b:
        reachVms: [${name}:22, a2]
      a2: {}
`;

it.each<readonly [what: string, file: string, before: string, request: Request, after: string]>([
  [
    "a copy gets its own workspace when a spread sets the workspace of the original",
    "c.ts",
    spread(""),
    add("b", { like: "a" }),
    spread('  b: { ...base, vcpu: 2, workspace: "~/microvm/b" },\n'),
  ],
  [
    "a new entry has the quotes of the file",
    "c.ts",
    single(""),
    { kind: "allow", name: "web-1", entry: "example.org", host: undefined },
    single(", 'example.org'"),
  ],
  [
    "the first VM of a host gets a line with a comma when others have one",
    "c.ts",
    withoutVms(""),
    add("a"),
    withoutVms("\n      vms: {\n        a: {},\n      },"),
  ],
  [
    "a copy in YAML keeps only the anchors that it uses",
    "c.yaml",
    anchors(""),
    add("b", { like: "a" }),
    anchors("      b:\n        vcpu: 2\n        environment: { A: &text hello, B: *text }\n"),
  ],
  [
    "a renamed VM in YAML has its new name in reachVms of others and of the host",
    "c.yaml",
    reaching("a"),
    rename("a", "x"),
    reaching("x"),
  ],
])("%s", async (_, name, before, request, after) => {
  const dir = temporaryDirectory();
  layOut(dir, { [name]: before });
  for (const { path, text } of (await editConfig(placesOf(join(dir, name)), request)).files) writeFileSync(path, text);
  expect(readFileSync(join(dir, name), "utf8")).toBe(after);
});
