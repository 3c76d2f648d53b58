/** The tables of agents and toolchains, as a config may name and extend them. */
import { describe, expect, expectTypeOf, it } from "vitest";
import * as model from "../src/index.js";
import {
  type Agent,
  type AgentName,
  agents,
  type Config,
  planConfig,
  type Toolchain,
  toolchains,
} from "../src/index.js";
import { config } from "./config.js";

const problems = (vms: unknown, rest: object = {}): readonly model.Problem[] => {
  const result = planConfig(config(vms, {}, rest), model.emptyLock);
  return result._tag === "Left" ? result.left : [];
};

describe("the table of agents", () => {
  const rows: readonly (readonly [string, Agent])[] = Object.entries(agents);

  it.each(rows)("%s has its name, variables for keys, and a unique tag and directory", (name, row) => {
    expect(row.name).toBe(name);
    expect(row.apiKeyVariables?.length).toBeGreaterThan(0);
    expect(rows.filter(([, other]) => other.state?.tag === row.state?.tag)).toHaveLength(1);
    expect(rows.filter(([, other]) => other.state?.directory === row.state?.directory)).toHaveLength(1);
    // By a variable or by a place: an agent that is told neither looks elsewhere.
    expect(row.state?.variable ?? row.state?.mountPoint).toBeDefined();
  });

  it.each(rows)("%s is valid in a VM, at its first release", (name) => {
    // At the first release that has it, whatever became of it since.
    const url = `github:nixos/nixpkgs/nixos-${agents[name as AgentName].releases.since}`;
    expect(problems({ a: { agent: name } }, { inputs: { "nixpkgs-unstable": url } })).toEqual([]);
  });

  it.each(rows)("%s has the date of its facts, and the releases of its package", (_, { facts, releases }) => {
    expect(facts?.date).toMatch(/^20\d\d-(0[1-9]|1[0-2])$/);
    expect(releases?.since).toMatch(/^\d\d\.(05|11)$/);
    if (releases?.until !== undefined) expect(Object.keys(agents)).toContain(releases.successor);
  });

  it.each(rows)("%s has symlinks if it has a variable", (_, { state }) => {
    expect(Object.keys(state?.links ?? {}).length > 0).toBe(state?.variable !== undefined);
  });

  it.each([
    ["claud-code", "claude-code"],
    ["gemini-cl", "gemini-cli"],
    ["open-code", "opencode"],
    ["qwencode", "qwen-code"],
    ["claude", "claude-code"],
    ["gemini", "gemini-cli"],
    ["copilot", "copilot-cli"],
    ["openai", "codex"],
  ])("suggests for %s the name %s", (given, meant) => {
    const [problem] = problems({ a: { agent: given } });
    expect(problem).toMatchObject({ code: "bad-value", path: ["hosts", "h", "vms", "a", "agent"] });
    expect(JSON.stringify(problem)).toContain(`Did you mean \\"${meant}\\"?`);
  });
});

describe("the table of toolchains", () => {
  const rows: readonly (readonly [string, Toolchain])[] = Object.entries(toolchains);

  it.each(rows)("%s has its name and is valid in a VM", (name, row) => {
    expect(row.name).toBe(name);
    expect(problems({ a: { toolchains: [name] } })).toEqual([]);
  });

  it.each(rows)("%s can be set as an object", (_, row) => {
    expect(problems({ a: { toolchains: [row] } })).toEqual([]);
  });

  it("has no conflicting environment variables", () => {
    expect(problems({ a: { toolchains: Object.keys(toolchains) } })).toEqual([]);
  });

  it.each([
    ["pyton", "python"],
    ["golang", "go"],
    ["nodejs", "node"],
    ["javascript", "node"],
    ["postgres", "postgresql"],
    ["C++", "cpp"],
  ])("suggests for %s the name %s", (given, meant) => {
    expect(JSON.stringify(problems({ a: { toolchains: [given] } }))).toContain(`Did you mean \\"${meant}\\"?`);
  });

  it("suggests all names if none is similar", () => {
    expect(JSON.stringify(problems({ a: { toolchains: ["p"] } }))).toContain("Use one of: go, rust,");
  });

  it.each([
    ["agent", model.claudeCode],
    ["agent", model.piCodingAgent],
  ])("suggests to call the function that is the value of %s", (setting, value) => {
    expect(problems({ a: { [setting]: value } })).toMatchObject([{ remedy: `Call it: ${value.name}().` }]);
    expect((model as unknown as Readonly<Record<string, unknown>>)[value.name]).toBe(value);
  });
});

describe("domains", () => {
  it.each(["https://example.org", "example", "Example.org", "example.org:443", "*", "a.*.org", "-a.org"])(
    "cannot be %s",
    (domain) => {
      const agent = { name: "a", package: "a", command: "a", domains: [domain] };
      expect(problems({ a: { agent } }).map(({ code }) => code)).toEqual(["bad-value"]);
    },
  );
});

describe("the types", () => {
  it("accept a custom agent and toolchain", () => {
    const agent = {
      name: "mine",
      package: "my-agent",
      unfree: true,
      state: { directory: "~/mine", tag: "mine", mountPoint: "~/.mine" },
      command: "mine --yes",
      domains: ["api.example.org"],
      apiKeyVariables: ["MINE_API_KEY"],
    } as const;
    const toolchain = { name: "t", packages: ["gcc"], caches: ["~/.cache/t"], domains: ["example.org"] } as const;
    expectTypeOf(agent).toExtend<Agent>();
    expectTypeOf(toolchain).toExtend<Toolchain>();
    const own: Config = {
      hosts: { h: { stateVersion: "26.05", user: { name: "alice" }, vms: { a: { agent, toolchains: [toolchain] } } } },
    };
    expectTypeOf(own).toEqualTypeOf<Config>();
    expect(problems({ a: { agent, toolchains: [toolchain] } })).toEqual([]);
  });

  it("contain the names of agents and toolchains", () => {
    expectTypeOf<"copilot-cli">().toExtend<AgentName>();
    // @ts-expect-error -- it is `claude-code`
    const vm: model.Vm = { agent: "claude" };
    expect(problems({ a: vm })).toHaveLength(1);
  });
});
