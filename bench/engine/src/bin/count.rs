//! A fit for an instruction counter: `count textbook EPOCHS` or `count digits BATCHES`, on one thread.

use backprop_bench::Workload;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let number: usize = arguments[2].parse().expect("a number");
    let trained = match arguments[1].as_str() {
        "textbook" => Workload::textbook().fit::<f64>(number, 1),
        "digits" => Workload::digits(128 * 2).fit::<f32>(number, 1),
        other => panic!("no workload {other}"),
    };
    println!("{}", trained.losses().last().copied().unwrap_or(f64::NAN));
}
