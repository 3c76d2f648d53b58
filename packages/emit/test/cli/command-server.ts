import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  constants,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandLine {
  readonly cwd: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

interface Answer {
  readonly exitCode: number;
  readonly isUsable: boolean;
}

/** A process that runs command lines one after another, started at the first one and again after one that leaves it changed. */
export interface CommandServer {
  readonly run: (line: CommandLine) => Ended;
  /** Resolves when the process has ended. */
  readonly stop: () => Promise<void>;
}

export const commandServer = (script: string): CommandServer => {
  let server: Running | undefined;
  const ends: Promise<void>[] = [];
  const end = (): void => {
    if (server !== undefined) ends.push(server.end());
    server = undefined;
  };
  return {
    run: (line) => {
      let isUsable = false;
      try {
        server ??= start(script);
        const { isUsable: stays, ...ended } = server.ask(line);
        isUsable = stays;
        return ended;
      } finally {
        if (!isUsable) end();
      }
    },
    stop: async () => {
      end();
      await Promise.all(ends);
    },
  };
};

interface Running {
  readonly ask: (line: CommandLine) => Ended & { readonly isUsable: boolean };
  readonly end: () => Promise<void>;
}

const start = (script: string): Running => {
  const folder = mkdtempSync(join(tmpdir(), "emit-command-server-"));
  const [requests, answers] = [pipe(join(folder, "requests")), pipe(join(folder, "answers"))];
  const [stdout, stderr] = ["stdout", "stderr"]
    .map((name) => join(folder, name))
    .map((path) => ({
      path,
      descriptor: openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND),
    })) as [Printed, Printed];
  const child = spawn(process.execPath, [script], {
    stdio: ["ignore", stdout.descriptor, stderr.descriptor, requests.reader, answers.writer],
  });
  const ended = once(child, "exit");
  // So that reading an answer ends when the server does.
  for (const descriptor of [requests.reader, answers.writer]) closeSync(descriptor);
  return {
    ask: (line) => {
      writeLine(requests.writer, JSON.stringify(line));
      const answer = readLine(answers.reader);
      const [out, err] = [stdout, stderr].map(taken);
      if (answer === undefined) throw new Error(`The server of commands ended at ${line.args.join(" ")}: ${err ?? ""}`);
      return { ...(JSON.parse(answer) as Answer), stdout: out ?? "", stderr: err ?? "" };
    },
    end: async () => {
      for (const descriptor of [requests.writer, answers.reader, stdout.descriptor, stderr.descriptor])
        closeSync(descriptor);
      rmSync(folder, { recursive: true });
      await ended;
    },
  };
};

interface Printed {
  readonly path: string;
  readonly descriptor: number;
}

/** The output since the last call. */
const taken = ({ path, descriptor }: Printed): string => {
  const text = readFileSync(path, "utf8");
  ftruncateSync(descriptor);
  return text;
};

interface Pipe {
  readonly reader: number;
  readonly writer: number;
}

/** Both ends of a pipe, which Node gives only to programs that it starts. */
const pipe = (path: string): Pipe => {
  execFileSync("mkfifo", [path]);
  // With a reader and a writer there is none to wait for.
  const both = openSync(path, constants.O_RDWR);
  const [reader, writer] = [openSync(path, constants.O_RDONLY), openSync(path, constants.O_WRONLY)];
  closeSync(both);
  return { reader, writer };
};

const writeLine = (descriptor: number, line: string): void => {
  const bytes = Buffer.from(`${line}\n`);
  for (let written = 0; written < bytes.length;) written += writeSync(descriptor, bytes, written);
};

/** Reads a short line, or returns undefined at the end. */
const readLine = (descriptor: number): string | undefined => {
  const buffer = Buffer.alloc(4096);
  const length = readSync(descriptor, buffer);
  return length === 0 ? undefined : buffer.toString("utf8", 0, length);
};
