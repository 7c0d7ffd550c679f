//! A network taken forward and back one row at a time, on any numbers, in plain code: what derivatives of single rows and the
//! Hessian are made of. Training does the same in tiles (`pass`); layers and losses are stated once for both.

use crate::kernels::instruction_set::InstructionSet;
use crate::nn::coefficients::Coefficients;
use crate::nn::layer::rows::{self, Back, LayerRows};
use crate::nn::layer::Number;
use crate::nn::network::Network;
use crate::objective::checked::Objective;

/// A network with its parameters, and a row on its way.
pub(crate) struct Plain<'a, N> {
    network: &'a Network,
    objective: &'a Objective,
    /// Of each layer the weights, row by row, and then the biases.
    pub parameters: Vec<Vec<N>>,
    /// The loss's own parameters.
    pub own: Vec<N>,
    /// The inputs, then what each layer gives: the last one its weighted inputs, of each copy of the row.
    values: Vec<Vec<N>>,
    /// Slopes of the activations of each layer but the last.
    slopes: Vec<Vec<N>>,
    /// Derivatives of the loss by each layer's weighted inputs.
    deltas: Vec<Vec<N>>,
    /// Derivatives of the loss by its own parameters, of each copy of the row.
    own_deltas: Vec<N>,
    set: InstructionSet,
}

