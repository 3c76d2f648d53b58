/** Tests the server of the Model Context Protocol with the official client, over a real pipe. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { describe, expect, it, onTestFinished } from "vitest";
import { treeOf } from "../tree.js";
import { bin, environment, project } from "./cli.js";

interface Result {
  readonly text: string;
  readonly json: Readonly<Record<string, unknown>>;
  readonly isError: boolean;
}

const connect = async (dir: string, ...args: readonly string[]) => {
  const client = new Client({ name: "test", version: "1" });
  const env = Object.fromEntries(
    Object.entries(environment()).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
  await client.connect(
    new StdioClientTransport({ command: process.execPath, args: [bin, "mcp", ...args], cwd: dir, env, stderr: "pipe" }),
  );
  onTestFinished(() => client.close());
  return {
    client,
    call: async (name: string, input: Record<string, unknown> = {}): Promise<Result> => {
      const { content, isError } = await client.callTool({ name, arguments: input });
      const [first] = content as readonly { readonly text: string }[];
      const text = first?.text ?? "";
      let json = {};
      try {
        json = JSON.parse(text) as object;
      } catch {
        // An error of the protocol.
      }
      return { text, json, isError: isError === true };
    },
  };
};

describe("the server", () => {
  it("has a tool for each job, with hints for the client, and none that deploys or deletes", async () => {
    const { client } = await connect(project("web"));
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name).sort()).toEqual(
      "add check diff doctor down emit exec explain logs net plan remove rename status up".split(" "),
    );
    const reading = tools.filter(({ annotations }) => annotations?.readOnlyHint === true).map(({ name }) => name);
    expect(reading.sort()).toEqual(["check", "diff", "doctor", "explain", "logs", "net", "plan", "status"]);
    const properties = tools.flatMap(({ inputSchema }) => Object.keys(inputSchema.properties ?? {}));
    // No file, no policy, no switch.
    expect([...new Set(properties)].sort()).toEqual(
      ["agent", "code", "command", "dryRun", "host", "lines", "to", "toolchains", "vm"].sort(),
    );
    for (const { inputSchema } of tools) expect(inputSchema).toMatchObject({ additionalProperties: false });
  });

  it("edits the config and emits, and changes nothing in a dry run", async () => {
    const dir = project("web");
    const { call } = await connect(dir, "microvm.config.ts", "-o", "out");
    const before = treeOf(dir);
    const dry = await call("add", { vm: "api", agent: "claude-code", toolchains: ["go"], dryRun: true });
    expect(dry).toMatchObject({ isError: false, json: { ok: true, dryRun: true } });
    expect(treeOf(dir)).toEqual(before);
    expect(await call("add", { vm: "api", agent: "claude-code" })).toMatchObject({ isError: false });
    expect(readFileSync(join(dir, "microvm.config.ts"), "utf8")).toContain("api");
    expect(readFileSync(join(dir, "out/hosts/alpha/vms/api.nix"), "utf8")).toContain("microvm-emit.vms.api");
    expect(await call("plan", { vm: "api" })).toMatchObject({ json: { hosts: [{ host: "alpha" }] } });
    expect(await call("rename", { vm: "api", to: "shop" })).toMatchObject({ isError: false });
    expect(await call("remove", { vm: "shop" })).toMatchObject({ isError: false });
    expect(readFileSync(join(dir, "microvm.config.ts"), "utf8")).not.toContain("shop");
  });

  it("reports problems of the config and of arguments as errors", async () => {
    const { call } = await connect(project("web"));
    const unknown = await call("plan", { vm: "wbe" });
    expect(unknown).toMatchObject({ isError: true, json: { ok: false } });
    expect(unknown.text).toContain('Did you mean \\"web\\"?');
    expect(await call("explain", { code: "duplicate-mac" })).toMatchObject({ isError: false });
    expect(await call("up", { vm: "other" })).toMatchObject({ isError: true });
  });

  it.each([
    ["plan", { vm: "--help" }],
    ["add", { vm: "../x" }],
    ["add", { vm: "api", agent: "-o/tmp" }],
    ["add", { vm: "api", toolchains: ["go,--force"] }],
    ["logs", { vm: "web", lines: 100_000 }],
    ["up", { vm: "web", switch: true }],
    ["exec", { vm: "web", command: [] }],
    ["diff", { ref: "main" }],
  ])("refuses arguments that are flags, paths or unknown: %s %j", async (name, input) => {
    const dir = project("web");
    const before = treeOf(dir);
    const { call } = await connect(dir);
    const result = await call(name, input).catch((error: unknown) => ({ isError: true, text: String(error) }));
    expect(result.isError).toBe(true);
    expect(result.text).toMatch(/[Ii]nvalid|validation/);
    expect(treeOf(dir)).toEqual(before);
  });

  it("ends when the client closes the pipe", async () => {
    const { client } = await connect(project("web"));
    const { pid } = client.transport as StdioClientTransport;
    await client.close();
    expect(() => process.kill(pid ?? 0, 0)).toThrow("ESRCH");
  });
});
