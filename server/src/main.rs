//! How does the process start? All of it is in `cli`.

/// Queries allocate from many threads at once; measured on TPC-H this allocator is the faster one.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    owlake::cli::main()
}
