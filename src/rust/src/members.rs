//! Trains the members of an ensemble on rows of one table: side by side, or one after the other where something is to
//! hear of every epoch in order.

use crate::arguments::{self, Fields};
use crate::functions;
use crate::inputs::Precision;
use crate::interrupts::interrupted;
use crate::problem::{is_single, Table};
use crate::results::{self, answer};
use crate::threads;
use crate::watch::Hook;
use backprop_engine::base::room::{collected, room};
use backprop_engine::base::threads::with_team_asking;
use backprop_engine::data::Data;
use backprop_engine::objective::Penalty;
use backprop_engine::optim::rows_of_step;
use backprop_engine::train::ensemble::{Member, TrainedMember};
use backprop_engine::train::observer::{EpochView, Observer};
use backprop_engine::{work_of_step, Ending, EngineError, Network, Result, Scalar, Start};
use extendr_api::prelude::*;

/// Trains the members of an ensemble. `members` are lists of `seed`, `rows` and `held` (1-based) and `start`.
/// @noRd
#[extendr]
fn engine_train_members(
    spec: Robj,
    x: Robj,
    y: Robj,
    case_weights: Robj,
    offset: Robj,
    members: Robj,
    hook: Robj,
) -> List {
    answer(|| {
        let spec = Fields::new(&spec, "spec")?;
        let _functions = functions::of(&spec)?;
        let settings = arguments::settings(&spec)?;
        let network = arguments::network_of(&spec, &settings.objective)?;
        let table = Table::new(&x, &y, &case_weights, &offset, &spec)?;
        let (given, null) = (spec.fields("validation")?, Robj::from(()));
        let given = given
            .as_ref()
            .map(|fields| Table::of_validation(fields, &null, &spec))
            .transpose()?;
        let described = members
            .as_list()
            .ok_or_else(|| EngineError::Config("members".to_string()))?;
        let (mut described_members, mut rows) = (room(described.len())?, 0);
        for value in described.values() {
            let fields = Fields::new(&value, "member")?;
            let positions = |name: &str| -> Result<Vec<u32>> {
                let given = fields
                    .get(name)
                    .and_then(|value| value.as_integer_slice())
                    .unwrap_or(&[]);
                collected(given.iter().map(|&row| row.wrapping_sub(1) as u32))
            };
            let (own, held) = (positions("rows")?, positions("held")?);
            rows += own.len() + held.len();
            let start = fields
                .get("start")
                .map(|start| arguments::start(start, &network, &spec))
                .transpose()?;
            described_members.push((arguments::seed(&fields)?, own, held, start.flatten()));
        }
        let batch = rows_of_step(settings.batch_size, table.rows());
        let penalty = settings.penalty;
        let threads = arguments::threads(&spec, work_of_step(&network, batch))?;
        let side_by_side = threads::allowed(spec.count("threads")?).min(described.len());
        let mut hook = Hook::new(&hook);
        let ordered = hook.as_ref().is_some_and(Hook::hears_all)
            || side_by_side < 2
            || functions::are_in(&spec)
            || !threads::can_be_had();
        // The inputs row by row; targets, weights and offsets of each member, and what it predicts of the rows that judge it.
        let wide = table.targets_per_row() + 2 * network.outputs() + 1;
        let of_inputs = match is_single(&spec)? {
            true => table.inputs.source::<f32>()?.rows().row_major_bytes(),
            false => table.inputs.source::<f64>()?.rows().row_major_bytes(),
        };
        settings
            .budget
            .check(of_inputs + (rows * wide * size_of::<f64>()) as f64, 0.0)?;
        let mut made = room(described_members.len())?;
        for (seed, rows, held, start) in &described_members {
            let mut settings = settings.clone();
            settings.seed = *seed;
            if !ordered {
                // R's garbage is its own thread's business; a limit is for all members together.
                settings.budget.reclaim = None;
                settings.budget.limit = settings.budget.limit.map(|limit| limit / side_by_side as f64);
            }
            let start = match start {
                Some(start) => start.clone(),
                None => {
                    let mut draw = arguments::draw(&spec)?;
                    draw.seed = *seed;
                    Start::new(draw)
                }
            };
            let settings = settings.check(&network)?;
            made.push(Member {
                settings,
                start,
                rows,
                held,
            });
        }
        let ensemble = Ensemble {
            network: &network,
            members: &made,
            table: &table,
            given: given.as_ref(),
            threads: if ordered { threads } else { side_by_side },
        };
        let (trained, left) = match is_single(&spec)? {
            true => ensemble.train::<f32>(ordered, &mut hook)?,
            false => ensemble.train::<f64>(ordered, &mut hook)?,
        };
        let outputs = network.outputs();
        let described = trained.iter().map(|member| match member {
            None => Ok(Robj::from(())),
            Some(member) => described_member(member, &network, penalty, outputs),
        });
        let described = List::from_values(described.collect::<Result<Vec<_>>>()?);
        Ok(list!(error = (), members = described, interrupted = left))
    })
}

