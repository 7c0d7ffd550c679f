//! A network's numbers while it trains: parameters, what the optimizer keeps for each of them,
//! and transposed copies for the backward pass.

use crate::base::buffer::{Buffer, SharedBuffer};
use crate::base::error::{EngineError, Result};
use crate::base::room::room;
use crate::base::threads::Team;
use crate::compute::micropanel::{micropanel_count, micropanels, shares, Micropanel};
use crate::data::rows::all_finite;
use crate::kernels::scalar::{padded, panel_width, Scalar};
use crate::nn::coefficients::Coefficients;
use crate::nn::layer::Layer;
use crate::nn::layout::Layout;
use crate::nn::network::Network;
use crate::optim::schedule::Plateau;
use crate::optim::state::{OptimizerState, STATE_FORMAT};
use crate::optim::Method;
use std::ops::Range;

/// Steps that a fit may have made before it goes on: more than can be made, and still counted.
const MOST_STEPS: u64 = 1 << 53;

/// Parameters in training.
pub struct Model<T> {
    /// Weights and biases.
    pub parameters: SharedBuffer<T>,
    /// What the rule keeps, each laid out like `parameters`.
    pub slots: Vec<SharedBuffer<T>>,
    /// Weights of every layer but the first, transposed, in panels over their inputs; none of layers that are taken row by row.
    pub transposed: Vec<SharedBuffer<T>>,
    /// Micropanels in order of layers and their inputs: micropanels of the same inputs follow each other.
    pub micropanels: Vec<Micropanel>,
    /// Index of the first micropanel of each share when work is divided among `shares.len() - 1` members.
    pub shares: Vec<usize>,
    /// Steps made.
    pub steps: u64,
    /// Where a plateau schedule stands.
    pub plateau: Plateau,
}

impl<T: Scalar> Model<T> {
    /// Bytes that a model with so many slots takes.
    pub fn bytes(network: &Network, layout: &Layout, slots: usize) -> f64 {
        let transposed = network
            .layers()
            .iter()
            .skip(1)
            .filter(|layer| layer.is_dense())
            .map(|layer| Buffer::<T>::bytes(padded::<T>(layer.inputs) as f64 * layer.units as f64));
        let micropanels = micropanel_count::<T>(layout) as f64 * size_of::<Micropanel>() as f64;
        Self::snapshot_bytes(layout, slots) + transposed.sum::<f64>() + micropanels
    }

    /// Bytes that a snapshot of a model with so many slots takes.
    pub fn snapshot_bytes(layout: &Layout, slots: usize) -> f64 {
        (1.0 + slots as f64) * Buffer::<T>::bytes(layout.len as f64)
    }

    /// Lays out a start for training by a team.
    ///
    /// # Errors
    /// Shapes that do not fit the network, memory refused, or an interrupt.
    pub fn new(
        network: &Network,
        layout: &Layout,
        method: &Method,
        lr: f64,
        start: &Coefficients,
        state: Option<&OptimizerState>,
        team: &Team,
    ) -> Result<Model<T>> {
        let parameters = start.pack::<T>(network, team)?;
        let mut slots = Vec::new();
        match state {
            None => {
                for (slot, number) in method.first_slots(lr).enumerate() {
                    let mut buffer = SharedBuffer::zeros(layout.len)?;
                    buffer.get_mut().fill(T::of(number));
                    for (layer, layer_layout) in network.layers().iter().zip(&layout.layers) {
                        // Of a layer that does not learn now the whole rate is kept, for a fit that goes on.
                        if layer.lr_factor > 0.0 {
                            let of_layer = method.first_slots(layer.lr_factor * lr).nth(slot);
                            let number = of_layer.unwrap_or(number);
                            buffer.get_mut()[layer_layout.all()].fill(T::of(number));
                        }
                    }
                    slots.push(buffer);
                }
            }
            Some(state) => {
                for (_, slot) in &state.slots {
                    slots.push(slot.pack::<T>(network, team)?.into());
                }
            }
        }
        if !method.has_slots(slots.len()) {
            return Err(EngineError::config(
                "the optimizer's state is of another optimizer",
            ));
        }
        if let Some(state) = state.filter(|state| state.steps > MOST_STEPS) {
            let steps = state.steps;
            return Err(EngineError::config(format!(
                "the optimizer's state is of {steps} steps"
            )));
        }
        let mut transposed = Vec::new();
        let layers = network.layers().len();
        for (number, layer_layout) in layout.layers[..layers].iter().enumerate().skip(1) {
            let len = match layer_layout.flat {
                None => padded::<T>(layer_layout.inputs) * network.layers()[number].units,
                Some(_) => 0,
            };
            transposed.push(SharedBuffer::zeros(len)?);
        }
        let micropanels = micropanels::<T>(layout)?;
        let shares = shares(&micropanels, team.size());
        let model = Model {
            parameters: parameters.into(),
            slots,
            transposed,
            micropanels,
            shares,
            steps: state.map_or(0, |state| state.steps),
            plateau: state.map_or(Plateau::START, |state| state.plateau),
        };
        for micropanel in &model.micropanels {
            team.did(micropanel.weights.len() as f64)?;
            // SAFETY: nobody else has the model yet.
            unsafe { model.transpose(network, micropanel) };
        }
        Ok(model)
    }

