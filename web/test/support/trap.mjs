const CODE_SECTION = 10;
const UNREACHABLE = 0x00;
const NOP = 0x01;
const END = 0x0b;

/** A copy of the module in which the exported function `name` stops at a fault. */
export function withTrap(module, name) {
  const bytes = Uint8Array.from(module);
  let at = 8;
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  const skip = () => {
    const length = number();
    at += length;
  };

  while (bytes[at++] !== CODE_SECTION) skip();
  number(); // length of the section
  number(); // functions in it
  for (let index = definedIndex(module, name); index > 0; index--) skip();
  const length = number();
  const end = at + length;
  for (let groups = number(); groups > 0; groups--) {
    number(); // locals in the group
    at++; // their type
  }
  bytes.fill(NOP, at, end);
  bytes[at] = UNREACHABLE;
  bytes[end - 1] = END;
  return bytes;
}

/** Which of the functions with code it is: engines name an exported function by its index. */
function definedIndex(module, name) {
  const compiled = new WebAssembly.Module(module);
  const imported = WebAssembly.Module.imports(compiled);
  const imports = {};
  for (const { module, name } of imported) (imports[module] ??= {})[name] = () => {};
  const { exports } = new WebAssembly.Instance(compiled, imports);
  return Number(exports[name].name) - imported.length;
}
