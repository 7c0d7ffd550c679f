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
mod losses;
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
mod tables;
mod traces;
mod training;
mod watching;
mod wide;
mod workloads;