fn described_member(
    member: &TrainedMember,
    network: &Network,
    penalty: Penalty,
    outputs: usize,
) -> Result<Robj> {
    let mut held = results::zeros(member.held.len() / outputs, outputs)?;
    held.as_real_slice_mut()
        .unwrap_or_default()
        .copy_from_slice(&member.held);
    let trained = results::trained(&member.trained, network, penalty, &[], &[])?;
    Ok(list!(outcome = trained, held = held).into())
}

/// An ensemble that is ready to be trained in either precision.
struct Ensemble<'a> {
    network: &'a Network,
    members: &'a [Member<'a>],
    table: &'a Table<'a>,
    given: Option<&'a Table<'a>>,
    threads: usize,
}

impl Ensemble<'_> {
    /// Whatever ended, and whether the user wanted an end.
    fn train<T: Precision>(
        &self,
        ordered: bool,
        hook: &mut Option<Hook>,
    ) -> Result<(Vec<Option<TrainedMember>>, bool)> {
        let source = self.table.inputs.source::<T>()?;
        let judging = self.given.map(|table| table.inputs.source::<T>()).transpose()?;
        let given = self
            .given
            .zip(judging.as_ref())
            .map(|(table, source)| table.data(source));
        let copy = with_team_asking(self.threads, interrupted, |team| {
            if let Some(given) = &self.given {
                given.inputs.check_finite(team)?;
            }
            source.rows().row_major(team)
        })?;
        let data = Data {
            inputs: copy.as_ref(),
            ..self.table.data(&source)
        };
        if !ordered {
            let mut listener = |number: usize, end: &_| {
                hook.as_mut()
                    .map_or(Ok(true), |hook| hook.call_of(number + 1, end))
            };
            return T::train_members(
                self.network,
                self.members,
                data,
                given,
                self.threads,
                interrupted,
                &mut listener,
            );
        }
        let mut trained = room(self.members.len())?;
        let (mut left, mut stopped) = (false, false);
        for (number, member) in self.members.iter().enumerate() {
            if stopped || (number > 0 && member.settings.out_of_time()) {
                trained.push(None);
                continue;
            }
            let mut teller = Ordered { number, hook };
            let result = match left {
                true => Err(EngineError::Interrupted),
                false => with_team_asking(self.threads, interrupted, |team| {
                    T::train_one(self.network, member, data, given, team, &mut teller)
                }),
            };
            trained.push(match result {
                Err(EngineError::Interrupted) => {
                    left = true;
                    None
                }
                result => {
                    let done = result?;
                    left = done.trained.ending == Ending::Interrupted;
                    stopped = done.trained.ending == Ending::Stopped;
                    Some(done)
                }
            });
        }
        Ok((trained, left))
    }
}

/// Tells R's function of the epochs of one member, on R's own thread.
struct Ordered<'h> {
    number: usize,
    hook: &'h mut Option<Hook>,
}

impl<T: Scalar> Observer<T> for Ordered<'_> {
    fn epoch_end(&mut self, epoch: &EpochView<'_, T>) -> Result<bool> {
        let number = self.number + 1;
        self.hook
            .as_mut()
            .map_or(Ok(true), |hook| hook.call_of(number, epoch.end))
    }
}

extendr_module! {
    mod members;
    fn engine_train_members;
}
