// The instruction in the package's probe is refused, as engines without it do.
const { validate } = WebAssembly;
WebAssembly.validate = (bytes) => bytes.at(-3) !== 0x92 && validate(bytes);
