import { type ConfigPath, formatPath } from "@microvm-emit/model";
import { camelCase } from "@microvm-emit/model/internal";
import { openModules } from "../locate/locate.js";
import {
  type Binding,
  isOurs,
  lookUp,
  type ObjectLiteral,
  plainKey,
  type Property,
  readModule,
  type Scope,
  type Written,
} from "../locate/syntax.js";
import { type Reached, walkOf } from "../locate/values.js";
import { placeAtOffset } from "../../report/place.js";
import { type Member, linesOf, memberAt, withMember, withoutMember } from "./braces.js";
import type { Drafts } from "./drafts.js";
import { type Editor, NotEditable, type Setting, type Settings, type VmAt, vmPath } from "./editor.js";
import {
  bracesOf,
  inBraces,
  isIdentifier,
  isJson,
  keyText,
  plainExpression,
  quoted,
  styleOf,
  valueMember,
} from "./javascript-style.js";
import { literalIn, reindented, withItem, withoutPath } from "./javascript-value.js";
import { withImport, withoutUnusedImport } from "./own-imports.js";
import { indentationAt, splice } from "./source-text.js";
import { namesIn } from "./syntax-nodes.js";

/**
 * Edits TypeScript, JavaScript and JSON: their object literals. `modify` of jsonc-parser loses the comment after the
 * property before the removed one.
 *
 * @param loaded the config as loaded, which decides between several places that may set a value.
 */
