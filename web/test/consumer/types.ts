import {
  Akio,
  AkioError,
  type AkioErrorCode,
  type ChatCompletion,
  type ChatCompletionChunk,
  type ChatMessage,
  type ChatTool,
  type Published,
  type ResponseFormat,
  type RunnableTool,
  type ToolCall,
} from 'akio';

const messages: ChatMessage[] = [{ role: 'user', content: 'Hello' }];
const { signal } = new AbortController();

export async function use(): Promise<void> {
  await using other = await Akio.load();
  const fault: AkioErrorCode | undefined = other.fault?.code;
  const akio = await Akio.load({
    signal,
    onProgress: ({ loaded, total }) => [loaded, total],
    onLost: ({ code }) => console.warn(code, fault),
    threads: 2,
    wasm: './other.wasm',
    plain: new URL('https://example.org/other-plain.wasm'),
    published: { bytes: 1, code: '', plain: '' } satisfies Published,
  });
  const threads: number = akio.threads;
  console.log(threads);
  try {
    const whole: ChatCompletion = await akio.chat.completions.create({ messages, seed: 1 });
    const text: string = whole.choices[0].message.content;
    const stream = await akio.chat.completions.create({ messages, stream: true }, { signal });
    for await (const chunk of stream) {
      const { choices }: ChatCompletionChunk = chunk;
      choices[0]?.delta.content?.trim();
    }
    const response_format: ResponseFormat = { type: 'json_schema', json_schema: { schema: {} } };
    const tools: ChatTool[] = [{ type: 'function', function: { name: 'roll', parameters: { type: 'object' } } }];
    const called = await akio.chat.completions.create({ messages, tools, tool_choice: 'required' });
    const call: ToolCall | undefined = called.choices[0].message.tool_calls?.[0];
    const said = { role: 'tool', tool_call_id: call?.id ?? '', content: '6' } as const;
    await akio.chat.completions.create({ messages: [...messages, called.choices[0].message, said] });
    const roll: RunnableTool = {
      type: 'function',
      function: { name: 'roll', function: ({ sides }: { sides: number }) => sides, parse: JSON.parse },
    };
    const runner = akio.chat.completions.runTools({ messages, tools: [roll] }, { signal, maxChatCompletions: 3 });
    runner.on('message', ({ role }) => console.log(role, runner.messages.length));
    const final: string = await runner.finalContent();
    console.log(final);
    const count: number = (await akio.countTokens(text)) + (await akio.countTokens(messages));
    await akio.chat.completions.create({ messages, response_format, prefix: 'Well,' });
    await akio.restart({ signal, wasm: new URL('https://example.org/akio.wasm') });
    // @ts-expect-error: parameters are checked
    await akio.chat.completions.create({ messages, temperatur: count });
    // @ts-expect-error: and so are roles
    await akio.chat.completions.create({ messages: [{ role: 'robot', content: '' }] });
  } catch (error) {
    if (error instanceof AkioError) {
      const code: AkioErrorCode = error.code;
      console.error(code, error.pointer);
    }
  } finally {
    akio.terminate();
  }
}
