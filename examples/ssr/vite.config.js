export default {
  build: { target: 'es2022', rolldownOptions: { input: 'client.js', output: { entryFileNames: '[name].js' } } },
};
