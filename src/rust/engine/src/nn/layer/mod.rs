//! Layers: what a network is made of.
//!
//! A kind of layer is a type in a file of its own and a line in [`kinds!`]; everything else asks through [`Layer`].
//! A kind states once, row by row and on numbers that may be dual, what goes out ([`RowKind::forward`]), what comes back
//! ([`RowKind::backward`]) and what the parameters get of it ([`RowKind::gradient`]): training, Hessians and derivatives of
//! single rows all take it from there. Dense layers have a fast path besides, in panels (`kernels::gemm`), beside which
//! their statement here is the plain one.

mod dense;
mod embedding;
mod heads;
mod kind;
mod members;
mod norm;
mod parametric;
mod periodic;
pub mod rows;
mod scale;
mod skip;

pub use dense::Dense;
pub use embedding::Embedding;
pub use heads::Heads;
pub use kind::{Draws, Extent, Number, RowAt, RowKind, Shape};
pub use members::Members;
pub use norm::Norm;
pub use parametric::Parametric;
pub use periodic::Periodic;
pub use scale::Scale;
pub use skip::Skip;

use crate::base::error::{EngineError, Result};
use crate::nn::activation::Activation;
use ndarray::{Array1, Array2};

/// One layer: `inputs` numbers come in, `units` go out, through an activation.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// Numbers that come in.
    pub inputs: usize,
    /// Numbers that go out.
    pub units: usize,
    /// The activation; for the last layer, the output's.
    pub activation: Activation,
    /// What it computes before the activation.
    pub kind: Kind,
    /// Copies of a row that come in: 1, or one for each member from the layer that makes these on.
    pub copies_in: usize,
    /// Copies of a row that go out.
    pub copies: usize,
    /// What the learning rate is multiplied by; 0 freezes the layer.
    pub lr_factor: f64,
    /// What penalty and weight decay are multiplied by.
    pub decay_factor: f64,
}

/// What a layer is to be, before it is known what comes in.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Numbers that go out; where the kind itself says how many, these or 0.
    pub units: usize,
    /// The activation; of the last layer the output's stands instead.
    pub activation: Activation,
    /// What it computes.
    pub kind: Kind,
    /// What the learning rate is multiplied by.
    pub lr_factor: f64,
    /// What penalty and weight decay are multiplied by.
    pub decay_factor: f64,
}

