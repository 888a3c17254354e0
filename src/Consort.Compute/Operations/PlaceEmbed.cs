using System.Numerics;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Cpu.Threads;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>
/// A learned vector for each place of a history, → [N, D]. Places are counted back from the end: the last position, or the target where it
/// is with them, has the last of the vectors, whatever the length. Source: Chen et al. 2019 (BST), whose places are differences in time;
/// FuxiCTR counts the places of the padded history.
/// </summary>
/// <param name="Places">[L, D], a row for each place that the longest history has.</param>
/// <param name="Positions">Whose places.</param>
public sealed class PlaceEmbed(Parameter Places, Positions Positions) : Operation
{
    /// <inheritdoc/>
    public override string Name => "place_embed";

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> Parameters { get; } = [Places];

    /// <summary>Whose places.</summary>
    public Positions Positions { get; } = Positions;

    /// <inheritdoc/>
    public override Positions? At(ReadOnlySpan<Positions?> inputs) => Positions;

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs) =>
        inputs.Length == 0 && Parameters[0].Shape.Rank == 2 ? new Shape(Parameters[0].Shape[1]) : throw Mismatch(inputs, "none");

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form) => form.Positions.PlacesOf(Parameters[0]);
}

internal sealed unsafe class PlaceEmbedKernel<T> : SegmentKernel
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _places;
    private readonly int _dimension;
    private readonly T* _vectors; // [L, D]
    private readonly T* _gradients;
    private readonly T* _output; // [N, D]
    private readonly T* _outputGradient;
    private readonly Workers _workers;
    private readonly SumUp _sumUp;

    public PlaceEmbedKernel(PlaceEmbed embed, Binding<T> binding) : base(binding.Workers, binding.Segments)
    {
        (_places, _dimension) = (embed.Parameters[0].Shape[0], embed.Parameters[0].Shape[1]);
        if (_places != Segments.Most)
            throw new ArgumentException($"place_embed: found vectors for {_places} places, expected {Segments.Most}");
        _vectors = binding.Values(embed.Parameters[0]);
        _gradients = binding.Gradients(embed.Parameters[0]);
        _output = binding.Output;
        _outputGradient = binding.OutputGradient;
        (_workers, _sumUp) = (binding.Workers, new SumUp(this));
    }

    protected override void ForwardRows(int start, int end)
    {
        for (var row = start; row < end; row++)
        {
            var (first, last) = (Segments.Starts[row], Segments.Starts[row + 1]);
            VectorMath.Copy(_output + ((long)first * _dimension), _vectors + ((long)(_places - (last - first)) * _dimension),
                (last - first) * _dimension);
        }
    }

    // A place each, whose rows are added up in the order of the batch.
    public override void Backward(in Step step) => _workers.Run(_sumUp, _places);

    protected override void BackwardRows(int start, int end) { }

    private sealed class SumUp(PlaceEmbedKernel<T> kernel) : IParallelJob
    {
        public void Run(int index, int worker)
        {
            var (segments, dimension) = (kernel.Segments, kernel._dimension);
            var sum = kernel._gradients + ((long)index * dimension);
            var back = kernel._places - index; // rows before the end of the impression
            for (var row = 0; row < segments.Batch; row++)
                if (segments.Starts[row + 1] - back is var at && at >= segments.Starts[row])
                    VectorMath.Add(sum, kernel._outputGradient + ((long)at * dimension), dimension);
        }
    }
}
