using Consort.Compute.Cpu.MatrixMultiply;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Operations;

namespace Consort.Compute.Cpu.Scoring;

/// <summary>
/// A linear layer over rows that agree in some of their numbers: W x + b = W_v x_v + (W_c x_c + b), where the bracket, of what all
/// candidates have in common, is computed once from the first row.
/// </summary>
internal sealed unsafe class CandidateLinear : Kernel
{
    private readonly PackedWeights _common; // W with all columns; only those of x_c are read
    private readonly CandidateColumns _columns;
    private readonly Gemm _gemm;
    private readonly (nint Input, int Length)[] _inputs;
    private readonly float* _output; // [B, out]
    private readonly float* _x;
    private readonly int* _places;
    private readonly float* _start; // W_c x_c + b, [out]
    private readonly float* _varying; // x_v, [B, n_v]
    private readonly bool _relu;

    public CandidateLinear(Linear linear, PackedWeights weights, CandidateColumns columns, Binding<float> binding)
    {
        (_common, _columns, _gemm) = (weights, columns, binding.Gemm);
        _output = binding.Output;
        _relu = linear.Relu;
        _inputs = [.. Enumerable.Range(0, binding.Inputs).Select(i => ((nint)binding.Input(i), binding.InputShape(i).Size))];
        _x = binding.Workspace(columns.Common.Length + 1);
        _places = (int*)binding.Workspace(columns.Common.Length + 1);
        _start = binding.Workspace(weights.PaddedOutputs);
        _varying = binding.Workspace((long)binding.Capacity * columns.VaryingWidth);
    }

    public override void Forward(in Step step)
    {
        var count = 0;
        foreach (var (input, column, place) in _columns.Common)
        {
            var x = ((float*)_inputs[input].Input)[column];
            (_x[count], _places[count]) = (x, place);
            count += x != 0 ? 1 : 0;
        }

        _common.Multiply(_x, _places, count, _start, relu: false);
        var at = 0;
        foreach (var (input, column, length) in _columns.Varying)
        {
            var source = (float*)_inputs[input].Input + column;
            var stride = _inputs[input].Length;
            for (var row = 0; row < step.Rows; row++)
                new ReadOnlySpan<float>(source + ((long)row * stride),
                    length).CopyTo(new Span<float>(_varying + ((long)row * _columns.VaryingWidth) + at, length));
            at += length;
        }

        _gemm.Run(new GemmCall<float>
        {
            M = step.Rows,
            N = _common.Outputs,
            K = _columns.VaryingWidth,
            A = _varying,
            Lda = _columns.VaryingWidth,
            B = _columns.Weight,
            Ldb = _columns.VaryingWidth,
            TransB = true,
            C = _output,
            Ldc = _common.Outputs,
            Bias = _start,
            Relu = _relu,
        });
    }

    public override void Backward(in Step step) => throw new InvalidOperationException("scoring has no gradients");
}

/// <summary>A linear layer's inputs, parted into those that all candidates share and those that differ; shared by all programs.</summary>
internal sealed unsafe class CandidateColumns : IDisposable
{
    private readonly NativeBuffer<float> _weight; // W_v [out, n_v]

    /// <summary>Parts the inputs.</summary>
    /// <param name="weight">W [out, in].</param>
    /// <param name="outputs">out.</param>
    /// <param name="varies">Whether each number of each input varies.</param>
    public CandidateColumns(ReadOnlySpan<float> weight, int outputs, IReadOnlyList<bool[]> varies)
    {
        var (common, varying, places) = (new List<(int, int, int)>(), new List<(int Input, int Column, int Length)>(), new List<int>());
        var place = 0;
        for (var input = 0; input < varies.Count; input++)
        {
            for (var column = 0; column < varies[input].Length; column++, place++)
            {
                if (!varies[input][column])
                {
                    common.Add((input, column, place));
                    continue;
                }

                places.Add(place);
                if (varying.Count > 0 && varying[^1] is var last && last.Input == input && last.Column + last.Length == column)
                    varying[^1] = last with { Length = last.Length + 1 };
                else
                    varying.Add((input, column, 1));
            }
        }

        Common = [.. common];
        Varying = [.. varying];
        VaryingWidth = places.Count;
        _weight = new NativeBuffer<float>((long)outputs * places.Count);
        for (var output = 0; output < outputs; output++)
            for (var i = 0; i < places.Count; i++)
                _weight[((long)output * places.Count) + i] = weight[(output * place) + places[i]];
    }

    /// <summary>The numbers that all candidates share: of which input, where in it, and where among all inputs.</summary>
    public (int Input, int Column, int Place)[] Common { get; }

    /// <summary>Runs of numbers that differ.</summary>
    public (int Input, int Column, int Length)[] Varying { get; }

    /// <summary>How many numbers differ.</summary>
    public int VaryingWidth { get; }

    /// <summary>Their columns of W, [out, n_v].</summary>
    public float* Weight => _weight.Pointer;

    public void Dispose() => _weight.Dispose();
}
