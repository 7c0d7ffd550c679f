//! Layers as R describes them: `layers` of a specification is NULL for a chain of dense layers, or has a list for each layer, with
//! the name of its kind and what belongs to that. Columns are numbered from 1 there.

use crate::arguments::{self, wrong, Fields};
use crate::results::{answer, integers};
use backprop_engine::nn::activation::Activation;
use backprop_engine::nn::layer::{
    Dense, Embedding, Heads, Kind, Layer, Members, Norm, Parametric, Periodic, Plan, Scale, Skip,
};
use backprop_engine::{EngineError, Result};
use extendr_api::prelude::*;
use std::str::FromStr;

/// Whole numbers of that name, each 0 or more.
fn counts(fields: &Fields, name: &str) -> Result<Vec<usize>> {
    let numbers = fields
        .required(name)?
        .as_integer_slice()
        .ok_or_else(|| wrong(name))?;
    numbers
        .iter()
        .map(|&number| usize::try_from(number).map_err(|_| wrong(name)))
        .collect()
}

/// Columns by their numbers from 1, as numbers from 0.
fn columns(fields: &Fields, name: &str) -> Result<Vec<usize>> {
    let columns = counts(fields, name)?;
    let columns = columns.into_iter().map(|column| column.checked_sub(1));
    columns.map(|column| column.ok_or_else(|| wrong(name))).collect()
}

fn embedding(fields: &Fields) -> Result<Embedding> {
    let (first, width) = (columns(fields, "first")?, counts(fields, "width")?);
    if first.len() != width.len() {
        return Err(wrong("width"));
    }
    let groups = first.into_iter().zip(width);
    Ok(Embedding {
        groups: groups
            .map(|(first, width)| first..first.saturating_add(width))
            .collect(),
        size: fields.count("size")?,
        bias: fields.flag("bias")?,
    })
}

fn kind(fields: &Fields) -> Result<Kind> {
    Ok(match fields.text("kind")? {
        "dense" => Dense {
            bias: fields.flag("bias")?,
        }
        .into(),
        "scale" => Scale {
            of_members: fields.flag("of_members")?,
        }
        .into(),
        "embedding" => embedding(fields)?.into(),
        "periodic" => Periodic {
            columns: columns(fields, "columns")?,
            frequencies: fields.count("frequencies")?,
            size: fields.count("size")?,
            keeps: fields.flag("keeps")?,
            sigma: fields.number("sigma")?,
        }
        .into(),
        "parametric" => match fields.get("curve") {
            None => Parametric::Slope,
            Some(_) => Parametric::Share(Activation::from_str(fields.text("curve")?)?),
        }
        .into(),
        "norm" => Norm.into(),
        "skip" => Skip {
            from: fields.count("from")?,
            width: fields.count("width")?,
            weights: fields.flag("weights")?,
        }
        .into(),
        "members" => Members {
            count: fields.count("count")?,
            adapters: fields.flag("adapters")?,
        }
        .into(),
        "heads" => Heads {
            bias: fields.flag("bias")?,
        }
        .into(),
        other => return Err(EngineError::Config(format!("unknown kind of layer {other:?}"))),
    })
}

/// The layers of a specification with such units and hidden activations; units of 0 are those that the kind itself says.
pub fn plans(spec: &Fields, units: &[usize], hidden: &[Activation]) -> Result<Vec<Plan>> {
    let activations = hidden.iter().copied().chain([Activation::Linear]);
    let shapes = units.iter().zip(activations);
    let layers = Fields::new(spec.required("layers")?, "layers")?.lists("layers")?;
    if layers.len() != units.len() {
        return Err(wrong("layers"));
    }
    shapes
        .zip(&layers)
        .map(|((&units, activation), layer)| {
            Ok(Plan {
                lr_factor: layer.number_or("lr_factor", 1.0)?,
                decay_factor: layer.number_or("decay_factor", 1.0)?,
                ..Plan::new(units, activation, kind(layer)?)
            })
        })
        .collect()
}

/// What each layer of a network takes and has: units of all layers (inputs first), and for each layer the extent of its weights
/// (rows, columns), the number of its biases, and how many copies of each row go in and out.
/// @noRd
#[extendr]
fn engine_layers(net: Robj) -> List {
    answer(|| {
        let net = Fields::new(&net, "net")?;
        let network = arguments::network_of_sizes(&net)?;
        // What R cannot count is refused elsewhere, for the memory it would take.
        let count = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
        let of_layers =
            |number: fn(&Layer) -> usize| integers(network.layers().iter().map(|layer| count(number(layer))));
        let mut sizes = vec![count(network.inputs())];
        sizes.extend(network.layers().iter().map(|layer| count(layer.units)));
        Ok(list!(
            error = (),
            sizes = sizes,
            rows = of_layers(|layer| layer.weights().0)?,
            columns = of_layers(|layer| layer.weights().1)?,
            biases = of_layers(Layer::biases)?,
            copies_in = of_layers(|layer| layer.copies_in)?,
            copies = of_layers(|layer| layer.copies)?,
            work = network.work_of_row()
        ))
    })
}

extendr_module! {
    mod layers;
    fn engine_layers;
}
