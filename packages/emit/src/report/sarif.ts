import { isAbsolute, relative } from "pathe";
import type { Location, Log, ReportingDescriptor, Result } from "sarif";
import type { Diagnostic, Findings, SilencedDiagnostic } from "./diagnostic.js";
import type { Place } from "./place.js";
import type { ProblemPage } from "./problem-page.js";

/** Properties of the run in a log. */
export interface SarifRun {
  readonly pages: readonly ProblemPage[];
  /** This program's version. */
  readonly version: string;
  readonly exitCode: number;
  /** Absolute. File names are relative to it, so a log is valid on other machines. */
  readonly directory: string;
}

/** Converts findings to a SARIF 2.1.0 log (OASIS), which code scanners read. */
export const sarifLog = ({ problems, silenced }: Findings, run: SarifRun): Log => {
  const found = [...problems, ...silenced];
  const codes = [...new Set(found.map(({ code }) => code))].sort();
  return {
    $schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "microvm-emit",
            semanticVersion: run.version,
            informationUri: "https://www.npmjs.com/package/microvm-emit",
            rules: codes.map((code) => rule(code, run)),
          },
        },
        columnKind: "utf16CodeUnits",
        originalUriBaseIds: { [base]: { uri: `${fileUri(run.directory)}/` } },
        invocations: [{ executionSuccessful: run.exitCode < 2, exitCode: run.exitCode }],
        results: found.map((diagnostic) => result(diagnostic, codes.indexOf(diagnostic.code), run.directory)),
      },
    ],
  };
};

const base = "SRCROOT";

const rule = (code: string, { pages, version }: SarifRun): ReportingDescriptor => {
  const page = pages.find((known) => known.code === code);
  return {
    id: code,
    // The standard requires PascalCase.
    name: code.replaceAll(/(?:^|-)(.)/g, (_, letter: string) => letter.toUpperCase()),
    helpUri: `https://unpkg.com/microvm-emit@${version}/problems/${code}.md`,
    ...(page !== undefined && {
      shortDescription: { text: `${page.title}.` },
      fullDescription: { text: page.body.split("\n\n")[0]?.replaceAll("\n", " ") ?? page.title },
      help: { text: page.body, markdown: page.body },
      defaultConfiguration: { level: page.severity === "error" ? "error" : "warning" },
    }),
  };
};

const result = (diagnostic: Diagnostic | SilencedDiagnostic, ruleIndex: number, directory: string): Result => {
  const { code, severity, subject, path, place, message, remedy, details = [], related = [] } = diagnostic;
  const physical = place === undefined ? {} : physicalLocation(place, directory);
  const logical =
    path === undefined || subject === undefined ? {} : { logicalLocations: [{ fullyQualifiedName: subject }] };
  return {
    ruleId: code,
    ruleIndex,
    level: severity,
    message: { text: [sentence(message), ...details, remedy].join("\n") },
    ...(place === undefined && path === undefined ? {} : { locations: [{ ...physical, ...logical }] }),
    ...(related.length > 0 && {
      relatedLocations: related.map((other, id) => ({
        id,
        message: { text: `${other.subject} ${other.note}`.trim() },
        ...(other.place === undefined ? {} : physicalLocation(other.place, directory)),
      })),
    }),
    ...("reason" in diagnostic && { suppressions: [{ kind: "inSource", justification: diagnostic.reason }] }),
  };
};

const sentence = (text: string): string => (/[.?!]$/.test(text) ? text : `${text}.`);

const physicalLocation = ({ file, line, column, lineText, lineTextColumn }: Place, directory: string): Location => {
  const fromHere = relative(directory, file);
  const artifactLocation =
    fromHere.startsWith("..") || isAbsolute(fromHere)
      ? { uri: fileUri(file) }
      : { uri: uriPath(fromHere), uriBaseId: base };
  const part =
    lineText === undefined || lineTextColumn === undefined
      ? {}
      : { startColumn: lineTextColumn, endColumn: lineTextColumn + lineText.length };
  const context =
    lineText === undefined ? {} : { contextRegion: { startLine: line, ...part, snippet: { text: lineText } } };
  return { physicalLocation: { artifactLocation, region: { startLine: line, startColumn: column }, ...context } };
};

const fileUri = (path: string): string => `file://${uriPath(path)}`;

const uriPath = (path: string): string => path.split("/").map(encodeURIComponent).join("/");
