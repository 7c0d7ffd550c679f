//! What callers ask of the engine, compiled here in both number types. What is generic is otherwise compiled where it is called, with the
//! settings of that crate; a caller that only passes things on, as the binding does, can be compiled for its size then.

use crate::base::error::Result;
use crate::base::threads::Team;
use crate::compute::worker::{self, Work};
use crate::compute::{evaluate, gradient};
use crate::data::arrow::{ArrowRows, ArrowStream, Passed, Recipe};
use crate::data::encoding::Encoded;
use crate::data::remote::{Question, TakeGradient, TakeTotals};
use crate::data::rows::{ColumnMajor, RowSource, SparseRows};
use crate::data::{Data, Source};
use crate::kernels::scalar::Scalar;
use crate::nn::coefficients::Coefficients;
use crate::nn::network::Network;
use crate::objective::checked::Objective;
use crate::objective::penalty::Penalty;
use crate::train::ensemble::{self, Listener, Member, TrainedMember};
use crate::train::observer::Observer;
use crate::train::{self, CheckedSettings, Start, Trained};
use std::sync::Arc;

/// What [`Compiled::train_members`] gives: whatever ended, and whether the user wanted an end.
pub type TrainedMembers = (Vec<Option<TrainedMember>>, bool);

macro_rules! compiled {
    ($($(#[$doc:meta])* fn $name:ident($($arg:ident: $kind:ty),* $(,)?) -> $out:ty = $path:expr;)*) => {
        /// The number types. Functions are those that they are named after, and fail as these do.
        #[allow(clippy::too_many_arguments, clippy::missing_errors_doc)]
        pub trait Compiled: Scalar {
            $($(#[$doc])* fn $name($($arg: $kind),*) -> $out;)*
            /// A matrix of doubles as rows.
            fn rows_of_doubles<'a>(matrix: &'a ColumnMajor<'_>) -> &'a dyn RowSource<Self>;
            /// A matrix of integers as rows.
            fn rows_of_integers<'a>(matrix: &'a ColumnMajor<'_, i32>) -> &'a dyn RowSource<Self>;
            /// A sparse matrix as rows.
            fn rows_of_sparse<'a>(matrix: &'a SparseRows<'_>) -> &'a dyn RowSource<Self>;
            /// Encoded columns as rows.
            fn rows_of_encoded<'a>(columns: &'a Encoded<'_, Self>) -> &'a dyn RowSource<Self>;
        }
        compiled!(@of f64 $($name($($arg: $kind),*) -> $out = $path;)*);
        compiled!(@of f32 $($name($($arg: $kind),*) -> $out = $path;)*);
    };
    (@of $type:ident $($name:ident($($arg:ident: $kind:ty),*) -> $out:ty = $path:expr;)*) => {
        impl Compiled for $type {
            $(fn $name($($arg: $kind),*) -> $out { $path($($arg),*) })*
            fn rows_of_doubles<'a>(matrix: &'a ColumnMajor<'_>) -> &'a dyn RowSource<$type> { matrix }
            fn rows_of_integers<'a>(matrix: &'a ColumnMajor<'_, i32>) -> &'a dyn RowSource<$type> { matrix }
            fn rows_of_sparse<'a>(matrix: &'a SparseRows<'_>) -> &'a dyn RowSource<$type> { matrix }
            fn rows_of_encoded<'a>(columns: &'a Encoded<'_, $type>) -> &'a dyn RowSource<$type> { columns }
        }
    };
}

compiled! {
    /// [`train()`](train::train)
    fn train(
        network: &Network,
        settings: &CheckedSettings,
        data: Data<'_, Self>,
        validation: Option<Data<'_, Self>>,
        start: &Start,
        team: &Team,
        observer: &mut dyn Observer<Self>,
    ) -> Result<Trained> = train::train;
    /// [`train_from()`](train::train_from)
    fn train_from(
        network: &Network,
        settings: &CheckedSettings,
        data: Source<'_, Self>,
        validation: Option<Source<'_, Self>>,
        start: &Start,
        team: &Team,
        observer: &mut dyn Observer<Self>,
    ) -> Result<Trained> = train::train_from;
    /// [`train_one()`](ensemble::train_one)
    fn train_one(
        network: &Network,
        member: &Member<'_>,
        data: Data<'_, Self>,
        given: Option<Data<'_, Self>>,
        team: &Team,
        observer: &mut dyn Observer<Self>,
    ) -> Result<TrainedMember> = ensemble::train_one;
    /// [`train_members()`](ensemble::train_members)
    fn train_members(
        network: &Network,
        members: &[Member<'_>],
        data: Data<'_, Self>,
        given: Option<Data<'_, Self>>,
        threads: usize,
        interrupted: fn() -> bool,
        listener: &mut Listener<'_>,
    ) -> Result<TrainedMembers> = ensemble::train_members;
    /// [`predict()`](evaluate::predict)
    fn predict(
        network: &Network,
        coefficients: &Coefficients,
        inputs: &dyn RowSource<Self>,
        offsets: Option<ColumnMajor<'_>>,
        team: &Team,
        out: &mut [f64],
    ) -> Result<()> = evaluate::predict;
    /// [`loss()`](evaluate::loss)
    fn loss(
        network: &Network,
        objective: &Objective,
        coefficients: &Coefficients,
        data: &Data<'_, Self>,
        team: &Team,
    ) -> Result<f64> = evaluate::loss;
    /// [`gradient()`](gradient::gradient)
    fn gradient(
        network: &Network,
        objective: &Objective,
        penalty: Penalty,
        data: Data<'_, Self>,
        coefficients: &Coefficients,
        team: &Team,
    ) -> Result<(f64, Coefficients)> = gradient::gradient;
    /// [`shards()`](worker::shards)
    fn shards(network: &Network, rows: usize) -> usize = worker::shards::<Self>;
    /// [`gradients()`](worker::gradients)
    fn worker_gradients(
        work: &Work<'_>,
        source: Source<'_, Self>,
        parameters: &[Self],
        question: &Question,
        team: &Team,
        take: &mut TakeGradient<'_, Self>,
    ) -> Result<()> = worker::gradients;
    /// [`totals()`](worker::totals)
    fn worker_totals(
        work: &Work<'_>,
        source: Source<'_, Self>,
        parameters: &[Self],
        chunk: usize,
        team: &Team,
        take: &mut TakeTotals<'_>,
    ) -> Result<()> = worker::totals;
    /// [`ArrowRows::new()`]
    fn arrow_rows(stream: ArrowStream, recipe: &Arc<Recipe<Self>>, passed: Passed) -> Result<ArrowRows<Self>> = ArrowRows::new;
}
