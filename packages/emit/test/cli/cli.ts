import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Ajv } from "ajv";
import { afterAll } from "vitest";
import { layOut, temporaryDirectory } from "../tree.js";
import { commandServer, type Ended } from "./command-server.js";

export type { Ended };

/** The built command, as in the package's `bin`. */
export const bin = fileURLToPath(new URL("../../dist/bin/microvm-emit.js", import.meta.url));

const cache = mkdtempSync(join(tmpdir(), "emit-cli-cache-"));
const server = commandServer(fileURLToPath(new URL("command-server-process.js", import.meta.url)));
afterAll(async () => {
  await server.stop();
  rmSync(cache, { recursive: true, force: true });
});

export const environment = (more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
  ...process.env,
  XDG_CACHE_HOME: cache,
  ...more,
});

/** Runs the command in a directory, in a process that other commands have run in. */
export const microvmEmit = (cwd: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Ended => {
  const ended = server.run({ cwd, args, env: environment(env) });
  if (args.includes("--json") && ended.stdout !== "") requireSchema(args, ended.stdout);
  return ended;
};

const outputSchema = JSON.parse(
  readFileSync(fileURLToPath(new URL("../../output.schema.json", import.meta.url)), "utf8"),
) as { readonly definitions: { readonly Printed: { readonly properties: Readonly<Record<string, object>> } } };
const ajv = new Ajv({ strict: false }).addSchema(outputSchema, "output");

/** Throws if the output differs from the schema of the command's output. */
const requireSchema = (args: readonly string[], stdout: string): void => {
  const isCommand = (word: string, position: number): boolean =>
    word in outputSchema.definitions.Printed.properties && args[position - 1] !== "--stop-after";
  const named = args.find(isCommand) ?? "emit";
  const command = args.some((word) => ["--help", "-h", "--version", "-V"].includes(word)) ? "help" : named;
  const validate = ajv.getSchema(`output#/definitions/Printed/properties/${command}`);
  if (validate?.(JSON.parse(stdout)) !== true)
    throw new Error(`The output of ${command} does not match its schema: ${ajv.errorsText(validate?.errors)}`);
};

/** Runs the command in a directory as a program, for tests of its process. */
export const microvmEmitProgram = (cwd: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Ended => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...args], {
    cwd,
    encoding: "utf8",
    env: environment(env),
    maxBuffer: 1 << 26,
  });
  return { exitCode: status, stdout, stderr };
};

/** A problem in the output of `--json`. */
export interface JsonProblem {
  readonly code: string;
  readonly severity: string;
  readonly subject?: string;
  readonly place?: { readonly file: string; readonly line: number; readonly column: number };
  readonly message: string;
  readonly remedy: string;
  readonly details?: readonly string[];
  readonly related?: readonly {
    readonly subject: string;
    readonly note: string;
    readonly place?: JsonProblem["place"];
  }[];
}

export interface Json {
  readonly ok: boolean;
  readonly exitCode: number;
  readonly problems: readonly JsonProblem[];
  readonly [more: string]: unknown;
}

export const parsed = ({ stdout }: Ended): Json => JSON.parse(stdout) as Json;

/** A config of one host with VMs of these names, as JSON. */
export const configOf = (...vms: readonly string[]): object => ({
  hosts: {
    alpha: {
      stateVersion: "25.11",
      modules: ["./configuration.nix"],
      user: {
        name: "alice",
        sshKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDc0Y2RmYjE4ZTU4NmY0NzYzMjZkOWVhMjM1YzQ4ZTkx alice"],
      },
      bridges: { br0: { address: "10.0.0.1/24" } },
      vms: Object.fromEntries(vms.map((name) => [name, {}])),
    },
  },
});

/** A minimal NixOS module of a host. */
export const configurationNix = `{
  boot.loader.systemd-boot.enable = true;
  fileSystems."/" = {
    device = "/dev/disk/by-label/nixos";
    fsType = "ext4";
  };
  users.users.alice.isNormalUser = true;
}
`;

/** The source of a TypeScript config. */
export const sourceOf = (config: object): string =>
  `import { defineConfig } from "microvm-emit";\n\nexport default defineConfig(${JSON.stringify(config, undefined, 2)});\n`;

/** A directory with a config of one host and VMs of these names. */
export const project = (...vms: readonly string[]): string => {
  const dir = temporaryDirectory();
  layOut(dir, { "microvm.config.ts": sourceOf(configOf(...vms)), "configuration.nix": configurationNix });
  return dir;
};

/** A directory with a copy of an example. */
export const example = (name: string): string => {
  const dir = temporaryDirectory();
  cpSync(fileURLToPath(new URL(`../../../../examples/${name}`, import.meta.url)), dir, {
    recursive: true,
    filter: (path) => !path.endsWith("/flake"),
  });
  return dir;
};
