/** Nothing about the package: webpack finds its worker and the runtime's WebAssembly by itself. */
export default {
  mode: 'production',
  entry: './src/index.js',
  output: { filename: 'main.js', clean: true },
  experiments: { topLevelAwait: true },
};