impl<'a, N: Number> Plain<'a, N> {
    /// With parameters as given, as constants.
    pub fn new(network: &'a Network, objective: &'a Objective, coefficients: &Coefficients) -> Plain<'a, N> {
        let zero = N::of(0.0);
        let layers = coefficients.weights.iter().zip(&coefficients.biases);
        let parameters = layers.map(|(weights, biases)| {
            let numbers = weights.iter().chain(biases);
            numbers.map(|&number| N::of(number)).collect()
        });
        let of_layers = |skip: usize| {
            let layers = network.layers();
            layers[..layers.len() - skip]
                .iter()
                .map(move |layer| vec![zero; layer.copies * layer.units])
        };
        Plain {
            network,
            objective,
            parameters: parameters.collect(),
            own: coefficients.ancillary.iter().map(|&own| N::of(own)).collect(),
            values: std::iter::once(vec![zero; network.inputs()])
                .chain(of_layers(0))
                .collect(),
            slopes: of_layers(1).collect(),
            deltas: of_layers(0).collect(),
            own_deltas: vec![zero; network.copies() * coefficients.ancillary.len()],
            set: InstructionSet::detect(),
        }
    }

    /// Numbers that it holds: those of the row, and the parameters.
    pub fn numbers(network: &Network) -> f64 {
        let layers = network.layers().iter();
        let of_row: usize = layers.map(|layer| 4 * layer.copies * layer.units).sum();
        (network.inputs() + of_row) as f64 + network.parameter_count()
    }

    /// Room for a gradient, laid out as the parameters are.
    pub fn zeros(&self) -> (Vec<Vec<N>>, Vec<N>) {
        let zeros = |numbers: &Vec<N>| vec![N::of(0.0); numbers.len()];
        (self.parameters.iter().map(zeros).collect(), zeros(&self.own))
    }

    /// Numbers that go out for each copy of a row.
    pub fn outputs(&self) -> usize {
        self.network.outputs()
    }

    /// The loss.
    pub fn objective(&self) -> &'a Objective {
        self.objective
    }

    fn layer_rows<'v>(&'v self, values: &'v [Vec<N>], number: usize) -> LayerRows<'v, N> {
        self.network
            .layer_rows(number, &self.parameters[number], 1, self.set, |from| {
                (&values[from][..], self.network.extent_of(from).0)
            })
    }

    /// Takes a row forward, to the weighted inputs of the last layer.
    pub fn forward(&mut self, inputs: &[f64], offsets: Option<&[f64]>) {
        let mut values = std::mem::take(&mut self.values);
        for (value, &input) in values[0].iter_mut().zip(inputs) {
            *value = N::of(input);
        }
        let last = self.network.layers().len() - 1;
        for (number, layer) in self.network.layers().iter().enumerate() {
            let (before, after) = values.split_at_mut(number + 1);
            let out = &mut after[0];
            rows::forward(self.layer_rows(before, number), out, layer.units);
            if number == last {
                if let Some(offsets) = offsets {
                    for (z, &offset) in out.iter_mut().zip(offsets.iter().cycle()) {
                        *z = *z + N::of(offset);
                    }
                }
            } else {
                let points = out.clone();
                N::curve(layer.activation, self.set, &points, out, &mut self.slopes[number]);
            }
        }
        self.values = values;
    }

    /// The weighted inputs of the last layer, of each copy of the row.
    pub fn weighted(&self) -> &[N] {
        &self.values[self.values.len() - 1]
    }

    /// Takes what the loss says of the row's targets back to the first layer, times `scale`.
    pub fn backward(&mut self, targets: &[f64], scale: f64) {
        let units = self.network.outputs();
        let copies = self.network.copies();
        let scale = N::of(scale / copies as f64);
        let targets: Vec<N> = targets.iter().map(|&y| N::of(y)).collect();
        let mut room = vec![N::of(0.0); units];
        let own = self.own.len();
        let last = self.deltas.len() - 1;
        for copy in 0..copies {
            let of_copy = copy * units..(copy + 1) * units;
            let by_own = &mut self.own_deltas[copy * own..(copy + 1) * own];
            let deltas = &mut self.deltas[last][of_copy.clone()];
            self.objective.of_row(
                &self.values[last + 1][of_copy],
                &targets,
                &self.own,
                &mut room,
                deltas,
                by_own,
            );
            for number in deltas.iter_mut().chain(by_own) {
                *number = *number * scale;
            }
        }
        self.back();
    }

    /// The same from given derivatives by the weighted inputs of the last layer.
    pub fn backward_from(&mut self, deltas: &[N]) {
        let last = self.deltas.len() - 1;
        self.deltas[last].copy_from_slice(deltas);
        self.back();
    }

    fn back(&mut self) {
        let mut deltas = std::mem::take(&mut self.deltas);
        for number in (1..deltas.len()).rev() {
            let (before, after) = deltas.split_at_mut(number);
            let incoming = &mut before[number - 1];
            incoming.fill(N::of(0.0));
            let take = |layer: usize, back: Back, incoming: &mut [N]| {
                let rows = self.layer_rows(&self.values, layer);
                let units = self.network.layers()[layer].units;
                rows::backward(rows, &after[layer - number], units, back, incoming);
            };
            take(number, Back::Inputs, incoming);
            for skip in self.network.skips_from(number) {
                take(skip, Back::Skipped, incoming);
            }
            for (delta, &slope) in incoming.iter_mut().zip(&self.slopes[number - 1]) {
                *delta = *delta * slope;
            }
        }
        self.deltas = deltas;
    }

    /// Adds the row's gradient.
    pub fn add_gradient(&self, sums: &mut (Vec<Vec<N>>, Vec<N>)) {
        for (number, sums) in sums.0.iter_mut().enumerate() {
            let units = self.network.layers()[number].units;
            let rows = self.layer_rows(&self.values, number);
            rows::gradient(rows, &self.deltas[number], units, sums);
        }
        let own = sums.1.len();
        for deltas in self.own_deltas.chunks_exact(own.max(1)) {
            for (sum, &delta) in sums.1.iter_mut().zip(deltas) {
                *sum = *sum + delta;
            }
        }
    }
}

/// Calls for each parameter in the order of [`hessian`](super::hessian::hessian), with its layer and its place there; those of
/// the loss's own have the layer behind the last.
pub(crate) fn each_parameter(network: &Network, mut job: impl FnMut(usize, usize, usize)) {
    let mut index = 0;
    let mut next = |layer: usize, place: usize| {
        job(index, layer, place);
        index += 1;
    };
    for (number, layer) in network.layers().iter().enumerate() {
        let (rows, columns) = layer.weights();
        for column in 0..columns {
            for row in 0..rows {
                next(number, row * columns + column);
            }
        }
        for bias in 0..layer.biases() {
            next(number, rows * columns + bias);
        }
    }
    for own in 0..network.ancillary() {
        next(network.layers().len(), own);
    }
}
