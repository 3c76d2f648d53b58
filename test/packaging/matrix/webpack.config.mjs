const { ENTRY, OUT } = process.env;
export default {
  mode: "production",
  target: "web",
  entry: `./${ENTRY}`,
  output: { path: import.meta.dirname, filename: OUT },
  performance: false,
};
