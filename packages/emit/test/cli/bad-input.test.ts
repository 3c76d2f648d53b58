import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { layOut, temporaryDirectory, treeOf } from "../tree.js";
import {
  bin,
  configOf,
  type Ended,
  environment,
  type JsonProblem,
  microvmEmit,
  microvmEmitProgram,
  parsed,
  project,
  sourceOf,
} from "./cli.js";

const config = "microvm.config.ts";

const crashed = /^error\[config-crashes\] microvm\.config\.ts\n {2}The command died while it loaded the config\.\n/;
const watchConfig = fileURLToPath(new URL("../../watch-config.sh", import.meta.url));

/**
 * Runs a command that must fail with exit code 1 and change nothing; checks the human output too and returns the
 * problems.
 */
const problemsOf = (dir: string, args: readonly string[], run = microvmEmit): readonly JsonProblem[] => {
  const before = treeOf(dir);
  const ended = run(dir, [...args, "--json"]);
  const { ok, problems } = parsed(ended);
  expect([ok, ended.exitCode, ended.stderr]).toEqual([false, 1, ""]);
  const forPeople = run(dir, args);
  expect([forPeople.exitCode, forPeople.stdout]).toEqual([1, ""]);
  for (const { code, severity, message, remedy } of problems) {
    expect(forPeople.stderr).toContain(`${severity}[${code}]`);
    for (const line of message.split("\n")) expect(forPeople.stderr).toContain(line);
    expect(forPeople.stderr).toContain(`help: ${remedy}`);
  }
  expect(treeOf(dir)).toEqual(before);
  return problems;
};

const placeOf = (dir: string, { place }: JsonProblem): string =>
  place === undefined ? "" : `${place.file.replace(`${dir}/`, "")}:${place.line}:${place.column}`;

