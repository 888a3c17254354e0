using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>Swaps the two axes of every row, [B, n, m] → [B, m, n]: fields behind dimensions, so that layers can mix fields.</summary>
public sealed class Transpose : Operation
{
    /// <inheritdoc/>
    public override string Name => "transpose";

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs) =>
        inputs.Length == 1 && inputs[0].Rank == 2 ? new Shape(inputs[0][1], inputs[0][0]) : throw Mismatch(inputs, "[n, m]");

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form) => form.Permute(form.Input, 0, 2, 1);
}

internal sealed unsafe class TransposeKernel<T>(Binding<T> binding) : RowKernel(binding.Workers)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _rows = binding.InputShape(0)[0];
    private readonly int _columns = binding.InputShape(0)[1];
    private readonly T* _input = binding.Input(0); // [B, n, m]
    private readonly T* _output = binding.Output; // [B, m, n]
    private readonly T* _outputGradient = binding.OutputGradient;
    private readonly GradientTarget<T> _target = binding.InputGradient(0);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void ForwardRows(int start, int end)
    {
        var size = (long)_rows * _columns;
        for (long row = start; row < end; row++)
            Put(_output + (row * size), _input + (row * size), _rows, _columns, false);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void BackwardRows(int start, int end)
    {
        var size = (long)_rows * _columns;
        for (long row = start; row < end && _target.IsWanted; row++)
            Put(_target.Data + (row * size), _outputGradient + (row * size), _columns, _rows, _target.Accumulate);
    }

    // target [columns, rows] (+)= source [rows, columns], transposed
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(T* target, T* source, int rows, int columns, bool accumulate)
    {
        for (var column = 0; column < columns; column++, target += rows)
            for (var row = 0; row < rows; row++)
            {
                var value = source[(row * columns) + column];
                target[row] = accumulate ? target[row] + value : value;
            }
    }
}
