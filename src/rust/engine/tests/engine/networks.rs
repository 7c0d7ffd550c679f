//! Claims about networks: what they count, where their numbers lie, which shapes are refused.

use backprop_engine::base::threads::with_team;
use backprop_engine::nn::activation::Activation;
use backprop_engine::nn::coefficients::Coefficients;
use backprop_engine::nn::layout::Layout;
use backprop_engine::objective::Output;
use backprop_engine::{padded, row_stride, Buffer, EngineError, Network, Scalar, SharedBuffer};
use ndarray::{Array1, Array2};

fn network(sizes: &[usize]) -> Network {
    Network::new(sizes, &vec![Activation::Tanh; sizes.len() - 2], Output::Linear).unwrap()
}

#[test]
fn a_network_knows_its_layers_and_counts_its_parameters() {
    let network = Network::new(
        &[5, 7, 3, 2],
        &[Activation::Relu, Activation::Silu],
        Output::Softmax,
    )
    .unwrap();
    assert_eq!((network.inputs(), network.outputs()), (5, 2));
    assert_eq!(network.output(), Output::Softmax);
    let layers: Vec<_> = network
        .layers()
        .iter()
        .map(|layer| (layer.inputs, layer.units, layer.activation))
        .collect();
    assert_eq!(
        layers,
        [
            (5, 7, Activation::Relu),
            (7, 3, Activation::Silu),
            (3, 2, Activation::Linear)
        ]
    );
    assert_eq!(network.parameter_count(), 6.0 * 7.0 + 8.0 * 3.0 + 4.0 * 2.0);
    assert_eq!(Coefficients::bytes(&network), 8.0 * 74.0);
    // More than can be counted in whole numbers is still a number.
    let huge = self::network(&[1 << 51, 1 << 52, 1]);
    assert!((huge.parameter_count() - 2f64.powi(103)).abs() < 1e20);
    assert_eq!(Layout::of::<f64>(&huge).len, usize::MAX);
}

#[test]
fn shapes_without_meaning_are_refused() {
    let refused = |sizes: &[usize], hidden: &[Activation], output| {
        matches!(Network::new(sizes, hidden, output), Err(EngineError::Config(_)))
    };
    let tanh = Activation::Tanh;
    assert!(refused(&[], &[], Output::Linear));
    assert!(refused(&[1], &[], Output::Linear));
    assert!(refused(&[0, 1], &[], Output::Linear));
    assert!(refused(&[1, 0], &[], Output::Linear));
    assert!(refused(&[1, 1], &[tanh], Output::Linear));
    assert!(refused(&[1, 2, 1], &[], Output::Linear));
    assert!(refused(&[1, 2, 1], &[tanh; 2], Output::Linear));
    assert!(refused(&[3, 1], &[], Output::Softmax));
    // More numbers than can be counted in a double.
    assert!(refused(&[usize::MAX, 1], &[], Output::Linear));
    assert!(refused(&[usize::MAX, usize::MAX, 3], &[tanh], Output::Linear));
    assert!(refused(&[1 << 53, 1], &[], Output::Linear));
    assert!(!refused(&[(1 << 53) - 1, 1], &[], Output::Linear));
    assert!(!refused(&[3, 2], &[], Output::Softmax));
    assert!(!refused(&[3, 1], &[], Output::Linear));
}

fn places_do_not_overlap<T: Scalar>() {
    let network = network(&[3, 20, 1, 37, 8, 2]);
    let layout = Layout::of::<T>(&network);
    let mut taken = vec![0; layout.len];
    for (layer_layout, layer) in layout.layers.iter().zip(network.layers()) {
        assert_eq!(layer_layout.offset % T::LANES, 0, "layers begin at cache lines");
        assert_eq!(layer_layout.rows, layer.inputs + 1);
        assert_eq!(layer_layout.stride, row_stride::<T>(layer.units));
        assert_eq!(layer_layout.width, if layer.units == 1 { 1 } else { T::LANES });
        assert!(
            layer_layout.panels * layer_layout.width >= layer.units
                && (layer_layout.panels - 1) * layer_layout.width < layer.units
        );
        for input in 0..layer_layout.rows {
            for unit in 0..layer.units {
                let index = layer_layout.index(input, unit);
                taken[index] += 1;
                // In its panel, row by row.
                let panel = layer_layout.range(unit / layer_layout.width, input..input + 1);
                assert_eq!(
                    (panel.start + unit % layer_layout.width, panel.len()),
                    (index, layer_layout.width)
                );
            }
        }
    }
    assert!(taken.iter().all(|&count| count <= 1));
    assert_eq!(taken.iter().sum::<usize>() as f64, network.parameter_count());
    // Whole panels, and the last layer's rest of a line: nothing else is in between.
    let (panels, line) = (
        layout
            .layers
            .iter()
            .map(|layer_layout| layer_layout.panels * layer_layout.panel_size())
            .sum::<usize>(),
        T::LANES,
    );
    assert!(layout.len >= panels && layout.len < panels + layout.layers.len() * line);
}