describe("a config that cannot be loaded", () => {
  type Row = [string, Record<string, string>, string, Partial<JsonProblem> & { readonly at?: string }];

  it.each<Row>([
    [
      "does not exist",
      { "my.microvm.config.ts": "" },
      config,
      { code: "config-missing", remedy: "Did you mean my.microvm.config.ts?" },
    ],
    [
      "is a directory",
      { "sub/microvm.config.mjs": "" },
      "sub",
      { code: "config-missing", remedy: "Did you mean sub/microvm.config.mjs?" },
    ],
    [
      "lies below a file",
      { file: "" },
      "file/microvm.config.ts",
      { code: "config-missing", remedy: "Correct the path." },
    ],
    [
      "has another extension",
      { "config.toml": "" },
      "config.toml",
      { code: "config-unsupported", remedy: "Use one of .ts .mts .js .mjs .json .jsonc .yaml .yml." },
    ],
    ["has no extension", { config: "" }, "config", { code: "config-unsupported" }],
    [
      "is not valid TypeScript",
      { [config]: "export default {\n  a: 1\n  b: 2,\n};\n" },
      config,
      { code: "config-syntax", at: "microvm.config.ts:3:3", message: 'Unexpected token, expected ",".' },
    ],
    [
      "imports invalid TypeScript",
      { [config]: 'import x from "./lib.ts";\nexport default x;\n', "lib.ts": "export default (;\n" },
      config,
      { code: "config-syntax", at: "lib.ts:1:17" },
    ],
    [
      "is not valid JSON",
      { "c.json": '{\n  "hosts": {},\n}\n' },
      "c.json",
      { code: "config-syntax", at: "c.json:3:1", message: "The config is not valid JSON (property name expected)." },
    ],
    [
      "is JSON that ends too early",
      { "c.json": '{\n  "hosts": {' },
      "c.json",
      { code: "config-syntax", at: "c.json:2:13" },
    ],
    [
      "is JSON with a comment",
      { "c.json": '{ /* no */ "hosts": {} }' },
      "c.json",
      { code: "config-syntax", at: "c.json:1:3" },
    ],
    [
      "is JSON with a duplicate key",
      { "c.json": '{ "hosts": {\n  "a": { "x": 1 },\n  "a": {} } }' },
      "c.json",
      {
        code: "config-syntax",
        at: "c.json:3:3",
        message: 'The config is ambiguous: duplicate key "a".',
      },
    ],
    [
      "is JSON with comments and a duplicate key",
      { "c.jsonc": '{\n  "hosts": [{ "a": 1 }, { "a": 2 }], // once each\n  "hosts": {} }' },
      "c.jsonc",
      { code: "config-syntax", at: "c.jsonc:3:3" },
    ],
    ["is an empty JSON file", { "c.json": "" }, "c.json", { code: "config-syntax", at: "c.json:1:1" }],
    [
      "imports a missing file",
      { [config]: 'import { zsh as a } from "microvm-emit";\nimport b from "./none.js";\nexport default [a, b];\n' },
      config,
      {
        code: "config-import",
        at: "microvm.config.ts:2:15",
        message: 'The import "./none.js" is not found.',
        remedy: "Correct the path, which is relative to the importing file.",
      },
    ],
    [
      "imports a missing package",
      { [config]: 'import b from "@no/package";\nexport default b;\n' },
      config,
      {
        code: "config-import",
        at: "microvm.config.ts:1:15",
        remedy: "Install it beside the config (npm install @no/package) or remove the import.",
      },
    ],
    [
      "imports a file that imports a missing file",
      { [config]: 'import "./lib.ts";\n', "lib.ts": "\n  import './none.ts';\n" },
      config,
      { code: "config-import", at: "lib.ts:2:10" },
    ],
    [
      "imports a name that microvm-emit does not export",
      { [config]: 'import { defineConfg } from "microvm-emit";\nexport default defineConfg({});\n' },
      config,
      {
        code: "config-throws",
        at: "microvm.config.ts:2:16",
        message: 'The config throws: ReferenceError: "microvm-emit" has no export named "defineConfg".',
      },
    ],
    [
      "calls a function of microvm-emit without an import",
      { [config]: 'import { defineConfig } from "microvm-emit";\nexport default defineConfig({ a: claudeCode() });\n' },
      config,
      {
        code: "config-throws",
        message: "The config throws: ReferenceError: claudeCode is not defined",
        remedy: 'Add import { claudeCode } from "microvm-emit"; at the top. Nothing was written.',
      },
    ],
    [
      "calls an undefined function",
      { [config]: "export default { a: codeClaude() };\n" },
      config,
      { code: "config-throws", remedy: "Fix the code at the top of the stack. Nothing was written." },
    ],
    [
      "throws a string",
      { [config]: 'throw "no";\n' },
      config,
      { code: "config-throws", message: "The config throws: no" },
    ],
    [
      "exports nothing",
      { [config]: "const a = 1;\n" },
      config,
      { code: "config-not-exported", message: "The config exports nothing." },
    ],
    [
      "has no default export",
      { [config]: "export const a = 1, b = 2;\n" },
      config,
      { code: "config-not-exported", message: "The config exports a, b but no default." },
    ],
    [
      "exports a function that returns a list",
      { [config]: "export default () => [];\n" },
      config,
      {
        code: "config-not-exported",
        message: "The config exports a function as its default that returns a list.",
      },
    ],
    [
      "exports a function that returns a function",
      { [config]: "export default () => () => ({});\n" },
      config,
      {
        code: "config-not-exported",
        message: "The config exports a function as its default that returns a function.",
      },
    ],
    [
      "exports a function that returns nothing",
      { [config]: "export default () => {};\n" },
      config,
      {
        code: "config-not-exported",
        message: "The config exports a function as its default that returns undefined.",
      },
    ],
    [
      "exports a function that throws",
      { [config]: "export default async ({ env }) => {\n  await Promise.resolve();\n  return env.x.y;\n};\n" },
      config,
      { code: "config-throws", at: "microvm.config.ts:3:16" },
    ],
    [
      "exports a function that never returns",
      { [config]: "export default () => new Promise(() => {});\n" },
      config,
      { code: "config-unfinished" },
    ],
    [
      "exports a promise",
      { [config]: "export default Promise.resolve({});\n" },
      config,
      { code: "config-not-exported" },
    ],
    [
      "exports a list",
      { [config]: "export default [];\n" },
      config,
      { code: "config-not-exported", message: "The config exports a list as its default." },
    ],
    [
      "never finishes",
      { [config]: "await new Promise(() => {});\nexport default {};\n" },
      config,
      { code: "config-unfinished" },
    ],
    ...(
      [
        ["ends the process", "process.exit(0);", "process.exit(0)"],
        [
          "ends the process by an import of node:process",
          'import { exit } from "node:process"; exit(0);',
          "process.exit(0)",
        ],
        ["ends the process in a try block", "try { process.exit(0) } catch {}", "process.exit(0)"],
        ["aborts", "process.abort();", "process.abort()"],
        ["kills itself", 'process.kill(process.pid, "SIGKILL");', "SIGKILL"],
        ["ends the process later", "setTimeout(() => process.exit(0));", "process.exit(0)"],
        [
          "ends the process when nothing is left to do",
          'process.on("beforeExit", () => process.exit(0)); setTimeout(() => process.exit(0));',
          "process.exit(0)",
        ],
      ] as const
    ).map(([what, code, call]): Row => [
      what,
      { [config]: `\n${code}\nexport default { hosts: {} };\n` },
      config,
      {
        code: "config-exits",
        place: { line: 2 } as JsonProblem["place"] & object,
        message: expect.stringContaining(call) as string,
      },
    ]),
    ...(
      [
        ["rejects a promise that it does not await", 'Promise.reject(new Error("late"));', "late"],
        ["throws in a timer", 'setTimeout(() => { throw new Error("late"); });', "late"],
        [
          "has a listener for unhandled rejections",
          'process.on("unhandledRejection", () => {}); Promise.reject(new Error("late"));',
          "late",
        ],
        ["throws null", "throw null;", "The config throws: null"],
        [
          "throws a value that cannot be shown",
          "throw { get [Symbol.toStringTag]() { throw 1; } };",
          "a value that cannot be shown",
        ],
        [
          "throws an error without a message",
          'throw Object.defineProperty(new Error(), "message", { get() { throw 1; } });',
          "cannot be shown",
        ],
        [
          "throws a proxy that refuses everything",
          "throw new Proxy(new Error(), { get() { throw 1; }, getPrototypeOf() { throw 1; } });",
          "a value that cannot be shown",
        ],
        ["has an endless recursion", "const f = (): void => f(); f();", "Maximum call stack size exceeded"],
      ] as const
    ).map(([what, code, message]): Row => [
      what,
      { [config]: `${code}\nexport default { hosts: {} };\n` },
      config,
      { code: "config-throws", message: expect.stringContaining(message) as string },
    ]),
    ...(
      [
        [
          "has a getter that throws",
          '{ get a() { throw new Error("no"); } }',
          "config-throws",
          "no, when hosts.a is read",
        ],
        [
          "is of a class with a getter that throws",
          '{ a: new (class { get user() { throw new Error("no"); } })() }',
          "config-throws",
          "when hosts.a.user is read",
        ],
        [
          "has a proxy that throws",
          '{ a: new Proxy({}, { ownKeys: () => { throw new Error("no"); } }) }',
          "config-throws",
          "when hosts.a is read",
        ],
        [
          "has a proxy that is revoked",
          "{ a: (({ proxy, revoke }) => (revoke(), proxy))(Proxy.revocable({}, {})) }",
          "config-throws",
          "when hosts.a is read",
        ],
        [
          "is nested too deeply",
          "Array.from({ length: 200_000 }).reduce((a) => ({ a }), {})",
          "config-too-large",
          "deeper than 500 levels",
        ],
        ["has too many values", "{ a: new Array(4e9) }", "config-too-large", "more than 5,000,000 values"],
      ] as const
    ).map(([what, hosts, code, message]): Row => [
      what,
      { [config]: `export default { hosts: ${hosts} };\n` },
      config,
      { code, message: expect.stringContaining(message) as string },
    ]),
    ...["json", "jsonc", "yaml"].map((extension): Row => [
      `is ${extension} that is nested too deeply`,
      { [`c.${extension}`]: "[".repeat(200_000) + "]".repeat(200_000) },
      `c.${extension}`,
      { code: "config-too-large" },
    ]),
  ])("is reported with code, place and remedy when it %s", (row, files, name, { at, ...expected }) => {
    const dir = temporaryDirectory();
    layOut(dir, files);
    // These end a process, or nearly.
    const isDangerous = /process|never|aborts|kills|nested too deeply/.test(row);
    const problems = problemsOf(dir, [name], isDangerous ? microvmEmitProgram : microvmEmit);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject(expected);
    if (at !== undefined) expect(problems.map((problem) => placeOf(dir, problem))).toEqual([at]);
  });

  it("leaves the process unchanged", () => {
    const dir = temporaryDirectory();
    const changes = [
      "JSON.stringify = () => 'patched';",
      "Array.prototype.map = () => []; Array.prototype.push = () => 0; Object.entries = () => [];",
      "(globalThis as any).structuredClone = undefined; (Object.prototype as any).hosts = 1;",
      "for (const name of Object.keys(process.env)) delete process.env[name];",
      "process.chdir('/'); process.exitCode = 0; process.cwd = () => { throw new Error(); };",
      "process.on('exit', () => { process.exitCode = 0; });",
      "console.error = () => { throw new Error(); };",
      "process.stdout.write('noise\\n'); process.stdout.end(); process.stderr.end();",
    ];
    layOut(dir, { [config]: `${changes.join("\n")}\nexport default { hosts: 1 };\n` });
    const plain = temporaryDirectory();
    layOut(plain, { [config]: `${"\n".repeat(changes.length)}export default { hosts: 1 };\n` });
    for (const format of ["human", "json", "sarif"]) {
      const [changed, expected] = [dir, plain].map((cwd) => microvmEmitProgram(cwd, [config, "--format", format]));
      const said = ({ stdout = "", stderr = "" }: Partial<Ended> = {}): string =>
        (stdout + stderr.replace("noise\n", "")).replaceAll(dir, plain);
      expect([changed?.exitCode, said(changed)]).toEqual([1, said(expected)]);
    }
  });

  it.each(["setInterval(() => {}, 1000);", 'import { createServer } from "node:net";\ncreateServer().listen(0);'])(
    "ends with its report while this is still open: %s",
    (open) => {
      const dir = project("a");
      const source = readFileSync(join(dir, config), "utf8");
      layOut(dir, { [config]: `${open}\n${source}` });
      expect(parsed(microvmEmitProgram(dir, [config, "--json"]))).toMatchObject({ ok: true, problems: [] });
      layOut(dir, { [config]: `${open}\nthrow 1;\n` });
      expect(parsed(microvmEmitProgram(dir, [config, "--json"]))).toMatchObject({
        exitCode: 1,
        problems: [{ code: "config-throws" }],
      });
    },
  );

  it.each([
    ["throws an error whose message is", 'throw new Error("x".repeat(1e8));'],
    ["throws an error whose name is", 'throw Object.assign(new Error(), { name: "x".repeat(1e8) });'],
    ["exports", 'export default "x".repeat(1e8);'],
  ])("has a short report when it %s a long text", (_, code) => {
    const dir = temporaryDirectory();
    layOut(dir, { [config]: `${code}\n` });
    for (const format of ["human", "json", "sarif"]) {
      const { exitCode, stdout, stderr } = microvmEmitProgram(dir, [config, "--format", format]);
      expect(exitCode).toBe(1);
      // SARIF contains a page for each code.
      expect((stdout + stderr).match(/x+/g)?.every((text) => text.length <= 2000)).toBe(true);
    }
  });

  it.each([
    ["fills the memory", "const a: unknown[] = []; for (;;) a.push({});", "json", "SIGABRT"],
    [
      "fills the memory in a timer",
      "setTimeout(() => { const a: unknown[] = []; for (;;) a.push({}); });",
      "sarif",
      "SIGABRT",
    ],
    ["is killed", 'import { execSync } from "node:child_process"; execSync("kill -KILL $PPID");', "human", "SIGKILL"],
  ])("is reported when it %s", (_, code, format, signal) => {
    const dir = temporaryDirectory();
    layOut(dir, { [config]: `${code}\nexport default { hosts: {} };\n` });
    const before = treeOf(dir);
    const ended = spawnSync(process.execPath, [bin, config, "--format", format], {
      cwd: dir,
      encoding: "utf8",
      env: environment({ NODE_OPTIONS: "--max-old-space-size=64" }),
    });
    expect(ended.signal).toBe(signal);
    if (format === "human") expect([ended.stdout, ended.stderr]).toEqual(["", expect.stringMatching(crashed)]);
    if (format === "json") expect(JSON.parse(ended.stdout)).toMatchObject({ problems: [{ code: "config-crashes" }] });
    if (format === "sarif")
      expect(JSON.parse(ended.stdout)).toMatchObject({ runs: [{ results: [{ ruleId: "config-crashes" }] }] });
    expect(treeOf(dir)).toEqual(before);
  });

  it("is reported and killed when it has not finished loading in time", () => {
    const script = `
      const { spawn } = require("node:child_process");
      const watcher = [${JSON.stringify(watchConfig)}, "1", process.execPath, ${JSON.stringify(bin)}];
      spawn("sh", [...watcher, "--report-config", "json", "a.ts"], { stdio: ["pipe", 1, 2] });
      for (;;);`;
    const ended = spawnSync(process.execPath, ["-e", script], { encoding: "utf8", env: environment() });
    expect([ended.signal, ended.stderr]).toEqual(["SIGKILL", ""]);
    expect(JSON.parse(ended.stdout)).toMatchObject({
      ok: false,
      exitCode: 1,
      problems: [
        { code: "config-unfinished", subject: "a.ts", message: expect.stringContaining("in time") as unknown },
      ],
    });
  });

  it.each([
    ["", "config-crashes"],
    ["\n", "config-crashes"],
    ["\n\n", ""],
  ])("is reported after %j from the command as %j", (lines, code) => {
    const { stdout, status } = spawnSync("sh", [watchConfig, "600", "echo"], { encoding: "utf8", input: lines });
    expect([stdout.trim(), status]).toEqual([code, 0]);
  });

  it("has no time limit after it is loaded", () => {
    const script = `(printf '\\n'; sleep 2; printf '\\n') | sh "$1" 1 echo`;
    const { stdout, status } = spawnSync("sh", ["-c", script, "sh", watchConfig], { encoding: "utf8" });
    expect([stdout, status]).toEqual(["", 0]);
  });

  it.each([
    ["allocates buffers outside of the heap", "Buffer.alloc(2 ** 40);"],
    ["allocates a huge array", "new ArrayBuffer(2 ** 53 - 1);"],
    ["makes a string that is too long", '"x".repeat(2 ** 30);'],
  ])("is reported as an exception when it %s", (_, code) => {
    const dir = temporaryDirectory();
    layOut(dir, { [config]: `${code}\nexport default {};\n` });
    expect(problemsOf(dir, [config])).toMatchObject([{ code: "config-throws", place: { line: 1 } }]);
  });

  it("stops at Ctrl-C even if it has a listener for it", async () => {
    const dir = temporaryDirectory();
    layOut(dir, { [config]: 'process.on("SIGINT", () => {});\nconsole.log("looping");\nfor (;;);\n' });
    const run = spawn(process.execPath, [bin, config], { cwd: dir, env: environment() });
    const ended = once(run, "exit");
    await once(run.stderr, "data");
    run.kill("SIGINT");
    expect(await ended).toEqual([null, "SIGINT"]);
  });

  it("is not searched from a removed directory", () => {
    const [dir, gone] = [project("a"), temporaryDirectory()];
    const run = (format: string): Ended => {
      const script = `cd "$1" && rm -r "$1" && exec "$2" "$3" "$4" --format ${format}`;
      mkdirSync(gone, { recursive: true });
      const { status, stdout, stderr } = spawnSync(
        "sh",
        ["-c", script, "sh", gone, process.execPath, bin, join(dir, config)],
        {
          encoding: "utf8",
          env: environment(),
        },
      );
      return { exitCode: status, stdout, stderr };
    };
    expect(parsed(run("json"))).toMatchObject({ exitCode: 2, problems: [{ code: "cwd-missing" }] });
    expect(run("human")).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("error[cwd-missing]") as unknown,
    });
    expect(run("sarif").stdout).toContain('"ruleId": "cwd-missing"');
  });

  it("has only the config as its subject when it never finishes", () => {
    const dir = temporaryDirectory();
    layOut(dir, { [config]: "await new Promise(() => {});\nexport default {};\n" });
    expect(problemsOf(dir, [config, "--output", "out"])).toMatchObject([{ subject: config }]);
  });

  it("shows the user's stack frames with source columns", () => {
    const dir = temporaryDirectory();
    layOut(dir, {
      "node_modules/calls/index.js": "exports.call = (f) => f();\n",
      "lib.ts":
        'import { call } from "calls";\n\ninterface Options { readonly name: string }\n' +
        "export const vm = (options: Options): never => call(() => { throw new TypeError(`no ${options.name}\\nat all`); });\n",
      [config]:
        'import { vm } from "./lib.ts";\n\nexport default { hosts:   vm({ name: "x" } as { name: string }) };\n',
    });
    const [problem] = problemsOf(dir, [config]);
    expect(problem).toMatchObject({
      code: "config-throws",
      message: "The config throws: TypeError: no x\nat all",
      place: { file: join(dir, "lib.ts"), line: 4, column: 67 },
      details: [
        `at ${join(dir, "lib.ts")}:4:67`,
        `at vm (${join(dir, "lib.ts")}:4:52)`,
        `at ${join(dir, config)}:3:29`,
      ],
    });
    const { stderr } = microvmEmit(dir, [config]);
    expect(stderr).not.toContain("node_modules");
    expect(stderr).not.toContain("jiti");
    expect(stderr).not.toContain("dist/");
  });
});

