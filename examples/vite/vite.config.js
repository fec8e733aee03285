export default {
  build: { target: 'es2022' },
  // The development server would bundle the package ahead, and lose its worker and modules.
  optimizeDeps: { exclude: ['akio'] },
};
