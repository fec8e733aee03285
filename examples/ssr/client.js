import { hydrate } from './app.js';

await hydrate(document.getElementById('app'));
