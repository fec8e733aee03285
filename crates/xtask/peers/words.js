// Text of about so many tokens.

const WORDS = 'The quick brown fox jumps over the lazy dog near the river bank where the old mill stands.'.split(' ');

/** Begins differently for each run, so that nothing of it is cached. `count` tells how many tokens a text has. */
export async function text(run, tokens, count) {
  const words = [`${run}`];
  const once = await count(WORDS.join(' '));
  const rate = WORDS.length / once;
  for (let i = 0; i < Math.round(tokens * rate) - 1; i++) words.push(WORDS[i % WORDS.length]);
  return words.join(' ');
}

/** How often to measure: once more to warm up, unless a long context does that. */
export function runs(work) {
  return Array.from({ length: work.runs > 1 ? work.runs + 1 : 1 }, (_, run) => run);
}