describe("a config with problems", () => {
  it("reports all problems at once, each at its place", () => {
    const dir = temporaryDirectory();
    layOut(dir, {
      [config]: `import { defineConfig } from "microvm-emit";

const small = { vcpu: 0, memoryMB: 512 };
const user = { name: "alice" } as const;

export default defineConfig({
  hosts: {
    alpha: {
      stateVersion: "25.11",
      user,
      bridges: { br0: { address: "10.0.0.1/24" } },
      vms: {
        a: { ...small, interfaces: [{ address: "10.0.0.9" }] },
        b: { interfaces: [{ address: "10.0.0.9" }] },
      },
    },
  },
});
`,
    });
    const problems = problemsOf(dir, [config]);
    const told = problems.map((problem) => `${problem.subject ?? ""} ${placeOf(dir, problem)}`);
    expect(told).toContain("hosts.alpha.vms.a.vcpu microvm.config.ts:3:17");
    expect(told).toContain("hosts.alpha.vms.a.memoryMB microvm.config.ts:3:26");
    const { stderr } = microvmEmit(dir, [config]);
    expect(stderr).toContain(
      "  --> microvm.config.ts:3:17\n  3 | const small = { vcpu: 0, memoryMB: 512 };\n    |                 ^\n",
    );
  });

  it("reports both places of a conflict", () => {
    const dir = temporaryDirectory();
    const source = sourceOf(configOf("a", "b")).replaceAll(/"(?:a|b)": \{\}/g, (vm) =>
      vm.replace("{}", '{ interfaces: [{ address: "10.0.0.9" }] }'),
    );
    layOut(dir, { [config]: source, "configuration.nix": "{ }" });
    const [problem, ...others] = problemsOf(dir, [config]);
    expect(others).toEqual([]);
    expect(problem).toMatchObject({ code: "duplicate-address", related: [{ place: { file: join(dir, config) } }] });
  });

  it("reports places in JSON too", () => {
    const dir = temporaryDirectory();
    layOut(dir, { "c.json": JSON.stringify(configOf("a"), undefined, 2).replace('"a": {}', '"a": { "vcpu": 0 }') });
    const problems = problemsOf(dir, ["c.json"]);
    const lines = readFileSync(join(dir, "c.json"), "utf8").split("\n");
    const line = lines.findIndex((text) => text.includes("vcpu"));
    expect(problems.map((problem) => placeOf(dir, problem))).toEqual([
      `c.json:${line + 1}:${(lines[line] ?? "").indexOf('"vcpu"') + 1}`,
    ]);
  });

  it("is reported together with a broken lock file and a bad output directory", () => {
    const dir = project("a");
    layOut(dir, { "microvm.lock.json": "{", out: "" });
    writeFileSync(join(dir, config), "export default 1;\n");
    const codes = problemsOf(dir, [config, "-o", "out"]).map(({ code }) => code);
    expect(codes.sort()).toEqual(["config-not-exported", "lock-broken", "output-not-directory"]);
  });
});

