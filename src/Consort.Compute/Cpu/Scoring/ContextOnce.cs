using Consort.Compute.Cpu.Programs;

namespace Consort.Compute.Cpu.Scoring;

/// <summary>
/// What all candidates have in common, such as a history and what a model makes of it: computed for the first impression alone, and copied
/// to the others where something reads it there.
/// </summary>
/// <param name="inner">What computes it.</param>
/// <param name="binding">Its memory.</param>
/// <param name="isCopied">Whether the other impressions get copies.</param>
internal sealed unsafe class ContextOnce(Kernel inner, Binding<float> binding, bool isCopied) : Kernel
{
    private readonly IReadOnlyList<Segments> _segments = binding.AllSegments;
    private readonly Segments? _at = binding.IsAtPositions ? binding.Segments : null;
    private readonly int _width = binding.OutputShape.Size;
    private readonly float* _output = binding.Output;

    public override void Forward(in Step step)
    {
        var (all, batch) = (step.Rows, _segments[0].Batch);
        for (var i = 0; i < _segments.Count; i++)
            _segments[i].Take(1);
        var rows = _at?.Rows ?? 1;
        inner.Forward(new Step(rows, isTraining: false, step.Seed) { Ids = step.Ids, Lists = step.Lists });
        for (var i = 0; i < _segments.Count; i++)
            _segments[i].Take(batch);
        if (!isCopied)
            return;
        var length = checked(rows * _width);
        for (var row = rows; row < all; row += rows)
            new ReadOnlySpan<float>(_output, length).CopyTo(new Span<float>(_output + ((long)row * _width), length));
    }

    public override void Backward(in Step step) => throw new InvalidOperationException("scoring has no gradients");
}