#[test]
fn every_parameter_has_a_place_of_its_own() {
    places_do_not_overlap::<f64>();
    places_do_not_overlap::<f32>();
}

#[test]
fn rows_are_whole_panels_and_an_odd_number_of_them_where_they_are_long() {
    assert_eq!(
        [1, 2, 8, 9, 56, 57, 64, 65, 80].map(row_stride::<f64>),
        [1, 8, 8, 16, 56, 72, 72, 72, 88]
    );
    assert_eq!(
        [1, 2, 16, 17, 112, 113, 128, 129].map(row_stride::<f32>),
        [1, 16, 16, 32, 112, 144, 144, 144]
    );
    assert_eq!([1, 2, 8, 9, 64].map(padded::<f64>), [1, 8, 8, 16, 64]);
    assert_eq!([1, 2, 16, 17].map(padded::<f32>), [1, 16, 16, 32]);
    assert_eq!((f64::PRECISION, f32::PRECISION), ("double", "single"));
}

#[test]
fn coefficients_of_another_shape_are_refused_by_their_layer() {
    let network = network(&[3, 4, 2]);
    let right = Coefficients::zeros(&network).unwrap();
    assert!(right.check(&network).is_ok());
    let wrong = |change: &dyn Fn(&mut Coefficients)| {
        let mut coefficients = right.clone();
        change(&mut coefficients);
        assert!(with_team(1, |team| coefficients.pack::<f64>(&network, team)).is_err());
        match coefficients.check(&network) {
            Err(EngineError::Config(message)) => message,
            other => panic!("{other:?}"),
        }
    };
    let few = wrong(&|c| {
        c.weights.pop();
    });
    assert_eq!(few, "1 weight matrices and 2 bias vectors for 2 layers");
    let many = wrong(&|c| c.biases.push(Array1::zeros(2)));
    assert_eq!(many, "2 weight matrices and 3 bias vectors for 2 layers");
    assert_eq!(
        wrong(&|c| c.weights[0] = Array2::zeros((4, 3))),
        "layer 1 needs weights 3 x 4 and 4 biases"
    );
    let second = "layer 2 needs weights 4 x 2 and 2 biases";
    assert_eq!(wrong(&|c| c.weights[1] = Array2::zeros((4, 3))), second);
    assert_eq!(wrong(&|c| c.biases[1] = Array1::zeros(3)), second);
}

#[test]
fn coefficients_come_back_as_they_went_in() {
    let network = network(&[3, 18, 1, 9]);
    let mut next = 0.0;
    let mut coefficients = Coefficients::zeros(&network).unwrap();
    for number in coefficients
        .weights
        .iter_mut()
        .flatten()
        .chain(coefficients.biases.iter_mut().flatten())
    {
        next += 0.125;
        *number = next;
    }
    let packed = with_team(1, |team| coefficients.pack::<f64>(&network, team)).unwrap();
    assert_eq!(Coefficients::unpack(&network, &packed).unwrap(), coefficients);
    // What lies between the parameters is 0.
    assert_eq!(
        packed.iter().filter(|&&number| number != 0.0).count() as f64,
        network.parameter_count()
    );
    let single = with_team(1, |team| coefficients.pack::<f32>(&network, team)).unwrap();
    assert_eq!(Coefficients::unpack(&network, &single).unwrap(), coefficients);
}

#[test]
fn buffers_begin_at_cache_lines_and_large_ones_at_large_pages() {
    let page = 2 << 20;
    for (len, align) in [
        (0, 64),
        (1, 64),
        (1000, 64),
        (page / 4 - 1, 64),
        (page / 4, page),
        (page, page),
    ] {
        let mut buffer = Buffer::<f64>::zeros(len).unwrap();
        assert_eq!(buffer.as_ptr() as usize % align, 0, "{len}");
        assert_eq!(buffer.len(), len);
        assert!(buffer.iter().all(|&number| number == 0.0));
        buffer.fill(1.5);
        assert!(buffer.iter().all(|&number| number == 1.5));
        assert_eq!(Buffer::<f64>::bytes(len as f64), (8 * len + align) as f64);
    }
    assert_eq!(Buffer::<f32>::bytes(100.0), 464.0);
}

#[test]
fn what_cannot_be_had_is_refused_with_its_size() {
    for len in [usize::MAX, usize::MAX / 8, usize::MAX / 16] {
        let Some(EngineError::Memory { needed, .. }) = Buffer::<f64>::zeros(len).err() else {
            panic!("{len}")
        };
        assert_eq!(needed, len as f64 * 8.0);
        assert!(SharedBuffer::<f32>::zeros(usize::MAX).is_err());
    }
}