describe("a broken lock file", () => {
  const at = "microvm.lock.json";
  it.each([
    ["no JSON", '{ "version": 1,\n', `${at}:2:1`],
    ["an invalid index", '{ "version": 1, "hosts": { "alpha": { "a": -1 } } }', `${at}:1:44`],
    ["lists in lists", "[".repeat(200_000), ""],
  ])("is reported when it has %s", (_, text, place) => {
    const dir = project("a");
    layOut(dir, { [at]: text });
    const [problem, ...others] = problemsOf(dir, [config]);
    expect(others).toEqual([]);
    expect(problem?.code).toBe("lock-broken");
    if (problem !== undefined) expect(placeOf(dir, problem)).toBe(place);
  });
});

describe("an output directory", () => {
  it.each(["taken", "taken/deep"])("is reported when it is a file (%s)", (output) => {
    const dir = project("a");
    layOut(dir, { taken: "" });
    expect(problemsOf(dir, [config, "-o", output])).toMatchObject([
      { code: "output-not-directory", message: expect.stringContaining(join(dir, "taken")) as unknown },
    ]);
  });

  it("is reported when it is not writable", () => {
    const dir = project("a");
    mkdirSync(join(dir, "flake"));
    if (process.getuid?.() === 0) {
      // Root can write to all other paths.
      expect(problemsOf(dir, [config, "-o", "/proc/flake"])).toMatchObject([{ severity: "error" }]);
    } else {
      chmodSync(join(dir, "flake"), 0o555);
      expect(problemsOf(dir, [config])).toMatchObject([{ code: "output-not-writable" }]);
      chmodSync(join(dir, "flake"), 0o755);
    }
  });
});

