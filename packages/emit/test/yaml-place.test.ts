import { type ConfigPath, emptyLock, planConfig } from "@microvm-emit/model";
import { describe, expect, it } from "vitest";
import { locator } from "../src/config-file/locate/locate.js";
import { readYaml } from "../src/config-file/locate/yaml-place.js";

/** The text at the place of a path, to the end of its line. */
const textAt = async (source: string, path: ConfigPath): Promise<string | undefined> => {
  const place = (await locator("/c.yaml", source))(path);
  return place?.lineText?.slice(place.column - 1);
};

const vcpu: ConfigPath = ["hosts", "a", "vms", "v", "vcpu"];

describe("the place of a path in YAML", () => {
  it.each<[string, string, ConfigPath, string]>([
    ["in block maps", "hosts:\n  a:\n    vms:\n      v:\n        vcpu: 0\n", vcpu, "vcpu: 0"],
    ["in flow maps", 'hosts: { a: { vms: { v: { "vcpu": 0 } } } }\n', vcpu, '"vcpu": 0 } } } }'],
    [
      "after comments and the start of a document",
      "# c\n---\nhosts:\n  a: {vms: {v: {vcpu: 0}}}\n",
      vcpu,
      "vcpu: 0}}}",
    ],
    ["in a list", "modules:\n  - a\n  - ./b.nix # here\n", ["modules", 1], "./b.nix # here"],
    ["through an alias", "x: &small\n  vcpu: 0\nhosts:\n  a:\n    vms:\n      v: *small\n", vcpu, "vcpu: 0"],
    [
      "through a merge key",
      "x: &small\n  vcpu: 0\nhosts:\n  a:\n    vms:\n      v:\n        <<: *small\n        index: 1\n",
      vcpu,
      "vcpu: 0",
    ],
    [
      "through a merge key in the first of several maps",
      "x: &x { index: 0 }\ny: &y { vcpu: 0 }\nz: &z { vcpu: 1 }\nhosts: { a: { vms: { v: { <<: [*x, *y, *z] } } } }\n",
      vcpu,
      "vcpu: 0 }",
    ],
    [
      "in the map itself, before its merge key",
      "x: &small { vcpu: 1 }\nhosts: { a: { vms: { v: { <<: *small, vcpu: 0 } } } }\n",
      vcpu,
      "vcpu: 0 } } } }",
    ],
    ["with keys that are numbers", "hosts: { 1: { vms: {} } }\n", ["hosts", "1"], "1: { vms: {} } }"],
    ["at its deepest known part, if it is not found itself", "hosts:\n  a: {}\n", vcpu, "a: {}"],
    ["at the config, if no part is found", "hosts: {}\n", ["description"], "hosts: {}"],
  ])("is found %s", async (_, source, path, expected) => {
    expect(await textAt(source, path)).toBe(expected);
    const read = readYaml("/c.yaml", source);
    expect("problem" in read ? read.problem : undefined).toBeUndefined();
  });
});

it("accepts !replace and !unset for vmDefaults", () => {
  const source = `hosts:
  h:
    stateVersion: "26.05"
    user: { name: alice, sshKeys: [ssh-ed25519 AAAA] }
    bridges: { br0: { address: 10.0.0.1/24 } }
    vmDefaults: { vcpu: 2, packages: [git], groups: { a: { gid: 2000 } } }
    vms:
      kept: { packages: [jq] }
      other: { vcpu: !unset , packages: !replace [jq], groups: !replace { b: { gid: 2001 } } }
`;
  const read = readYaml("/c.yaml", source);
  const planned = planConfig("data" in read ? read.data : read.problem, emptyLock);
  if (planned._tag === "Left") throw new Error(JSON.stringify(planned.left));
  const vms = planned.right.value.plan.hosts.flatMap((host) => host.vms);
  expect(
    vms.map(({ machine: { vcpu }, guest: { packages, groups } }) => [vcpu, packages.length, groups.at(-1)?.name]),
  ).toEqual([
    [2, 2, "a"],
    [8, 1, "b"],
  ]);
});

it("accepts anchors and merge keys", () => {
  const vms = Array.from({ length: 1000 }, (_, index) => `    vm${index}: { <<: *base, index: ${index} }\n`).join("");
  const read = readYaml("/c.yaml", `base: &base { vcpu: 2, packages: [git, jq] }\nhosts:\n  h:\n${vms}`);
  if ("problem" in read) throw new Error(read.problem.message);
  const { hosts } = read.data as { hosts: { h: Record<string, unknown> } };
  expect(hosts.h["vm999"]).toEqual({ vcpu: 2, packages: ["git", "jq"], index: 999 });
});

describe("invalid YAML", () => {
  it.each<[string, string, string, RegExp]>([
    ["a duplicate key", "hosts: {}\nhosts: {}\n", "2:1", /unique/],
    ["an open bracket", "hosts: {\n", "2:1", /end with a }/],
    ["wrong indentation", "hosts:\n  a: 1\n b: 2\n", "3:1", /column|indent/],
    ["two documents", "hosts: {}\n---\nhosts: {}\n", "2:1", /multiple documents/],
    ["an unknown tag", "hosts: !mine {}\n", "1:8", /!mine/],
    ["an alias without an anchor", "hosts: *none\n", "1:8", /no anchor &none/],
    ["an alias of its own parent", "hosts: &a\n  h: *a\n", "2:6", /contains itself/],
    ["a merge of its own parent", "hosts: &a\n  <<: *a\n", "2:7", /contains itself/],
    [
      "nested aliases with too many values",
      [
        "a: &l0 [x]",
        ...Array.from({ length: 8 }, (_, at) => `b${at}: &l${at + 1} [${Array(10).fill(`*l${at}`).join(", ")}]`),
      ].join("\n"),
      "7:25",
      /expand to more than 1,000,000 values/,
    ],
  ])("is reported at its place when it has %s", (_, source, place, words) => {
    const read = readYaml("/c.yaml", source);
    if (!("problem" in read)) throw new Error("it was read");
    expect(`${read.problem.place.line}:${read.problem.place.column}`).toBe(place);
    expect(read.problem.message).toMatch(words);
  });
});
