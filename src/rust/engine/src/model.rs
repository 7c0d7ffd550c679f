//! A network's numbers while it trains: parameters, what the optimizer keeps for each of them,
//! transposed copies for the backward pass, and the strips in which they are updated.

use crate::buffer::{Buffer, SharedBuffer};
use crate::error::{EngineError, Result};
use crate::lbfgs::Pair;
use crate::network::{Coefficients, Layout, Network};
use crate::optimizer::Rule;
use crate::rows::pieces;
use crate::schedule::Plateau;
use crate::train::{Method, Start};
use crate::Scalar;
use std::ops::Range;

/// Rows of a panel (inputs) that are updated at once; their gradient stays in the first-level cache.
pub const STRIP_INPUTS: usize = 48;

/// Version of [`OptimizerState`] as it is stored.
pub const STATE_FORMAT: u32 = 1;

/// What an optimizer needs to go on where it stopped.
#[derive(Clone, Debug, PartialEq)]
pub struct OptimizerState {
    /// Version of this structure.
    pub format: u32,
    /// Steps made.
    pub steps: u64,
    /// What is kept per weight and bias, by name: one entry per slot of the rule, or two per
    /// remembered pair of L-BFGS.
    pub slots: Vec<(String, Coefficients)>,
    /// Where a plateau schedule stands.
    pub plateau: Plateau,
}

/// A piece of a layer's parameters: some inputs of one panel, and its biases if `with_bias`.
#[derive(Clone, Debug)]
pub struct StripPlace {
    /// The layer.
    pub layer: usize,
    /// The panel.
    pub panel: usize,
    /// Inputs.
    pub inputs: Range<usize>,
    /// Whether the biases of the panel belong to the strip; they follow its last input.
    pub with_bias: bool,
    /// Where the strip's weights lie among the parameters.
    pub weights: Range<usize>,
    /// Numbers per input: the width of a panel.
    pub lanes: usize,
}

impl StripPlace {
    /// Where the strip lies, biases included.
    #[inline]
    pub fn all(&self) -> Range<usize> {
        let biases = if self.with_bias { self.lanes } else { 0 };
        self.weights.start..self.weights.end + biases
    }
}

/// Parameters in training.
pub struct Model<T> {
    /// Weights and biases.
    pub parameters: SharedBuffer<T>,
    /// What the rule keeps, each laid out like `parameters`.
    pub slots: Vec<SharedBuffer<T>>,
    /// Weights of every layer but the first, transposed, in panels over their inputs.
    pub transposed: Vec<SharedBuffer<T>>,
    /// Strips in order of layers and their inputs: strips of the same inputs follow each other.
    pub strips: Vec<StripPlace>,
    /// Index of the first strip of each share when work is divided among `shares.len() - 1` members.
    pub shares: Vec<usize>,
    /// Steps made.
    pub steps: u64,
    /// Where a plateau schedule stands.
    pub plateau: Plateau,
}

impl<T: Scalar> Model<T> {
    /// Lays out a start for training by `members` threads.
    ///
    /// # Errors
    /// Shapes that do not fit the network, or memory refused.
    pub fn new(
        network: &Network,
        layout: &Layout,
        method: &Method,
        lr: f64,
        start: &Start,
        members: usize,
    ) -> Result<Model<T>> {
        let parameters = start.coefficients.pack::<T>(network)?;
        let state = start.state.as_ref();
        let mut slots = Vec::new();
        match (method, state) {
            (Method::Rule(rule), None) => {
                for slot in 0..rule.slots().len() {
                    let mut buffer = SharedBuffer::zeros(layout.len)?;
                    buffer.get_mut().fill(T::of(rule.initial(slot, lr)));
                    slots.push(buffer);
                }
            }
            (_, Some(state)) => {
                for (_, slot) in &state.slots {
                    slots.push(slot.pack::<T>(network)?.into());
                }
            }
            (Method::Lbfgs(_), None) => {}
        }
        if let Method::Rule(rule) = method {
            if slots.len() != rule.slots().len() {
                return Err(EngineError::config(
                    "the optimizer's state is of another optimizer",
                ));
            }
        }
        let mut transposed = Vec::new();
        for (number, place) in layout.places.iter().enumerate().skip(1) {
            transposed.push(SharedBuffer::zeros(
                layout.places[number - 1].panels * T::LANES * network.layers()[number].units,
            )?);
            debug_assert_eq!(place.rows - 1, network.layers()[number].inputs);
        }
        let strips = strips::<T>(layout);
        let shares = shares(&strips, members);
        let model = Model {
            parameters: parameters.into(),
            slots,
            transposed,
            strips,
            shares,
            steps: state.map_or(0, |state| state.steps),
            plateau: state.map_or(Plateau::START, |state| state.plateau),
        };
        model.transpose_all(network);
        Ok(model)
    }

