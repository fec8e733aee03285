export default {
  mode: 'production',
  entry: './src/index.js',
  output: { filename: 'index.js', clean: true },
  experiments: { outputModule: true },
  // The model is large, and known to be.
  performance: false,
};
