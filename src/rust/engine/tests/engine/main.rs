//! Claims about the engine as its callers see it, a file for each concept. They are one program,
//! because each program would compile the engine's generic code anew.

mod activations;
mod bits;
mod common;
mod custom;
mod dropout;
mod ending;
mod ensembles;
mod families;
mod hessian;
mod instruction_sets;
mod layers;
mod layers_bits;
mod layers_derivatives;
mod layers_meaning;
mod layers_rates;
mod layers_reference;
#[rustfmt::skip]
mod layers_reference_numbers;
mod layers_refused;
mod layers_sets;
mod layers_traces;
mod losses;
mod moments;
mod networks;
mod optimizers;
mod paths;
mod penalties;
mod predictions;
mod problems;
mod reference;
mod refusals;
mod rows;
mod schedules;
mod settings;
mod starts;
mod streams;
mod tables;
mod traces;
mod training;
mod watching;
mod wide;
mod workers;
mod workloads;
