//! Several networks of one kind, each trained on rows of its own and judged by others: one after the other, or
//! side by side with a thread for each, which gives the same bits.

use crate::base::error::{EngineError, Result};
use crate::base::room::{collected, filled, room};
use crate::base::threads::{with_team_asking, Team};
use crate::compute::evaluate::predict;
use crate::data::rows::{Chosen, ColumnMajor, RowSource};
use crate::data::table::Data;
use crate::kernels::scalar::Scalar;
use crate::nn::network::Network;
use crate::train::observer::{EpochEnd, EpochView, Observer};
use crate::train::settings::{CheckedSettings, Ending, Trained};
use crate::train::state::Start;
use crate::train::training::train;
use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{channel, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// One network of an ensemble, before it is trained.
pub struct Member<'a> {
    /// How it is trained; members differ in their seeds.
    pub settings: CheckedSettings,
    /// Where it starts.
    pub start: Start,
    /// Numbers of the rows that train it.
    pub rows: &'a [u32],
    /// Numbers of the rows that judge it, where it has rows of its own for that.
    pub held: &'a [u32],
}

/// One network of an ensemble, trained.
pub struct TrainedMember {
    /// What training gave.
    pub trained: Trained,
    /// Its predictions of the rows that judged it [rows x outputs], column by column.
    pub held: Vec<f64>,
}

/// Who hears of epochs: the number of the member and what the epoch ended with. The answer is whether to go on.
pub type Listener<'a> = dyn FnMut(usize, &EpochEnd) -> Result<bool> + 'a;

/// Time between two looks at whether the user wants an end, when the calling thread only waits.
const PATIENCE: Duration = Duration::from_millis(20);

/// Trains members side by side with up to `threads` of them at a time. `data` are the rows from which each takes
/// its own, known to be finite and not scattered; `given` rows judge members that hold none back. What is not
/// there in the answer had not ended when the user, or the listener, wanted an end, or not begun when the time was up.
///
/// # Errors
/// As for [`train`], of the first member that has one.
pub fn train_members<T: Scalar>(
    network: &Network,
    members: &[Member<'_>],
    data: Data<'_, T>,
    given: Option<Data<'_, T>>,
    threads: usize,
    interrupted: fn() -> bool,
    listener: &mut Listener<'_>,
) -> Result<(Vec<Option<TrainedMember>>, bool)> {
    let has_custom_loss = |member: &Member<'_>| member.settings.0.objective.loss().is_custom();
    if network.is_custom() || members.iter().any(has_custom_loss) {
        return Err(EngineError::config(
            "functions of the caller's own are called on its thread alone, where members are trained one after the other",
        ));
    }
    let stop = Arc::new(AtomicBool::new(false));
    let next = AtomicUsize::new(0);
    let mut trained = room(members.len())?;
    for _ in members {
        trained.push(None);
    }
    let trained = Mutex::new(trained);
    let (sender, events) = channel();
    let mut left = false;
    let problem = std::thread::scope(|scope| -> Result<()> {
        for _ in 0..threads.clamp(1, members.len().max(1)) {
            let (sender, stop, next, trained) = (sender.clone(), stop.clone(), &next, &trained);
            let worker = move || {
                STOP.with_borrow_mut(|of_thread| *of_thread = Some(stop.clone()));
                while !stop.load(Ordering::Relaxed) {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(member) = members.get(number) else { return };
                    if number > 0 && member.settings.out_of_time() {
                        continue;
                    }
                    let mut teller = Teller {
                        number,
                        sender: sender.clone(),
                    };
                    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                        with_team_asking(1, told_to_stop, |team| {
                            train_one(network, member, data, given, team, &mut teller)
                        })
                    }));
                    let result = result
                        .unwrap_or_else(|_| Err(EngineError::Panic("a member of an ensemble".to_string())));
                    let event = match result {
                        Ok(done) if done.trained.ending == Ending::Interrupted => continue,
                        Ok(done) => {
                            trained.lock().unwrap_or_else(|e| e.into_inner())[number] = Some(done);
                            continue;
                        }
                        Err(EngineError::Interrupted) => continue,
                        Err(error) => Event::Failed(error),
                    };
                    // That nobody listens any more is no concern of this thread.
                    let _ = sender.send(event);
                    return;
                }
            };
            // A system that refuses another thread gets the work done with fewer.
            let _ = std::thread::Builder::new()
                .name("backprop-member".to_string())
                .spawn_scoped(scope, worker);
        }
        drop(sender);
        let mut problem = Ok(());
        loop {
            match events.recv_timeout(PATIENCE) {
                Ok(Event::Ended(number, end)) if !left => match listener(number, &end) {
                    Ok(true) => {}
                    Ok(false) => left = true,
                    Err(EngineError::Interrupted) => left = true,
                    Err(error) => problem = Err(error),
                },
                Ok(Event::Ended(..)) | Err(RecvTimeoutError::Timeout) => {}
                Ok(Event::Failed(error)) => problem = Err(error),
                Err(RecvTimeoutError::Disconnected) => break,
            }
            left = left || (problem.is_ok() && interrupted());
            if left || problem.is_err() {
                stop.store(true, Ordering::Relaxed);
            }
        }
        problem
    });
    problem?;
    let trained = trained.into_inner().unwrap_or_else(|e| e.into_inner());
    if !left && trained.iter().all(Option::is_none) {
        return Err(EngineError::Panic("no thread could be started".to_string()));
    }
    Ok((trained, left))
}

