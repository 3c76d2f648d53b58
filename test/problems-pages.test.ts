/** Every code has a page, and its examples fail and pass. */
import { readdirSync, readFileSync } from "node:fs";
import { runInThisContext } from "node:vm";
import { lexer } from "marked";
import * as library from "microvm-emit";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { emptyLock, type Lock, planConfig, type Problem, problemCodes } from "@microvm-emit/model";
import { worded } from "../packages/microvm-model/test/config.js";
import { failureCodes } from "../packages/emit/src/report/failure-words.js";
import { readPage } from "../packages/emit/src/report/problem-page.js";
import { problemPages, writtenPages } from "../scripts/problem-pages.js";
import { declaredFailures, declaredProblems } from "../scripts/problems.js";

const folder = new URL("../packages/emit/problems/", import.meta.url);
const files = readdirSync(folder);
const pages = files.map((file) => ({ file, ...readPage(readFileSync(new URL(file, folder), "utf8")) }));

/** Problems of files, of Nix or of library calls, which no config can show. */
const withoutExample = new Set([
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

/** Makes a config from a fragment, by the word after `ts`. */
const whole: Readonly<Record<string, (fragment: object) => unknown>> = {
  vm: (fragment) => ({ hosts: { h: { ...baseHost, vms: { a: fragment } } } }),
  host: (fragment) => ({ hosts: { h: { ...baseHost, ...fragment } } }),
  config: (fragment) => fragment,
};

interface Shown {
  readonly config: unknown;
  readonly lock: Lock;
}

/** The configs below a heading, each with the lock that follows it. */
const shownBelow = (body: string, title: string): readonly Shown[] => {
  const tokens = lexer(body);
  const from = tokens.findIndex((token) => token.type === "heading" && token["text"] === title);
  if (from === -1) return [];
  const to = tokens.findIndex((token, position) => position > from && token.type === "heading");
  const codes = tokens
    .slice(from, to === -1 ? undefined : to)
    .flatMap((token) => (token.type === "code" ? [{ lang: String(token["lang"]), text: String(token["text"]) }] : []));
  const shown = codes.flatMap(({ lang, text }, position) => {
    if (lang === "json lock") return [];
    const asWhole = whole[lang.replace("ts ", "")];
    if (asWhole === undefined) throw new Error(`unknown kind of example below ${title}: ${lang}`);
    const evaluate = runInThisContext(`({ ${Object.keys(scope).join(", ")} }) => (${text}\n)`) as (
      known: typeof scope,
    ) => object;
    const next = codes[position + 1];
    return [
      {
        config: asWhole(evaluate(scope)),
        lock: next?.lang === "json lock" ? (JSON.parse(next.text) as Lock) : emptyLock,
      },
    ];
  });
  if (shown.length === 0) throw new Error(`no example below ${title}`);
  return shown;
};

const problemsOf = ({ config, lock }: Shown): readonly Problem[] => {
  const planned = planConfig(config, lock);
  return planned._tag === "Left" ? planned.left : planned.right.warnings;
};

it("every code has a page, and every page a code", () => {
  const codes = [...Object.keys(problemCodes), ...failureCodes];
  expect(pages.map(({ code }) => code).sort()).toEqual(codes.sort());
  expect(new Set(codes).size).toBe(codes.length);
});

it("pages match the comments of problems and failures (`npm run problems` writes them)", async () => {
  expect(Object.fromEntries(writtenPages())).toEqual(Object.fromEntries(await problemPages()));
});

it("every declared problem is found", () => {
  expect(declaredProblems().map(({ code, severity }) => [code, severity])).toEqual(Object.entries(problemCodes));
  expect(declaredFailures().map(({ code }) => code)).toEqual([...failureCodes].sort());
});

const isRecord = (value: unknown): value is Readonly<Record<string | number, unknown>> =>
  typeof value === "object" && value !== null;

/** The value at a path, and the number of its last steps that the config does not contain. */
const valueAt = (config: unknown, path: Problem["path"]): { readonly unwritten: number; readonly value: unknown } => {
  let value: unknown = config;
  for (const [position, step] of path.entries()) {
    if (!isRecord(value) || !(step in value)) return { unwritten: path.length - position, value: undefined };
    value = value[step];
  }
  return { unwritten: 0, value };
};

/** Names, strings and numbers in a value. */
const wordsIn = (value: unknown): readonly string[] =>
  isRecord(value)
    ? [...(Array.isArray(value) ? [] : Object.keys(value)), ...Object.values(value).flatMap(wordsIn)]
    : [String(value)];

describe.each(pages)("the page of $code", ({ file, code, severity, title, body }) => {
  const severityInSource: string = code in problemCodes ? problemCodes[code as keyof typeof problemCodes] : "error";

  it("has the code, severity and title of the source", () => {
    expect([file, severity]).toEqual([`${code}.md`, severityInSource]);
    const [, front = ""] = readFileSync(new URL(file, folder), "utf8").split("---\n");
    expect(parse(front)).toEqual({ code, severity, title });
    expect(title).toMatch(/^\S.*[^.]$/);
    expect(body).toMatch(/^\S[^]*\./);
  });

  const fails = shownBelow(body, "Fails").map((shown, position) => [position, shown] as const);
  const passes = shownBelow(body, "Passes").map((shown, position) => [position, shown] as const);

  it("has a failing and a passing example, unless only a run can fail", () => {
    expect([fails.length > 0, passes.length > 0]).toEqual(withoutExample.has(code) ? [false, false] : [true, true]);
  });

  it.each(fails)("has a failing example %i", (_, shown) => {
    const found = problemsOf(shown).filter((problem) => problem.code === code);
    expect(found).not.toEqual([]);
    for (const problem of found) expect(severity.split(" or ")).toContain(problem.severity);
  });

  it.each(fails)("fails with a written path, a message that names a value, and a remedy: example %i", (_, shown) => {
    for (const { path, message, remedy } of problemsOf(shown).filter((problem) => problem.code === code)) {
      const { unwritten } = valueAt(shown.config, path);
      // A missing setting or list element.
      expect(unwritten).toBeLessThanOrEqual(typeof path.at(-1) === "number" ? 2 : 1);
      const names = path.filter((step) => typeof step === "string");
      const setting = names.at(-1) ?? "";
      expect(body).toContain(setting);
      // The problem must mention a name or value of its host.
      const words = [...wordsIn(valueAt(shown.config, path.slice(0, 2)).value), ...names].flatMap((word) => [
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

  it.each(passes)("has a passing example %i with nothing else wrong", (_, shown) => {
    expect(problemsOf(shown).filter((problem) => problem.code === code || problem.severity === "error")).toEqual([]);
  });
});

it("the failing examples report the problems of golden/problems.txt (`npx vitest run FILE -u` writes it)", async () => {
  const text = pages.flatMap(({ code, body }) =>
    shownBelow(body, "Fails").map(
      (shown, position) => `# ${code}, example ${String(position)}\n${worded(problemsOf(shown))}`,
    ),
  );
  await expect(text.join("\n")).toMatchFileSnapshot("golden/problems.txt");
});
