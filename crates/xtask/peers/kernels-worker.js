// `akio bench --kernels` in a worker of a browser: the command, with as much of WASI as it needs for that.

const ARGUMENTS = ['akio', 'bench', '--kernels', '--json'];
const DONE = 0;
const BAD_FILE = 8;

onmessage = async ({ data: { module } }) => {
  const printed = [];
  let memory;
  const view = () => new DataView(memory.buffer);
  const wasi = {
    args_sizes_get(count, bytes) {
      view().setUint32(count, ARGUMENTS.length, true);
      view().setUint32(bytes, ARGUMENTS.join(' ').length + 1, true);
      return DONE;
    },
    args_get(pointers, at) {
      for (const argument of ARGUMENTS) {
        view().setUint32(pointers, at, true);
        new Uint8Array(memory.buffer).set(new TextEncoder().encode(`${argument}\0`), at);
        pointers += 4;
        at += argument.length + 1;
      }
      return DONE;
    },
    environ_sizes_get(count, bytes) {
      view().setUint32(count, 0, true);
      view().setUint32(bytes, 0, true);
      return DONE;
    },
    environ_get: () => DONE,
    clock_time_get(_clock, _precision, at) {
      view().setBigUint64(at, BigInt(Math.round(performance.now() * 1e6)), true);
      return DONE;
    },
    fd_write(file, vectors, count, written) {
      let bytes = 0;
      for (let i = 0; i < count; i++) {
        const at = view().getUint32(vectors + 8 * i, true);
        const length = view().getUint32(vectors + 8 * i + 4, true);
        if (file === 1) printed.push(new TextDecoder().decode(new Uint8Array(memory.buffer, at, length)));
        bytes += length;
      }
      view().setUint32(written, bytes, true);
      return DONE;
    },
    random_get(at, length) {
      crypto.getRandomValues(new Uint8Array(memory.buffer, at, length));
      return DONE;
    },
    proc_exit(code) {
      throw new Error(`the command ended with ${code}`);
    },
  };
  // There are no files.
  const imports = { wasi_snapshot_preview1: new Proxy(wasi, { get: (wasi, name) => wasi[name] ?? (() => BAD_FILE) }) };
  const { instance } = await WebAssembly.instantiateStreaming(fetch(module), imports);
  memory = instance.exports.memory;
  try {
    instance.exports._start();
  } catch (error) {
    if (printed.length === 0) throw error;
  }
  postMessage(JSON.parse(printed.join('')));
};
