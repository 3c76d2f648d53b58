const { ENTRY, OUT } = process.env;
module.exports = {
  mode: "production",
  target: "web",
  entry: `./${ENTRY}`,
  output: { path: __dirname, filename: OUT },
  performance: false,
};