/// Trains one member, and predicts the rows that judge it.
///
/// # Errors
/// As for [`train`].
pub fn train_one<T: Scalar>(
    network: &Network,
    member: &Member<'_>,
    data: Data<'_, T>,
    given: Option<Data<'_, T>>,
    team: &Team,
    observer: &mut dyn Observer<T>,
) -> Result<TrainedMember> {
    let own = Part::of(&data, member.rows)?;
    let held = match member.held.is_empty() {
        true => None,
        false => Some(Part::of(&data, member.held)?),
    };
    let judges = match &held {
        Some(held) => Some(held.data()),
        None => given,
    };
    let trained = train(
        network,
        &member.settings,
        own.data(),
        judges,
        &member.start,
        team,
        observer,
    )?;
    let mut predicted = Vec::new();
    if let (Some(held), false) = (&held, trained.ending == Ending::Interrupted) {
        predicted = filled(member.held.len() * network.outputs(), 0.0)?;
        let offsets = held.data().offsets;
        predict::<T>(
            network,
            &trained.coefficients,
            &held.inputs,
            offsets,
            team,
            &mut predicted,
        )?;
    }
    Ok(TrainedMember {
        trained,
        held: predicted,
    })
}

/// Some rows of a table. Inputs stay where they are, the rest is little.
struct Part<'a, T> {
    inputs: Chosen<'a, T>,
    targets: Vec<f64>,
    case_weights: Option<Vec<f64>>,
    offsets: Option<Vec<f64>>,
    rows: usize,
}

impl<'a, T: Scalar> Part<'a, T> {
    fn of(data: &Data<'a, T>, rows: &'a [u32]) -> Result<Part<'a, T>> {
        let weights = data
            .case_weights
            .map(|weights| collected(rows.iter().map(|&row| weights[row as usize])))
            .transpose()?;
        Ok(Part {
            inputs: Chosen::new(data.inputs, rows)?,
            targets: data.targets.chosen(rows)?,
            case_weights: weights,
            offsets: data.offsets.map(|offsets| offsets.chosen(rows)).transpose()?,
            rows: rows.len(),
        })
    }

    fn data(&self) -> Data<'_, T> {
        let matrix = |numbers| ColumnMajor::new(numbers, self.rows, <[f64]>::len(numbers) / self.rows.max(1));
        Data {
            inputs: &self.inputs as &dyn RowSource<T>,
            targets: matrix(&self.targets),
            case_weights: self.case_weights.as_deref(),
            offsets: self.offsets.as_deref().map(matrix),
        }
    }
}

enum Event {
    Ended(usize, EpochEnd),
    Failed(EngineError),
}

/// Tells the calling thread of a member's epochs.
struct Teller {
    number: usize,
    sender: Sender<Event>,
}

impl<T: Scalar> Observer<T> for Teller {
    fn epoch_end(&mut self, epoch: &EpochView<'_, T>) -> Result<bool> {
        let _ = self.sender.send(Event::Ended(self.number, *epoch.end));
        Ok(true)
    }
}

thread_local! {
    /// What tells the members of this thread to stop.
    static STOP: RefCell<Option<Arc<AtomicBool>>> = const { RefCell::new(None) };
}

fn told_to_stop() -> bool {
    STOP.with_borrow(|stop| stop.as_ref().is_some_and(|stop| stop.load(Ordering::Relaxed)))
}
