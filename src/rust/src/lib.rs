//! The border between R and the engine: reads arguments, polls for interrupts, writes results.
//!
//! Every function answers with a plain list. Its `error` is NULL, or `list(kind = , …)`, which R
//! turns into a condition: text from here never reaches a format string of R's.

mod arguments;
mod arrow;
mod derivatives;
mod files;
mod functions;
mod inputs;
mod interrupts;
mod layers;
mod members;
mod moments;
mod native;
mod predictions;
mod problem;
mod registry;
mod remote;
mod results;
mod rows;
mod sockets;
mod stream;
mod threads;
mod training;
mod watch;

use arguments::Fields;
use backprop_engine::base::memory::Budget;
use backprop_engine::base::threads::{with_team, with_team_asking};
use backprop_engine::nn::activation::Activation;
use backprop_engine::Coefficients;
use extendr_api::prelude::*;
use interrupts::interrupted;
use results::answer;
use std::str::FromStr;
use watch::collect_garbage;

/// Starting weights and biases for layers of the given sizes, input first, and kinds (NULL: a chain of dense layers).
/// @noRd
#[extendr]
fn engine_init(sizes: Robj, layers: Robj, init: Robj, bias_init: Robj, seed: Robj, max_bytes: Robj) -> List {
    answer(|| {
        let spec = Fields::of([
            ("sizes", sizes),
            ("layers", layers),
            ("init", init),
            ("bias_init", bias_init),
            ("seed", seed),
            ("max_bytes", max_bytes),
        ]);
        let network = arguments::network_of_sizes(&spec)?;
        // As they are drawn, as R gets them, and one layer in between.
        arguments::budget(&spec)?.check(3.0 * Coefficients::bytes(&network), 0.0)?;
        let draw = arguments::draw(&spec)?;
        let start = with_team_asking(1, interrupted, |team| draw.coefficients(&network, team))?;
        let (weights, biases, _) = results::coefficients(&start)?;
        Ok(list!(error = (), weights = weights, biases = biases))
    })
}

/// Values and derivatives of an activation function at given points.
/// @noRd
#[extendr]
fn engine_activation(name: &str, z: &[f64]) -> List {
    answer(|| {
        let activation = Activation::from_str(name)?;
        Ok(list!(
            error = (),
            value = results::doubles(z.iter().map(|&z| activation.value_and_slope(z).0))?,
            slope = results::doubles(z.iter().map(|&z| activation.value_and_slope(z).1))?
        ))
    })
}

/// Whether R may take so many bytes for what it is about to make; NaN for no limit but the system's.
/// @noRd
#[extendr]
fn engine_memory(bytes: f64, limit: f64) -> List {
    answer(|| {
        let budget = Budget {
            limit: (!limit.is_nan()).then_some(limit),
            reclaim: Some(collect_garbage),
            ..Budget::default()
        };
        budget.check(bytes, 0.0)?;
        Ok(list!(error = ()))
    })
}

/// What this build of the engine is and sees.
/// @noRd
#[extendr]
fn engine_info() -> List {
    list!(
        version = env!("CARGO_PKG_VERSION"),
        cores = threads::cores() as i32,
        isa = arguments::instruction_set()
    )
}

/// Panics, to show that a panic becomes an R error.
/// @noRd
#[extendr]
fn engine_panic(threads: i32) -> List {
    answer(|| {
        with_team(threads.max(1) as usize, |team| {
            team.run(&|member| assert!(member + 1 < team.size(), "a deliberate panic: 100% %s"))
        })?;
        Ok(list!(error = ()))
    })
}

extendr_module! {
    mod backprop;
    use arrow;
    use derivatives;
    use files;
    use layers;
    use members;
    use moments;
    use predictions;
    use registry;
    use remote;
    use sockets;
    use threads;
    use training;
    fn engine_init;
    fn engine_activation;
    fn engine_info;
    fn engine_memory;
    fn engine_panic;
}
