/** Tasks with tools, answers from files, and a memory: for browsers and Node. */

export { Agent } from './agent.js';
export type { Memory } from './memory.js';
export type { AgentRun } from './run.js';
export * from './types.js';
