import { type Availability, LanguageModel as Akio, languageModelOf } from 'akio/prompt-api';

/** Ours may stand where the browser's is expected. */
const standard: typeof LanguageModel = Akio;

export async function use(signal: AbortSignal): Promise<void> {
  const availability: Availability = await Akio.availability({ expectedInputs: [{ type: 'text', languages: ['en'] }] });
  if (availability === 'unavailable') return;
  await using session = await Akio.create({
    signal,
    initialPrompts: [{ role: 'system', content: 'Be brief.' }],
    temperature: 0.5,
    monitor: (monitor) => monitor.addEventListener('downloadprogress', ({ loaded }) => console.log(loaded.toFixed(2))),
  });
  const text: string = await session.prompt('Hello', { signal, responseConstraint: /^\w+$/ });
  const stream: ReadableStream<string> = session.promptStreaming([{ role: 'user', content: text }]);
  await stream.cancel();
  const usage: number = session.contextUsage / session.contextWindow;
  session.oncontextoverflow = ({ type }) => console.log(type, usage);
  const browsers: LanguageModel = await standard.create();
  browsers.destroy();
  // @ts-expect-error: roles are checked
  await session.append([{ role: 'robot', content: '' }]);
  // @ts-expect-error: and the way to load
  languageModelOf(async () => 'no engine');
}
