import { spawn } from "node:child_process";
import { once } from "node:events";
import { dirname } from "node:path";
import { type CallToolResult, McpServer } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import { effects, type Places, type Tool, tools } from "./tools.js";

/** Serves the tools for one config over standard input and output, until the client closes them. */
export const serve = async (places: Places, version: string): Promise<void> => {
  const running = new AbortController();
  const handle = serveStdio(() => serverFor(places, version, running.signal));
  await once(process.stdin, "close");
  running.abort();
  await handle.close();
};

const serverFor = (places: Places, version: string, closing: AbortSignal): McpServer => {
  const server = new McpServer({ name: "microvm-emit", version }, { instructions });
  for (const [name, tool] of Object.entries(tools))
    server.registerTool(
      name,
      { description: tool.description, inputSchema: tool.input, annotations: effects[tool.effect] },
      async (input, { mcpReq: { signal } }) => call(tool, input as never, places, AbortSignal.any([signal, closing])),
    );
  return server;
};

const instructions =
  "Tools for the microVMs of one config. No tool deploys a host or widens the access of a VM: propose such changes to the user, who edits the config and runs `microvm-emit up NAME --switch`.";

/** Longer results would fill the context of a model. */
const maxLength = 100_000;

/** Runs the command in a new process: a config can end its process, and Node keeps every loaded module. */
const call = async (tool: Tool, input: never, places: Places, signal: AbortSignal): Promise<CallToolResult> => {
  const [program = ""] = process.argv.slice(1);
  const words = tool.words(input, places);
  const end = words.indexOf("--");
  const line = words.toSpliced(end === -1 ? words.length : end, 0, "--json");
  // Without standard input, nothing can ask for a password or wait.
  const child = spawn(process.execPath, [program, ...line], {
    cwd: dirname(places.config),
    stdio: ["ignore", "pipe", "inherit"],
    signal,
  });
  let text = "";
  child.stdout.setEncoding("utf8");
  child.stdout.on("data", (part: string) => {
    if (text.length <= maxLength) text += part;
  });
  const [exitCode] = (await once(child, "close")) as [number | null];
  const isCut = text.length > maxLength;
  return {
    content: [{ type: "text", text: isCut ? `${text.slice(0, maxLength)}\n… cut` : text }],
    isError: exitCode !== 0 && !isOk(text),
  };
};

/** True for a successful run. A command in a VM can have any exit code. */
const isOk = (text: string): boolean => /^\{\s*"ok": true/.test(text);
