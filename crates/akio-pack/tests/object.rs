//! The object file is what linkers expect: one segment, aligned, with one symbol for all of it.

mod common;

use std::io::Cursor;

use akio_engine::packed::Packed;
use akio_pack::{Options, files::AlignedBytes, object};
use wasmparser::{
    DataKind, KnownCustom, Linking, Parser, Payload, SymbolFlags, SymbolInfo, TypeRef, Validator,
};

#[test]
fn one_aligned_segment_and_its_symbol() {
    let gguf = common::gguf("llama", |_| {});
    let packing = akio_pack::pack(Cursor::new(gguf), &Options::default(), &mut |_, _| {}).unwrap();
    let model = AlignedBytes::copy_from(&packing.blob);
    let mut file = Vec::new();
    object::write(Packed::open(model.as_slice()).unwrap(), &mut file).unwrap();

    Validator::new().validate_all(&file).unwrap();
    let mut seen = Vec::new();
    for payload in Parser::new(0).parse_all(&file) {
        match payload.unwrap() {
            Payload::ImportSection(imports) => {
                let imports: Vec<_> = imports.into_imports().map(Result::unwrap).collect();
                let [memory] = &imports[..] else {
                    panic!("{imports:?}")
                };
                assert_eq!((memory.module, memory.name), ("env", "__linear_memory"));
                assert!(matches!(memory.ty, TypeRef::Memory(_)));
                seen.push("memory");
            }
            Payload::DataSection(data) => {
                let segments: Vec<_> = data.into_iter().map(Result::unwrap).collect();
                let [segment] = &segments[..] else {
                    panic!("{} segments", segments.len())
                };
                assert!(matches!(
                    segment.kind,
                    DataKind::Active {
                        memory_index: 0,
                        ..
                    }
                ));
                assert!(segment.data == packing.blob);
                seen.push("data");
            }
            Payload::CustomSection(custom) => {
                let KnownCustom::Linking(linking) = custom.as_known() else {
                    panic!("{}", custom.name())
                };
                for subsection in linking.subsections() {
                    match subsection.unwrap() {
                        Linking::SegmentInfo(infos) => {
                            let infos: Vec<_> = infos.into_iter().map(Result::unwrap).collect();
                            assert_eq!(infos.len(), 1);
                            // As a power of two.
                            assert_eq!(infos[0].alignment, 6);
                            assert_eq!(infos[0].name, ".rodata.AKIO_MODEL");
                            seen.push("alignment");
                        }
                        Linking::SymbolTable(symbols) => {
                            let symbols: Vec<_> = symbols.into_iter().map(Result::unwrap).collect();
                            let [
                                SymbolInfo::Data {
                                    flags,
                                    name,
                                    symbol: Some(symbol),
                                },
                            ] = &symbols[..]
                            else {
                                panic!("{symbols:?}")
                            };
                            assert_eq!(*name, object::SYMBOL);
                            assert_eq!(*flags, SymbolFlags::VISIBILITY_HIDDEN);
                            assert_eq!((symbol.index, symbol.offset), (0, 0));
                            assert_eq!(symbol.size as usize, packing.blob.len());
                            seen.push("symbol");
                        }
                        other => panic!("{other:?}"),
                    }
                }
            }
            _ => {}
        }
    }
    assert_eq!(seen, ["memory", "data", "alignment", "symbol"]);
}
