import { Failed } from "../report/failure.js";
import { type Pair } from "./clone.js";
import type { Review } from "./review.js";
import { gitAnswer, runGit } from "./run.js";

/**
 * Merges the commit of a review into the current branch of the clone.
 *
 * @returns the new commit of the branch
 * @throws {Failed} `merge-stopped`
 */
export const mergeReviewed = async ({ clone }: Pair, { branch, commit }: Review): Promise<string> => {
  const args = ["merge", "--quiet", "--no-stat", "--no-edit", "-m", `Merge ${branch}`, commit];
  const { exitCode, stdout, stderr } = await runGit(clone, args);
  const head = await gitAnswer(clone, ["rev-parse", "--verify", "--quiet", "HEAD^{commit}"]);
  if (exitCode !== 0 || head === undefined)
    throw new Failed({ kind: "merge-stopped", clone, branch, cause: `${stdout.toString("utf8")}${stderr}`.trim() });
  return head;
};
