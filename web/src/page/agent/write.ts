/** Answers that the agent writes: from the files, of a task, and tables. */

import type { Agent } from '../../akio/agent/index.js';
import type { Call, Outcome } from '../../akio/agent/types.js';
import { reason } from '../../akio/errors.js';
import type { Write, Writing } from '../chat.js';
import { append, type End, type Message, type Request, type StepPart, type TablePart, textOf } from '../conversation.js';
import { reply, toRequest } from '../reply.js';
import { approval } from './approval.js';
import type { Desk } from './desk.js';

/** Writes each answer as its question asks for. */
export function writeWith(desk: Desk): Write {
  return async (writing) => {
    const question = writing.path.at(-1);
    if (!question?.request) return reply(writing);
    const { request } = question;
    return desk.taskOn(writing.akio, (agent) => {
      switch (request.type) {
        case 'files':
          return answerFromFiles(agent, textOf(question), writing);
        case 'task':
          return doTask(agent, desk, textOf(question), writing);
        case 'table':
          return fillTable(agent, request, writing);
      }
    });
  };
}

async function answerFromFiles(agent: Agent, question: string, { answer, signal, progress }: Writing): Promise<void> {
  const found = await agent.ask(question, {
    signal,
    onProgress: ({ phase, done, total }) =>
      progress({ type: 'doing', what: phase === 'read' ? `Reading the files: ${done} of ${total}` : 'Weighing what was found' }),
  });
  append(answer, found.answer);
  if (found.citations.length > 0) answer.parts.push({ type: 'citations', citations: found.citations });
  answer.end = 'done';
}

const ENDS: Record<Outcome['finish_reason'], End> = { stop: 'done', length: 'limit', context: 'context', steps: 'steps' };

async function doTask(agent: Agent, desk: Desk, task: string, { path, answer, signal, grew, progress }: Writing): Promise<void> {
  await agent.setConversation(toRequest(path.slice(0, -1)));
  desk.approve = (call, ended) => {
    const asked = approval(stepOf(answer, call), AbortSignal.any([signal, ended]));
    progress({ type: 'doing', what: 'Waiting for your yes or no' });
    grew();
    return asked;
  };
  let written = '';
  try {
    for await (const event of agent.run(task, { signal })) {
      switch (event.type) {
        case 'progress':
          if (event.total > 0) progress({ ...event, type: 'reading' });
          else progress({ type: 'doing', what: 'Preparing a step' });
          break;
        case 'token':
          written += event.text;
          append(answer, event.text);
          progress({ type: 'doing', what: 'Answering' });
          break;
        case 'tool_call':
          stepOf(answer, event.call);
          break;
        case 'tool_result':
          Object.assign(stepOf(answer, event.step), event.step, { milliseconds: event.milliseconds });
          desk.onChange();
          break;
        case 'citation':
          cite(answer, { ...event.citation, passage: [] });
          break;
        case 'overflow':
          progress({ type: 'overflow' });
          break;
        case 'done':
          // An answer that is the result of a tool is not written by the model.
          if (written.trim() === '') append(answer, event.outcome.answer);
          answer.end = ENDS[event.outcome.finish_reason];
          break;
      }
      grew();
    }
  } finally {
    desk.approve = async () => false;
  }
}

/** The last step of an answer, if it waits for the result of this call; else a new one. */
function stepOf({ parts }: Message, call: Call): StepPart {
  const last = parts.findLast(({ type }) => type === 'step') as StepPart | undefined;
  if (last && last.decision === undefined && last.tool === call.tool) return last;
  const step: StepPart = { type: 'step', tool: call.tool, arguments: call.arguments };
  parts.push(step);
  return step;
}

function cite({ parts }: Message, citation: { file: string; start_line: number; end_line: number; passage: string[] }): void {
  const last = parts.at(-1);
  if (last?.type === 'citations') last.citations.push(citation);
  else parts.push({ type: 'citations', citations: [citation] });
}

async function fillTable(
  agent: Agent,
  { files, schema }: Request & { type: 'table' },
  { answer, signal, grew, progress }: Writing,
): Promise<void> {
  const table: TablePart = { type: 'table', columns: Object.keys(schema['properties'] ?? {}), rows: [] };
  for (const [i, file] of files.entries()) {
    progress({ type: 'doing', what: `Reading file ${i + 1} of ${files.length}` });
    try {
      table.rows.push(await agent.extract(file, schema, { signal }));
    } catch (error) {
      signal.throwIfAborted();
      table.rows.push({ file, error: reason(error) });
    }
    if (i === 0) answer.parts.push(table);
    grew();
  }
  answer.end = 'done';
}
