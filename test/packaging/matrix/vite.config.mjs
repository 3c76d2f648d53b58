const { ENTRY, OUT } = process.env;
export default {
  logLevel: "error",
  build: { lib: { entry: ENTRY, formats: ["es"], fileName: () => OUT }, outDir: ".", emptyOutDir: false, minify: true },
};
