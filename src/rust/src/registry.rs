//! What the engine offers, as lists of R's. `./dev docs` writes them to R/registry-generated.R, from where R's own code has them.

use backprop_engine::base::hyperparameter::{Hyperparameter, Range};
use backprop_engine::registry::{self, DEFAULT_BATCH_SIZE, PRECISIONS};
use extendr_api::prelude::*;

/// A list of parts with their names.
fn by_name<V: Into<Robj>>(parts: impl Iterator<Item = (&'static str, V)>) -> List {
    let (names, values): (Vec<_>, Vec<Robj>) = parts.map(|(name, part)| (name, part.into())).unzip();
    named(List::from_values(values), names)
}

/// Texts with names.
fn texts(pairs: impl Iterator<Item = (&'static str, &'static str)>) -> Robj {
    let (names, values): (Vec<_>, Vec<_>) = pairs.unzip();
    named(Robj::from(values), names)
}

fn named<V: Attributes>(mut values: V, names: Vec<&'static str>) -> V {
    if !names.is_empty() {
        // One for each: this cannot fail.
        let _ = values.set_names(names);
    }
    values
}

fn hyperparameters<'a>(all: impl IntoIterator<Item = &'a Hyperparameter>) -> List {
    by_name(all.into_iter().map(|one| (one.name, hyperparameter(one))))
}

/// Default and range; the default is NA where it is settled when the training is known.
fn hyperparameter(of: &Hyperparameter) -> List {
    let default = match of.range {
        Range::Flag => Robj::from(of.default != 0.0),
        _ if of.default.is_nan() => Robj::from(Rfloat::na()),
        _ => Robj::from(of.default),
    };
    let mut parts = vec![("default", default)];
    match of.range {
        Range::Number {
            from,
            above,
            to,
            below,
        } => parts.extend([
            ("range", Robj::from("number")),
            ("from", Robj::from(from)),
            ("above", Robj::from(above)),
            ("to", Robj::from(to)),
            ("below", Robj::from(below)),
        ]),
        Range::Count => parts.push(("range", Robj::from("count"))),
        Range::Flag => parts.push(("range", Robj::from("flag"))),
    }
    parts.extend(of.at_most.map(|other| ("at_most", Robj::from(other))));
    by_name(parts.into_iter())
}

/// All names that the engine knows, with what belongs to them.
/// @noRd
#[extendr]
fn engine_registry() -> List {
    list!(
        activations = texts(registry::activations()),
        outputs = texts(registry::outputs()),
        losses = by_name(registry::losses().map(|loss| {
            let stated = loss.description();
            let entry = list!(
                outputs = registry::names(stated.outputs),
                sum = stated.is_sum,
                par = stated.default,
                needs = stated.needs.name(),
                of_inputs = loss.needs_inputs()
            );
            (stated.name, entry)
        })),
        optimizers = by_name(registry::optimizers().map(|method| {
            let excludes: Vec<&str> = method.excludes.iter().map(|setting| setting.name()).collect();
            let entry = list!(
                lr = method.lr,
                batches = method.takes_batches,
                own_steps = method.finds_own_steps,
                excludes = excludes,
                hyperparameters = hyperparameters(method.hyperparameters)
            );
            (method.name, entry)
        })),
        schedules = by_name(registry::schedules().map(|schedule| {
            let entry = list!(
                waits_for_loss = schedule.waits_for_loss,
                hyperparameters = hyperparameters(&schedule.hyperparameters)
            );
            (schedule.name, entry)
        })),
        inits = texts(registry::inits()),
        metrics = by_name(registry::metrics()),
        precisions = PRECISIONS,
        default_batch_size = DEFAULT_BATCH_SIZE as i32
    )
}

extendr_module! {
    mod registry;
    fn engine_registry;
}
