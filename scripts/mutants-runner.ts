/**
 * A runner of Vitest for scripts/mutate.ts, whose mutations are all in the sources and off. After a test has passed, it
 * runs again with each mutation on that it reached. A mutation is dead when the test fails, and passes again without it.
 *
 * A mutation that is reached while files load, or by a test that cannot run twice, is left to a separate run.
 */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { type RunnerTestCase, type RunnerTestSuite, TestRunner } from "vitest";

/** The values that switches in the sources read and write. */
declare global {
  var mutantsReached: Set<number> | undefined;
  var mutantOn: number | undefined;
  var mutantsCalls: number | undefined;
}

const folder = process.env["MUTANTS_FOLDER"] ?? "";
const reachedByPrograms = `${folder}/reached-by-programs`;
const isAlone = process.env["MUTANT"] !== undefined;

if (folder !== "" || isAlone) globalThis.mutantsReached = new Set();
if (isAlone) globalThis.mutantOn = Number(process.env["MUTANT"]);

/** Number of a mutation to the test that detects it, and the files of tests to run with it on from the start. */
interface Result {
  readonly dead: Record<number, string>;
  readonly apart: Record<number, string[]>;
}
const result: Result = { dead: {}, apart: {} };

const leave = (mutant: number, { filepath }: { readonly filepath: string }): void => {
  const files = (result.apart[mutant] ??= []);
  if (!files.includes(filepath)) files.push(filepath);
};
const file = `${folder}/result.json`;
if (!isAlone && existsSync(file)) Object.assign(result, JSON.parse(readFileSync(file, "utf8")));

const turnOn = (mutant: number | undefined): void => {
  globalThis.mutantOn = mutant;
  globalThis.mutantsCalls = 0;
  if (mutant === undefined) delete process.env["MUTANT"];
  else process.env["MUTANT"] = String(mutant);
};

const hooksOf = (test: RunnerTestCase, name: "beforeEach" | "afterEach"): readonly (() => unknown)[] => {
  const suites: RunnerTestSuite[] = [];
  for (let suite: RunnerTestSuite | undefined = test.suite ?? test.file; suite !== undefined; suite = suite.suite)
    suites.unshift(suite);
  if (suites[0] !== test.file) suites.unshift(test.file);
  return suites.flatMap((suite) =>
    TestRunner.getSuiteHooks(suite)[name].map(
      (hook) => () => (hook as (...args: unknown[]) => unknown)(test.context, suite),
    ),
  );
};

export default class extends TestRunner {
  async runTask(test: RunnerTestCase): Promise<void> {
    const run = TestRunner.getTestFn(test);
    if (isAlone) {
      await run();
      return;
    }
    for (const mutant of globalThis.mutantsReached ?? []) leave(mutant, test.file);
    globalThis.mutantsReached = new Set();
    process.env["MUTANTS_TEST"] = test.id;
    writeFileSync(reachedByPrograms, "");
    await run();
    const reached = new Set([
      ...globalThis.mutantsReached,
      ...readFileSync(reachedByPrograms, "utf8").split("\n").filter(Boolean).map(Number),
    ]);
    const again = async (): Promise<boolean> => {
      try {
        for (const hook of hooksOf(test, "afterEach")) await hook();
        for (const hook of hooksOf(test, "beforeEach")) await hook();
        await run();
        return true;
      } catch {
        return false;
      }
    };
    for (const mutant of reached) {
      if (mutant in result.dead) continue;
      appendFileSync(`${folder}/progress`, `${String(mutant)} ${test.name}\n`);
      turnOn(mutant);
      const passes = await again();
      turnOn(undefined);
      if (passes) continue;
      if (await again()) result.dead[mutant] = test.name;
      else {
        for (const other of reached) leave(other, test.file);
        break;
      }
    }
    globalThis.mutantsReached = new Set();
  }

  override onAfterRunFiles(): void {
    super.onAfterRunFiles();
    if (!isAlone) writeFileSync(file, JSON.stringify(result));
  }
}
