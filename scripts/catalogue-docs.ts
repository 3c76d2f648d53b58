/** Tables of the docs that show the catalogue. A table is found by its columns and replaced. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Agent } from "../packages/microvm-model/src/catalogue/agent.js";
import { agents } from "../packages/microvm-model/src/catalogue/agents.js";
import { presets } from "../packages/microvm-model/src/catalogue/presets.js";
import { type Provider, providerNames, providers } from "../packages/microvm-model/src/catalogue/providers.js";
import { privateRangeRows } from "../packages/microvm-model/src/catalogue/private-ranges.js";
import type { Toolchain } from "../packages/microvm-model/src/catalogue/toolchain.js";
import { toolchains } from "../packages/microvm-model/src/catalogue/toolchains.js";
import { camelCase } from "../packages/microvm-model/src/common/camel-case.js";
import { type Risk, risks } from "../packages/emit/src/git/risks.js";
import { rowComments } from "./catalogue-functions.js";

interface Table {
  readonly page: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const code = (value: string): string => `\`${value}\``;

const codes = (values: readonly string[] = []): string => values.map(code).join(", ");

/** Packages in the catalogue are strings. */
const packageName = (value: Agent["package"]): string => {
  if (typeof value !== "string") throw new Error("a package of the catalogue is Nix");
  return value;
};

const releases = ({ since = "", until }: Partial<NonNullable<Agent["releases"]>> = {}): string =>
  until === undefined ? `since ${since}` : `${since} to ${until}`;

/** When the sources of the gateway's variables were read. */
const gatewayDate = "November 2026";

const agentRows: readonly (readonly [string, Agent])[] = Object.entries(agents);
const toolchainRows: readonly (readonly [string, Toolchain])[] = Object.entries(toolchains);
const toolchainComments = rowComments("toolchains");

const domainsOfToolchain = ([name, { domains = [] }]: readonly [string, Toolchain]): string =>
  [codes(domains), toolchainComments.get(name)?.domains ?? ""].filter((part) => part !== "").join(", ");

const tables: readonly Table[] = [
  {
    page: "agents",
    columns: ["name", "function", "package", "unfree", "NixOS releases", "command without permission prompts"],
    rows: agentRows.map(([name, agent]) => [
      code(name),
      code(camelCase(name)),
      code(packageName(agent.package)),
      agent.unfree === false ? "" : "yes",
      releases(agent.releases),
      code(agent.command),
    ]),
  },
  {
    page: "agents",
    columns: ["name", "on the host", "in the guest", "symlinks to the folder"],
    rows: agentRows.flatMap(([name, { state }]) =>
      state === undefined
        ? []
        : [
            [
              code(name),
              code(state.directory),
              code(state.variable ?? state.mountPoint ?? state.directory),
              codes(Object.keys(state.links ?? {})),
            ],
          ],
    ),
  },
  {
    page: "agents",
    columns: ["name", "domains", "variables for API keys"],
    rows: agentRows.map(([name, { domains = [], apiKeyVariables }]) => [
      code(name),
      domains.length === 0 ? "the provider's" : codes(domains),
      codes(apiKeyVariables),
    ]),
  },
  {
    page: "agents",
    columns: ["name", "provider", "URL of the gateway", "placeholder key", "source"],
    rows: agentRows.flatMap(([name, { gateway = {}, facts }]) =>
      providerNames.flatMap((provider) => {
        const variables = gateway[provider];
        if (variables === undefined) return [];
        const { baseUrl, path, key } = variables;
        const url = path === undefined ? code(baseUrl) : `${code(baseUrl)}, with ${code(path)}`;
        return [[code(name), code(provider), url, code(key), `${facts?.gateway ?? ""}; read ${gatewayDate}`]];
      }),
    ),
  },
  {
    page: "secrets",
    columns: ["name in `keys`", "API", "port of the gateway", "header with the key"],
    rows: Object.entries<Provider>(providers).map(([name, { host, port, header, prefix = "" }]) => [
      code(name),
      code(host),
      String(port),
      code(`${header}: ${prefix}KEY`),
    ]),
  },
  {
    page: "agents",
    columns: ["name", "date", "package and licence: nixpkgs commit, version", "other facts"],
    rows: agentRows.map(([name, { facts }]) => [
      code(name),
      facts?.date ?? "",
      facts?.package ?? "",
      facts?.rest ?? "",
    ]),
  },
  {
    page: "toolchains",
    columns: ["name", "packages", "environment", "on the PATH"],
    rows: toolchainRows.map(([name, { packages, environment = {}, searchPath }]) => [
      code(name),
      codes(packages.map(packageName)),
      codes(Object.entries(environment).map(([variable, value]) => `${variable}=${value}`)),
      codes(searchPath),
    ]),
  },
  {
    page: "toolchains",
    columns: ["name", "caches", "domains"],
    rows: toolchainRows
      .filter(([, { caches, domains }]) => caches !== undefined || domains !== undefined)
      .map((row) => [code(row[0]), codes(row[1].caches), domainsOfToolchain(row)]),
  },
  {
    page: "workspaces",
    columns: ["finding", "files", "runs", "when"],
    rows: Object.entries<Risk>(risks).map(([name, { paths, where = "", runs, when }]) => [
      code(name),
      [codes(paths), where]
        .filter((part) => part !== "")
        .join(paths === undefined || where.startsWith("with ") ? " " : ", and "),
      runs,
      when,
    ]),
  },
  {
    page: "isolation",
    columns: ["preset", "domains"],
    rows: Object.entries(presets).map(([name, of]) => [
      code(name),
      typeof of === "string" ? `those of ${code(of)}` : codes(of),
    ]),
  },
  {
    page: "isolation",
    columns: ["range", "use", "source"],
    rows: [...privateRangeRows[4], ...privateRangeRows[6]].map(({ range, use, source }) => [code(range), use, source]),
  },
];

const lineOf = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

const cellsOf = (line: string): readonly string[] =>
  line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());

/** Replaces the table with these columns in a page. */
const withTable = (text: string, { page, columns, rows }: Table): string => {
  const lines = text.split("\n");
  const start = lines.findIndex((line) => cellsOf(line).join("|") === columns.join("|"));
  if (start < 0) throw new Error(`docs/${page}.md has no table with the columns ${columns.join(", ")}`);
  const end = lines.findIndex((line, at) => at > start && !line.startsWith("|"));
  const table = [columns, columns.map(() => "---"), ...rows].map(lineOf);
  return [...lines.slice(0, start), ...table, ...lines.slice(end)].join("\n");
};

/** All pages with their tables, by path. */
export const generatedDocs = (): ReadonlyMap<string, string> =>
  new Map(
    [...new Set(tables.map(({ page }) => page))].map((page) => {
      const path = fileURLToPath(new URL(`../docs/${page}.md`, import.meta.url));
      return [
        path,
        tables.filter((table) => table.page === page).reduce(withTable, readFileSync(path, "utf8")),
      ] as const;
    }),
  );