describe("a repository with links", () => {
  /** Another flake of the same user; its manifest would allow overwriting. */
  const other = (): string => {
    const dir = project("other");
    expect(microvmEmit(dir, [config]).exitCode).toBe(0);
    return dir;
  };

  it.each<[string, string, string, readonly string[]]>([
    ["flake", "flake", "flake", []],
    ["a folder of -o", "out", "", ["-o", "out/flake"]],
    ["a folder below the config's", "sub/out", "", ["-o", "sub/out/flake"]],
    ["a folder of -o in another work tree", "work/out", "", ["-o", "work/out/flake"]],
    ["a folder that a link of the user's leads to", "work/out", "", ["-o", "USER/link/flake"]],
  ])("cannot make a run write through a link at %s", (_, link, target, args) => {
    const [dir, elsewhere] = [project("a"), other()];
    const before = treeOf(elsewhere);
    for (const folder of ["work/.git", "sub"]) mkdirSync(join(dir, folder), { recursive: true });
    symlinkSync(join(elsewhere, target), join(dir, link));
    const user = temporaryDirectory();
    symlinkSync(join(dir, "work/out"), join(user, "link"));
    const typed = args.map((arg) => arg.replace("USER", user));
    expect(problemsOf(dir, [config, ...typed])).toMatchObject([
      { code: "output-through-link", message: expect.stringContaining(join(dir, link)) as unknown },
    ]);
    expect(treeOf(elsewhere)).toEqual(before);
  });

  it("cannot redirect the lock file by a link", () => {
    const [dir, elsewhere] = [project("a"), other()];
    symlinkSync(join(elsewhere, "microvm.lock.json"), join(dir, "microvm.lock.json"));
    const before = treeOf(elsewhere);
    expect(problemsOf(dir, [config])).toMatchObject([
      {
        code: "lock-broken",
        message: expect.stringContaining("it is a symbolic link") as unknown,
      },
    ]);
    expect(treeOf(elsewhere)).toEqual(before);
  });

  it.each([
    ["microvm.lock.json", ["lock-broken"]],
    ["other.lock.json", []],
  ])("cannot block a run by a FIFO as %s", (name, codes) => {
    const dir = project("a");
    execFileSync("mkfifo", [join(dir, name)]);
    const { problems } = parsed(microvmEmit(dir, [config, "--json"]));
    expect(problems.filter(({ severity }) => severity === "error").map(({ code }) => code)).toEqual(codes);
  });

  it.each<[string, string, string]>([
    ["stays in the folder of the config", "link", "real"],
    ["stays in its work tree", "work/deep/link", "work/real"],
    ["is outside every repository", "../link", "../real"],
  ])("may contain a link that %s", (_, link, target) => {
    const parent = realpathSync(temporaryDirectory());
    const dir = join(parent, "repo");
    for (const folder of ["repo/real", "repo/work/.git", "repo/work/deep", "repo/work/real", "real"])
      mkdirSync(join(parent, folder), { recursive: true });
    layOut(dir, { [config]: sourceOf(configOf("a")), "configuration.nix": "{ }" });
    symlinkSync(join(dir, target), join(dir, link));
    expect(microvmEmit(dir, [config, "-o", `${link}/out`]).exitCode).toBe(0);
    expect(Object.keys(treeOf(join(dir, target)))).toContain("out/flake.nix");
  });
});

