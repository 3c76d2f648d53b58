/** Every code has a page, and what a page shows to fail and to pass does. */
import { readdirSync, readFileSync } from "node:fs";
import { runInThisContext } from "node:vm";
import { lexer } from "marked";
import * as library from "microvm-emit";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { emptyLock, type Lock, planConfig, type Problem, problemCodes } from "@microvm-emit/model";
import { failureCodes } from "../packages/emit/src/report/failure-words.js";
import { readPage } from "../packages/emit/src/report/problem-page.js";

const folder = new URL("../packages/emit/problems/", import.meta.url);
const files = readdirSync(folder);
const pages = files.map((file) => ({ file, ...readPage(readFileSync(new URL(file, folder), "utf8")) }));

/** What only files, Nix or a caller's own program can be wrong about: no fragment of a config shows it. */
const ofTheRun = new Set([
  ...failureCodes,
  "bad-lock",
  "module-missing",
  "unfollowed-module",
  "workspace-without-repository",
]);

const baseHost = {
  stateVersion: "25.11",
  user: {
    name: "alice",
    sshKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDc0Y2RmYjE4ZTU4NmY0NzYzMjZkOWVhMjM1YzQ4ZTkx alice"],
  },
  bridges: { br0: { address: "192.168.83.1/24" } },
  vms: { a: {} },
};
const scope = { ...library, hosts: { h: baseHost } };

/** What a fragment is, by the word after `ts`, as a whole config. */
const whole: Readonly<Record<string, (fragment: object) => unknown>> = {
  vm: (fragment) => ({ hosts: { h: { ...baseHost, vms: { a: fragment } } } }),
  host: (fragment) => ({ hosts: { h: { ...baseHost, ...fragment } } }),
  config: (fragment) => fragment,
};

interface Shown {
  readonly config: unknown;
  readonly lock: Lock;
}

/** The config below a heading, with the lock where that matters. */
const shownBelow = (body: string, title: string): Shown | undefined => {
  const tokens = lexer(body);
  const from = tokens.findIndex((token) => token.type === "heading" && token["text"] === title);
  if (from === -1) return undefined;
  const to = tokens.findIndex((token, position) => position > from && token.type === "heading");
  const codes = tokens
    .slice(from, to === -1 ? undefined : to)
    .flatMap((token) => (token.type === "code" ? [token] : []));
  const [shown] = codes.filter(({ lang = "" }) => (lang as string).startsWith("ts "));
  const [lock] = codes.filter(({ lang }) => lang === "json lock");
  const asWhole = whole[String(shown?.["lang"]).replace("ts ", "")];
  if (shown === undefined || asWhole === undefined) throw new Error(`no fragment of a known kind below ${title}`);
  const evaluate = runInThisContext(`({ ${Object.keys(scope).join(", ")} }) => (${String(shown["text"])}\n)`) as (
    known: typeof scope,
  ) => object;
  return {
    config: asWhole(evaluate(scope)),
    lock: lock === undefined ? emptyLock : (JSON.parse(String(lock["text"])) as Lock),
  };
};

const problemsOf = ({ config, lock }: Shown): readonly Problem[] => {
  const planned = planConfig(config, lock);
  return planned._tag === "Left" ? planned.left : planned.right.warnings;
};

it("has a page for every code and no other", () => {
  const codes = [...Object.keys(problemCodes), ...failureCodes];
  expect(pages.map(({ code }) => code).sort()).toEqual(codes.sort());
  expect(new Set(codes).size).toBe(codes.length);
});

const isRecord = (value: unknown): value is Readonly<Record<string | number, unknown>> =>
  typeof value === "object" && value !== null;

/** The value at a path, and how many of its last steps are not written. */
const valueAt = (config: unknown, path: Problem["path"]): { readonly unwritten: number; readonly value: unknown } => {
  let value: unknown = config;
  for (const [position, step] of path.entries()) {
    if (!isRecord(value) || !(step in value)) return { unwritten: path.length - position, value: undefined };
    value = value[step];
  }
  return { unwritten: 0, value };
};

/** The names, texts and numbers in a value. */
const wordsIn = (value: unknown): readonly string[] =>
  isRecord(value)
    ? [...(Array.isArray(value) ? [] : Object.keys(value)), ...Object.values(value).flatMap(wordsIn)]
    : [String(value)];

describe.each(pages)("the page of $code", ({ file, code, severity, title, body }) => {
  const severityInSource: string = code in problemCodes ? problemCodes[code as keyof typeof problemCodes] : "error";

  it("says what it is about, in its file and as the source has it", () => {
    expect([file, severity]).toEqual([`${code}.md`, severityInSource]);
    const [, front = ""] = readFileSync(new URL(file, folder), "utf8").split("---\n");
    expect(parse(front)).toEqual({ code, severity, title });
    expect(title).toMatch(/^\S.*[^.]$/);
    expect(body).toMatch(/^\S[^]*\./);
  });

  const fails = shownBelow(body, "Fails");
  const passes = shownBelow(body, "Passes");

  it("shows what fails and what passes, unless only a run can", () => {
    expect([fails !== undefined, passes !== undefined]).toEqual(ofTheRun.has(code) ? [false, false] : [true, true]);
  });

  if (fails !== undefined)
    it("shows what fails", () => {
      const found = problemsOf(fails).filter((problem) => problem.code === code);
      expect(found).not.toEqual([]);
      for (const problem of found) expect(severity.split(" or ")).toContain(problem.severity);
    });

  if (fails !== undefined)
    it("shows a problem with a written path, a message that names a value, and a remedy", () => {
      for (const { path, message, remedy } of problemsOf(fails).filter((problem) => problem.code === code)) {
        const { unwritten } = valueAt(fails.config, path);
        // A setting that is left out, or an item of a list that is.
        expect(unwritten).toBeLessThanOrEqual(typeof path.at(-1) === "number" ? 2 : 1);
        const names = path.filter((step) => typeof step === "string");
        const setting = names.at(-1) ?? "";
        expect(body).toContain(setting);
        // A name or a value of the host that the problem is in.
        const words = [...wordsIn(valueAt(fails.config, path.slice(0, 2)).value), ...names].flatMap((word) => [
          word,
          ...word.split(/\s+/),
        ]);
        const found = message.toLowerCase();
        const isNamed = words.some((word) => {
          const escaped = JSON.stringify(word.toLowerCase())
            .slice(1, -1)
            .replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
          return new RegExp(`(?<!\\w)${escaped}(?!\\w)`).test(found);
        });
        expect([message, isNamed]).toEqual([message, true]);
        expect(remedy).toMatch(/^\S+ \S.*[.?]$/s);
      }
    });

  if (passes !== undefined)
    it("shows what passes, with nothing else wrong", () => {
      expect(problemsOf(passes).filter((problem) => problem.code === code || problem.severity === "error")).toEqual([]);
    });
});
