import { Akio, AkioError } from 'akio';
import {
  Agent,
  type AgentEvent,
  type Answer,
  type BuiltInTool,
  type Extraction,
  type Fact,
  type Outcome,
  type ToolDefinition,
} from 'akio/agent';

const lamp: ToolDefinition = {
  name: 'switch_lamp',
  description: 'Switch a lamp on or off.',
  inputSchema: { type: 'object', properties: { room: { type: 'string', maxLength: 40 } }, required: ['room'] },
  examples: ['Switch on the lamp in the hall'],
  sideEffect: false,
  execute: async ({ room }, { signal }) => `${String(room)}: ${signal.aborted ? 'off' : 'on'}`,
};

export async function use(signal: AbortSignal, chosen: Iterable<File>): Promise<void> {
  await using akio = await Akio.load();
  const tools: (BuiltInTool | ToolDefinition)[] = ['calculate', 'write_file', lamp];
  await using agent = await Agent.open(akio, {
    tools,
    approve: (call, { signal }) => !signal.aborted && call.tool === 'write_file',
    store: 'papers',
  });
  const { added, left_out } = await agent.addFiles(chosen, { signal, onProgress: ({ done, total }) => [done, total] });
  await agent.addFiles([{ path: 'notes/a.txt', content: 'text' }, { path: 'b.txt', content: new Uint8Array(3) }]);
  console.log(added[0]?.bytes, left_out[0]?.reason);
  const run = agent.run('What is 15% of 80?', { signal });
  for await (const event of run) {
    const { type }: AgentEvent = event;
    if (event.type === 'tool_result') console.log(type, event.step.result, event.milliseconds);
  }
  const outcome: Outcome = await run.outcome();
  const answer: Answer = await agent.ask(outcome.answer, { signal, onProgress: ({ phase, done, total }) => [phase, done, total] });
  const values: Extraction = await agent.extract('b.txt', { type: 'object', properties: {} });
  const facts: Fact[] = await agent.memory.search(answer.citations[0]?.passage.join('\n') ?? '');
  await agent.memory.delete(facts[0]?.id ?? 0);
  console.log(values.values, (await agent.redact('Ada')).spans[0]?.start);
  await agent.setConversation((await agent.conversation()).slice(0, -2));
  await agent.restrict('deny');
  // @ts-expect-error: built-in tools are known by name
  await Agent.open(akio, { tools: ['fly'] }).catch((error: unknown) => error instanceof AkioError && error.pointer);
}