impl Plan {
    /// A layer of a kind with the rates of all others.
    pub fn new(units: usize, activation: Activation, kind: impl Into<Kind>) -> Plan {
        Plan {
            units,
            activation,
            kind: kind.into(),
            lr_factor: 1.0,
            decay_factor: 1.0,
        }
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// The kinds of layers.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Kind {
            $($(#[$doc])* $name($name),)*
        }

        $(impl From<$name> for Kind {
            fn from(kind: $name) -> Kind {
                Kind::$name(kind)
            }
        })*

        impl RowKind for Kind {
            fn units(&self, extent: Extent<'_>, units: usize) -> Result<usize> {
                match self { $(Kind::$name(kind) => kind.units(extent, units),)* }
            }
            fn copies(&self, copies: usize) -> usize {
                match self { $(Kind::$name(kind) => kind.copies(copies),)* }
            }
            fn weights(&self, shape: Shape) -> (usize, usize) {
                match self { $(Kind::$name(kind) => kind.weights(shape),)* }
            }
            fn biases(&self, shape: Shape) -> usize {
                match self { $(Kind::$name(kind) => kind.biases(shape),)* }
            }
            fn from(&self) -> Option<usize> {
                match self { $(Kind::$name(kind) => RowKind::from(kind),)* }
            }
            fn work(&self, shape: Shape) -> f64 {
                match self { $(Kind::$name(kind) => kind.work(shape),)* }
            }
            fn draw(
                &self,
                shape: Shape,
                weights: &mut Array2<f64>,
                biases: &mut Array1<f64>,
                draws: &mut Draws<'_>,
            ) -> Result<()> {
                match self { $(Kind::$name(kind) => kind.draw(shape, weights, biases, draws),)* }
            }
            #[inline(always)]
            fn forward<N: Number>(&self, row: RowAt<'_, N>, out: &mut [N]) {
                match self { $(Kind::$name(kind) => kind.forward(row, out),)* }
            }
            #[inline(always)]
            fn backward<N: Number>(&self, row: RowAt<'_, N>, deltas: &[N], incoming: &mut [N]) {
                match self { $(Kind::$name(kind) => kind.backward(row, deltas, incoming),)* }
            }
            #[inline(always)]
            fn backward_skipped<N: Number>(&self, row: RowAt<'_, N>, deltas: &[N], incoming: &mut [N]) {
                match self { $(Kind::$name(kind) => kind.backward_skipped(row, deltas, incoming),)* }
            }
            #[inline(always)]
            fn gradient<N: Number>(&self, row: RowAt<'_, N>, deltas: &[N], weights: &mut [N], biases: &mut [N]) {
                match self { $(Kind::$name(kind) => kind.gradient(row, deltas, weights, biases),)* }
            }
        }
    };
}

kinds! {
    /// Weighted sums of all inputs, with or without biases.
    Dense,
    /// A factor for each input.
    Scale,
    /// Groups of columns, each brought to a few numbers of its own.
    Embedding,
    /// Single columns, each brought to a few numbers through waves of learnt frequencies.
    Periodic,
    /// An activation with a parameter for each unit.
    Parametric,
    /// Each row brought to mean 0 and variance 1, then to a scale and a place of its units' own.
    Norm,
    /// What comes in, plus what an earlier layer gave.
    Skip,
    /// Each row becomes one copy for each member of the network.
    Members,
    /// Weighted sums with weights of each member's own.
    Heads,
}

impl Layer {
    /// The layer of a plan where these numbers come in.
    ///
    /// # Errors
    /// [`EngineError::Config`] of what does not fit.
    pub fn of(plan: &Plan, extent: Extent<'_>) -> Result<Layer> {
        let factors = [plan.lr_factor, plan.decay_factor];
        if factors.iter().any(|factor| !(0.0..=f64::MAX).contains(factor)) {
            return Err(EngineError::config(
                "a factor of a layer that is negative or not finite",
            ));
        }
        let units = plan.kind.units(extent, plan.units)?;
        if units == 0 || (plan.units != 0 && plan.units != units) {
            return Err(EngineError::config(format!(
                "{} units where there are {units}",
                plan.units
            )));
        }
        Ok(Layer {
            inputs: extent.inputs,
            units,
            activation: plan.activation,
            kind: plan.kind.clone(),
            copies_in: extent.copies,
            copies: plan.kind.copies(extent.copies),
            lr_factor: plan.lr_factor,
            decay_factor: plan.decay_factor,
        })
    }

    /// The layer's extents.
    pub fn shape(&self) -> Shape {
        Shape {
            inputs: self.inputs,
            units: self.units,
            copies: self.copies,
        }
    }

    /// Extent of the weights: [inputs x units] of dense layers.
    pub fn weights(&self) -> (usize, usize) {
        self.kind.weights(self.shape())
    }

    /// Number of biases: one for each unit of dense layers.
    pub fn biases(&self) -> usize {
        self.kind.biases(self.shape())
    }

    /// Number of parameters.
    pub fn parameter_count(&self) -> f64 {
        let (rows, columns) = self.weights();
        rows as f64 * columns as f64 + self.biases() as f64
    }

    /// Multiply-adds of a row of inputs going forward.
    pub fn work(&self) -> f64 {
        self.copies as f64 * self.kind.work(self.shape())
    }

    /// Whether it goes in panels, through the fast path.
    pub fn is_dense(&self) -> bool {
        matches!(self.kind, Kind::Dense(_))
    }

    /// Whether it is what layers are where nothing else is said: dense, with biases, learning as all others.
    pub fn is_plain(&self) -> bool {
        self.kind == Kind::Dense(Dense { bias: true }) && self.lr_factor == 1.0 && self.decay_factor == 1.0
    }

    /// Draws a start of the parameters.
    ///
    /// # Errors
    /// Memory refused, or an interrupt.
    pub fn draw(
        &self,
        weights: &mut Array2<f64>,
        biases: &mut Array1<f64>,
        draws: &mut Draws<'_>,
    ) -> Result<()> {
        self.kind.draw(self.shape(), weights, biases, draws)
    }
}
