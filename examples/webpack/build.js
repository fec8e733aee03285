import webpack from 'webpack';

import config from './webpack.config.js';

// What webpack-cli does, which needs no file like this one.
webpack(config, (error, stats) => {
  console.log(error ?? stats.toString({ colors: true }));
  process.exitCode = error || stats.hasErrors() ? 1 : 0;
});
