using System.Numerics.Tensors;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Operations;

namespace Consort.Compute.Cpu.Scoring;

/// <summary>A linear layer for one row, by packed weights that all programs share.</summary>
internal sealed unsafe class RowLinear : Kernel
{
    private readonly PackedWeights _weights;
    private readonly bool _relu;
    private readonly float* _output;
    private readonly (nint Input, int Length)[] _inputs;
    private readonly float* _padded; // what is multiplied into, whole vectors: the output itself where it has no others
    private readonly float* _x;
    private readonly int* _places;
    private readonly float* _row; // W of a single output, or null
    private readonly float _bias;

    public RowLinear(Linear linear, PackedWeights weights, Binding<float> binding)
    {
        (_weights, _relu) = (weights, linear.Relu);
        _output = binding.Output;
        _inputs = [.. Enumerable.Range(0, binding.Inputs).Select(i => ((nint)binding.Input(i), binding.InputShape(i).Size))];
        _x = binding.Workspace(weights.Inputs + 1);
        _places = (int*)binding.Workspace(weights.Inputs + 1);
        _padded = weights.Outputs is 1 || weights.Outputs == weights.PaddedOutputs ? _output : binding.Workspace(weights.PaddedOutputs);
        if (weights.Outputs != 1)
            return;
        _row = binding.Values(linear.Weight);
        _bias = linear.Bias is null ? 0 : *binding.Values(linear.Bias);
    }

    public override void Forward(in Step step)
    {
        if (_row != null)
        {
            Dot();
            return;
        }

        var (count, first) = (0, 0);
        foreach (var (input, length) in _inputs)
        {
            var found = PackedWeights.Gather((float*)input, length, _x + count, _places + count);
            for (var i = count; first > 0 && i < count + found; i++)
                _places[i] += first;
            count += found;
            first += length;
        }

        _weights.Multiply(_x, _places, count, _padded, _relu);
        // Behind the output's own numbers lies what is nobody's.
        if (_padded != _output)
            new ReadOnlySpan<float>(_padded, _weights.Outputs).CopyTo(new Span<float>(_output, _weights.Outputs));
    }

    public override void Backward(in Step step) => throw new InvalidOperationException("scoring has no gradients");

    private void Dot()
    {
        var (sum, first) = (_bias, 0);
        foreach (var (input, length) in _inputs)
        {
            sum += TensorPrimitives.Dot(new ReadOnlySpan<float>((float*)input, length), new ReadOnlySpan<float>(_row + first, length));
            first += length;
        }

        *_output = _relu ? MathF.Max(sum, 0) : sum;
    }
}
