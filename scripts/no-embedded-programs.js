/** An ESLint rule: programs in Python, shell or Nix are files of packages/emit/nix, not strings. */

const languages = {
  "a script": /^\s*#!\s*\//m,
  Python:
    /^\s*(?:import [\w.]+(?:, [\w.]+)*|from [\w.]+ import [\w*., ]+|(?:async )?def \w+\(.*\).*:|class \w+.*:)\s*$/m,
  shell: /^\s*(?:set -[a-z]*[eu][a-z]*(?: .*)?|(?:if|while|until|for) .*; (?:then|do))\s*$/m,
  Nix: /^\s*\{[^{}]*\.\.\.\s*\}:/m,
};

export const noEmbeddedPrograms = {
  meta: {
    type: "problem",
    messages: { found: "This string holds {{language}}. Write it to a file of packages/emit/nix." },
    schema: [{ type: "array", items: { enum: Object.keys(languages) } }],
  },
  create: (context) => {
    const [names = Object.keys(languages)] = context.options;
    const check = (node, text) => {
      const language = names.find((name) => languages[name].test(text));
      if (language !== undefined) context.report({ node, messageId: "found", data: { language } });
    };
    return {
      Literal: (node) => {
        if (typeof node.value === "string") check(node, node.value);
      },
      TemplateLiteral: (node) => {
        check(node, node.quasis.map(({ value }) => value.cooked ?? value.raw).join("x"));
      },
    };
  },
};