    fn transpose_all(&self, network: &Network) {
        for strip in &self.strips {
            // SAFETY: the model is not shared yet, or no job is running.
            unsafe { self.transpose(network, strip) };
        }
    }

    /// Copies a strip's weights into the transposed panels.
    ///
    /// # Safety
    /// Nobody else may use this strip's part of the parameters or of the transposed copies.
    pub unsafe fn transpose(&self, network: &Network, strip: &StripPlace) {
        if strip.layer == 0 {
            return;
        }
        let units = network.layers()[strip.layer].units;
        let first = strip.panel * T::LANES;
        let present = T::LANES.min(units - first);
        // SAFETY: the caller's promise; strips have disjoint inputs or units, and each element
        // (input, unit) has one place in the transposed copy. Elements of different strips lie
        // between each other there, so they are written one by one through a raw pointer.
        unsafe {
            let mut weight = self.parameters.pointer().add(strip.weights.start) as *const T;
            let target = self.transposed[strip.layer - 1].pointer();
            for input in strip.inputs.clone() {
                let column = target.add((input / T::LANES * units + first) * T::LANES + input % T::LANES);
                for unit in 0..present {
                    *column.add(unit * T::LANES) = *weight.add(unit);
                }
                weight = weight.add(T::LANES);
            }
        }
    }

    /// Copies parameters and slots, to return to later.
    pub fn save(&self, snapshot: &mut Snapshot<T>) {
        snapshot.steps = self.steps;
        snapshot.plateau = self.plateau;
        for (from, to) in std::iter::once(&self.parameters)
            .chain(&self.slots)
            .zip(&mut snapshot.numbers)
        {
            // SAFETY: called between jobs, when nobody writes.
            to.copy_from_slice(unsafe { from.read_all() });
        }
    }

    /// Room for a snapshot.
    ///
    /// # Errors
    /// Memory refused.
    pub fn snapshot(&self, layout: &Layout) -> Result<Snapshot<T>> {
        let numbers = (0..=self.slots.len())
            .map(|_| Buffer::zeros(layout.len))
            .collect::<Result<Vec<_>>>()?;
        let mut snapshot = Snapshot {
            numbers,
            steps: 0,
            plateau: Plateau::START,
        };
        self.save(&mut snapshot);
        Ok(snapshot)
    }

    /// Goes back to a snapshot.
    pub fn restore(&mut self, snapshot: &Snapshot<T>, network: &Network) {
        self.steps = snapshot.steps;
        self.plateau = snapshot.plateau;
        for (to, from) in std::iter::once(&mut self.parameters)
            .chain(&mut self.slots)
            .zip(&snapshot.numbers)
        {
            to.get_mut().copy_from_slice(from);
        }
        self.transpose_all(network);
    }

    /// Whether every parameter is finite and small enough that its square is.
    pub fn is_usable(&self) -> bool {
        // SAFETY: called between jobs, when nobody writes.
        let parameters = unsafe { self.parameters.read_all() };
        parameters.iter().all(|w| w.abs() <= T::WEIGHT_LIMIT)
    }

    /// Weights and biases as matrices.
    pub fn coefficients(&self, network: &Network) -> Coefficients {
        // SAFETY: called between jobs, when nobody writes.
        Coefficients::unpack(network, unsafe { self.parameters.read_all() })
    }

