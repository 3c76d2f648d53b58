import { lstatSync, readlinkSync } from "node:fs";
import { dirname, isAbsolute, join, parse, sep } from "node:path";
import { isBelow, sourceTreeOf } from "../fs/source-tree.js";
import { withoutLinks } from "../fs/without-links.js";

/**
 * A link on an absolute path that leads out of the repository that carries it, such as to files of another flake of the
 * user's. Links outside of repositories are the user's own.
 */
export const linkOutOf = (path: string, configDir: string): string | undefined =>
  linksOn(path).find((link) => {
    const repository = repositoryOf(dirname(link), configDir);
    return repository !== undefined && repositoryOf(withoutLinks(link), configDir) !== repository;
  });

/** The git work tree of a folder, else the config's folder: both may come from someone else. */
const repositoryOf = (folder: string, configDir: string): string | undefined => {
  const { root, isGit } = sourceTreeOf(folder);
  return isGit ? root : isBelow(configDir, folder) ? configDir : undefined;
};

/** Linux follows no more, see path_resolution(7). */
const maxLinks = 40;

/** Every link that the kernel follows on an absolute path, at its place without links. */
const linksOn = (path: string): readonly string[] => {
  const links: string[] = [];
  const steps = path.split(sep).reverse();
  let folder = parse(path).root;
  for (let step = steps.pop(); step !== undefined && links.length < maxLinks; step = steps.pop()) {
    const entry = join(folder, step);
    if (lstatSync(entry, { throwIfNoEntry: false })?.isSymbolicLink() === true) {
      links.push(entry);
      const target = readlinkSync(entry);
      steps.push(...target.split(sep).reverse());
      if (isAbsolute(target)) folder = parse(target).root;
    } else folder = entry;
  }
  return links;
};