    /// Micropanels of a share that are of the same inputs, which follow each other, by their indices.
    pub fn alike(&self, share: Range<usize>) -> impl Iterator<Item = Range<usize>> + '_ {
        let mut next = share.start;
        self.micropanels[share]
            .chunk_by(Micropanel::has_inputs_of)
            .map(move |alike| {
                let first = next;
                next += alike.len();
                first..next
            })
    }

    /// Number of weights of some micropanels.
    pub fn weights_of(&self, micropanels: Range<usize>) -> usize {
        let lengths = self.micropanels[micropanels].iter();
        lengths.map(|micropanel| micropanel.weights.len()).sum()
    }

    /// Copies all weights into the transposed panels, when nobody else has the model.
    pub fn transpose_all(&self, network: &Network) {
        for micropanel in &self.micropanels {
            // SAFETY: the caller's promise: no job is running.
            unsafe { self.transpose(network, micropanel) };
        }
    }

    /// Copies a micropanel's weights into the transposed panels.
    ///
    /// # Safety
    /// Nobody else may use this micropanel's part of the parameters or of the transposed copies.
    pub unsafe fn transpose(&self, network: &Network, micropanel: &Micropanel) {
        if micropanel.layer == 0 || micropanel.is_flat || micropanel.layer == network.layers().len() {
            return;
        }
        let &Layer { inputs, units, .. } = &network.layers()[micropanel.layer];
        let first = micropanel.panel * micropanel.width;
        let present = micropanel.width.min(units - first);
        let width = panel_width::<T>(inputs);
        // SAFETY: the caller's promise; micropanels have disjoint inputs or units, and each element
        // (input, unit) has one place in the transposed copy. Elements of different micropanels lie
        // between each other there, so they are written one by one through a raw pointer.
        unsafe {
            let mut weight = self.parameters.pointer().add(micropanel.weights.start) as *const T;
            let target = self.transposed[micropanel.layer - 1].pointer();
            let Range { start, end } = micropanel.inputs;
            let (mut lane, mut panel) = (start % width, target.add((start / width * units + first) * width));
            for _ in start..end {
                let column = panel.add(lane);
                for unit in 0..present {
                    *column.add(unit * width) = *weight.add(unit);
                }
                weight = weight.add(micropanel.width);
                lane += 1;
                if lane == width {
                    (lane, panel) = (0, panel.wrapping_add(units * width));
                }
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

    /// A snapshot that has room for the parameters and so many slots.
    ///
    /// # Errors
    /// Memory refused.
    pub fn snapshot(&self, layout: &Layout, slots: usize) -> Result<Snapshot<T>> {
        let numbers = (0..=slots)
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

    /// Whether training can go on from here: every parameter is finite and small enough that its square
    /// is, and what the optimizer keeps is finite.
    pub fn is_usable(&self) -> bool {
        // SAFETY: called between jobs, when nobody writes.
        let (parameters, mut slots) = unsafe {
            let slots = self.slots.iter().map(|slot| slot.read_all());
            (self.parameters.read_all(), slots)
        };
        // Without leaving early, which would keep the compiler from taking many at a time.
        let are_small = parameters
            .iter()
            .fold(true, |all, w| all & (w.abs() <= T::WEIGHT_LIMIT));
        are_small && slots.all(all_finite)
    }

    /// Weights and biases as matrices.
    ///
    /// # Errors
    /// Memory refused.
    pub fn coefficients(&self, network: &Network) -> Result<Coefficients> {
        // SAFETY: called between jobs, when nobody writes.
        Coefficients::unpack(network, unsafe { self.parameters.read_all() })
    }

    /// What the method keeps, as matrices under its names.
    ///
    /// # Errors
    /// Memory refused.
    pub fn state(&self, network: &Network, method: &Method) -> Result<OptimizerState> {
        let mut slots = room(self.slots.len())?;
        for (number, slot) in self.slots.iter().enumerate() {
            // SAFETY: called between jobs, when nobody writes.
            let numbers = Coefficients::unpack(network, unsafe { slot.read_all() })?;
            slots.push((method.slot_name(number), numbers));
        }
        Ok(OptimizerState {
            format: STATE_FORMAT,
            steps: self.steps,
            slots,
            plateau: self.plateau,
        })
    }

    /// Puts the parameters at a point.
    pub fn set(&mut self, point: &[T], network: &Network) {
        self.parameters.get_mut().copy_from_slice(point);
        self.transpose_all(network);
    }

    /// Gives up slots from the last one on, or takes new ones, until there are so many.
    ///
    /// # Errors
    /// Memory refused.
    pub fn resize_slots(&mut self, count: usize, layout: &Layout) -> Result<()> {
        self.slots.truncate(count);
        while self.slots.len() < count {
            self.slots.push(SharedBuffer::zeros(layout.len)?);
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
