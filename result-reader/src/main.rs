//! Shows what became of leave applications; see `result-reader --help`.

fn main() {
    timeoff_cli::run(result_reader::run)
}