export const javascriptEditor = (config: string, loaded: unknown, drafts: Drafts): Editor => {
  let walked: ((path: ConfigPath) => Reached) | undefined;
  /** Follows a path through the sources, which are parsed once until one of them changes. */
  const walk = (path: ConfigPath): Reached => {
    walked ??= walkIn(config, loaded, drafts.read);
    return walked(path);
  };
  const write = (file: string, text: string): void => {
    drafts.write(file, text);
    walked = undefined;
  };

  const find = (path: ConfigPath): Written & { readonly node: ObjectLiteral } => {
    const { spot, literals } = walk(path);
    const objects = literals.flatMap(({ node, scope }) => (node.type === "ObjectExpression" ? [{ node, scope }] : []));
    const [only] = objects;
    if (only !== undefined && objects.length === 1) return only;
    const place = spot && placeAtOffset(spot.module.file, spot.module.source, spot.offset);
    throw new NotEditable(
      `${formatPath(path)} is ${objects.length === 0 ? "computed" : `one of ${String(objects.length)} objects`}`,
      place,
    );
  };

  const findMember = (vm: VmAt): Found => {
    const path = vmPath(vm);
    const { node, scope } = find(path.slice(0, -1));
    const { file, source } = scope.module;
    const position = node.properties.findLastIndex(
      (member) => member.type === "ObjectProperty" && plainKey(member) === vm.name,
    );
    const member = node.properties[position];
    if (member?.type === "ObjectProperty") return { file, text: source, node, scope, member, position };
    const computed = node.properties.find((one) => one.type === "SpreadElement" || one.computed);
    throw new NotEditable(
      `${formatPath(path)} is computed`,
      placeAtOffset(file, source, (computed ?? node).start ?? 0),
    );
  };

  /** Adds a member at the end of an object. */
  const append = ({ node, scope: { module } }: Written & { readonly node: ObjectLiteral }, member: Member): void => {
    const { file, source } = module;
    write(file, withMember(source, bracesOf(node), member, styleOf(file, source)));
  };

  /** Adds a VM at the end of a host's VMs, with the object for them if the host has none. */
  const appendVm = (host: string, memberIn: (siblings: ObjectLiteral | undefined) => Member): void => {
    const path = ["hosts", host, "vms"];
    if (hasVms(loaded, host)) {
      const found = find(path);
      append(found, memberIn(found.node));
      return;
    }
    const found = find(path.slice(0, -1));
    const { file, source } = found.scope.module;
    const key = keyText("vms", found.node, file, source);
    const { step, lineBreak, trailingComma } = styleOf(file, source);
    append(found, {
      above: [],
      behind: "",
      text: (indentation, isAlone) => {
        const member = memberIn(undefined);
        if (!isAlone) return `${key}: { ${member.text(indentation, false)} }`;
        const lines = linesOf(member, indentation + step, trailingComma ? "," : "", lineBreak);
        return `${key}: {${lineBreak}${lines}${lineBreak}${indentation}}`;
      },
    });
  };

  /** The setting as an expression, for which imports are added. */
  const expression = (setting: Setting, { file, scope }: Target): string => {
    if (typeof setting === "string") return quoted(setting, file, drafts.read(file) ?? "");
    if ("catalogue" in setting) {
      const called = usesNames(loaded) ? undefined : imported(camelCase(setting.catalogue), file, scope);
      return called === undefined ? quoted(setting.catalogue, file, drafts.read(file) ?? "") : `${called}()`;
    }
    if ("fields" in setting) {
      const text = drafts.read(file) ?? "";
      const members = Object.entries(setting.fields).map(
        ([name, value]) => `${keyText(name, undefined, file, text)}: ${quoted(value, file, text)}`,
      );
      return `{ ${members.join(", ")} }`;
    }
    return `[${setting.map((item) => expression(item, { file, scope })).join(", ")}]`;
  };

  const assignments = (settings: Settings, keys: ObjectLiteral | undefined, target: Target): readonly string[] =>
    settings.map(([name, setting]) => {
      const value = expression(setting, target);
      return `${keyText(name, keys, target.file, drafts.read(target.file) ?? "")}: ${value}`;
    });

  /**
   * The local name of a function of this package. Adds the import if it is missing; undefined if it cannot be added.
   */
  const imported = (name: string, file: string, scope: Scope): string | undefined => {
    const text = drafts.read(file) ?? "";
    const found = withImport(text, file, name, lookUp(name, scope) === undefined);
    if (found !== undefined && found.text !== text) write(file, found.text);
    return found?.local;
  };

  /** Removes our imports that only the removed text used. */
  const withoutUnused = (file: string, gone: ReadonlySet<string>): void => {
    const text = drafts.read(file) ?? "";
    const left = [...gone].reduce((rest, name) => withoutUnusedImport(rest, file, name), text);
    if (left !== text) write(file, left);
  };

  /**
   * The text of a VM's value with further settings.
   *
   * @param joins true if lists are appended to those of a value that is not a literal
   */
  const withSettings = (value: string, settings: Settings, target: Target, joins = false): string => {
    const text = settings.reduce((rest, [name]) => withoutPath(rest, [name], target.file) ?? rest, value);
    const literal = literalIn(text, target.file);
    const whole = drafts.read(target.file) ?? "";
    if (literal !== undefined)
      return assignments(settings, literal, target).reduce((rest, assignment) => {
        const node = literalIn(rest, target.file);
        const member: Member = { above: [], text: () => assignment, behind: "" };
        return node === undefined
          ? rest
          : withMember(rest, bracesOf(node), member, { ...styleOf(target.file, whole), breaksEmpty: false });
      }, text);
    if (settings.length === 0) return text;
    // A spread would lose the marks of `replace` and `unset`; `extend` joins lists.
    const extend = imported("extend", target.file, target.scope);
    const hasList = settings.some(([, setting]) => Array.isArray(setting));
    const replace =
      extend !== undefined && hasList && !joins ? imported("replace", target.file, target.scope) : undefined;
    const changes = assignments(settings, undefined, target)
      .map((one) => (replace === undefined ? one : one.replace(/^(\w+: )(\[.*\])$/, `$1${replace}($2)`)))
      .join(", ");
    return extend === undefined ? `{ ...${text}, ${changes} }` : `${extend}(${text}, { ${changes} })`;
  };

  /** Fails if a text would have another meaning in its new place. */
  const requireSameNames = (member: Property, from: Scope, to: Scope, vm: VmAt): void => {
    for (const name of namesIn(member.value)) {
      const binding = lookUp(name, from);
      if (isSame(binding, lookUp(name, to))) continue;
      if (binding?.kind === "import" && isOurs(binding.specifier) && from.module.file !== to.module.file) {
        if (imported(binding.name, to.module.file, to) === name) continue;
      }
      const { file, source } = from.module;
      throw new NotEditable(
        `${formatPath(vmPath(vm))} uses ${name}, which is not defined there`,
        placeAtOffset(file, source, member.start ?? 0),
      );
    }
  };

  /** The scope that a host's new VM is written in. */
  const scopeOf = (host: string): Scope => find(["hosts", host, ...(hasVms(loaded, host) ? ["vms"] : [])]).scope;

  const targetOf = (host: string): Target => {
    const scope = scopeOf(host);
    return { file: scope.module.file, scope };
  };

  const vmMember = (name: string, settings: Settings, target: Target, siblings: ObjectLiteral | undefined): Member => {
    const text = drafts.read(target.file) ?? "";
    const assigned = assignments(settings, siblings, target);
    return valueMember(keyText(name, siblings, target.file, text), assigned, siblings, target.file, text);
  };

  return {
    add: ({ host, name }, settings) => {
      // Imports are added first: they move the place of the VM.
      assignments(settings, undefined, targetOf(host));
      appendVm(host, (siblings) => vmMember(name, settings, targetOf(host), siblings));
    },
    addCopy: ({ host, name }, of, leftOut, settings) => {
      const { member, scope, text, file } = findMember(of);
      const target = targetOf(host);
      requireSameNames(member, scope, target.scope, of);
      const missing: ConfigPath[] = [];
      const bare = leftOut.reduce(
        (value, path) => {
          const without = withoutPath(value, path, file);
          if (without === undefined) missing.push(path);
          return without ?? value;
        },
        text.slice(member.value.start ?? 0, member.value.end ?? 0),
      );
      const value = withSettings(bare, settings, target);
      const from = indentationAt(text, member.start ?? 0);
      appendVm(host, (siblings) => ({
        above: [],
        behind: "",
        text: (indentation) =>
          `${keyText(name, siblings, target.file, drafts.read(target.file) ?? "")}: ${reindented(value, from, indentation, target.file)}`,
      }));
      return missing;
    },
    remove: (vm) => {
      const { file, text, node, member, position } = findMember(vm);
      write(file, withoutMember(text, bracesOf(node), position, styleOf(file, text)));
      withoutUnused(file, namesIn(member.value));
    },
    rename: (vm, name, settings) => {
      const { file, scope, member: before } = findMember(vm);
      const value = withSettings(
        (drafts.read(file) ?? "").slice(before.value.start ?? 0, before.value.end ?? 0),
        settings,
        { file, scope },
      );
      // An import may have been added above.
      const { text, node, member } = findMember(vm);
      const key = keyText(name, node, file, text);
      const [start, end] = member.shorthand
        ? [member.start ?? 0, member.end ?? 0]
        : [member.key.start ?? 0, member.value.end ?? 0];
      const between = member.shorthand ? ": " : text.slice(member.key.end ?? 0, member.value.start ?? 0);
      const written = member.computed ? quoted(name, file, text) : key;
      write(file, splice(text, start, end, `${written}${between}${value}`));
    },
    move: (vm, host) => {
      const { file, text, node, member, position, scope } = findMember(vm);
      const target = targetOf(host);
      requireSameNames(member, scope, target.scope, vm);
      const taken = memberAt(text, bracesOf(node), position, styleOf(file, text));
      const from = indentationAt(text, member.start ?? 0);
      const moved: Member = {
        ...taken,
        text: (indentation, isAlone) => reindented(taken.text(indentation, isAlone), from, indentation, file),
      };
      const source = findMember(vm);
      write(
        source.file,
        withoutMember(source.text, bracesOf(source.node), source.position, styleOf(source.file, source.text)),
      );
      appendVm(host, () => moved);
      withoutUnused(file, namesIn(member.value));
    },
    append: (vm, setting, present, item) => {
      const { file, scope, member } = findMember(vm);
      const { literals } = walk([...vmPath(vm), setting]);
      const [written] = literals;
      const [start, end] = [member.value.start ?? 0, member.value.end ?? 0];
      // A list in another place may also belong to other VMs.
      if (
        literals.length === 1 &&
        written?.node.type === "ArrayExpression" &&
        written.scope.module.file === file &&
        start <= (written.node.start ?? 0) &&
        (written.node.end ?? 0) <= end
      ) {
        write(file, withItem(scope.module.source, written.node, quoted(item, file, scope.module.source), file));
        return;
      }
      const target = { file, scope };
      const value = scope.module.source.slice(start, end);
      const isLiteral = literalIn(value, file) !== undefined;
      // `extend` joins lists.
      const items = isLiteral ? [...present.filter((one) => typeof one === "string"), item] : [item];
      const changed = withSettings(value, [[setting, items]], target, true);
      // An import may have been added above.
      const found = findMember(vm);
      if (found.member.shorthand) {
        const { start: from, end: to } = found.member;
        write(file, splice(found.text, from ?? 0, to ?? 0, `${vm.name}: ${changed}`));
        return;
      }
      write(file, splice(found.text, found.member.value.start ?? 0, found.member.value.end ?? 0, changed));
    },
    replaceText: (path, from, to) => {
      const { literals } = walk(path);
      const [literal] = literals;
      if (literals.length !== 1 || literal?.node.type !== "StringLiteral" || literal.node.value !== from) return;
      const { file, source } = literal.scope.module;
      const { start, end } = literal.node;
      write(file, splice(source, start ?? 0, end ?? 0, quoted(to, file, source)));
    },
    print: (name, settings) => {
      const value = settings.map(([key, setting]) => `${key}: ${plainExpression(setting, config)}`);
      const key = isIdentifier(name) && !isJson(config) ? name : JSON.stringify(name);
      return `${key}: ${isJson(config) ? inBraces(value.map((one) => one.replace(/^\w+/, '"$&"'))) : inBraces(value)}`;
    },
  };
};

