//! Generates the stubs from the protos. protox compiles them, so no protoc is needed.

use protox::prost_reflect::{FieldDescriptor, Value};
use std::{env, error::Error, fmt::Write, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    let root = "../../proto/src/main/proto";
    println!("cargo:rerun-if-changed={root}");
    let protos = fs::read_dir(format!("{root}/flowhub/ephemeral/v1"))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()?;
    let mut compiler = protox::Compiler::new([root])?;
    compiler.include_imports(true).open_files(protos)?;

    // `{:?}` of these messages prints no fields: codes, tokens and payloads stay out of logs.
    let secret: Vec<_> = compiler
        .descriptor_pool()
        .all_messages()
        .filter(|message| message.fields().any(|field| is_redacted(&field)))
        .collect();
    assert!(!secret.is_empty(), "no field is marked debug_redact");
    let mut debug = String::new();
    for message in &secret {
        let name = message.name();
        writeln!(
            debug,
            "impl std::fmt::Debug for {name} {{
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {{
                    f.debug_struct(\"{name}\").finish_non_exhaustive()
                }}
            }}"
        )?;
    }
    fs::write(Path::new(&env::var("OUT_DIR")?).join("redacted.rs"), debug)?;

    tonic_prost_build::configure()
        .build_server(false)
        .skip_debug(secret.iter().map(|message| format!(".{}", message.full_name())))
        .compile_fds(compiler.file_descriptor_set())?;
    Ok(())
}

fn is_redacted(field: &FieldDescriptor) -> bool {
    let options = field.options();
    let redact = options.get_field_by_name("debug_redact");
    redact.is_some_and(|value| *value == Value::Bool(true))
}
