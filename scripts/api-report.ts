/**
 * Writes the public API of each entry point to `api/`, or with `--check` compares it. A change of the API then shows in the
 * diff of these files. It fails if a public type is not exported, or an export or property has no comment.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Extractor, ExtractorConfig, ExtractorLogLevel, type ExtractorMessage } from "@microsoft/api-extractor";
import { entryPoint, project } from "./extractor.js";

/** The entry points, by the name of their report. */
const entries = {
  "nix-ast": ["nix-ast", "index"],
  "nix-ast-scopes": ["nix-ast", "scopes/scopes"],
  model: ["microvm-model", "index"],
  "microvm-emit": ["emit", "index"],
  "microvm-emit-node": ["emit", "node"],
  "prettier-plugin-nix": ["prettier-plugin-nix", "index"],
} as const;

const reported: ReadonlySet<string> = new Set(["ae-forgotten-export", "ae-undocumented"]);

/** Types of parameters that no caller names: they improve TypeScript's messages. */
const unnamed = /"(?:Definition|Unresolved)"/;

/** The tags of unions: their literal types say everything. */
const tag = /"(?:kind|type|_tag)"\.$/;

/** Extracts one entry point; returns its faults. */
const extract = (
  name: string,
  folder: string,
  entry: string,
  temporary: string,
  isCheck: boolean,
): readonly string[] => {
  const projectFolder = join(project, "packages", folder);
  const faults: string[] = [];
  const config = ExtractorConfig.prepare({
    configObject: {
      ...entryPoint(projectFolder, entry, "other"),
      apiReport: {
        enabled: true,
        reportFileName: `${name}.api.md`,
        reportFolder: join(project, "api"),
        reportTempFolder: temporary,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        extractorMessageReporting: { default: { logLevel: ExtractorLogLevel.Warning } },
        tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
      },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: join(projectFolder, "package.json"),
  });
  const told = (message: ExtractorMessage): void => {
    message.handled = true;
    if (reported.has(message.messageId) && !tag.test(message.text) && !unnamed.test(message.text))
      faults.push(`${message.sourceFilePath ?? name}:${String(message.sourceFileLine)}: ${message.text}`);
  };
  const { apiReportChanged } = Extractor.invoke(config, { localBuild: !isCheck, messageCallback: told });
  if (isCheck && apiReportChanged)
    faults.push(`api/${name}.api.md: The API has changed. If you meant it, run \`npm run api\`.`);
  return faults;
};

const isCheck = process.argv.includes("--check");
const temporary = mkdtempSync(join(tmpdir(), "api-"));
mkdirSync(join(project, "api"), { recursive: true });
const faults = Object.entries(entries).flatMap(([name, [folder, entry]]) =>
  extract(name, folder, entry, temporary, isCheck),
);
rmSync(temporary, { recursive: true });
for (const fault of faults) console.error(fault);
process.exitCode = faults.length === 0 ? 0 : 1;