    /// What the optimizer keeps, as matrices, under the given names.
    pub fn state(&self, network: &Network, names: &[String]) -> OptimizerState {
        let name = |slot: usize| names.get(slot).cloned().unwrap_or_default();
        OptimizerState {
            format: STATE_FORMAT,
            steps: self.steps,
            slots: self
                .slots
                .iter()
                .enumerate()
                // SAFETY: called between jobs, when nobody writes.
                .map(|(number, slot)| {
                    (
                        name(number),
                        Coefficients::unpack(network, unsafe { slot.read_all() }),
                    )
                })
                .collect(),
            plateau: self.plateau,
        }
    }

    /// Puts the parameters at a point.
    pub fn set(&mut self, point: &[T], network: &Network) {
        self.parameters.get_mut().copy_from_slice(point);
        self.transpose_all(network);
    }

    /// The slots as remembered pairs of L-BFGS, oldest first.
    pub fn pairs(&mut self) -> Vec<Pair<T>> {
        self.slots
            .chunks_exact_mut(2)
            .map(|pair| Pair {
                step: pair[0].get_mut().to_vec(),
                change: pair[1].get_mut().to_vec(),
            })
            .collect()
    }

    /// Keeps remembered pairs in the slots.
    ///
    /// # Errors
    /// Memory refused.
    pub fn remember(&mut self, pairs: &[Pair<T>]) -> Result<()> {
        while self.slots.len() > 2 * pairs.len() {
            self.slots.pop();
        }
        while self.slots.len() < 2 * pairs.len() {
            self.slots
                .push(SharedBuffer::zeros(self.parameters.get_mut().len())?);
        }
        let vectors = pairs.iter().flat_map(|pair| [&pair.step, &pair.change]);
        for (slot, vector) in self.slots.iter_mut().zip(vectors) {
            slot.get_mut().copy_from_slice(vector);
        }
        Ok(())
    }
}

/// A copy of a model's parameters and slots.
pub struct Snapshot<T> {
    numbers: Vec<Buffer<T>>,
    steps: u64,
    plateau: Plateau,
}

fn strips<T: Scalar>(layout: &Layout) -> Vec<StripPlace> {
    let mut strips = Vec::new();
    for (layer, place) in layout.places.iter().enumerate() {
        let inputs = place.rows - 1;
        for inputs_of_strip in pieces(0..inputs, STRIP_INPUTS) {
            for panel in 0..place.panels {
                strips.push(StripPlace {
                    layer,
                    panel,
                    inputs: inputs_of_strip.clone(),
                    with_bias: inputs_of_strip.end == inputs,
                    weights: place.range::<T>(panel, inputs_of_strip.clone()),
                    lanes: T::LANES,
                });
            }
        }
    }
    strips
}

/// Cuts the strips into consecutive shares of about equal work.
fn shares(strips: &[StripPlace], members: usize) -> Vec<usize> {
    let work = |strip: &StripPlace| strip.inputs.len() + 1;
    let total: usize = strips.iter().map(work).sum();
    let mut cuts = vec![0];
    let mut done = 0;
    for (index, strip) in strips.iter().enumerate() {
        if done >= total * cuts.len() / members && cuts.len() < members {
            cuts.push(index);
        }
        done += work(strip);
    }
    cuts.resize(members, strips.len());
    cuts.push(strips.len());
    cuts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activation::Activation;
    use crate::loss::Output;

    #[test]
    fn strips_cover_every_parameter_once_for_any_number_of_members() {
        let network = Network::new(&[100, 37, 3], &[Activation::Tanh], Output::Linear).unwrap();
        let layout = Layout::of::<f64>(&network);
        let strips = strips::<f64>(&layout);
        let mut hits = vec![0; layout.len];
        for strip in &strips {
            for index in strip.all() {
                hits[index] += 1;
            }
        }
        assert!(hits.iter().all(|&hit| hit == 1));
        for members in 1..40 {
            let cuts = shares(&strips, members);
            assert_eq!(cuts.len(), members + 1);
            assert!(cuts.windows(2).all(|pair| pair[0] <= pair[1]));
            assert_eq!((cuts[0], cuts[members]), (0, strips.len()));
        }
    }
}
