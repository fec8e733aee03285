// Runs the cases on the wasm-bindgen module; the same code in Node and in a browser's worker.

/** The build of the module, and one new session for each case, as a process is on the command line. */
export async function runCases(Session, cases) {
  const first = new Session('{}');
  if (!first.verify()) throw new Error('the model is not what was packed');
  const { build } = JSON.parse(first.info());
  first.free();
  const answers = cases.map(({ prompt, system, ...sampling }) => {
    const session = new Session('{}');
    const messages = [
      { role: 'system', content: system },
      { role: 'user', content: prompt },
    ];
    session.start(JSON.stringify({ messages, ...sampling }));
    const tokens = [];
    let text = '';
    for (;;) {
      const event = JSON.parse(session.next());
      if (event.type === 'text') {
        tokens.push(event.token);
        text += event.text;
      } else if (event.type === 'done') {
        session.free();
        return { text: text + event.text, tokens };
      }
    }
  });
  return { build, answers };
}