interface Found {
  readonly file: string;
  readonly text: string;
  readonly node: ObjectLiteral;
  readonly scope: Scope;
  readonly member: Property;
  readonly position: number;
}

/** Follows paths of the config that a module exports. */
const walkIn = (
  config: string,
  loaded: unknown,
  read: (file: string) => string | undefined,
): ((path: ConfigPath) => Reached) => {
  const exported = readModule(config, read(config) ?? "")?.exports.get("default");
  if (exported === undefined) return () => ({ spot: undefined, literals: [] });
  const walk = walkOf(openModules(read));
  return (path) => walk(exported, path, { value: loaded });
};

/** True if two names have one meaning. Each call of a function has new bindings of its body. */
const isSame = (a: Binding | undefined, b: Binding | undefined): boolean =>
  a === b ||
  (a?.kind === "value" && b?.kind === "value" && a.value.node === b.value.node) ||
  (a?.kind === "part" && b?.kind === "part" && a.step === b.step && isSame(a.of, b.of)) ||
  (a?.kind === "import" &&
    b?.kind === "import" &&
    a.from === b.from &&
    a.specifier === b.specifier &&
    a.name === b.name);

/** The place for a new text. */
interface Target {
  readonly file: string;
  readonly scope: Scope;
}

const hasVms = (loaded: unknown, host: string): boolean => {
  const hosts = (loaded as { readonly hosts?: Readonly<Record<string, { readonly vms?: unknown }>> }).hosts;
  return hosts?.[host]?.vms !== undefined;
};

/** True if the config gives agents as strings. */
const usesNames = (loaded: unknown): boolean => {
  const { hosts = {} } = loaded as { readonly hosts?: Readonly<Record<string, HostLike>> };
  return Object.values(hosts)
    .flatMap(({ vms = {}, vmDefaults }) => [...Object.values(vms), vmDefaults])
    .some((vm) => typeof vm?.agent === "string");
};

interface HostLike {
  readonly vms?: Readonly<Record<string, VmLike>>;
  readonly vmDefaults?: VmLike;
}

interface VmLike {
  readonly agent?: unknown;
}
