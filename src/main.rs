//! Arguments in, exit code out.

use std::process::ExitCode;

// For all of the process, DuckDB included: planning statements is mostly allocating.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    daybook::cli::main()
}