describe("a workspace with a .git file", () => {
  const git = (...args: readonly string[]): void => {
    execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "protocol.file.allow=always", ...args], {
      stdio: "pipe",
    });
  };

  it("causes a warning for a linked worktree or submodule, but not for a clone", () => {
    const [dir, src] = [temporaryDirectory(), realpathSync(temporaryDirectory())];
    const at = (name: string): string => join(src, name);
    for (const name of ["main", "super"]) {
      git("init", "-q", at(name));
      git("-C", at(name), "commit", "-q", "--allow-empty", "-m", "first");
    }
    git("-C", at("main"), "worktree", "add", "-q", at("linked"));
    git("-C", at("super"), "submodule", "add", "-q", at("main"), "lib");
    git("clone", "-q", at("main"), at("clone"));
    symlinkSync(at("linked"), at("link"));
    mkdirSync(at("planted"));
    writeFileSync(at("planted/.git"), `gitdir: /srv/\u001b[2J\n`);
    mkdirSync(at("large"));
    writeFileSync(at("large/.git"), `gitdir: /srv/${"a".repeat(4096)}\n`);
    mkdirSync(at("fifo"));
    execFileSync("mkfifo", [at("fifo/.git")]);
    const folders = ["main", "linked", "super/lib", "clone", "link", "planted", "large", "fifo"];
    const shares = (...names: readonly string[]): object => ({
      workspace: false,
      shares: names.map((name, position) => ({ tag: `t${String(position)}`, source: at(name) })),
    });
    const { hosts } = configOf() as { hosts: { alpha: object } };
    const vms = {
      ...Object.fromEntries(folders.map((name) => [name.replace("/", "-"), shares(name)])),
      both: shares("linked", "main"),
    };
    layOut(dir, { "c.json": JSON.stringify({ hosts: { alpha: { ...hosts.alpha, modules: [], vms } } }) });
    const { problems } = parsed(microvmEmit(dir, ["plan", "c.json", "--json"]));
    const found = problems
      .filter(({ code }) => code === "workspace-without-repository")
      .toSorted((a, b) => (a.message < b.message ? -1 : 1));
    expect(found.map(({ message }) => message.replaceAll(`${src}/`, ""))).toEqual([
      "link has no Git repository in the guest: its .git file refers to main/.git/worktrees/linked, which is not shared",
      "linked has no Git repository in the guest: its .git file refers to main/.git/worktrees/linked, which is not shared",
      "super/lib has no Git repository in the guest: its .git file refers to super/.git/modules/lib, which is not shared",
    ]);
    expect(found.map(({ remedy }) => remedy.replaceAll(`${src}/`, ""))).toEqual([
      "Use a clone (git clone), or share main too, at the same path.",
      "Use a clone (git clone), or share main too, at the same path.",
      "Use a clone (git clone), or share super instead.",
    ]);
  });
});

describe("a secret in a config", () => {
  it("appears in no report", () => {
    const dir = temporaryDirectory();
    const secret = `sk-ant-${"api03Ab9".repeat(6)}`;
    layOut(dir, { "c.yaml": `hosts:\n  h: { stateVersion: "26.05", user: { name: alice }, modules: [${secret}] }\n` });
    for (const format of ["human", "json", "sarif"]) {
      const { exitCode, stdout, stderr } = microvmEmit(dir, ["c.yaml", "--format", format]);
      expect([exitCode, stdout + stderr]).toEqual([1, expect.stringContaining("literal-secret")]);
      expect(stdout + stderr).not.toContain(secret);
    }
  });
});
